"""Whole answers kept in memory, so that a page that did not change costs a look-up."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

# Below this many bytes an answer fits in one packet anyway.
_WORTH_PACKING = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer with everything that is costly to make of it."""

    version: tuple[object, ...]  # what it was made from; another version makes it worthless
    body: bytes
    packed: bytes | None  # gzip; None where it does not pay
    etag: str
    headers: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """Bytes it takes in memory, roughly."""
        return len(self.body) + len(self.packed or b"") + 1000


def keep(body: bytes, headers: tuple[tuple[str, str], ...], version: tuple[object, ...]) -> Kept:
    """Return the answer with its entity tag and its packed form."""
    packed = None
    if len(body) > _WORTH_PACKING:
        packed = gzip.compress(body, compresslevel=6, mtime=0)
    return Kept(
        version=version,
        body=body,
        packed=packed,
        etag=hashlib.blake2b(body, digest_size=12).hexdigest(),
        headers=headers,
    )


class PageCache:
    """The answers used last, up to a number of bytes; safe for threads."""

    def __init__(self, max_bytes: int = 32 << 20) -> None:
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
