"""The admin pages: feeds and their health, moderation, events, tags, accounts.

Server-rendered forms that work without a script. What all pages share is in `desk`; each other
module registers its pages on the one blueprint when it is imported.
"""

from aggregator.web.admin import (
    decisions,
    events,
    feed,
    health,
    moderation,
    overview,
    people,
    sign_in,
    topics,
)
from aggregator.web.admin.desk import blueprint

__all__ = [
    "blueprint",
    "decisions",
    "events",
    "feed",
    "health",
    "moderation",
    "overview",
    "people",
    "sign_in",
    "topics",
]
