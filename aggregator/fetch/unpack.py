"""Decompression piece by piece, stopped at a size: a packed bomb never unfolds."""

from __future__ import annotations

import sys
import zlib
from io import BytesIO
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CODINGS = ("gzip", "deflate", "br", "zstd")

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_WINDOW: dict[int, int] = {
    zstd.DecompressionParameter.window_log_max: 23
}  # RFC 9659: at most 8 MiB
_MEMBERS = 1_000  # packed parts that follow each other in one body: even an empty one costs time
# What servers call a body that is not packed; the last two are no codings, but are met.
_NOT_PACKED = ("", "identity", "none", "utf-8", "binary")


class Overfull(Exception):
    """The body is larger than allowed."""


class Broken(Exception):
    """The packed body cannot be unpacked; the text says why."""


def coding_of(header: str) -> str:
    """Return the one content coding that `header` (Content-Encoding) names; empty for none.

    Raises:
        Broken: several codings, or one that we did not ask for.
    """
    if not header:
        return ""
    names = [name.strip().lower().removeprefix("x-") for name in header.split(",")]
    named = [name for name in names if name not in _NOT_PACKED]
    shown = header.encode("ascii", "replace").decode()[:100]
    if len(named) > 1:
        raise Broken(f"it is packed several times over ({shown}), which nobody asked for")
    if named and named[0] not in CODINGS:
        raise Broken(f"it is packed as {shown}, which was not asked for")
    return named[0] if named else ""


class _Stream(Protocol):
    """What unpacks one member of a body; zlib and zstd have it so."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return what `data` unfolds to, at most `max_length` bytes."""

    @property
    def eof(self) -> bool:
        """Whether the member is complete."""

    @property
    def unused_data(self) -> bytes:
        """What was given after the end of the member."""


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return bool(self._inner.is_finished())

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        parts, size = [], 0
        while size < max_length and not self.eof:
            parts.append(self._inner.process(data, output_buffer_limit=max_length - size))
            size += len(parts[-1])
            data = b""
            if self._inner.can_accept_more_data():
                break
        return b"".join(parts)


class Unpacker:
    """Takes a body as it arrives and keeps it unpacked, up to `limit` bytes."""

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding
        self._limit = limit
        self._body = BytesIO()
        self._stream: _Stream | None = None
        self._members = 0  # begun
        self._between = b""  # after the end of a member, too short to tell what it is
        self._padded = False  # something else than a member has followed

    def add(self, data: bytes) -> None:
        """Take the next piece of the body.

        Raises:
            Overfull: the unpacked body is over the limit.
            Broken: the piece cannot be unpacked.
        """
        if self._coding == "gzip" and not self._members and data[:1] != _GZIP_MAGIC[:1]:
            self._coding = ""  # some servers say gzip of what they did not pack
        if not self._coding:
            self._keep(data)
            return
        try:
            while data:
                stream = self._stream or self._next(data)
                if stream is None:
                    return
                if self._between:
                    data, self._between = self._between + data, b""
                # One byte more than fits tells that it does not fit.
                self._keep(stream.decompress(data, self._limit - self._body.tell() + 1))
                self._stream, data = (None, stream.unused_data) if stream.eof else (stream, b"")
        except (zlib.error, brotli.error, zstd.ZstdError) as error:
            raise Broken(f"its {self._coding} packing is damaged") from error

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            Broken: it ended early.
        """
        if self._stream is not None:
            raise Broken(f"its {self._coding} packing ends early")
        return self._body.getvalue()

    def _next(self, data: bytes) -> _Stream | None:
        """Return what unpacks the member that begins here; None where only padding follows."""
        if self._padded:
            return None
        if self._members and self._coding == "gzip":  # RFC 1952 section 2.2: members may follow
            begin = self._between + data[: len(_GZIP_MAGIC)]
            if not begin.startswith(_GZIP_MAGIC):
                self._between = begin
                self._padded = not _GZIP_MAGIC.startswith(begin)
                return None
        elif self._members and self._coding != "zstd":  # RFC 8878 section 3.1: frames may follow
            return None
        self._members += 1
        if self._members > _MEMBERS:
            raise Broken(f"it is packed in more than {_MEMBERS} parts")
        return _opened(self._coding, data)

    def _keep(self, data: bytes) -> None:
        if self._body.tell() + len(data) > self._limit:
            raise Overfull
        self._body.write(data)


def _opened(coding: str, data: bytes) -> _Stream:
    """Return what unpacks a member that begins with `data`."""
    match coding:
        case "gzip":
            return zlib.decompressobj(wbits=31)
        case "deflate":
            # RFC 9110 section 8.4.1.2 means zlib, but bare deflate is met; the first byte of zlib
            # names method 8 and a window of at most 32 KiB (RFC 1950 section 2.2).
            wrapped = data[0] & 0x0F == 8 and data[0] >> 4 <= 7
            return zlib.decompressobj(wbits=15 if wrapped else -15)
        case "br":
            return _Brotli()
        case _:
            return zstd.ZstdDecompressor(options=_ZSTD_WINDOW)
