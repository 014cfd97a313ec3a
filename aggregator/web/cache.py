"""Whole answers kept in memory, so that a page that did not change costs a look-up."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import brotli
from werkzeug.http import http_date, is_resource_modified, parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Below this many bytes an answer fits in one packet anyway.
WORTH_PACKING = 1000

Headers = list[tuple[str, str]]

# Content codings, the best first. Brotli at 5 and gzip at 6 take about a millisecond for a page.
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}


def coding(accepted: str, size: int) -> str:
    """Return the coding for a body of `size` bytes by an Accept-Encoding header; "" for none."""
    if size <= WORTH_PACKING or not accepted:
        return ""
    if accepted == "gzip, deflate, br, zstd":  # as all browsers say it
        return "br"
    takes = parse_accept_header(accepted)
    return next((name for name in PACKERS if takes[name] > 0), "")


@dataclass(slots=True, kw_only=True)
class Kept:
    """An answer with everything that is costly to make of it."""

    version: tuple[object, ...]  # what it was made from; another version makes it worthless
    body: bytes
    headers: Headers  # all but those that depend on the coding
    last_modified: datetime | None = None
    etag: str = ""
    successor: tuple[object, ...] | None = None  # the version that it is being made anew from
    _forms: dict[str, tuple[Headers, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the entity tag: a weak one, the same for the plain and the packed forms."""
        self.etag = f'W/"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'
        self.headers = [*self.headers, ("ETag", self.etag)]
        if self.last_modified:
            self.headers.append(("Last-Modified", http_date(self.last_modified)))

    @property
    def size(self) -> int:
        """Bytes it takes in memory, roughly: packed forms are a third of the plain one."""
        return len(self.body) * 4 // 3 + 2000

    def form(self, name: str) -> tuple[Headers, bytes]:
        """Return headers and body in a coding; "" is the plain form."""
        made = self._forms.get(name)
        if made is None:
            body = PACKERS[name](self.body) if name else self.body
            headers = [*self.headers, ("Content-Length", str(len(body)))]
            if name:
                headers.append(("Content-Encoding", name))
            made = self._forms[name] = (headers, body)
        return made

    def answer(self, environ: WSGIEnvironment) -> tuple[str, Headers, bytes]:
        """Return status, headers and body for a GET or HEAD request (RFC 9110 section 13)."""
        asked = environ.get("HTTP_IF_NONE_MATCH") or environ.get("HTTP_IF_MODIFIED_SINCE")
        if asked and not is_resource_modified(
            environ, etag=self.etag, last_modified=self.last_modified
        ):
            return "304 NOT MODIFIED", self.headers, b""
        headers, body = self.form(coding(environ.get("HTTP_ACCEPT_ENCODING", ""), len(self.body)))
        return "200 OK", headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body


class PageCache:
    """The answers used last, up to a number of bytes; safe for threads."""

    def __init__(self, max_bytes: int = 48 << 20) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: tuple[str, ...], version: tuple[object, ...]) -> Kept | None:
        """Return the answer kept under `key`, unless it was made from another version."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.version != version:
                return None
            self._kept.move_to_end(key)
            return kept

    def take(self, key: tuple[str, ...], version: tuple[object, ...]) -> Kept | None:
        """Return an answer to give; None where the caller is to make it, and then to `settle`.

        Of those who ask for what was made from another version, one makes it anew. The others get
        the old answer meanwhile: they would wait for the same work many times over.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            if version not in (kept.version, kept.successor):
                kept.successor = version
                return None
            self._kept.move_to_end(key)
            return kept

    def settle(self, key: tuple[str, ...], version: tuple[object, ...]) -> None:
        """Forget the old answer where none was put in its place: the page may be gone."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.successor == version:
                self._bytes -= self._kept.pop(key).size

    def put(self, key: tuple[str, ...], kept: Kept) -> None:
        """Keep an answer; those unused for longest make room. Huge ones are not kept."""
        if kept.size > self._max_bytes // 8:
            return
        with self._lock:
            old = self._kept.pop(key, None)
            self._bytes -= old.size if old else 0
            self._kept[key] = kept
            self._bytes += kept.size
            while self._bytes > self._max_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.size

    def clear(self) -> None:
        """Forget all answers."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
