"""Errors travel between processes."""

from __future__ import annotations

import pickle
from datetime import timedelta

import pytest

from aggregator import errors
from aggregator.model import FeedLink

LINK = FeedLink(url="https://blog.example/feed.xml")


@pytest.mark.parametrize(
    "error",
    [
        errors.AggregatorError("plain"),
        errors.SettingsError(["one", "two"]),
        errors.RateLimited("wait", url="u", status=429, retry_after=timedelta(seconds=3)),
        errors.NotAFeed("a page", url="u", feed_links=(LINK,)),
        errors.Moved("event", "old", "new"),
        errors.Conflict("there", what="feed", key=3),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_comes_out_of_another_process_as_it_was(error: errors.AggregatorError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - of our own making
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
