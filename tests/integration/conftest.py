"""A site to be asked, and the pool of processes that polls share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.polls import end_stages
from tests.site import Site


@pytest.fixture
def site() -> Iterator[Site]:
    """A server on loopback that answers as the test tells it."""
    with Site() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _stages() -> Iterator[None]:
    yield
    end_stages()
