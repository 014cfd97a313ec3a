"""What the recogniser knows beforehand: the registry of series and the tags, as lookup tables."""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aggregator.errors import SettingsError
from aggregator.text import slug, title_key
from aggregator.urls import is_web

_SERIES_TEXT = ("name", "form", "homepage", "kind", "place", "country", "parent")
_SERIES_LISTS = ("aliases", "needs_year", "hosts", "hashtags")
_SERIES_KEYS = {*_SERIES_TEXT, *_SERIES_LISTS, "editions", "months", "local"}
_TAGS_KEYS = {"synonyms", "stop", "derived"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """An event series of the registry; `config/series.toml` explains the fields."""

    name: str
    aliases: tuple[str, ...] = ()
    needs_year: tuple[str, ...] = ()
    editions: tuple[tuple[str, int], ...] = ()
    form: str = ""
    homepage: str | None = None
    hosts: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    kind: str = ""
    place: str | None = None
    country: str | None = None
    months: tuple[int, ...] = ()
    parent: str | None = None
    local: bool = False  # a place behind the name makes another series of it

    def edition_name(self, year: int) -> str:
        """Return how the community writes the edition of `year`."""
        if not self.form:
            return f"{self.name} {year}"
        return self.form.replace("{yyyy}", str(year)).replace("{yy}", f"{year % 100:02d}")


@dataclass(frozen=True, slots=True)
class Spelling:
    """What one spelling stands for."""

    series: tuple[Series, ...]  # more than one where several share it
    needs_year: bool = False
    written: str = ""  # as in the registry, for those that need their very case
    year: int | None = None  # of the edition that the spelling stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A tag that may be derived from text."""

    slug: str
    words: tuple[str, ...]  # lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Lookup tables; build it with `load` or `empty`."""

    series: tuple[Series, ...] = ()
    names: Mapping[str, Series] = field(default_factory=dict)  # by `title_key` of the name
    spellings: Mapping[str, Spelling] = field(default_factory=dict)  # by `title_key`
    prefixes: frozenset[str] = frozenset()  # all beginnings of all spellings' keys
    low_starts: tuple[str, ...] = ()  # first words of spellings that begin in lower case
    hosts: Mapping[str, tuple[tuple[str, Series], ...]] = field(default_factory=dict)
    ends: Mapping[tuple[str, str], tuple[Series, ...]] = field(default_factory=dict)  # `_ends`
    tag_names: Mapping[str, str] = field(default_factory=dict)  # display name by slug
    tag_folds: Mapping[str, str] = field(default_factory=dict)  # slug by `title_key`
    tag_stops: frozenset[str] = frozenset()  # by `title_key`
    topics: tuple[Topic, ...] = ()
    fingerprint: int = 0  # of all that the files say

    def stamp(self, version: int, threshold: float) -> int:
        """Return a number that changes whenever the same post may be judged otherwise.

        That is with the version of the recogniser, with the registry and with the threshold. It
        fits into 32 bits.
        """
        rest = zlib.crc32(f"{self.fingerprint} {threshold:.4f}".encode())
        return version * 1_000_000 + rest % 1_000_000

    def series_named(self, name: str) -> Series | None:
        """Return the series that `name` (a name or an alias, without a year) means."""
        key = title_key(name)
        if key in self.names:
            return self.names[key]
        found = self.spellings.get(key)
        return found.series[0] if found and found.year is None else None

    def tag(self, name: str) -> tuple[str, str] | None:
        """Return slug and display name of the tag `name`; None for words that are no topics."""
        shown = " ".join(name.strip().lstrip("#").split())
        key = title_key(shown)
        if not key or key in self.tag_stops:
            return None
        folded = self.tag_folds.get(key)
        if folded:
            return folded, self.tag_names.get(folded, shown)
        return slug(shown), shown

    def event_of_slug(self, event_slug: str) -> tuple[Series | None, str, int] | None:
        """Return (series of the registry, its name, year) for a slug such as pycon-us-2024."""
        found = re.match(r"^(.*?)-?((?:19|20)\d\d|\d\d)$", event_slug)
        if not found or not found.group(1):
            return None
        head, digits = found.groups()
        year = int(digits) if len(digits) == 4 else 2000 + int(digits)
        series = self.series_named(head)
        return series, series.name if series else head.replace("-", " "), year


def empty() -> Catalogue:
    """Return a catalogue that knows nothing; recognition works by patterns alone."""
    return Catalogue()


def load(folder: Path) -> Catalogue:
    """Read ``series.toml`` and ``tags.toml`` from `folder`.

    Raises:
        SettingsError: a file is missing or unreadable, or entries are wrong; lists every fault.
    """
    faults: list[str] = []
    series = tuple(_read_series(_toml(folder / "series.toml", faults), faults))
    tags = _toml(folder / "tags.toml", faults)
    faults.extend(_tag_faults(tags))
    spellings = _spellings(series, faults)
    if faults:
        raise SettingsError(faults)
    names, folds = _tag_names(tags["synonyms"] if tags else {})
    return Catalogue(
        series=series,
        names={title_key(one.name): one for one in series},
        spellings=spellings,
        prefixes=frozenset(key[:size] for key in spellings for size in range(1, len(key) + 1)),
        low_starts=_low_starts(series),
        hosts=_hosts(series),
        ends=_ends(series),
        tag_names=names,
        tag_folds=folds,
        tag_stops=frozenset(title_key(word) for word in tags.get("stop", ())),
        topics=tuple(
            Topic(slug=slug(name), words=tuple(word.lower() for word in words))
            for name, words in tags.get("derived", {}).items()
        ),
        fingerprint=zlib.crc32(repr((series, tags)).encode()),
    )


# --------------------------------------------------------------------------------------- series


def _toml(path: Path, faults: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{path}: cannot be read ({error.strerror})")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path}: is no valid TOML ({error})")
    return {}


def _read_series(document: dict[str, Any], faults: list[str]) -> Iterator[Series]:
    seen: set[str] = set()
    entries = document.get("series", [])
    if not isinstance(entries, list):
        faults.append("series.toml: [[series]] must be a list of entries")
        return
    for number, entry in enumerate(entries, start=1):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not title_key(name):
            faults.append(f"series.toml: entry {number} has no name")
            continue
        wrong = [f"series.toml: {name}: {fault}" for fault in _series_faults(entry)]
        if title_key(name) in seen:
            wrong.append(f"series.toml: {name}: is there twice")
        seen.add(title_key(name))
        faults.extend(wrong)
        if not wrong:
            fields: dict[str, Any] = {key: entry[key] for key in _SERIES_TEXT if entry.get(key)}
            for key in (*_SERIES_LISTS, "months"):
                fields[key] = tuple(entry.get(key, ()))
            fields["local"] = entry.get("local", False)
            yield Series(**fields, editions=tuple(entry.get("editions", {}).items()))
    for entry in entries:
        parent = entry.get("parent") if isinstance(entry, dict) else None
        if isinstance(parent, str) and title_key(parent) not in seen:
            faults.append(f"series.toml: {entry.get('name')}: its parent {parent} is no series")


def _series_faults(entry: dict[str, Any]) -> Iterator[str]:
    for key, value in entry.items():
        if key not in _SERIES_KEYS:
            yield f"unknown key {key}"
        elif key in _SERIES_TEXT:
            if not isinstance(value, str):
                yield f"{key} must be text"
        elif key in _SERIES_LISTS:
            if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
                yield f"{key} must be a list of texts"
        elif key == "months":
            if not isinstance(value, list) or not all(v in range(1, 13) for v in value):
                yield "months must be a list of numbers from 1 to 12"
        elif key == "editions" and not _is_editions(value):
            yield "editions must map spellings to years"
    yield from _value_faults(entry)


def _is_editions(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(year, int) and 1900 <= year <= 2200 for year in value.values()
    )


def _value_faults(entry: dict[str, Any]) -> Iterator[str]:
    if not isinstance(entry.get("local", False), bool):
        yield "local must be true or false"
    homepage, country, form = entry.get("homepage"), entry.get("country"), entry.get("form")
    if isinstance(homepage, str) and homepage and not is_web(homepage):
        yield f"homepage {homepage} is no web address"
    if isinstance(country, str) and not re.fullmatch(r"[A-Z]{2}", country):
        yield f"country {country} must be two capital letters"
    if isinstance(form, str) and form and "{yy" not in form:
        yield f"form {form} must hold {{yy}} or {{yyyy}}"


def _spellings(series: tuple[Series, ...], faults: list[str]) -> dict[str, Spelling]:
    """Return every spelling's meaning; a name beats another series' alias of the same letters."""
    found: dict[str, Spelling] = {}
    names = {title_key(one.name) for one in series}
    for one in series:
        weak = {title_key(word) for word in one.needs_year}
        words = dict.fromkeys((one.name, *one.aliases, *one.needs_year, *one.hashtags))
        for word in words:
            key = title_key(word)
            if not key or (key in names and key != title_key(one.name)):
                if not key:
                    faults.append(f"series.toml: {one.name}: alias {word!r} has no letters")
                continue
            old = found.get(key)
            shared = old.series if old else ()
            if one not in shared:
                found[key] = Spelling((*shared, one), key in weak, word)
        for word, year in one.editions:
            found[title_key(word)] = Spelling((one,), written=word, year=year)
    return found


def _low_starts(series: tuple[Series, ...]) -> tuple[str, ...]:
    words = {
        start.group()
        for one in series
        for word in (one.name, *one.aliases, *one.needs_year)
        if (start := re.match(r"[a-z]+", word))
    }
    return tuple(sorted(words, key=len, reverse=True))


def _ends(series: tuple[Series, ...]) -> dict[tuple[str, str], tuple[Series, ...]]:
    """Return the series of several words by the first and the last word of their names."""
    found: dict[tuple[str, str], tuple[Series, ...]] = {}
    for one in series:
        words = one.name.lower().split()
        if len(words) > 1:
            key = words[0], words[-1]
            found[key] = (*found.get(key, ()), one)
    return found


def _hosts(series: tuple[Series, ...]) -> dict[str, tuple[tuple[str, Series], ...]]:
    """Return (beginning of the path, series) by host, longest path first."""
    found: dict[str, list[tuple[str, Series]]] = {}
    for one in series:
        for entry in one.hosts:
            name, _, path = entry.lower().partition("/")
            found.setdefault(name, []).append((f"/{path}", one))
    return {
        name: tuple(sorted(rules, key=lambda rule: -len(rule[0]))) for name, rules in found.items()
    }


# ----------------------------------------------------------------------------------------- tags


def _tag_faults(document: dict[str, Any]) -> Iterator[str]:
    for key, value in document.items():
        if key not in _TAGS_KEYS:
            yield f"tags.toml: unknown part {key}"
        elif key == "stop":
            if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
                yield "tags.toml: stop must be a list of texts"
        elif not isinstance(value, dict):
            yield f"tags.toml: {key} must be a table"
        else:
            for name, words in value.items():
                if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
                    yield f"tags.toml: {key}: {name} must be a list of texts"


def _tag_names(synonyms: Mapping[str, list[str]]) -> tuple[dict[str, str], dict[str, str]]:
    names: dict[str, str] = {}
    folds: dict[str, str] = {}
    for name, words in synonyms.items():
        own = slug(name)
        names[own] = name
        for word in (name, *words):
            folds[title_key(word)] = own
    return names, folds
