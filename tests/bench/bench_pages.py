"""What pages cost: made anew, and given from the cache by each server, beside nginx with a file.

Run: ``python -m tests.bench.bench_pages [--recaps 10000] [--events 1000] [--seconds 4]``. Needs
wrk for the second part, and takes what there is of granian (which ``serve`` uses), gunicorn,
waitress and nginx. Everything runs on this machine, wrk included: take the ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import logging
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import event

from aggregator import settings as configuration
from aggregator.model import EntryQuery
from aggregator.store import Database, coverage, entries, open_database, upkeep
from aggregator.web import create_app
from tests import world

_WORKERS = 2
_THREADS = 4
_CONNECTIONS = 8
_NGINX = """
{user}worker_processes {workers}; daemon off; pid nginx.pid; error_log stderr error;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
  uwsgi_temp_path t4; scgi_temp_path t5; types {{ text/html html; }}
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did: requests a second, and milliseconds."""

    rate: float
    p50: float
    p99: float
    bad: int  # answers other than 200

    def __str__(self) -> str:
        bad = f", {self.bad} failed" if self.bad else ""
        return f"{self.rate:>8.0f} requests/s  p50 {self.p50:6.2f} ms  p99 {self.p99:6.2f} ms{bad}"


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--recaps", type=int, default=10_000)
    asked.add_argument("--events", type=int, default=1_000)
    asked.add_argument("--seconds", type=int, default=4, help="of load on each server")
    asked.add_argument("--data", type=Path, help="a data folder to use, and to fill when it is new")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.data or Path(scratch)
        os.environ["AGGREGATOR_DATA_DIR"] = str(folder)
        os.environ["AGGREGATOR_LOG_LEVEL"] = "info"
        settings = configuration.load(os.environ)
        database = open_database(settings.database)
        fill(database, given.recaps, given.events)
        pages = addresses(database)
        _anew(create_app(settings, database), database, pages)
        database.close()
        if not shutil.which("wrk"):
            sys.stdout.write("wrk is not installed: nothing was asked through a server\n")
            return
        _served(Path(scratch), pages["event"], given.seconds)


def fill(database: Database, recaps: int, events: int) -> None:
    """Make a site with many recaps, unless there is one."""
    upkeep.upgrade(database)
    with database.reading() as c:
        full = upkeep.totals(c, world.NOW).recaps
    if not full:
        world.build(database, recaps=recaps, others=recaps // 10, events=events)
    with database.reading() as c:
        sizes = upkeep.totals(c, world.NOW)
    sys.stdout.write(f"{sizes.recaps} recaps of {sizes.events} events\n\n")


def addresses(database: Database) -> dict[str, str]:
    """Return one address of each kind of page; of those with most on them."""
    with database.reading() as c:
        card = max(coverage.events(c), key=lambda one: one.recaps)
        recap = max(
            entries.find(c, EntryQuery(event_id=card.id)).items, key=lambda one: len(one.talks)
        )
        talk = coverage.top_talks(c, None, 1)[0]
        month = max(coverage.months(c), key=lambda one: one.recaps)
        tag = coverage.tags(c, 1)[0]
        source = max(coverage.sources(c), key=lambda one: one.recaps)
    return {
        "home": "/",
        "events": "/events/",
        "event": f"/events/{card.slug}/",
        "all series": "/series/",
        "series": f"/series/{card.series.slug}/",
        "tags": "/tags/",
        "tag": f"/tags/{tag.slug}/",
        "sources": "/sources/",
        "source": f"/sources/{source.slug}/",
        "talks": "/talks/",
        "talk": f"/talks/{talk.id}/",
        "speakers": "/speakers/",
        "speaker": f"/speakers/{talk.speakers[0].slug}/",
        "entry": f"/entries/{recap.id}/",
        "search, a word of 3 in 4": "/search?q=keynote",
        "search, a rare phrase": f"/search?q=%22{source.title.split()[0].lower()}%22",
        "search, with filters": f"/search?q=the&tag={tag.slug}&year={month.year}",
        "search, no hit": "/search?q=zzzzqqqq",
        "archive": "/archive/",
        "month": f"/archive/{month.year}/{month.month:02d}/",
        "about": "/about/",
        "atom.xml": "/atom.xml",
        "sitemap.xml": "/sitemap.xml",
        "events.ics": "/events.ics",
    }


# ------------------------------------------------------------------------------------------- anew


def _anew(app: Flask, database: Database, pages: dict[str, str]) -> None:
    """Print what each page costs when it is not kept."""
    logging.disable()
    said: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *given: said.append(str(given[2]))
    )
    client = app.test_client()
    kept = app.extensions["aggregator"].pages
    sys.stdout.write("made anew                       p50 ms   of CPU  statements    bytes\n")
    for name, address in pages.items():
        client.get(address)  # compiles templates and statements
        times, worked = [], []
        for _ in range(15):
            kept.clear()
            said.clear()
            began, at_work = time.perf_counter(), time.process_time()
            answer = client.get(address)
            times.append((time.perf_counter() - began) * 1000)
            worked.append((time.process_time() - at_work) * 1000)
        statements = sum(not one.startswith(("BEGIN", "PRAGMA")) for one in said)
        size = len(answer.data)
        took, cpu = statistics.median(times), statistics.median(worked)
        sys.stdout.write(f"{name:<28} {took:>9.1f} {cpu:>8.1f} {statements:>11} {size:>8}\n")


# ----------------------------------------------------------------------------------------- served


def _served(scratch: Path, address: str, seconds: int) -> None:
    """Print how often a kept page is given a second, by each server."""
    root = scratch / "root"
    root.mkdir()
    found: dict[str, Load] = {}
    for name, command in _servers().items():
        with running(command) as port:
            url = f"http://127.0.0.1:{port}{address}"
            with urllib.request.urlopen(url, timeout=30) as answer:
                (root / "page.html").write_bytes(answer.read())
            found[name] = load(url, seconds)
    if shutil.which("nginx"):
        port = _free_port()
        config = scratch / "nginx.conf"
        user = "user root; " if os.geteuid() == 0 else ""  # else it may not read the folder
        config.write_text(_NGINX.format(user=user, port=port, root=root, workers=_WORKERS))
        command = ["nginx", "-p", str(scratch), "-c", str(config)]
        with running(command, port, "/page.html"):
            found["nginx, a file of the same bytes"] = load(
                f"http://127.0.0.1:{port}/page.html", seconds
            )
    best = found.get("nginx, a file of the same bytes")
    sys.stdout.write(f"\nan event's page from the cache, {_CONNECTIONS} connections\n")
    for name, done in found.items():
        share = f"   1/{best.rate / done.rate:.1f} of nginx" if best and best is not done else ""
        sys.stdout.write(f"{name:<32} {done}{share}\n")


def _servers() -> dict[str, list[str]]:
    """Return the servers that are installed, with what starts them; PORT stands for the port."""
    workers, threads = str(_WORKERS), str(_THREADS)
    python = [sys.executable, "-m"]
    application = "aggregator.web:create_app()"
    known = {
        "granian": [*python, "aggregator", "serve", "--no-scheduler", "--port", "PORT",
                    "--workers", workers],
        "gunicorn": [*python, "gunicorn", application, "-k", "gthread", "-w", workers,
                     "--threads", threads, "-b", "127.0.0.1:PORT", "--log-level", "error"],
        "waitress": [*python, "waitress", "--listen", "127.0.0.1:PORT", "--threads",
                     threads, "--call", "aggregator.web:create_app"],
    }  # fmt: skip
    names = {"granian": "granian (serve)", "gunicorn": "gunicorn, gthread", "waitress": "waitress"}
    return {
        names[name]: command for name, command in known.items() if importlib.util.find_spec(name)
    }


@contextlib.contextmanager
def running(command: list[str], port: int | None = None, path: str = "/healthz") -> Iterator[int]:
    """Start a server, wait until it answers, and stop it afterwards."""
    port = port or _free_port()
    words = [word.replace("PORT", str(port)) for word in command]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5),
            ):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def load(url: str, seconds: int, words: Sequence[str] = ()) -> Load:
    """Ask for an address as often as it is answered; `words` more for wrk."""
    command = ["wrk", "-t2", f"-c{_CONNECTIONS}", "--latency", *words]
    subprocess.run([*command, "-d3s", url], check=True, capture_output=True)  # until all are warm
    done = subprocess.run(
        [*command, f"-d{seconds}s", url], check=True, capture_output=True, text=True
    )
    said = done.stdout
    rate = re.search(r"Requests/sec:\s*([\d.]+)", said)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return Load(
        rate=float(rate[1]) if rate else 0.0,
        p50=_quantile(said, "50%"),
        p99=_quantile(said, "99%"),
        bad=int(bad[1]) if bad else 0,
    )


def _quantile(said: str, name: str) -> float:
    """Return a quantile of wrk's in milliseconds."""
    found = re.search(rf"{name}\s+([\d.]+)(us|ms|s)", said)
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]] if found else 0.0


if __name__ == "__main__":
    main()
