"""What aiohttp is to do otherwise: validators byte by byte, and idle connections in bounds.

Nearly all validators (ETag, Last-Modified) are ASCII and are kept as they stand. Some servers put
other bytes in them: those are kept as RFC 8187 writes such values, ``ISO-8859-1''%22caf%E9%22``,
because no database takes bytes that are no text. Either way the server gets back what it sent
(RFC 9110 sections 8.8 and 13.1).
"""

from __future__ import annotations

import asyncio
import re
from typing import cast
from urllib.parse import quote_from_bytes, unquote_to_bytes

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

_MARK = "ISO-8859-1''"
_LONGEST = 1_500  # as kept; no sensible server has longer ones
_IDLE = 200  # places whose connections are kept; each costs a file handle and, with TLS, memory
_PLAIN = re.compile(r"[\t -~]+")
_SENDABLE = re.compile(r"[\t -~\x80-\xff]+")


def kept(value: str | None) -> str | None:
    """Return a validator as aiohttp gives it in the form that is stored; None: of no use.

    That is one that is empty, absurdly long, or has bytes that no header may have.
    """
    if not value:
        return None
    if not _PLAIN.fullmatch(value) or value.startswith(_MARK):
        raw = value.encode("utf-8", "surrogateescape")
        if not _SENDABLE.fullmatch(raw.decode("latin-1")):
            return None
        value = _MARK + quote_from_bytes(raw, safe='"/')
    return value if len(value) <= _LONGEST else None


def sent(stored: str | None) -> str | None:
    """Return a stored validator as latin-1 text of the bytes to send; None: nothing to send."""
    if not stored:
        return None
    if stored.startswith(_MARK):
        stored = unquote_to_bytes(stored.removeprefix(_MARK)).decode("latin-1")
        return stored if _SENDABLE.fullmatch(stored) else None
    return stored if _PLAIN.fullmatch(stored) else None


class Request(aiohttp.ClientRequest):
    """A request whose header values are latin-1 text of their bytes; aiohttp would send UTF-8."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Send the head of the request."""
        protocol = conn.protocol
        if protocol is None or all(value.isascii() for value in self.headers.values()):
            return await super().send(conn)
        transport = protocol.transport
        protocol.transport = cast("asyncio.Transport", _Latin1(transport))
        try:
            return await super().send(conn)
        finally:
            protocol.transport = transport


class _Latin1:
    """A transport for the time of writing one head."""

    def __init__(self, transport: asyncio.Transport | None) -> None:
        self._transport = transport

    def is_closing(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data.decode("utf-8").encode("latin-1", "replace"))


class Connector(aiohttp.TCPConnector):
    """Keeps connections to the places that were asked last, as long as they behave."""

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        """Leave out what has talked since it was asked: its next answer would be another's."""
        while (found := await super()._get(key, traces)) is not None:
            if found.protocol is not None and not found.protocol.should_close:
                break
            found.close()
        return found

    def _release(
        self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False
    ) -> None:
        """Close what was not used for longest; aiohttp would keep them all."""
        super()._release(key, protocol, should_close=should_close)
        while len(self._conns) > _IDLE:
            for idle, _ in self._conns.pop(next(iter(self._conns))):
                idle.close()
