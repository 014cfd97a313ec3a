"""One fetch on its way through redirects: where it is, and what it may show there."""

from __future__ import annotations

import asyncio
import base64
import re
from dataclasses import dataclass, field
from datetime import timedelta

from yarl import URL

from aggregator import urls
from aggregator.errors import AddressRefused, FetchError
from aggregator.fetch import wire
from aggregator.model import FetchRequest

REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_LONGEST = 8_000  # characters of an address, as RFC 9110 section 4.1 wants to be understood
_LOST_BYTE = re.compile("[\udc80-\udcff]")


@dataclass(slots=True, eq=False)
class Walk:
    """A fetch and how far it has got."""

    request: FetchRequest
    url: URL  # where it is now; without user and password
    login: tuple[str, str] | None
    spent_s: float = 0.0  # on earlier hops; waiting for a turn is not counted
    began: float = 0.0  # loop time of this hop
    pause_s: float = 0.0  # to be waited before the next hop
    hops: int = 0
    moved_to: str | None = None
    _lasting: bool = True  # every redirect so far was permanent
    _seen: set[URL] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The address for messages, without password."""
        first = _bare(read_url(self.request.url))
        return f"{first} (redirected to {self.url})" if self.hops else str(first)

    @property
    def host(self) -> str:
        """The host that is asked now, named as the hosts of feeds are."""
        return urls.host(str(self.url))

    def elapsed(self) -> timedelta:
        """Return what asking has taken up to now."""
        now = asyncio.get_running_loop().time()
        return timedelta(seconds=self.spent_s + now - self.began)

    def headers(self) -> dict[str, str]:
        """Return what this request has to say beside what all say (RFC 9110 section 13.1)."""
        request = self.request
        headers = {"Accept": request.accept}
        if etag := wire.sent(request.etag):
            headers["If-None-Match"] = etag
        if last_modified := wire.sent(request.last_modified):
            headers["If-Modified-Since"] = last_modified
        if self.login:
            pair = f"{self.login[0]}:{self.login[1]}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return headers

    def hop(self, status: int, location: str) -> None:
        """Go where a redirect leads.

        The feed's new address is the one that the first permanent redirects lead to: what is asked
        for next time is what the server calls permanent, and a temporary redirect from there is to
        be followed anew each time (RFC 9110 sections 15.4.2 to 15.4.4). A permanent redirect behind
        a temporary one is about an address that is not ours.

        Raises:
            FetchError: to a place where this fetch has been.
            AddressRefused: to what is no address.
        """
        try:
            target = self.url.join(read_url(location)).with_fragment(None)
        except ValueError as error:
            raise AddressRefused(
                f"{self.name} redirects to {location[:100]!r}, which is no address",
                url=self.request.url,
                status=status,
            ) from error
        self._seen.add(self.url)
        self.hops += 1
        if not _same_place(self.url, target):
            self.login = None
        elif target.user or target.password:
            self.login = (target.user or "", target.password or "")
        self.url = _bare(target)
        if self.url in self._seen:
            raise FetchError(
                f"{self.name} redirects in a circle (some sites do so to whoever takes no"
                " cookies): check the address in a browser",
                url=self.request.url,
                status=status,
            )
        self._lasting = self._lasting and status in _PERMANENT
        if self._lasting:
            self.moved_to = self._with_login()

    def _with_login(self) -> str:
        if self.login:
            return str(self.url.with_user(self.login[0]).with_password(self.login[1]))
        return str(self.url)


def begun(request: FetchRequest) -> Walk:
    """Return the walk that `request` begins.

    Raises:
        AddressRefused: its address cannot be read.
    """
    try:
        url = read_url(request.url)
    except ValueError as error:
        shown = request.url[:100]
        raise AddressRefused(f"{shown!r} is no web address", url=request.url) from error
    login = (url.user or "", url.password or "") if url.user or url.password else None
    return Walk(request, _bare(url), login)


def read_url(text: str) -> URL:
    """Return the address, not re-spelt when it can be sent as it is; ValueError if it cannot.

    Bytes of a header that are no UTF-8 (surrogates in `text`) stay the bytes they are.
    """
    if len(text) > _LONGEST:
        raise ValueError("too long")
    text = _LOST_BYTE.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", text).strip()
    plain = re.fullmatch(r"[!-~]+", text) is not None and "\\" not in text
    url = URL(text, encoded=plain)
    _ = url.raw_host  # read lazily else, and then the fault would show later
    return url


def _bare(url: URL) -> URL:
    return url.with_user(None).with_fragment(None) if url.host else url


def _same_place(old: URL, new: URL) -> bool:
    """Tell whether a login for `old` may be shown to `new`: same host, not less secure."""
    if old.host != new.host:
        return False
    secured = (old.scheme, new.scheme) == ("http", "https")
    return old.origin() == new.origin() or (
        secured and old.is_default_port() and new.is_default_port()
    )
