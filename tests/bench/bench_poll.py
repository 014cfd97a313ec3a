"""What a poll of many feeds costs, beside a bare HTTP client and beside another feed reader.

Run: ``python -m tests.bench.bench_poll [--feeds 500] [--recaps 10]``. Each line is one whole
process, interpreter and imports included; the last columns are ratios within this run, and in
brackets without what each needs to start, which a poller that runs all day needs once. A farm of
blogs (`farm`) is played on loopback by a process of its own, which is not counted.

- bare: an aiohttp session asks for the same addresses with the same conditions, and does no more;
- reader: the package of that name (its feeds are parsed, sanitised by feedparser, and stored);
- ours: ``aggregator poll --all``.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import farm

PORT = 8890
_SET_CHILD_SUBREAPER = 36  # prctl(2)
_PHASES = ("cold", "304", "same", "news")
# Modules are compiled once and kept, as on any user's machine.
_PLAIN = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process used: seconds, and MB of its largest process and of all of them at once."""

    wall: float
    cpu: float
    largest: float
    together: float


def measured(command: list[str], environment: dict[str, str], folder: Path) -> Cost:
    """Run `command` to its end; what all processes used that it started counts as well."""
    _adopt_orphans()
    start = time.perf_counter()
    with (folder / "output").open("ab") as output:
        process = subprocess.Popen(
            command,
            env=_PLAIN | environment,
            stdout=output,
            stderr=output,
            start_new_session=True,  # a group of its own, by which its orphans are known
        )
    peak = [0.0]
    watch = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watch.start()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'output').read_text()[-3000:]}")
    watch.join()
    cpu = used.ru_utime + used.ru_stime
    while True:
        try:
            _, _, more = os.wait4(-process.pid, 0)
        except ChildProcessError:
            break
        cpu += more.ru_utime + more.ru_stime
    return Cost(wall, cpu, used.ru_maxrss / 1024, peak[0])


def _adopt_orphans() -> None:
    """Become the parent of what outlives its own, so that nothing it used goes uncounted.

    What a server of processes has forked is waited for by that server, and it by nobody.
    """
    if ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        sys.exit("this system cannot hand orphans to us (prctl); their time would go uncounted")


def _watch(pid: int, peak: list[float]) -> None:
    """Note the most memory that a process and its children held together, shared pages once."""
    while True:
        now = held(pid)
        if now == 0:
            return
        peak[0] = max(peak[0], now)
        time.sleep(0.1)


def held(pid: int) -> float:
    """Return the MB that a process and its children hold, what they share counted once."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total = int(line.split()[1]) / 1024
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            total += held(int(child))
    except (OSError, ValueError):
        return total
    return total


# ------------------------------------------------------------------------------------ contenders


def bare(addresses: list[str], etags: Path) -> None:
    """Ask for all addresses once, with the validators of the time before."""
    import aiohttp  # noqa: PLC0415 - the cost of a contender is its own

    known: dict[str, str] = json.loads(etags.read_text()) if etags.exists() else {}

    async def ask(session: aiohttp.ClientSession, places: asyncio.Semaphore, url: str) -> None:
        headers = {"If-None-Match": known[url]} if url in known else {}
        async with places, session.get(url, headers=headers) as response:
            await response.read()
            known[url] = response.headers["ETag"]

    async def run() -> None:
        places = asyncio.Semaphore(64)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=2)
        ) as session:
            await asyncio.gather(*(ask(session, places, url) for url in addresses))

    asyncio.run(run())
    etags.write_text(json.dumps(known))


def reader(addresses: list[str], database: Path) -> None:
    """Let the reader package update all feeds."""
    from reader import make_reader  # noqa: PLC0415

    other = make_reader(str(database))
    for url in addresses:
        other.add_feed(url, exist_ok=True)
    other.update_feeds(workers=10, scheduled=False)
    found = other.get_entry_counts().total or 0
    if found < len(addresses) * farm.ENTRIES:
        sys.exit(f"only {found} entries were stored")


def _contenders(folder: Path, feeds: int, hosts: int) -> dict[str, Callable[[], Cost]]:
    this = [sys.executable, "-m", "tests.bench.bench_poll", "--feeds", str(feeds)]
    this += ["--hosts", str(hosts), "--folder", str(folder)]
    environment = {
        "AGGREGATOR_DATA_DIR": str(folder),
        "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
        "AGGREGATOR_FEEDS_FILES": "[]",
        "AGGREGATOR_LOG_LEVEL": "warning",
        "AGGREGATOR_PICTURES": "false",  # the others fetch none
        "AGGREGATOR_DATABASE_URL": "",
    }
    ours = [sys.executable, "-m", "aggregator"]
    if feeds:
        opml = folder / "feeds.opml"
        write_opml(opml, feeds, hosts)
        measured([*ours, "feeds", "import", str(opml)], environment, folder)
    return {
        "bare": lambda: measured([*this, "--as", "bare"], {}, folder),
        "reader": lambda: measured([*this, "--as", "reader"], {}, folder),
        "ours": lambda: measured([*ours, "poll", "--all"], environment, folder),
    }


def _starts(folder: Path) -> dict[str, Cost]:
    """Return what each needs to start: what it costs with no feed."""
    contenders = _contenders(folder, 0, 1)
    contenders["ours"]()  # makes its database
    return {name: run() for name, run in contenders.items()}


def write_opml(path: Path, feeds: int, hosts: int) -> None:
    """Write a list of the farm's feeds."""
    path.write_text(
        "<opml version='2.0'><head/><body>"
        + "".join(
            f"<outline type='rss' text='Blog {number}' xmlUrl='{url}'/>"
            for number, url in enumerate(farm.addresses(feeds, hosts, PORT))
        )
        + "</body></opml>"
    )


