"""Runs the pure stages in processes of their own, so that no parsing ever holds up the network.

Each process has one call at a time. So a call that takes too long or too much memory costs its own
process and nothing else: the calls beside it, which read other feeds, do not notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import multiprocessing
import os
import resource
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING, Any

from aggregator.drafts import Draft, Reading, Rules
from aggregator.errors import Overtaxed
from aggregator.model import EntryFile, Fetched, Judged, Known, NewEntry, Picture, SafeHtml
from aggregator.settings import Settings

if TYPE_CHECKING:
    from aggregator.imaging import Encoded

_STAGE_S = 60.0  # seconds that one call may take before its process is ended
_STAGE_MB = 280  # of memory that a process may ask for; a document of 10 MB needs up to 200
_START_S = 0.05  # what it takes to start a process


def _begin(config_dir: str, megabytes: int) -> None:
    """Bound the memory of this process, and load what every call needs."""
    threading.Thread(target=_follow_parent, name="follow-parent", daemon=True).start()
    # RLIMIT_DATA, not RLIMIT_AS: libraries map files and reserve addresses that cost nothing.
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 1_000_000, most))
    _stage("prepare", config_dir)


def _follow_parent() -> None:
    """End with the parent, also when that is killed: else this process would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _stage(name: str, *args: Any) -> Any:
    """Run a function of `ingest`, in a process of the pool.

    The module is named, not imported above: what it needs takes a second to load, which a process
    that only polls unchanged feeds should not pay.
    """
    return getattr(importlib.import_module("aggregator.ingest"), name)(*args)


def _context() -> BaseContext:
    """Return how processes are started. Never by a fork of this one, which has threads.

    On Linux a server without threads loads what all stages need, once, and is forked: further
    processes are there at once, and share its memory.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["aggregator.ingest"])
    return context


class Stages:
    """Processes for the stages, started as they are needed; one of these serves one event loop."""

    def __init__(
        self, settings: Settings, *, seconds: float = _STAGE_S, megabytes: int = _STAGE_MB
    ) -> None:
        self._seconds, self._megabytes = seconds, megabytes  # that one call may take
        self._most = settings.poll_processes or (multiprocessing.cpu_count() or 1)
        self._config_dir = str(settings.config_dir)
        self._all: set[ProcessPoolExecutor] = set()
        self._idle: list[ProcessPoolExecutor] = []
        self._waiting: deque[asyncio.Future[ProcessPoolExecutor]] = deque()
        self._usual_s: float | None = None  # what a call takes, averaged over the last ones

    async def read(self, fetched: Fetched, known: Mapping[str, Known], rules: Rules) -> Reading:
        """Run `ingest.read`.

        Raises:
            AggregatorError: what it raised; Overtaxed: it took too long or too much memory.
        """
        found: Reading = await self._run("read", fetched, known, rules)
        return found

    async def complete(
        self, draft: Draft, page: Fetched | None, pending: bool, rules: Rules
    ) -> NewEntry:
        """Run `ingest.complete`.

        Raises:
            Overtaxed: it took too long or too much memory.
        """
        found: NewEntry = await self._run("complete", draft, page, pending, rules)
        return found

    async def encode(self, body: bytes) -> Encoded:
        """Run `imaging.encode`.

        Raises:
            AggregatorError: it is no picture; Overtaxed: it took too long or too much memory.
        """
        made: Encoded = await self._run("encode", body)
        return made

    async def show(self, filed: EntryFile, held: Mapping[str, Picture]) -> SafeHtml | None:
        """Run `ingest.show`.

        Raises:
            Overtaxed: it took too long or too much memory.
        """
        found: SafeHtml | None = await self._run("show", filed, held)
        return found

    async def judge(self, files: tuple[EntryFile, ...], threshold: float) -> tuple[Judged, ...]:
        """Run `ingest.judge`.

        Raises:
            Overtaxed: it took too long or too much memory.
        """
        found: tuple[Judged, ...] = await self._run("judge", files, self._config_dir, threshold)
        return found

    async def _run(self, name: str, *args: object) -> Any:
        process = await self._take()
        start = time.monotonic()
        fit = False  # whether the process can go on
        try:
            work = asyncio.get_running_loop().run_in_executor(process, _stage, name, *args)
            found = await asyncio.wait_for(work, self._seconds)
            fit = True
        except TimeoutError:
            raise Overtaxed(
                f"reading what was fetched took more than {self._seconds:g} s and was stopped"
            ) from None
        except (BrokenProcessPool, MemoryError):
            raise Overtaxed(
                f"reading what was fetched took more than {self._megabytes} MB of memory, or the"
                " machine had none left, and was stopped"
            ) from None
        except Exception:  # what the stage itself raised
            fit = True
            raise
        finally:
            if fit:
                self._note(time.monotonic() - start)
                self._give(process)
            else:
                self._end(process)
        return found

    def _note(self, seconds: float) -> None:
        self._usual_s = seconds if self._usual_s is None else 0.8 * self._usual_s + 0.2 * seconds

    # ------------------------------------------------------------------------------- processes

    async def _take(self) -> ProcessPoolExecutor:
        """Return a process with nothing to do; wait for one where there are enough of them."""
        while self._idle:
            process = self._idle.pop()
            if not process._broken:
                return process
            self._end(process)  # it was killed while it had nothing to do: no feed is to blame
        if self._another_pays():
            return self._start()
        turn: asyncio.Future[ProcessPoolExecutor] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give(turn.result())
            raise

    def _another_pays(self) -> bool:
        """Tell whether what waits takes those that run longer than it takes to start one more."""
        count = len(self._all)
        if count == 0:
            return True
        if count >= self._most or self._usual_s is None:
            return False
        return len(self._waiting) * self._usual_s / count > _START_S

    def _start(self) -> ProcessPoolExecutor:
        process = ProcessPoolExecutor(
            1,
            mp_context=_context(),
            initializer=_begin,
            initargs=(self._config_dir, self._megabytes),
        )
        self._all.add(process)
        return process

    def _give(self, process: ProcessPoolExecutor) -> None:
        """Hand a process to the call that waits longest."""
        if process not in self._all:  # closed meanwhile
            return
        if self._hand(process) and self._another_pays():
            self._hand(self._start())

    def _hand(self, process: ProcessPoolExecutor) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(process)
                return True
        self._idle.append(process)
        return False

    def _end(self, process: ProcessPoolExecutor) -> None:
        """End a process whatever it does; who waits gets a new one."""
        self._all.discard(process)
        _kill(process)
        if self._waiting and not self._all:
            self._hand(self._start())

    def close(self, *, kill: bool = False) -> None:
        """End all processes; with `kill` without waiting for what they do."""
        processes, self._all = self._all, set()
        self._idle.clear()
        for process in processes:
            if kill:
                _kill(process)
            else:
                process.shutdown(cancel_futures=True)


def _kill(process: ProcessPoolExecutor) -> None:
    for one in list((process._processes or {}).values()):  # there is no other way
        one.kill()
    with contextlib.suppress(OSError):  # its own thread may just have closed the way to it
        process.shutdown(wait=False, cancel_futures=True)
