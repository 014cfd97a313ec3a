"""Tells what is the same as before. Pure functions.

`entries`: an entry under a new guid; `markup`: a text in new wrapping; `sites`: a feed in other
hands.
"""

from aggregator.identity.entries import BEGINNING, renamed
from aggregator.identity.markup import looks, marked, unchanged
from aggregator.identity.sites import prints, taken_over

__all__ = ["BEGINNING", "looks", "marked", "prints", "renamed", "taken_over", "unchanged"]
