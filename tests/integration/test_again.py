"""Judging what is stored again: after an upgrade, or when the registry has changed."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from unittest.mock import patch

import pytest

from aggregator import again, ingest
from aggregator.again import Batch, Replay, Sums
from aggregator.assets import folder
from aggregator.cli import main
from aggregator.model import Correction, EntryFile, Fix, Judged, Kind, RawHtml, Recognition
from aggregator.pool import Stages
from aggregator.recognise import VERSION
from aggregator.recognise import catalogue as catalogues
from aggregator.settings import Settings
from aggregator.store import Database, coverage, entries, open_database, upkeep
from tests.integration.store_samples import NOW, follow, listed, recap, save, statements

REGISTRY = (
    '[[series]]\nname = "FjordSoftCon"\naliases = ["Fjord Software Days"]\nplace = "Bergen"\n'
)
PRINTED = "Nordic Software Meeting"


def article(number: int, name: str = "FjordSoftCon") -> str:
    """A recap of an event, with two talks, unlike the others."""
    rooms = " ".join(f"Room {number} had {n} chairs and a view of sheep." for n in range(30))
    return (
        f"<p>Last week four of us attended {name} 2026 in Bergen. Two tracks later, here is what we"
        f" took home. {rooms}</p><h2>Talks we liked</h2><ul>"
        f'<li><a href="https://video.example/w/kT4mR8sW2xYqZ9bL1cVn3d">Testing numerical code'
        f" without tears</a> by Ines Albrecht showed how property tests found a bug.</li>"
        f'<li><a href="https://vimeo.com/12345{number:04}">Meshes number {number} and their'
        f" friends</a> by Ben Turner was about meshes.</li></ul><p>We enjoyed it.</p>"
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A registry of one series."""
    there = tmp_path / "config"
    there.mkdir()
    (there / "series.toml").write_text(REGISTRY, encoding="utf-8")
    shutil.copy(folder("config") / "tags.toml", there)
    return there


@pytest.fixture
def tuned(settings: Settings, config: Path) -> Settings:
    return settings.model_copy(update={"series_dir": str(config), "poll_processes": 2})


