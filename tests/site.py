"""Real servers on loopback, in threads, that answer as a test tells them.

::

    with Site() as site:
        site.set("/feed.xml", Answer(body=b"<rss/>", headers={"ETag": '"1"'}))
        ...  # ask site.url("/feed.xml")
        assert site.requests[0].headers["User-Agent"]

`Site` speaks HTTP as it should be, `Wire` sends the bytes that it is given.
"""

from __future__ import annotations

import gzip
import socket
import sys
import threading
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, cast

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server says to one request."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""  # empty: no such header
    encoding: str = ""  # gzip, deflate, raw-deflate, br or zstd: the body is packed so
    delay: float = 0.0  # seconds before the first byte
    drip: tuple[int, float] | None = None  # so many bytes, then a pause of so many seconds
    cut_after: int | None = None  # bytes of the body after which the connection is closed
    length: bool = True  # send Content-Length (else the end of the connection ends the body)
    raw: bytes | None = None  # sent as it stands, in place of all the above


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the server received."""

    method: str
    path: str  # with the query
    headers: Message
    body: bytes = b""


Reply = Answer | Callable[[Request], Answer]


def redirect(to: str, status: int = 301) -> Answer:
    """Return an answer that sends the asker to `to`."""
    return Answer(status=status, headers={"Location": to})


def _packed(body: bytes, encoding: str) -> bytes:
    match encoding:
        case "gzip":
            return gzip.compress(body)
        case "deflate":
            return zlib.compress(body)
        case "raw-deflate":
            packer = zlib.compressobj(wbits=-15)
            return packer.compress(body) + packer.flush()
        case "br":
            return bytes(brotli.compress(body))
        case "zstd":
            return zstd.compress(body)
        case _:
            return body


class Site:
    """A server on a free loopback port; what is not set is answered 404.

    An answer that carries ETag or Last-Modified is given as 304 to who has it already.
    `connections` is how many were made, `most_connections` how many there were at one time.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.most_connections = 0
        self._open = 0
        self._replies: dict[str, list[Reply]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(self, host)
        self.port = int(self._server.server_address[1])
        self.host = f"{host}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str = "/") -> str:
        """Return the address of `path` on this server."""
        return f"http://{self.host}{path}"

    def set(self, path: str, *replies: Reply) -> str:
        """Answer `path` (the query counts) with `replies` in turn, the last for ever; its address.

        A reply may be a function of the request. Text bodies travel as UTF-8.
        """
        with self._lock:
            self._replies[path] = list(replies)
        return self.url(path)

    def asked(self, path: str) -> list[Request]:
        """Return the requests received for `path`, oldest first."""
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def _connected(self, more: int) -> None:
        with self._lock:
            self.connections += max(0, more)
            self._open += more
            self.most_connections = max(self.most_connections, self._open)

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            replies = self._replies.get(request.path)
            if not replies:
                return Answer(status=404, body=b"nothing here", content_type="text/plain")
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        answer = reply(request) if callable(reply) else reply
        known = ("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")
        for asked, told in known:
            if told in answer.headers and request.headers.get(asked) == answer.headers[told]:
                return Answer(status=304, headers=answer.headers)
        return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Say nothing: tests look at `Site.requests`."""

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        cast("_Server", self.server).site._connected(1)

    def finish(self) -> None:
        """Count it no more."""
        cast("_Server", self.server).site._connected(-1)
        super().finish()

    def do_GET(self) -> None:
        site = cast("_Server", self.server).site
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = site._answer(Request(self.command, self.path, self.headers, body))
        if answer.delay:
            site._stopping.wait(answer.delay)
        if answer.raw is not None:
            self.wfile.write(answer.raw)
            self.close_connection = True
            return
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        packed = _packed(body, answer.encoding)
        self._head(answer, len(packed))
        if self.command != "HEAD" and answer.status != 304:
            self._send(answer, packed, site._stopping)

    do_HEAD = do_GET  # noqa: N815 - the names are http.server's
    do_POST = do_GET  # noqa: N815

    def _head(self, answer: Answer, length: int) -> None:
        self.send_response(answer.status)
        if answer.content_type:
            self.send_header("Content-Type", answer.content_type)
        if answer.encoding:
            self.send_header("Content-Encoding", answer.encoding.removeprefix("raw-"))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304 and answer.length:
            self.send_header("Content-Length", str(length))
        elif answer.status != 304:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()

    def _send(self, answer: Answer, packed: bytes, stopping: threading.Event) -> None:
        if answer.cut_after is not None:
            packed = packed[: answer.cut_after]
            self.close_connection = True
        size, pause = answer.drip or (len(packed) or 1, 0.0)
        for begin in range(0, len(packed), size):
            self.wfile.write(packed[begin : begin + size])
            self.wfile.flush()
            if stopping.wait(pause):
                return


class _Server(ThreadingHTTPServer):
    """Keeps quiet when an asker hangs up, which impatient askers under test do."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, site: Site, host: str) -> None:
        self.site = site
        super().__init__((host, 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Do nothing: a hung-up connection is no fault of the test."""


class Wire:
    """A server that sends what `reply` gives for the head of a request, piece by piece, as it is.

    A connection is kept for further requests, and closed when `reply` gives ``None``. `heads` are
    the requests received, as bytes.
    """

    def __init__(self, reply: Callable[[bytes], Iterable[bytes | None]]) -> None:
        self.heads: list[bytes] = []
        self._reply = reply
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # we were closed
                return
            threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection: socket.socket) -> None:
        received = b""
        with connection:
            try:
                while data := connection.recv(65_536):
                    received += data
                    while b"\r\n\r\n" in received:
                        head, _, received = received.partition(b"\r\n\r\n")
                        self.heads.append(head)
                        for piece in self._reply(head):
                            if piece is None:
                                return
                            connection.sendall(piece)
            except OSError:  # the asker has hung up
                return


def free_port() -> int:
    """Return a loopback port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
