"""Runs the pure stages in processes of their own, so that no parsing ever holds up the network."""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from aggregator.drafts import Draft, Reading, Rules
from aggregator.errors import AggregatorError
from aggregator.model import Correction, Fetched, NewEntry
from aggregator.settings import Settings

STAGE_S = 120  # seconds that one call may take before its process is ended


def _stage(name: str, *args: Any) -> Any:
    """Run a function of `ingest`, in a process of the pool.

    The module is named, not imported above: what it needs takes a second to load, which a process
    that only polls unchanged feeds should not pay.
    """
    return getattr(importlib.import_module("aggregator.ingest"), name)(*args)


class Stages:
    """A pool of processes; started with the first call, replaced when it broke."""

    def __init__(self, settings: Settings) -> None:
        self._processes = settings.poll_processes or (multiprocessing.cpu_count() or 1)
        self._config_dir = str(settings.config_dir)
        self._pool: ProcessPoolExecutor | None = None

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Never fork: this process has threads, and a fork would copy their locks in any state.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self._processes,
                mp_context=context,
                initializer=_stage,
                initargs=("prepare", self._config_dir),
            )
        return self._pool

    async def read(
        self, fetched: Fetched, known: dict[str, tuple[str, tuple[Correction, ...]]], rules: Rules
    ) -> Reading:
        """Run `ingest.read`.

        Raises:
            AggregatorError: what it raised, or that it took too long or ended its process.
        """
        found: Reading = await self._run("read", fetched, known, rules)
        return found

    async def complete(
        self, draft: Draft, page: Fetched | None, pending: bool, rules: Rules
    ) -> NewEntry:
        """Run `ingest.complete`.

        Raises:
            AggregatorError: that it took too long or ended its process.
        """
        found: NewEntry = await self._run("complete", draft, page, pending, rules)
        return found

    async def _run(self, name: str, *args: object) -> Any:
        loop = asyncio.get_running_loop()
        try:
            work = loop.run_in_executor(self._open(), _stage, name, *args)
            return await asyncio.wait_for(work, STAGE_S)
        except TimeoutError:
            self.close(kill=True)
            raise AggregatorError(
                f"reading what was fetched took more than {STAGE_S} s and was stopped"
            ) from None
        except BrokenProcessPool:
            self.close(kill=True)
            raise AggregatorError(
                "the process that read what was fetched ended; was the machine out of memory?"
            ) from None

    def close(self, *, kill: bool = False) -> None:
        """End the pool's processes; with `kill` without waiting for what they do."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        if kill:
            for process in list((pool._processes or {}).values()):  # the pool offers no other way
                process.kill()
        pool.shutdown(wait=not kill, cancel_futures=True)
