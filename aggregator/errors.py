"""Everything this program raises on purpose.

::

    AggregatorError             base; its text is for people and says what to do
    ├─ SettingsError            a setting or a file in config/ is wrong; lists every fault
    ├─ FetchError               .url .status .retry_after .host
    │  ├─ AddressRefused        private address, odd scheme or port
    │  ├─ Unreachable           DNS, TCP, TLS, timeout
    │  ├─ TooLarge              a size limit was hit
    │  ├─ RateLimited           429 or 503; .retry_after when the server said so
    │  └─ Gone                  410: stop polling
    ├─ ParseError               .url
    │  └─ NotAFeed              .feed_links: what the page offered instead
    ├─ TakenOver                a feed's content is another site's, it seems
    ├─ Overtaxed                one call of a stage took too much time or memory
    ├─ StoreError               the database is absent, too old, full or locked
    ├─ NotFound                 .what .key
    │  └─ Moved                 .slug: where it is now
    └─ Conflict                 .what .key: already there

A bug is none of these: it is logged with its traceback.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aggregator.model import FeedLink


class AggregatorError(Exception):
    """Base of everything we raise on purpose; ``str()`` of it is shown to people."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole, although the kinds are made with named arguments."""
        return _remade, (type(self), self.args, self.__dict__)


def _remade(
    kind: type[AggregatorError], args: tuple[Any, ...], state: dict[str, Any]
) -> AggregatorError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class SettingsError(AggregatorError):
    """A setting or a file of the config folder is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class FetchError(AggregatorError):
    """A request failed; the other kinds say how."""

    def __init__(
        self,
        message: str,
        *,
        url: str,
        status: int | None = None,
        retry_after: timedelta | None = None,
        host: str = "",
    ) -> None:
        super().__init__(message)
        self.url = url
        self.status = status
        self.retry_after = retry_after
        self.host = host  # that answered, after redirects; empty where none did


class AddressRefused(FetchError):
    """The address is private, or its scheme or port is none we ask."""


class Unreachable(FetchError):
    """No answer: DNS, TCP, TLS or time."""


class TooLarge(FetchError):
    """The answer is over a size limit."""


class RateLimited(FetchError):
    """The server asks us to wait (429 or 503)."""


class Gone(FetchError):
    """The server says that this is gone for good (410)."""


class ParseError(AggregatorError):
    """What was fetched cannot be read."""

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message)
        self.url = url


class NotAFeed(ParseError):
    """A page, not a feed; it may announce feeds."""

    def __init__(self, message: str, *, url: str, feed_links: tuple[FeedLink, ...] = ()) -> None:
        super().__init__(message, url=url)
        self.feed_links = feed_links


class TakenOver(AggregatorError):
    """A feed's content seems to be another site's: nothing of it is to be taken unasked."""


class Overtaxed(AggregatorError):
    """One call of a stage took too much time or memory; at another time it may not."""


class StoreError(AggregatorError):
    """The database cannot be used as it is."""


class NotFound(AggregatorError):
    """There is no such thing."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"there is no {what} {key}")
        self.what = what
        self.key = key


class Moved(NotFound):
    """The thing has another slug now."""

    def __init__(self, what: str, key: object, slug: str) -> None:
        super().__init__(what, key)
        self.slug = slug


class Conflict(AggregatorError):
    """The thing exists already."""

    def __init__(self, message: str, *, what: str, key: object) -> None:
        super().__init__(message)
        self.what = what
        self.key = key
