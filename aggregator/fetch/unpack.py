"""Decompression piece by piece, stopped at a size: a packed bomb never unfolds."""

from __future__ import annotations

import zlib

import brotli  # type: ignore[import-untyped]  # ships no types

_GZIP_MAGIC = b"\x1f\x8b"


class Overfull(Exception):
    """The body is larger than allowed."""


class Broken(Exception):
    """The packed body cannot be unpacked; the text says why."""


def coding_of(header: str) -> str:
    """Return the one content coding that `header` (Content-Encoding) names; empty for none.

    Raises:
        Broken: several codings, or one that we did not ask for.
    """
    names = [name.strip().lower() for name in header.split(",")]
    named = [name.removeprefix("x-") for name in names if name not in ("", "identity", "none")]
    if len(named) > 1 or (named and named[0] not in ("gzip", "deflate", "br")):
        raise Broken(f"it is packed as {header!r}, which was not asked for")
    return named[0] if named else ""


class Unpacker:
    """Takes a body as it arrives and keeps it unpacked, up to `limit` bytes."""

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._zlib: zlib._Decompress | None = None
        self._brotli = brotli.Decompressor() if coding == "br" else None
        self._begun = False

    def add(self, data: bytes) -> None:
        """Take the next piece of the body.

        Raises:
            Overfull: the unpacked body is over the limit.
            Broken: the piece cannot be unpacked.
        """
        if not self._begun:
            self._begin(data)
        try:
            if self._brotli is not None:
                self._add_brotli(data)
            elif self._coding:
                self._add_zlib(data)
            else:
                self._keep(data)
        except (zlib.error, brotli.error) as error:
            raise Broken(f"its {self._coding} packing is damaged") from error

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            Broken: it ended early.
        """
        ended = (
            self._brotli.is_finished()
            if self._brotli is not None
            else not self._zlib or self._zlib.eof
        )
        if self._begun and not ended:
            raise Broken(f"its {self._coding} packing ends early")
        return b"".join(self._parts)

    def _begin(self, data: bytes) -> None:
        self._begun = True
        if self._coding == "gzip" and data[:1] != _GZIP_MAGIC[:1]:
            self._coding = ""  # some servers say gzip of what they did not pack
        if self._coding == "gzip":
            self._zlib = zlib.decompressobj(wbits=31)
        elif self._coding == "deflate":
            # RFC 9110 section 8.4.1.2 means zlib, but bare deflate is met; the first byte of zlib
            # names method 8 and a window of at most 32 KiB (RFC 1950 section 2.2).
            wrapped = data[0] & 0x0F == 8 and data[0] >> 4 <= 7
            self._zlib = zlib.decompressobj(wbits=15 if wrapped else -15)

    def _room(self) -> int:
        return self._limit - self._size + 1  # one more than fits tells that it does not

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise Overfull
        self._parts.append(data)

    def _add_zlib(self, data: bytes) -> None:
        while data and self._zlib is not None:
            self._keep(self._zlib.decompress(data, self._room()))
            if not self._zlib.eof:
                data = self._zlib.unconsumed_tail
            elif self._coding == "gzip" and self._zlib.unused_data.startswith(_GZIP_MAGIC):
                data = self._zlib.unused_data  # a further member (RFC 1952 section 2.2)
                self._zlib = zlib.decompressobj(wbits=31)
            else:
                return  # what follows the end is padding

    def _add_brotli(self, data: bytes) -> None:
        packer = self._brotli
        while packer is not None and not packer.is_finished():
            self._keep(packer.process(data, output_buffer_limit=self._room()))
            data = b""
            if packer.can_accept_more_data():
                return
