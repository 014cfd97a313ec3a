"""Follows blogs, finds the posts that recap an event, and shows them by event and tag."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("event-feed-aggregator")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+checkout"
