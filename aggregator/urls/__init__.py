"""Pure helpers for addresses: of anything (`addresses`), and of what talks leave behind.

`posts` compares the addresses of entries. `resources` tells what a talk's link leads to and when
two links lead to the same thing; the table of the services that it knows is `services`.
"""

from aggregator.urls.addresses import absolute, canonical, host, is_web, key, remembered
from aggregator.urls.posts import post_key
from aggregator.urls.resources import (
    Resource,
    public_page,
    resource_key,
    resource_kind,
    resource_of,
    unwrapped,
    video_of,
)

__all__ = [
    "Resource",
    "absolute",
    "canonical",
    "host",
    "is_web",
    "key",
    "post_key",
    "public_page",
    "remembered",
    "resource_key",
    "resource_kind",
    "resource_of",
    "unwrapped",
    "video_of",
]
