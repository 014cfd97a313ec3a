"""The pool of processes: what a hostile document costs, and whom."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime

import pytest

from aggregator.drafts import Reading, Rules
from aggregator.errors import AggregatorError, NotAFeed
from aggregator.model import Fetched
from aggregator.pool import Stages
from aggregator.settings import Settings
from tests.feeds import recap, rss

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def fetched(body: bytes | str) -> Fetched:
    data = body.encode() if isinstance(body, str) else body
    return Fetched(url="https://blog.example/feed.xml", status=200, body=data)


@pytest.fixture
def rules(settings: Settings) -> Rules:
    return Rules(
        now=NOW,
        not_after=NOW,
        country=None,
        licence=None,
        full_text=False,
        max_entries=500,
        max_bytes=1_000_000,
        threshold=0.5,
        config_dir=str(settings.config_dir),
    )


def readings(
    settings: Settings, rules: Rules, *bodies: bytes | str, **limits: float
) -> list[Reading | BaseException]:
    """Read documents side by side with one pool."""

    async def run() -> list[Reading | BaseException]:
        stages = Stages(settings, **limits)  # type: ignore[arg-type]  # numbers, by name
        try:
            return await asyncio.gather(
                *(stages.read(fetched(body), {}, rules) for body in bodies), return_exceptions=True
            )
        finally:
            stages.close(kill=True)

    return asyncio.run(run())


LITTLE = 55  # MB: enough for the program and a small document


def greedy() -> str:
    """Return a document of 8 MB; it is held several times over while it is read."""
    return rss(*(recap(number, html="<p>ä</p>" * 100_000) for number in range(8)))


def test_a_document_that_needs_too_much_memory_fails_alone(
    settings: Settings, rules: Rules
) -> None:
    small = rss(recap())
    bad, *good = readings(settings, rules, greedy(), small, small, small, megabytes=LITTLE)
    assert isinstance(bad, AggregatorError)
    assert f"{LITTLE} MB of memory" in str(bad)
    assert [isinstance(one, Reading) and len(one.entries) for one in good] == [1, 1, 1]


def test_a_document_that_takes_too_long_is_stopped(settings: Settings, rules: Rules) -> None:
    [stopped] = readings(settings, rules, rss(recap()), seconds=0.001)
    assert isinstance(stopped, AggregatorError)
    assert "more than 0.001 s" in str(stopped)


def test_what_waited_for_a_stopped_process_gets_another(settings: Settings, rules: Rules) -> None:
    one = settings.model_copy(update={"poll_processes": 1})
    bad, good = readings(one, rules, greedy(), rss(recap()), megabytes=LITTLE)
    assert isinstance(bad, AggregatorError)
    assert isinstance(good, Reading)


def test_a_fault_of_the_document_leaves_its_process_alive(settings: Settings, rules: Rules) -> None:
    one = settings.model_copy(update={"poll_processes": 1})
    bad, good = readings(one, rules, "<html><body>no feed</body></html>", rss(recap()))
    assert isinstance(bad, NotAFeed)
    assert isinstance(good, Reading)


def test_many_documents_are_all_read(settings: Settings, rules: Rules) -> None:
    found = readings(settings, rules, *(rss(recap(number)) for number in range(30)))
    guids = [entry.guid for one in found if isinstance(one, Reading) for entry in one.entries]
    assert sorted(guids) == sorted(f"recap-{number}" for number in range(30))


def test_a_process_that_was_killed_while_idle_fails_nobody(
    settings: Settings, rules: Rules
) -> None:
    async def run() -> list[Reading]:
        stages = Stages(settings.model_copy(update={"poll_processes": 1}))
        try:
            first = await stages.read(fetched(rss(recap(1))), {}, rules)
            [process] = stages._all
            for pid in process._processes:
                os.kill(pid, signal.SIGKILL)
            while not process._broken:
                await asyncio.sleep(0.01)
            return [first, await stages.read(fetched(rss(recap(2))), {}, rules)]
        finally:
            stages.close(kill=True)

    assert [len(one.entries) for one in asyncio.run(run())] == [1, 1]