@contextmanager
def played(feeds: int, hosts: int, recaps: int) -> Iterator[None]:
    """Let a farm of blogs run beside."""
    command = [sys.executable, "-m", "tests.bench.farm", "--feeds", str(feeds)]
    command += ["--hosts", str(hosts), "--port", str(PORT), "--recaps", str(recaps)]
    farmer = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert farmer.stdout is not None
        farmer.stdout.readline()
        yield
    finally:
        farmer.kill()
        farmer.communicate()


def compare(feeds: int, hosts: int, recaps: int) -> None:
    """Print one table."""
    sys.stdout.write(
        f"{feeds} feeds of {farm.ENTRIES} entries on {hosts} addresses,"
        f" {recaps} % of them recaps\n"
        f"{'':>6} {'':>8} {'wall s':>7} {'CPU s':>7} {'MB':>5} {'MB all':>7} {'entries/s':>10}"
        f" {'wall/bare':>16} {'CPU/reader':>16}\n"
    )
    with played(feeds, hosts, recaps), tempfile.TemporaryDirectory() as name:
        starts = _starts(Path(name))
        for who, cost in starts.items():
            sys.stdout.write(f"{'start':>6} {who:>8} {cost.wall:7.2f} {cost.cpu:7.2f}\n")
        contenders = _contenders(Path(name), feeds, hosts)
        for phase in _PHASES:
            _phase(phase, contenders, starts, feeds)


def _phase(
    phase: str, contenders: dict[str, Callable[[], Cost]], starts: dict[str, Cost], feeds: int
) -> None:
    costs: dict[str, Cost] = {}
    for name, run in contenders.items():
        tell(phase)
        costs[name] = cost = run()
        asked = tell(phase)
        if asked != feeds:
            sys.exit(f"{name} asked {asked} times for {feeds} feeds")
        by_wall = _ratio(name, "bare", lambda one: one.wall, costs, starts)
        by_cpu = _ratio(name, "reader", lambda one: one.cpu, costs, starts)
        sys.stdout.write(
            f"{phase:>6} {name:>8} {cost.wall:7.2f} {cost.cpu:7.2f} {cost.largest:5.0f}"
            f" {cost.together:7.0f} {feeds * farm.ENTRIES / cost.wall:10.0f} {by_wall:>16}"
            f" {by_cpu:>16}\n"
        )
        sys.stdout.flush()


def _ratio(
    name: str,
    other: str,
    figure: Callable[[Cost], float],
    costs: dict[str, Cost],
    starts: dict[str, Cost],
) -> str:
    """Return how many times what `other` needs one needs: as it is, and without their starts."""
    if other not in costs:
        return ""
    own, others = figure(costs[name]), figure(costs[other])
    net, others_net = own - figure(starts[name]), others - figure(starts[other])
    return f"{own / others:.2f} ({net / others_net:.2f})"


def tell(mode: str) -> int:
    """Set how the farm answers; return how often it was asked since the last time."""
    with urllib.request.urlopen(f"http://127.0.1.1:{PORT}/farm?mode={mode}") as answer:
        return int(answer.read())


def main() -> None:
    """Compare, or be one of those that are compared."""
    words = argparse.ArgumentParser(description="Measures polls beside others.")
    words.add_argument("--feeds", type=int, default=500)
    words.add_argument("--hosts", type=int, default=50)
    words.add_argument("--recaps", type=int, default=10, help="in a hundred entries")
    words.add_argument("--as", dest="who", choices=("bare", "reader"), help=argparse.SUPPRESS)
    words.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    said = words.parse_args()
    addresses = farm.addresses(said.feeds, said.hosts, PORT)
    if said.who == "bare":
        bare(addresses, said.folder / "etags.json")
    elif said.who == "reader":
        reader(addresses, said.folder / "reader.sqlite")
    else:
        compare(said.feeds, said.hosts, said.recaps)


if __name__ == "__main__":
    main()