class Here:
    """Does what the processes do, in this one: they take seconds to start."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def judge(self, files: tuple[EntryFile, ...], threshold: float) -> tuple[Judged, ...]:
        return ingest.judge(files, str(self.settings.config_dir), threshold)


@pytest.fixture
def stages(tuned: Settings) -> Stages:
    return cast(Stages, Here(tuned))


def stored(database: Database, count: int, name: str = "FjordSoftCon") -> int:
    """Store recaps as an older program without a registry would have judged them."""
    feed = follow(database)
    save(
        database,
        feed,
        *(
            replace(
                recap(
                    f"e{n}",
                    title=f"What we brought home from {name} 2026, {n}",
                    html=article(n, name),
                ),
                original=RawHtml(article(n, name)),
                recognition=Recognition(kind=Kind.OTHER, kind_score=0.1, version=1),
                html=None,
            )
            for n in range(count)
        ),
    )
    return feed


def replay_of(database: Database, stages: Stages, tuned: Settings) -> Replay:
    catalogue = catalogues.load(tuned.config_dir)
    return Replay.of(database, stages, tuned, catalogue, lambda: NOW)


def run(steps: AsyncIterator[Batch]) -> tuple[Sums, list[Batch]]:
    async def collect() -> list[Batch]:
        return [batch async for batch in steps]

    batches = asyncio.run(collect())
    sums = Sums()
    for batch in batches:
        sums.add(batch.judged, batch.failed, batch.changes)
    return sums, batches


def files(database: Database) -> tuple[EntryFile, ...]:
    with database.reading() as c:
        return entries.stale(c, 0, 1000, every=True)


# ----------------------------------------------------------------------------------- what happens


def test_what_would_change_is_known_before_anything_is_stored(
    database: Database, stages: Stages, tuned: Settings
) -> None:
    stored(database, 3)
    before = files(database)
    replay = replay_of(database, stages, tuned)
    assert replay.count() == 3
    looked, [batch] = run(replay.run(keep=False))
    assert files(database) == before
    assert (looked.entries, looked.changed, looked.failed) == (3, 3, 0)
    assert looked.kinds == {(Kind.OTHER, Kind.RECAP): 3}
    first = batch.changes[0]
    assert first.title.startswith("What we brought home from FjordSoftCon 2026")
    assert first.events == ((), ("FjordSoftCon 2026",))
    assert "Testing numerical code without tears" in first.new_talks
    assert first.gone_talks == ()

    kept, _ = run(replay.run(keep=True))
    assert kept == looked
    assert len(listed(database).items) == 3
    with database.reading() as c:
        page = coverage.event(c, "fjordsoftcon-2026")
        assert coverage.series(c, "fjordsoftcon").place == "Bergen"
    assert (page.event.recaps, page.event.place) == (3, "Bergen")
    assert page.talks[0].recaps == 3
    assert replay.count() == 0
    assert upkeep.check(database) == []


def test_judging_twice_changes_nothing(database: Database, stages: Stages, tuned: Settings) -> None:
    stored(database, 3)
    replay = replay_of(database, stages, tuned)
    run(replay.run(keep=True))
    before = files(database)
    sums, _ = run(replay.run(keep=True, every=True))
    assert (sums.entries, sums.changed) == (3, 0)
    assert files(database) == before


def test_another_registry_makes_all_stale_and_its_names_are_used(
    database: Database, stages: Stages, tuned: Settings, config: Path, tmp_path: Path
) -> None:
    stored(database, 2, "Fjord Software Days")
    run(replay_of(database, stages, tuned).run(keep=True))
    before = {card.guid: card.changed_at for card in listed(database).items}
    other = shutil.copytree(config, tmp_path / "other")
    renamed = '[[series]]\nname = "Fjord Software Days"\n'
    (other / "series.toml").write_text(renamed, encoding="utf-8")
    elsewhere = tuned.model_copy(update={"series_dir": str(other)})
    replay = replay_of(database, cast(Stages, Here(elsewhere)), elsewhere)
    assert replay.count() == 2
    sums, [batch] = run(replay.run(keep=True))
    assert sums.events == 2
    assert batch.changes[0].events == (("FjordSoftCon 2026",), ("Fjord Software Days 2026",))
    # what readers see of the posts themselves is as it was: no feed reader shows them anew
    assert {card.guid: card.changed_at for card in listed(database).items} == before


def test_a_comment_in_the_registry_makes_nothing_stale(
    database: Database, stages: Stages, tuned: Settings, config: Path
) -> None:
    stored(database, 1)
    run(replay_of(database, stages, tuned).run(keep=True))
    (config / "series.toml").write_text(f"# a comment\n{REGISTRY}", encoding="utf-8")
    assert replay_of(database, stages, tuned).count() == 0
    stricter = tuned.model_copy(update={"recap_threshold": 0.7})
    assert replay_of(database, stages, stricter).count() == 1


def test_what_people_have_decided_stands(
    database: Database, stages: Stages, tuned: Settings
) -> None:
    stored(database, 3)
    one, two, _ = (filed.card.id for filed in files(database))
    with database.writing() as c:
        coverage.correct(c, one, Correction(what=Fix.KIND, value="other", by="ada"), NOW)
        coverage.correct(c, two, Correction(what=Fix.EVENT, value="Coastal Camp 2026"), NOW)
        coverage.correct(c, two, Correction(what=Fix.NOT_EVENT, value="fjordsoftcon-2026"), NOW)
        coverage.correct(c, two, Correction(what=Fix.TAG, value="Knitting"), NOW)
    run(replay_of(database, stages, tuned).run(keep=True))
    cards = {card.id: card for card in (filed.card for filed in files(database))}
    assert cards[one].kind is Kind.OTHER
    assert [event.name for event in cards[two].events] == ["Coastal Camp 2026"]
    assert "knitting" in {tag.slug for tag in cards[two].tags}
    assert upkeep.check(database) == []


def test_what_was_changed_meanwhile_is_left_alone(
    database: Database, stages: Stages, tuned: Settings
) -> None:
    feed = stored(database, 70)
    replay = replay_of(database, stages, tuned)
    newer = recap("e0", title="Edited", html="<p>Another text.</p>")

    async def meddle() -> int:
        steps = replay.run(keep=True)
        await anext(steps)  # the second batch is read by now
        await asyncio.to_thread(save, database, feed, newer)
        return sum([batch.judged async for batch in steps])

    assert asyncio.run(meddle()) == 9
    [edited] = [filed for filed in files(database) if filed.card.guid == "e0"]
    assert (edited.card.title, edited.recogniser) == ("Edited", 1)
    assert replay.count() == 1
    assert run(replay.run(keep=True))[0].entries == 1


def test_an_entry_that_cannot_be_judged_stops_nothing(database: Database, tuned: Settings) -> None:
    stored(database, 3)
    small = Stages(tuned, seconds=0.0001)
    try:
        sums, _ = run(replay_of(database, small, tuned).run(keep=True))
    finally:
        small.close(kill=True)
    assert (sums.entries, sums.failed) == (0, 3)
    good = Stages(tuned)
    try:
        assert asyncio.run(again.catch_up(database, good, tuned, lambda: NOW)) == 3
    finally:
        good.close(kill=True)


@pytest.mark.parametrize("count", [1, 55])
def test_a_batch_takes_a_fixed_number_of_statements(
    database: Database, stages: Stages, tuned: Settings, count: int
) -> None:
    stored(database, count)
    with statements(database) as seen:
        run(replay_of(database, stages, tuned).run(keep=True))
    # SQLite returns the ids of new rows in order only when they come one by one
    assert len([one for one in seen if not one.startswith("INSERT INTO talks ")]) < 90


# ----------------------------------------------------------------------------- the command, killed


@pytest.fixture
def environ(tmp_path: Path, config: Path) -> dict[str, str]:
    plain = {name: text for name, text in os.environ.items() if "AGGREGATOR_" not in name}
    return plain | {
        "AGGREGATOR_DATA_DIR": str(tmp_path / "data"),
        "AGGREGATOR_SERIES_DIR": str(config),
        "AGGREGATOR_FEEDS_FILES": "[]",
        "AGGREGATOR_POLL_PROCESSES": "1",
    }


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def command(environ: dict[str, str], *words: str) -> Done:
    """Run a command line in this process, which is many times faster."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environ, clear=True),
        patch.object(sys, "argv", ["aggregator", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def opened(environ: dict[str, str]) -> Database:
    database = open_database(f"sqlite:///{environ['AGGREGATOR_DATA_DIR']}/aggregator.sqlite3")
    upkeep.upgrade(database)
    return database


def test_the_command_shows_first_and_stores_when_told_to(environ: dict[str, str]) -> None:
    database = opened(environ)
    stored(database, 2)
    looked = command(environ, "recognise", "--again")
    assert looked.returncode == 0, looked.stderr
    assert "other -> recap" in looked.stdout
    assert "events: none -> FjordSoftCon 2026" in looked.stdout
    assert "+ talk: Testing numerical code without tears" in looked.stdout
    assert "2 would change: kind of 2 (2 other -> recap), events of 2" in looked.stdout
    assert "--yes stores it" in looked.stdout
    assert not listed(database).items
    done = command(environ, "recognise", "--again", "--yes", "--json")
    report = json.loads(done.stdout)
    assert (report["entries"], report["changed"], report["stored"]) == (2, 2, True)
    assert report["kinds"] == [{"before": "other", "after": "recap", "entries": 2}]
    assert report["changes"][0]["events"] == {"before": [], "after": ["FjordSoftCon 2026"]}
    assert report["per_second"] > 0
    assert len(listed(database).items) == 2
    assert "--all judges them again" in command(environ, "recognise", "--again").stdout


@pytest.mark.parametrize(
    "words",
    [("--all",), ("--yes",), ("--json",), ("--dry-run",), ("--again", "--explain"),
     ("--again", "--yes", "--dry-run")],
)  # fmt: skip
def test_options_that_contradict_each_other_are_refused(
    environ: dict[str, str], words: tuple[str, ...]
) -> None:
    done = command(environ, "recognise", *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_replay_that_was_killed_goes_on_where_it_was(environ: dict[str, str]) -> None:
    database = opened(environ)
    stored(database, 130)
    stamp = catalogues.load(Path(environ["AGGREGATOR_SERIES_DIR"])).stamp(VERSION, 0.5)

    def left() -> int:
        with database.reading() as c:
            return entries.count_stale(c, stamp)

    with subprocess.Popen(
        [sys.executable, "-m", "aggregator", "recognise", "--again", "--yes"], env=environ
    ) as process:
        deadline = time.monotonic() + 100
        while left() == 130 and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
    rest = left()
    assert rest in (10, 70)
    assert upkeep.check(database) == []
    done = command(environ, "recognise", "--again", "--yes", "--json")
    assert json.loads(done.stdout)["entries"] == rest
    assert left() == 0
    assert len(listed(database).items) == 130


@pytest.mark.parametrize(("answer", "recaps"), [("y", 1), ("n", 0)])
def test_on_a_terminal_it_asks(environ: dict[str, str], answer: str, recaps: int) -> None:
    database = opened(environ)
    stored(database, 1)
    ours, theirs = os.openpty()
    with (
        subprocess.Popen(
            [sys.executable, "-m", "aggregator", "recognise", "--again"],
            env=environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process,
        os.fdopen(ours, "w+b", buffering=0) as terminal,
    ):
        os.close(theirs)
        said = b""
        while b"Store this?" not in said:
            said += terminal.read(1000) or b""
        terminal.write(f"{answer}\n".encode())
        with suppress(OSError):  # a terminal whose other end is closed cannot be read
            while terminal.read(1000):
                pass
        assert process.wait(60) == 0
    assert b"1 would change" in said
    assert len(listed(database).items) == recaps
