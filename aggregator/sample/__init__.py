"""Serves the sample blogs of ``config/sample`` on loopback, for ``serve --sample`` and for tests.

::

    config/sample/<blog>/blog.toml          who writes it, and which format its feed has
    config/sample/<blog>/<date>-<slug>.html a post: TOML in the leading comment, then its HTML
    config/sample/<blog>/*.png              pictures that posts show as ../name.png

The head of a post has ``title``, ``published``, ``summary`` and ``tags``, and where needed
``author`` (else the blog's), ``updated``, ``canonical`` (path of the original of a repeated post)
and ``date_text`` (written into the feed in place of the date).

What is served: ``/<blog>/`` (home page, announces the feed), ``/<blog>/feed.xml`` or ``feed.json``,
``/<blog>/<slug>/`` (a post's page, with the furniture that pages have), the pictures and
``/robots.txt``. Everything is made once at the start and answered with an ETag and Last-Modified.
"""

from __future__ import annotations

import errno
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any
from urllib.parse import urlsplit

from aggregator.assets import folder
from aggregator.errors import AggregatorError, SettingsError
from aggregator.model import NewSource
from aggregator.sample import documents
from aggregator.sample.blogs import Blog, read_blog

_HOST = "127.0.0.1"
_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Answer:
    content_type: str
    body: bytes
    changed: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


def _answers(blogs: tuple[Blog, ...]) -> dict[str, _Answer]:
    """Return all that is served, by path."""
    newest = max(blog.changed for blog in blogs)
    found = {
        "/": _Answer(_HTML, documents.front(blogs), newest),
        "/robots.txt": _Answer("text/plain", b"User-agent: *\nAllow: /\n", newest),
    }
    for blog in blogs:
        found[_path(blog.feed_url)] = _Answer(*documents.feed(blog), blog.changed)
        found[_path(blog.url)] = _Answer(_HTML, documents.home(blog), blog.changed)
        for post in blog.posts:
            found[_path(post.url)] = _Answer(_HTML, documents.article(blog, post), post.updated)
        for picture in blog.pictures:
            found[_path(blog.url) + picture.name] = _Answer(
                "image/png", picture.read_bytes(), blog.posts[-1].published
            )
    return found


def _path(url: str) -> str:
    return urlsplit(url).path


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_port = False  # a taken port must be an error
    answers: Mapping[str, _Answer] = MappingProxyType({})  # by path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sample-blogs"
    timeout = 30  # seconds that a kept-alive connection may be silent
    wbufsize = -1  # head and body leave together
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.answers.get(urlsplit(self.path).path)
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND, "no such page among the samples")
            return
        same = self._unchanged(answer)
        self.send_response(HTTPStatus.NOT_MODIFIED if same else HTTPStatus.OK)
        self.send_header("ETag", answer.etag)
        self.send_header("Last-Modified", format_datetime(answer.changed, usegmt=True))
        if not same:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not same and self.command == "GET":
            self.wfile.write(answer.body)

    do_HEAD = do_GET  # noqa: N815  (the base looks for this name)

    def _unchanged(self, answer: _Answer) -> bool:
        """Tell whether the asker has this answer already (RFC 9110 section 13.2.2)."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return tags.strip() == "*" or answer.etag in (
                tag.strip().removeprefix("W/") for tag in tags.split(",")
            )
        since = self.headers.get("If-Modified-Since")
        try:
            return since is not None and parsedate_to_datetime(since) >= answer.changed
        except (ValueError, TypeError):  # no date, or one without a zone
            return False

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base names it so)
        """Say nothing: the poller's own lines tell what was asked."""


class SampleSite:
    """The sample blogs, served in a thread of their own; a context manager that stops them.

    `base` is the address of all of it, without a slash at the end.
    """

    def __init__(self, port: int, place: Path | None = None) -> None:
        try:
            self._server = _Server((_HOST, port), _Handler)
        except OSError as error:
            raise AggregatorError(_refused(port, error)) from error
        self.base = f"http://{_HOST}:{self._server.server_port}"
        try:
            self._blogs = _read_blogs(place or folder("config") / "sample", self.base)
        except SettingsError:
            self._server.server_close()
            raise
        self._server.answers = _answers(self._blogs)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.1},  # seconds that stopping may take
            name="sample-blogs",
            daemon=True,
        )
        self._thread.start()

    @classmethod
    def start(cls, port: int, place: Path | None = None) -> SampleSite:
        """Serve the blogs of the folder `place` (the bundled one) on 127.0.0.1 at `port`.

        Port 0 is any free one.

        Raises:
            AggregatorError: when the port is in use or may not be opened.
            SettingsError: when the folder is not as it should be.
        """
        return cls(port, place)

    def feeds(self) -> tuple[tuple[str, NewSource], ...]:
        """Return the addresses of the feeds, each with its source."""
        return tuple((blog.feed_url, blog.source) for blog in self._blogs)

    def stop(self) -> None:
        """Stop serving and free the port; more than once does no harm."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> SampleSite:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _read_blogs(place: Path, base: str) -> tuple[Blog, ...]:
    blogs = tuple(read_blog(found.parent, base) for found in sorted(place.glob("*/blog.toml")))
    if not blogs:
        raise SettingsError([f"there are no sample blogs in {place}"])
    return blogs


def _refused(port: int, error: OSError) -> str:
    advice = "set AGGREGATOR_SAMPLE_PORT to another"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: {advice}"
    return f"the sample blogs cannot listen on port {port} ({error.strerror}): {advice}"
