"""The languages of the interface: which one a reader gets, and its words.

The text in templates and code is English. A translation is one file,
``templates/translations/<language>.po``, read as it is when the site starts: nothing is compiled,
so nothing can be forgotten, and a theme may bring a language of its own.

A page has one address for all languages (the browser's wish decides) and one for each language,
below ``/de/`` for instance: that is what the links between languages lead to, and whoever comes in
that way stays there. No cookie is needed, and caches can keep every page.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import current_app, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

SOURCE = "en"  # what templates and code are written in
IN_PATH = "aggregator.language_in_path"
_FOR_MACHINES = ("/api/", "/static/", "/healthz", "/metrics")
_LONGEST_WISH = 200  # characters of an Accept-Language header that are read


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language of the interface."""

    code: str  # ISO 639-1
    locale: Locale  # how it writes dates and numbers
    words: NullTranslations

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return (self.locale.get_language_name(self.code) or self.code).title()


# Day before month, as everywhere but in one country.
_ENGLISH = Tongue(SOURCE, Locale("en", "GB"), NullTranslations())
# The language of the request that is being answered. A page asks for it hundreds of times.
_spoken: ContextVar[Tongue] = ContextVar("spoken", default=_ENGLISH)


class Languages:
    """All languages of the interface."""

    def __init__(self, folders: Iterable[Path], default: str) -> None:
        found = {SOURCE: _ENGLISH}
        for folder in folders:
            for path in sorted((folder / "translations").glob("*.po")):
                found[path.stem] = Tongue(path.stem, Locale.parse(path.stem), _read(path))
        self.tongues = {code: found[code] for code in sorted(found)}
        self.default = default if default in found else SOURCE
        self._wish = lru_cache(maxsize=1000)(self._wished)

    def _wished(self, header: str) -> str:
        """Return the language that an Accept-Language header (RFC 9110 section 12.5.4) gets."""
        for wish, weight in parse_accept_header(header[:_LONGEST_WISH], LanguageAccept):
            code = wish.partition("-")[0].lower()
            if code in self.tongues and weight > 0:
                return code
        return self.default

    def take_from_path(self, environ: WSGIEnvironment) -> None:
        """Move a language at the beginning of the path into the environment."""
        path = environ.get("PATH_INFO", "")
        code, slash, rest = path[1:].partition("/")
        if slash and code in self.tongues:
            environ[IN_PATH] = code
            environ["PATH_INFO"] = f"/{rest}"

    def of(self, environ: WSGIEnvironment) -> str:
        """Return the language that a request is answered in."""
        code: str = environ.get(IN_PATH, "")
        if code:
            return code
        if not speaks(environ.get("PATH_INFO", "")):
            return self.default
        return self._wish(environ.get("HTTP_ACCEPT_LANGUAGE", ""))


def _read(path: Path) -> Translations:
    with path.open("rb") as opened:
        catalogue = read_po(opened, locale=path.stem)
    packed = BytesIO()
    write_mo(packed, catalogue)
    packed.seek(0)
    return Translations(packed)


def speaks(path: str) -> bool:
    """Tell whether what is at a path is text for people: not a feed, the API or a file."""
    return "." not in path.rpartition("/")[2] and not path.startswith(_FOR_MACHINES)


def in_path(environ: WSGIEnvironment) -> str:
    """Return the language that the address itself names; empty when it names none."""
    code: str = environ.get(IN_PATH, "")
    return code


def languages() -> Languages:
    """Return the languages of the running site."""
    here: Languages = current_app.extensions["aggregator_languages"]
    return here


# ------------------------------------------------------------------------------- of this request


def chosen() -> str:
    """Return the language of this request."""
    return _spoken.get().code


def locale() -> Locale:
    """Return how dates and numbers are written for this request."""
    return _spoken.get().locale


def gettext(said: str, /, **values: object) -> str:
    """Return a message in the language of this request, filled in."""
    found = _spoken.get().words.gettext(said)
    return found % values if values else found


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Return the form of a message that a number asks for, filled in."""
    found = _spoken.get().words.ngettext(one, many, number)
    return found % values if values else found


def N_(said: str) -> str:  # noqa: N802  # the name by which tools find messages
    """Mark a message of a table; it is translated where it is used."""
    return said


def install(app: Flask, folders: Iterable[Path], default: str) -> Languages:
    """Attach the languages to the app: gettext in templates, and what decides on the language."""
    found = Languages(folders, default)
    app.extensions["aggregator_languages"] = found
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # of the extension

    @app.before_request
    def _choose() -> None:
        _spoken.set(found.tongues[found.of(request.environ)])

    @app.teardown_request
    def _forget(_error: BaseException | None) -> None:
        _spoken.set(_ENGLISH)

    return found
