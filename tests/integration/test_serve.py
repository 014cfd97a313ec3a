"""`aggregator serve` as an operator runs it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.serving import beside_readers
from aggregator.settings import load
from tests.feeds import recap, rss
from tests.site import Answer, Site

Serve = Callable[..., "Served"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A running `aggregator serve`."""

    def __init__(self, environ: dict[str, str], *words: str) -> None:
        self.port = free_port()
        self.environ = environ
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", "serve", "--port", str(self.port), *words],
            env=environ,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a page."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=10
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def until(self, path: str, wanted: str, seconds: float = 60) -> str:
        """Ask for `path` until `wanted` is on the page."""
        end = time.monotonic() + seconds
        seen = ""
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
            with contextlib.suppress(OSError):
                seen = self.get(path)[1]
                if wanted in seen:
                    return seen
            time.sleep(0.1)
        raise AssertionError(f"{wanted!r} did not come up on {path}: {seen[-2000:]}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    running: list[Served] = []
    environ = {name: text for name, text in os.environ.items() if "AGGREGATOR_" not in name}
    environ |= {
        "AGGREGATOR_DATA_DIR": str(tmp_path),
        "AGGREGATOR_FEEDS_FILES": "[]",
        "AGGREGATOR_SAMPLE_PORT": str(free_port()),
        "AGGREGATOR_POLL_TICK_S": "1",
        "AGGREGATOR_POLL_PROCESSES": "1",
    }

    def start(*words: str, **more: str) -> Served:
        running.append(Served(environ | more, *words))
        return running[-1]

    yield start
    for served in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(served.process.pid, signal.SIGKILL)
        served.process.communicate()


def children(process: int) -> list[int]:
    done = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(line) for line in done.stdout.split()]


def gone(process: int) -> bool:
    try:
        state = (
            Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
        )
    except FileNotFoundError:
        return True
    return state == "Z"


def all_end(family: list[int]) -> bool:
    """Tell whether all of these processes end soon: some follow one that has ended."""
    end = time.monotonic() + 20
    while time.monotonic() < end and not all(gone(child) for child in family):
        time.sleep(0.1)
    return all(gone(child) for child in family)


def test_the_samples_come_up_and_everything_stops_cleanly(serve: Serve) -> None:
    served = serve("--sample")
    served.until("/rss.xml", "</item><item>")
    assert "sample" in served.get("/")[1].lower()
    assert served.get("/healthz")[0] == 200
    family = children(served.process.pid)
    assert family
    assert served.stop() == 0
    assert all_end(family)


def test_a_feed_added_while_serving_is_polled_soon(serve: Serve) -> None:
    served = serve(AGGREGATOR_FETCH_ALLOW_PRIVATE="true")
    served.until("/healthz", "ok")
    with Site() as site:
        url = site.set("/feed.xml", Answer(body=rss(recap())))
        subprocess.run(
            [sys.executable, "-m", "aggregator", "feeds", "add", url],
            env=served.environ,
            check=True,
            capture_output=True,
        )
        served.until("/", "Highlights from ResearchSoftCon 2025")
    status, text = served.get("/api/v1/entries")
    assert status == 200
    assert json.loads(text)


def test_a_poller_that_dies_is_started_again(serve: Serve) -> None:
    served = serve("--sample")
    served.until("/healthz", "ok")
    poller = next(
        child
        for child in children(served.process.pid)
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    )
    os.kill(poller, signal.SIGKILL)
    served.until("/rss.xml", "<item>")
    assert served.stop(signal.SIGINT) in (0, 130)


def test_every_process_ends_when_the_first_is_killed(serve: Serve) -> None:
    served = serve()
    served.until("/healthz", "ok")
    family = children(served.process.pid)
    os.kill(served.process.pid, signal.SIGKILL)
    served.process.wait()
    assert all_end(family)


def test_a_port_in_use_is_an_error_in_words(serve: Serve) -> None:
    first = serve()
    first.until("/healthz", "ok")
    second = subprocess.run(
        [sys.executable, "-m", "aggregator", "serve", "--port", str(first.port)],
        env=first.environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 1
    assert "cannot listen" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize(
    ("asked", "cores", "given"), [(0, 1, 1), (0, 2, 1), (0, 3, 1), (0, 8, 4), (3, 2, 3)]
)
def test_the_poller_leaves_half_of_the_cores_to_readers(asked: int, cores: int, given: int) -> None:
    settings = load({"AGGREGATOR_POLL_PROCESSES": str(asked)})
    assert beside_readers(settings, cores).poll_processes == given
