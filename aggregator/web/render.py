"""Templates, the words they use for dates and numbers, and the files beside them."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, abort, current_app, request
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Response as BaseResponse

from aggregator import __version__, text, urls
from aggregator.assets import folder
from aggregator.model import EventCard, LinkKind, SafeHtml
from aggregator.pictures import placed
from aggregator.settings import Settings
from aggregator.web import paths
from aggregator.web.charts import MONTHS

_FAR_S = 31_536_000  # a year: an address with a hash in it never changes its content
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
_KINDS = {
    LinkKind.VIDEO: "Video",
    LinkKind.SLIDES: "Slides",
    LinkKind.CODE: "Code",
    LinkKind.PAPER: "Paper",
    LinkKind.PAGE: "Page",
}
_LANGUAGES = {
    "ar": "Arabic", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque",
    "fa": "Persian", "fi": "Finnish", "fr": "French", "gl": "Galician", "he": "Hebrew",
    "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian",
    "nb": "Norwegian", "nn": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_RIGHT_TO_LEFT = {"ar", "dv", "fa", "he", "ks", "ps", "ug", "ur", "yi"}


# ------------------------------------------------------------------------------ words for values


def day(value: datetime | date) -> str:
    """Return "22 July 2024"."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime) -> str:
    """Return "22 July 2024, 10:05 UTC"."""
    return f"{day(value)}, {value:%H:%M} UTC"


def iso(value: datetime | date) -> str:
    """Return what ``<time datetime>`` wants: a date, or a time in UTC with a Z."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def span(event: EventCard) -> str:
    """Return when an event was: "14 to 16 June 2024", or its year when no more is known."""
    first, last = event.starts_on, event.ends_on
    if first is None:
        return str(event.year)
    if last is None or last == first:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    if first.year == last.year:
        return f"{first.day} {MONTHS[first.month - 1]} to {day(last)}"
    return f"{day(first)} to {day(last)}"


def number(value: int) -> str:
    """Return "4,812"."""
    return f"{value:,}"


def plural(count: int, word: str) -> str:
    """Return "1 recap", "7 recaps", "2 entries", "3 series"."""
    if count != 1 and not word.endswith("s"):
        word = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{number(count)} {word}"


def until(then: datetime, now: datetime) -> str:
    """Return how long it is until `then`: "in 4 minutes", "any moment now"."""
    seconds = (then - now).total_seconds()
    if seconds < 45:
        return "any moment now"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"in {plural(minutes, 'minute')}"
    return f"in about {plural(round(minutes / 60), 'hour')}"


def language(code: str) -> str:
    """Return a language's English name; an unknown code stays as it is."""
    return _LANGUAGES.get(code.partition("-")[0].lower(), code)


def direction(code: str | None) -> str:
    """Return "rtl" for the languages that are written so, else "ltr"."""
    return "rtl" if (code or "").partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def listed(names: tuple[str, ...], most: int = 2) -> str:
    """Return "Ada and Grace", or "Ada, Grace and 3 more"."""
    if len(names) <= most + 1:
        return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def words_of(part: str) -> str:
    """Return the words in a piece of an address, as something to search for."""
    return text.shorten(re.sub(r"[^\w]+", " ", unquote(part)).strip(), 60)


def path_of(base_url: str) -> str:
    """Return the path of a base address, without a slash at its end; usually empty."""
    return urlsplit(base_url).path.rstrip("/")


# --------------------------------------------------------------------------------------- templates


def html(template: str, **values: object) -> str:
    """Return a template filled with `values` and nothing else: no session, no request."""
    return current_app.jinja_env.get_template(template).render(values)


def _section() -> str:
    """Return the first part of the address asked for; tells the menu where the reader is."""
    return request.path.split("/", 2)[1]


# ----------------------------------------------------------------------------------- static files


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes
    type: str
    tag: str


def _lean(sheet: str) -> str:
    """Return a style sheet without comments and the spaces that mean nothing."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    sheet = re.sub(r"\s+", " ", sheet)
    return re.sub(r" ?([{};]) ?|(?<=[,:]) ", r"\1", sheet).replace(";}", "}").strip()


def _read(roots: list[Path]) -> dict[str, _File]:
    files: dict[str, _File] = {}
    for root in reversed(roots):  # the theme's folder is first and wins
        for path in sorted(root.glob("*.*")) if root.is_dir() else ():
            if path.suffix in _TYPES:
                body = path.read_bytes()
                if path.suffix == ".css":
                    body = _lean(body.decode()).encode()
                files[path.name] = _File(
                    body,
                    gzip.compress(body, mtime=0),
                    _TYPES[path.suffix],
                    hashlib.blake2b(body, digest_size=6).hexdigest(),
                )
    return files


def _answer(file: _File) -> BaseResponse:
    packed = request.accept_encodings["gzip"] > 0 and len(file.packed) < len(file.body)
    response = Response(file.packed if packed else file.body)
    response.headers["Content-Type"] = file.type
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if request.args.get("v") == file.tag:
        response.headers["Cache-Control"] = f"public, max-age={_FAR_S}, immutable"
    else:
        response.headers["Cache-Control"] = "public, max-age=300"
    response.set_etag(file.tag, weak=True)
    return response.make_conditional(request)


def _placed(html: SafeHtml) -> SafeHtml:
    """Return an article with its pictures at this site."""
    return placed(html, request.script_root)


def install(app: Flask, settings: Settings) -> None:
    """Attach templates, filters and static files to the app."""
    roots = [folder("templates")]
    if settings.theme_dir:
        roots.insert(0, Path(settings.theme_dir))
    files = _read([root / "static" for root in roots])

    def asset(name: str) -> str:
        return f"{request.script_root}/static/{name}?v={files[name].tag}"

    @app.get("/static/<name>", endpoint="static")
    def _static(name: str) -> BaseResponse:
        if name not in files:
            abort(404)
        return _answer(files[name])

    @app.get("/favicon.ico")
    def _favicon() -> BaseResponse:
        return _answer(files["icon.svg"])

    env = app.jinja_env
    env.loader = ChoiceLoader([FileSystemLoader(root) for root in roots])
    env.undefined = StrictUndefined  # a misspelt name is a fault, not an empty place
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        to=paths, asset=asset, section=_section, site_title=settings.site_title,
        contact=settings.contact, version=__version__, MONTHS=MONTHS,
    )  # fmt: skip
    env.filters.update(
        day=day, moment=moment, iso=iso, span=span, number=number, plural=plural, until=until,
        language=language, direction=direction, listed=listed, host=urls.host, hue=text.hue,
        placed=_placed, kind=_KINDS.__getitem__, shorten=text.shorten,
    )  # fmt: skip
