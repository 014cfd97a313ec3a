"""The reading site as static files: our own pages, asked for one by one and written to a folder."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from aggregator.errors import AggregatorError
from aggregator.recognise.catalogue import Catalogue
from aggregator.settings import Settings
from aggregator.store import Database
from aggregator.web import create_app

# What only a running server can answer.
_LIVE = ("/admin", "/api", "/search", "/suggest", "/healthz", "/metrics")
_START = ("/", "/opml.xml", "/sitemap.xml", "/robots.txt", "/events.ics", "/404.html")
_BELOW_LANGUAGE = re.compile(r"^/[a-z]{2,3}/")
_LINK = re.compile(rb'(?<=[\s])(href|src)="([^"]*)"')


def export(settings: Settings, database: Database, catalogue: Catalogue, target: Path) -> int:
    """Write every page and feed below `target`, and return how many files that are.

    The folder is filled beside its place and then moved there, so that a stop half way leaves the
    old one as it was. Pages that need a server (search, suggestions, admin) are left out.

    Raises:
        AggregatorError: `target` holds something that is no earlier export.
    """
    marker = ".aggregator-export"
    if target.exists() and any(target.iterdir()) and not (target / marker).exists():
        raise AggregatorError(
            f"{target} is not empty and is no earlier export; name another folder"
        )
    scratch = target.with_name(f"{target.name}.part")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    (scratch / marker).touch()
    count = 0
    for path, body in _pages(settings, database, catalogue):
        place = scratch / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
        count += 1
    if target.exists():
        shutil.rmtree(target)
    scratch.rename(target)
    return count


def _pages(
    settings: Settings, database: Database, catalogue: Catalogue
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield each page and feed with its place.

    A page in the site's own language is at its plain address only, those in other languages are
    below their code: `/en/about/` is `/about/` here, where nothing can ask what a browser wishes.
    """
    client = create_app(settings, database, catalogue).test_client()
    base = settings.base_url or "http://localhost"
    own = f"/{settings.language}/"
    waiting = deque(_START)
    seen = set(_START)
    while waiting:
        address = waiting.popleft()
        answer = client.get(address, base_url=base)
        wanted = 404 if address == "/404.html" else 200
        if answer.status_code != wanted:
            continue
        body = answer.get_data()
        if answer.mimetype == "text/html":
            body = body.replace(f'"{base}{own}'.encode(), f'"{base}/'.encode())
            for link in _internal(body, address, own):
                if link not in seen:
                    seen.add(link)
                    waiting.append(link)
            body = _LINK.sub(partial(_rewritten, address=address, own=own), body)
        yield _place(address), body


def _internal(body: bytes, address: str, own: str) -> Iterator[str]:
    for found in _LINK.finditer(body):
        link = found.group(2).decode("utf-8", "replace").replace("&amp;", "&")
        target = _target(link, address, own)
        if target:
            yield target


def _target(link: str, address: str, own: str) -> str | None:
    """Return the address that `link` leads to, when it is one of ours that can be a file."""
    parts = urlsplit(urljoin(address, link))
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return None
    if _BELOW_LANGUAGE.sub("/", parts.path).startswith(_LIVE):
        return None
    path = f"/{parts.path.removeprefix(own)}" if parts.path.startswith(own) else parts.path
    return path + (f"?{parts.query}" if parts.query else "")


def _rewritten(found: re.Match[bytes], address: str, own: str) -> bytes:
    link = found.group(2).decode("utf-8", "replace").replace("&amp;", "&")
    target = _target(link, address, own)
    if target is None or not ("?" in target or urlsplit(link).path.startswith(own)):
        return found.group(0)
    place = "/" + str(_place(target)).removesuffix("index.html")
    fragment = urlsplit(link).fragment
    return b'%s="%s"' % (found.group(1), (f"{place}#{fragment}" if fragment else place).encode())


def _place(address: str) -> PurePosixPath:
    """Return the file for an address; a query becomes part of its name."""
    parts = urlsplit(address)
    path = unquote(parts.path).lstrip("/")
    if parts.query:
        mark = hashlib.sha256(parts.query.encode()).hexdigest()[:10]
        folder, _, name = path.rpartition("/")
        path = f"{folder}/{mark}/{name}" if name else f"{folder}/{mark}/"
    if not path or path.endswith("/"):
        path += "index.html"
    return PurePosixPath(path.lstrip("/"))
