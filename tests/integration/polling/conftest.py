"""A poller for each kind of database."""

from __future__ import annotations

import pytest

from aggregator.settings import Settings
from aggregator.store import Database
from tests.polls import Polls


@pytest.fixture
def polls(database: Database, settings: Settings) -> Polls:
    changes = {"fetch_allow_private": True, "poll_processes": 1}
    return Polls(database, settings.model_copy(update=changes))
