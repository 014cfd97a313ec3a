"""Where each thing lives on the site: the only place that spells our addresses.

All paths are relative to the host. They carry the sub-path under which the site is mounted and,
where the reader has chosen a language by the address, that language.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import request

from aggregator.web import language

_LONGEST_QUOTE = 120  # characters
_QUOTE_ENDS = 5  # words


def rooted(path: str) -> str:
    """Return a path of the site, with its language if any, as browsers must ask for it."""
    return f"{request.script_root}{path}"


def under(path: str) -> str:
    """Return a path of the site in the language that the reader has chosen by the address.

    What has no language, such as a feed, has one path.
    """
    code = language.in_path(request.environ)
    if code and language.speaks(path.partition("?")[0]):
        return rooted(f"/{code}{path}")
    return rooted(path)


def of(kind: str, name: str) -> str:
    """Return the path of a thing below the site's root, in no language: "events", its slug."""
    return f"/{kind}/{quote(name)}/"


def home() -> str:
    """Return the path of the first page."""
    return under("/")


def events(year: int | None = None) -> str:
    """Return the path of all events, or those of one year."""
    return under("/events/" if year is None else f"/events/?year={year}")


def event(slug: str) -> str:
    """Return the path of one event."""
    return under(f"/events/{quote(slug)}/")


def all_series() -> str:
    """Return the path of all series."""
    return under("/series/")


def series(slug: str) -> str:
    """Return the path of one series."""
    return under(f"/series/{quote(slug)}/")


def tags() -> str:
    """Return the path of all tags."""
    return under("/tags/")


def tag(slug: str) -> str:
    """Return the path of one tag."""
    return under(f"/tags/{quote(slug)}/")


def sources() -> str:
    """Return the path of all sources."""
    return under("/sources/")


def source(slug: str) -> str:
    """Return the path of one source."""
    return under(f"/sources/{quote(slug)}/")


def talks() -> str:
    """Return the path of the talks that are told of most."""
    return under("/talks/")


def talk(talk_id: int) -> str:
    """Return the path of one talk."""
    return under(f"/talks/{talk_id}/")


def speakers() -> str:
    """Return the path of the speakers of talks."""
    return under("/speakers/")


def speaker(slug: str) -> str:
    """Return the path of one speaker."""
    return under(f"/speakers/{quote(slug)}/")


def entry(entry_id: int, citation: str = "") -> str:
    """Return the path of one entry, or of its citation as "bib", "json" or "cff"."""
    return under(f"/entries/{entry_id}/" + (f"cite.{citation}" if citation else ""))


def search(**wanted: object) -> str:
    """Return the path of a search; what is empty is left out."""
    query = urlencode({name: value for name, value in wanted.items() if value})
    return under("/search" + (f"?{query}" if query else ""))


def archive(year: int | None = None, month: int | None = None) -> str:
    """Return the path of the archive, of a year or of a month in it."""
    path = "/archive/"
    if year is not None:
        path += f"{year}/"
        if month is not None:
            path += f"{month:02d}/"
    return under(path)


def passage(url: str, said: str) -> str:
    """Return an address that leads to the place of a page where something is said.

    A text directive (https://wicg.github.io/scroll-to-text-fragment/): browsers that know it scroll
    there and mark it, the others open the page. A long sentence is named by its two ends, so that a
    word that differs in between does no harm.
    """
    words = said.rstrip("…").split()
    if not words or not url:
        return url
    ends = [words]
    if len(said) > _LONGEST_QUOTE:
        ends = [words[:_QUOTE_ENDS], words[-_QUOTE_ENDS:]]
    directive = ",".join(quote(" ".join(some), safe="").replace("-", "%2D") for some in ends)
    return f"{url}{'' if '#' in url else '#'}:~:text={directive}"


def about() -> str:
    """Return the path of the page that explains the site."""
    return under("/about/")


def suggest(token: str = "") -> str:
    """Return the path of the form for new blogs, or of one suggestion's state."""
    return under(f"/suggest/{token}/" if token else "/suggest/")


def opml() -> str:
    """Return the path of the list of followed feeds."""
    return under("/opml.xml")


def calendar(event_slug: str = "") -> str:
    """Return the path of the calendar of all events, or of one."""
    return under(f"/events/{quote(event_slug)}/event.ics" if event_slug else "/events.ics")
