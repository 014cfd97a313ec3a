"""Reads the lists of feeds in the config folder (``feeds.toml`` and its kind).

A list is a TOML file with one key, ``feeds``: an array of inline tables, one feed a line, so that
a community adds its blog by a change of one line. Which keys a line may have is told by the header
of `config/feeds.toml` and checked here.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from aggregator import urls
from aggregator.errors import SettingsError
from aggregator.model import NewSource

_KEYS = ("url", "title", "organisation", "country", "category", "language", "licence", "site")
_SHAPES = {
    "category": (re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), "words in lower case joined by hyphens"),
    "language": (re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"), "a language tag such as en or de"),
    "licence": (re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*"), "an SPDX identifier such as CC-BY-4.0"),
}
# ISO 3166-1 alpha-2, the codes assigned to countries.
_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW"
)
_COUNTRIES = frozenset(_CODES.split())


def load(path: Path) -> tuple[tuple[str, NewSource], ...]:
    """Return the addresses of the list at `path`, each with what is known of its source.

    An address is a feed's or a site's; the first poll finds the feed of a site.

    Raises:
        SettingsError: with every fault of every line; each names the file and the line's address
            or title.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"cannot read the list of feeds {path}: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"the list of feeds {path} is not valid TOML: {error}"]) from error
    lines = document.get("feeds")
    if not isinstance(lines, list) or set(document) != {"feeds"}:
        raise SettingsError(
            [f'{path.name}: a list of feeds has one key, feeds = [{{ url = "…", title = "…" }}, …]']
        )
    faults = [
        f"{path.name}, {_label(n, line)}: {f}"
        for n, line in enumerate(lines, 1)
        for f in _faults(line)
    ]
    faults += [f"{path.name}, {said}" for said in _doubles(lines)]
    if faults:
        raise SettingsError(faults)
    return tuple((line["url"], _source(line)) for line in lines)


def _label(number: int, line: Any) -> str:
    named = (line.get("url") or line.get("title")) if isinstance(line, dict) else None
    return f"feed {named}" if named else f"feed number {number}"


def _faults(line: Any) -> list[str]:
    if not isinstance(line, dict):
        return ['is no table; write { url = "…", title = "…" }']
    found = [f"unknown key {key}; known are {', '.join(_KEYS)}" for key in line if key not in _KEYS]
    found += [
        f"{key} must be text that is not empty"
        for key in _KEYS
        if key in line and not (isinstance(line[key], str) and line[key].strip())
    ]
    if found:
        return found
    found += [f"{key} is missing" for key in ("url", "title") if key not in line]
    found += [
        f"{key} is no web address: {line[key]}"
        for key in ("url", "site")
        if key in line and not urls.is_web(line[key])
    ]
    if "country" in line and line["country"] not in _COUNTRIES:
        found.append(
            f"country {line['country']} is no ISO 3166 code of two capitals such as GB or DE"
        )
    found += [
        f"{key} {line[key]} must be {meaning}"
        for key, (shape, meaning) in _SHAPES.items()
        if key in line and not shape.fullmatch(line[key])
    ]
    return found


def _doubles(lines: list[Any]) -> list[str]:
    first: dict[str, str] = {}
    found = []
    for line in lines:
        url = line.get("url") if isinstance(line, dict) else None
        if not isinstance(url, str) or not urls.is_web(url):
            continue
        known = first.setdefault(urls.key(url), url)
        if known is not url:
            found.append(f"feed {url}: listed twice" + (f", as {known}" if known != url else ""))
    return found


def _source(line: dict[str, str]) -> NewSource:
    return NewSource(
        title=line["title"],
        site_url=line.get("site"),
        organisation=line.get("organisation"),
        country=line.get("country"),
        category=line.get("category"),
        licence=line.get("licence"),
        language=line.get("language"),
    )
