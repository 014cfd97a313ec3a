"""Follows blogs, finds the posts that recap an event, and shows them by event and tag."""

__version__ = "0.1.0"
