"""`aggregator serve`: the web site and the poller, as processes of their own under one parent."""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from aggregator import feedlist, scheduler
from aggregator.assets import folder
from aggregator.errors import AggregatorError, Conflict
from aggregator.model import NewSource
from aggregator.sample import SampleSite
from aggregator.settings import Settings, secret_key
from aggregator.store import Connection, Database, feeds, open_database, upkeep
from aggregator.web import create_app

_log = logging.getLogger("aggregator.serving")
_LOADED = "feeds_loaded"
_ASIDE = 10  # niceness: a tenth of a processor that others want is enough to keep its connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How to serve."""

    host: str
    port: int
    workers: int
    scheduler: bool
    sample: bool


def prepare(settings: Settings) -> None:
    """Create or upgrade the database, and load the lists of feeds on the first start."""
    database = open_database(settings.database)
    try:
        before, after = upkeep.upgrade(database)
        if before != after:
            _log.info("store.migrated", extra={"f": {"from": before or "nothing", "to": after}})
        _load_feeds(database, settings)
    finally:
        database.close()


def _load_feeds(database: Database, settings: Settings) -> None:
    """Follow what the lists name, once: a feed that was removed later must not come back."""
    with database.writing() as c:
        if upkeep.state(c, _LOADED):
            return
        upkeep.set_state(c, _LOADED, "yes")
        if feeds.all_feeds(c, trial=None):  # somebody has chosen feeds already
            return
        count = 0
        for name in settings.feeds_files:
            own = Path(name)
            path = own if own.is_file() else folder("config") / name
            count += _follow(c, feedlist.load(path), settings)
    _log.info("feeds.loaded", extra={"f": {"feeds": count}})


def _follow(c: Connection, listed: tuple[tuple[str, NewSource], ...], settings: Settings) -> int:
    count = 0
    for url, source in listed:
        try:
            feeds.add(
                c,
                url,
                now=datetime.now(UTC),
                source=source,
                interval=timedelta(seconds=settings.poll_interval_start_s),
            )
            count += 1
        except Conflict:  # followed already
            continue
    return count


def serve(settings: Settings, site: Site) -> None:
    """Serve until told to stop (SIGTERM or SIGINT), then stop every process.

    Raises:
        AggregatorError: the port is taken.
    """
    _check_port(site.host, site.port)
    secret_key(settings)  # made before the workers start, so that all read the same
    prepare(settings)
    sample = _play_samples(settings) if site.sample else None
    if sample:
        private = (*settings.fetch_allow_hosts, f"127.0.0.1:{settings.sample_port}")
        settings = settings.model_copy(update={"fetch_allow_hosts": private})
    poller = _Poller(settings) if site.scheduler else None
    server = Server(
        "aggregator.serving:web_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=site.host,
        port=site.port,
        workers=site.workers,
        blocking_threads=4,
        backpressure=256,
        log_level=LogLevels.warning,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    )
    try:
        if poller:
            poller.start()
        server.serve()
    finally:
        if poller:
            poller.stop()
        if sample:
            sample.stop()


def web_app() -> Flask:
    """Return the web site for one worker process, which ends when its parent is gone.

    A worker that outlived a parent killed the hard way would keep the port from the next start.
    """
    parent = multiprocessing.parent_process()

    def follow() -> None:
        while parent is None or parent.is_alive():
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()
    return create_app()


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AggregatorError(
                f"cannot listen on {host}:{port}: {error.strerror};"
                " stop what listens there or choose another --port"
            ) from error


def _play_samples(settings: Settings) -> SampleSite:
    sample = SampleSite.start(settings.sample_port)
    database = open_database(settings.database)
    try:
        with database.writing() as c:
            _follow(c, sample.feeds(), settings)
            for feed in feeds.all_feeds(c):
                if feed.source.sample and feed.last_polled_at is None:
                    feeds.poll_soon(c, feed.id, datetime(2000, 1, 1, tzinfo=UTC))
    finally:
        database.close()
    return sample


def _poll_aside(settings: Settings) -> None:
    """Poll with what the web processes leave of the processors: readers wait for pages."""
    os.nice(_ASIDE)
    scheduler.run(beside_readers(settings, multiprocessing.cpu_count()))


def beside_readers(settings: Settings, cores: int) -> Settings:
    """Return how to poll on a machine that serves pages: half of its cores parse, unless told.

    A niceness alone does not keep the others' pages from waiting for a slice of time.
    """
    return settings.model_copy(
        update={"poll_processes": settings.poll_processes or max(1, cores // 2)}
    )


class _Poller:
    """The poller's process; started again when it ends unasked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._process: BaseProcess | None = None
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> None:
        """Start it."""
        self._launch()
        self._keeper.start()

    def _launch(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(
            target=_poll_aside, args=(self._settings,), name="aggregator-poller"
        )
        self._process.start()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            process = self._process
            if process is None:
                return
            process.join(1)
            if process.exitcode is not None and not self._stopping.wait(2):
                _log.error("poller.died", extra={"f": {"exit": process.exitcode}})
                self._launch()

    def stop(self) -> None:
        """Ask it to stop, and make it when it does not within ten seconds."""
        self._stopping.set()
        process = self._process
        if process is None:
            return
        process.terminate()
        process.join(10)
        if process.exitcode is None:
            process.kill()
            process.join()
