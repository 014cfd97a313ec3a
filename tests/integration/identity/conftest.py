"""A world of feeds of a test's own; the processes that read them are started once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from aggregator.pool import Stages
from aggregator.store import Database, upkeep
from tests.integration.identity.samples import World, settings_in
from tests.site import Site


@pytest.fixture(scope="package")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="package")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The pool of processes, started once for all tests: that is what takes time."""
    pool = Stages(settings_in(str(tmp_path_factory.mktemp("identity"))))
    yield pool
    pool.close()


@pytest.fixture
def world(
    database: Database, runner: asyncio.Runner, stages: Stages, tmp_path: object
) -> Iterator[World]:
    with Site() as site:
        yield World(database, site, settings_in(str(tmp_path)), runner, stages)
    assert upkeep.check(database) == []
