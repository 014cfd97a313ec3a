"""A site whose feeds are polled, and a poller for each kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aggregator.settings import Settings
from aggregator.store import Database
from tests import polls as polls_module
from tests.polls import Polls
from tests.site import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _stages() -> Iterator[None]:
    yield
    polls_module.end_stages()


@pytest.fixture
def polls(database: Database, settings: Settings) -> Polls:
    changes = {"fetch_allow_private": True, "poll_processes": 1}
    return Polls(database, settings.model_copy(update=changes))
