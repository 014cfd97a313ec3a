"""Templates, what they may call, and the files beside them."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import brotli
from flask import Flask, Response, abort, current_app, request
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from aggregator import __version__, text, urls
from aggregator.assets import folder
from aggregator.model import SafeHtml, initial_of
from aggregator.pictures import placed
from aggregator.settings import Settings
from aggregator.web import cache, language, paths, words
from aggregator.web.language import gettext

_FAR_S = 31_536_000  # a year: an address with a hash in it never changes its content
_COLUMN, _HIGHEST = 672, 600  # pixels: of an article's text, and of a picture in it
_PICTURE = re.compile(
    r'<a |</a>|<img (?P<said>[^<>]*?) width="(?P<width>\d+)" height="(?P<height>\d+)"'
    r"(?P<rest>[^<>]*)>"
)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}


def path_of(base_url: str) -> str:
    """Return the path of a base address, without a slash at its end; usually empty."""
    return urlsplit(base_url).path.rstrip("/")


def roots_of(settings: Settings) -> list[Path]:
    """Return the folders where templates, translations and files are looked for, first to last."""
    own = [Path(settings.theme_dir)] if settings.theme_dir else []
    return [*own, folder("templates")]


# --------------------------------------------------------------------------------------- templates


def html(template: str, **values: object) -> str:
    """Return a template filled with `values` and nothing else: no session, no request."""
    return current_app.jinja_env.get_template(template).render(values)


def article(html: SafeHtml) -> Markup:
    """Return an article as its page shows it.

    Its pictures are at this site; what may be wider than the page scrolls by itself, and can be
    reached by keyboard to do so (WCAG 2.1.1).
    """
    shown = _lowered(str(placed(html, request.script_root)))
    shown = shown.replace("<pre", '<pre tabindex="0"')
    shown = shown.replace("<table", '<div class="scroll" tabindex="0"><table')
    return Markup(shown.replace("</table>", "</table></div>"))  # noqa: S704  # was safe before


def _lowered(html: str) -> str:
    """Return an article in which no picture is higher than a screen.

    It is given a smaller size, so that its place is known before it is there, and leads to itself
    in full, unless it leads elsewhere.
    """
    linked = False

    def low(found: re.Match[str]) -> str:
        nonlocal linked
        if not found["width"]:
            linked = found[0] != "</a>"
            return found[0]
        width, height = int(found["width"]), int(found["height"])
        if height * min(1, _COLUMN / width) <= _HIGHEST:
            return found[0]
        small = max(1, round(_HIGHEST * width / height))
        picture = f'<img {found["said"]} width="{small}" height="{_HIGHEST}"{found["rest"]}>'
        if linked:
            return picture
        picture = picture.replace(' alt=""', f' alt="{gettext("Picture")}"', 1)
        source = re.search(r'src="([^"]*)"', picture)
        return f'<a href="{source[1]}">{picture}</a>' if source else picture

    return _PICTURE.sub(low, html)


def _section() -> str:
    """Return the first part of the address asked for; tells the menu where the reader is."""
    return request.path.split("/", 2)[1]


def _tongues() -> list[tuple[str, str, str]]:
    """Return code, own name and path below the site of each language this page can be had in.

    None for what a form was sent to: that is not always a page.
    """
    query = request.query_string.decode("latin-1")
    path = request.path + (f"?{query}" if query else "")
    page = request.method != "POST" and language.speaks(request.path)
    found = language.languages().tongues if page else {}
    return [(code, tongue.name, f"/{code}{path}") for code, tongue in found.items()]


# ----------------------------------------------------------------------------------- static files


@dataclass(frozen=True, slots=True)
class _File:
    forms: dict[str, bytes]  # by content coding; "" is the plain one
    type: str
    tag: str
    name: str  # with the tag in it


def _lean(sheet: str) -> str:
    """Return a style sheet without comments and the spaces that mean nothing."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    sheet = re.sub(r"\s+", " ", sheet)
    sheet = re.sub(r" ?([{};>/]) ?|(?<=[,:]) ", r"\1", sheet).replace(";}", "}")
    return re.sub(r"(?<![\w.])0(\.\d)", r"\1", sheet).strip()


def _file(path: Path) -> _File:
    body = path.read_bytes()
    if path.suffix == ".css":
        body = _lean(body.decode()).encode()
    tag = hashlib.blake2b(body, digest_size=6).hexdigest()
    packed = {"br": brotli.compress(body, quality=11), "gzip": gzip.compress(body, mtime=0)}
    forms = {name: form for name, form in packed.items() if len(form) < len(body)}
    return _File({"": body} | forms, _TYPES[path.suffix], tag, f"{path.stem}.{tag}{path.suffix}")


def _read(roots: list[Path]) -> dict[str, _File]:
    """Return the files by their names; the theme's folder is first and wins."""
    return {
        path.name: _file(path)
        for root in reversed(roots)
        for path in sorted((root / "static").glob("*.*"))
        if path.suffix in _TYPES
    }


def _answer(file: _File, *, lasting: bool) -> BaseResponse:
    body = file.forms[""]
    coding = cache.coding(request.headers.get("Accept-Encoding", ""), len(body))
    coding = coding if coding in file.forms else ""
    response = Response(file.forms[coding], content_type=file.type)
    response.headers["Vary"] = "Accept-Encoding"
    if coding:
        response.headers["Content-Encoding"] = coding
    kept = f"max-age={_FAR_S}, immutable" if lasting else "max-age=300"
    response.headers["Cache-Control"] = f"public, {kept}"
    response.set_etag(file.tag, weak=True)
    return response.make_conditional(request)


def _serve_files(app: Flask, files: dict[str, _File]) -> None:
    """Answer the files below /static/: with their hash in the name for good, else for a while."""
    lasting = {file.name: file for file in files.values()}

    @app.get("/static/<name>", endpoint="static")
    def _static(name: str) -> BaseResponse:
        file = lasting.get(name) or files.get(name)
        if file is None:
            abort(404)
        return _answer(file, lasting=name in lasting)

    @app.get("/favicon.ico")
    def _favicon() -> BaseResponse:
        return _answer(files["icon.svg"], lasting=False)


def install(app: Flask, settings: Settings) -> None:
    """Attach templates, filters and static files to the app."""
    roots = roots_of(settings)
    files = _read(roots)
    _serve_files(app, files)

    def asset(name: str) -> str:
        return f"{request.script_root}/static/{files[name].name}"

    env = app.jinja_env
    env.loader = ChoiceLoader([FileSystemLoader(root) for root in roots])
    env.undefined = StrictUndefined  # a misspelt name is a fault, not an empty place
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        to=paths, asset=asset, section=_section, site_title=settings.site_title,
        contact=settings.contact, version=__version__, months=words.months,
        month_name=words.month_name,
        speaks=language.chosen, tongues=_tongues,
    )  # fmt: skip
    env.filters.update(
        day=words.day, short_day=words.short_day, moment=words.moment, iso=words.iso,
        span=words.span, number=words.number, plural=words.plural, until=words.until,
        language=words.language, country=words.country, listed=words.listed,
        kind=words.link_kind, bare=words.bare, host=urls.host, hue=text.hue, shorten=text.shorten,
        article=article, initial=initial_of,
    )  # fmt: skip
