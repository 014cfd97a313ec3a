"""What must hold of keys, and of what is taken for the same, whatever feeds say."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import identity, text, urls
from aggregator.model import Known, ParsedEntry, ParsedFeed, RawHtml
from aggregator.store.keys import made_uids, own_uid

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PATHS = st.from_regex(r"(/[a-zA-Z0-9._-]{0,6}){0,3}", fullmatch=True)
HOSTS = st.sampled_from(["lab.example", "a.b.example", "x-1.example"])
PARAMETERS = st.lists(
    st.sampled_from(["id=7", "p=3", "utm_source=x", "fbclid=1", "PHPSESSID=9", "page=2"]),
    max_size=3,
    unique=True,
)
TRACKERS = ("utm_", "fbclid", "PHPSESSID")


WAYS = st.sets(st.sampled_from(["https", "www", "upper", "port"]))


@given(HOSTS, PATHS, PARAMETERS, WAYS)
def test_spellings_of_one_address_share_a_key(
    name: str, path: str, asked: list[str], ways: set[str]
) -> None:
    query = "&".join(one for one in asked if not one.startswith(TRACKERS))
    plain = f"http://{name}{path}" + (f"?{query}" if query else "")
    scheme, number = ("https", 443) if "https" in ways else ("http", 80)
    host = ("www." if "www" in ways else "") + (name.upper() if "upper" in ways else name)
    host += f":{number}" if "port" in ways else ""
    spelled = f"{scheme}://{host}{path}" + (f"?{'&'.join(asked)}" if asked else "")
    assert urls.key(spelled) == urls.key(plain)
    assert urls.post_key(spelled) == urls.post_key(plain)
    assert urls.key(f"{spelled}#part") == urls.key(plain)
    if path:
        assert urls.post_key(f"{spelled}#part") == f"{urls.key(plain)}#part"


@given(HOSTS, PATHS, PATHS)
def test_paths_that_differ_in_case_have_two_keys(name: str, one: str, other: str) -> None:
    keys = [urls.key(f"https://{name}{path}") for path in (one, other)]
    bare = [path.removesuffix("/") for path in (one, other)]
    indexes = ("/index.htm", "/index.html", "/index.php", "/")
    if not any(path.endswith(indexes) for path in (one, other)):
        assert (keys[0] == keys[1]) == (bare[0] == bare[1])


@given(st.text(max_size=700), st.integers(70, 600))
def test_a_key_is_cut_once(value: str, limit: int) -> None:
    cut = text.capped(value, limit)
    assert len(cut.encode()) <= limit
    assert text.capped(cut, limit) == cut


@given(st.text(max_size=3000), st.text(max_size=3000))
def test_long_keys_of_two_values_differ(one: str, other: str) -> None:
    if text.allowed(one) != text.allowed(other):
        assert text.capped(one, 100) != text.capped(other, 100)


@given(st.text(max_size=80))
def test_an_id_of_our_output_is_an_iri(guid: str) -> None:
    own, (short, long) = own_uid(guid), made_uids(guid, "https://lab.example/feed", NOW)
    assert own in ("", guid)
    assert short.startswith("tag:lab.example,2026-06-01:")
    assert long.startswith(short)
    assert own_uid(short) == short


# ----------------------------------------------------------------------------- renamed entries

GUIDS = st.sampled_from(["1", "2", "urn:a", "urn:A", "http://b.example/x", "https://b.example/x/"])
LINKS = st.sampled_from(["", "https://b.example/", "https://b.example/x", "https://b.example/y"])
TITLES = st.sampled_from(["", "Weekly notes", "Weekly  Notes", "Another title"])
DATES = st.sampled_from([None, NOW, NOW - timedelta(hours=2), NOW.replace(hour=0, minute=0)])
TEXTS = st.sampled_from(["", "Words that begin a text which says a lot about little.", "Others."])


@st.composite
def parsed(draw: st.DrawFn) -> ParsedEntry:
    return ParsedEntry(
        guid=draw(GUIDS),
        url=draw(LINKS),
        title=draw(TITLES),
        published=draw(DATES),
        html=RawHtml(draw(TEXTS)),
    )


def stored(entry: ParsedEntry, number: int) -> Known:
    return Known(
        id=number,
        content_hash="",
        url_key=urls.post_key(entry.url),
        title_key=text.title_key(entry.title),
        published_at=entry.published,
        begins=entry.html[: identity.BEGINNING],
    )


@given(st.lists(parsed(), max_size=5), st.lists(parsed(), max_size=5))
def test_an_entry_is_taken_for_one_that_is_missing_and_no_other_is(
    before: list[ParsedEntry], after: list[ParsedEntry]
) -> None:
    known: Mapping[str, Known] = {
        entry.guid: stored(entry, number) for number, entry in enumerate(before)
    }
    document = list({entry.guid: entry for entry in after}.values())
    found = identity.renamed(document, known, lambda entry: entry.html)
    present = {entry.guid for entry in document}
    assert len(set(found.values())) == len(found)
    assert set(found) <= present - known.keys()
    assert set(found.values()) <= known.keys() - present


# ------------------------------------------------------------------------------- looks and sites


@given(st.text(max_size=300), st.text(alphabet="<>ab=\"' /-!script", max_size=300))
def test_what_html_looks_like_never_fails(said: str, markup: str) -> None:
    for some in (said, markup, f"<p title='{said}'>{markup}</p>"):
        assert identity.looks(some) == identity.looks(some)
        assert identity.looks(f"<!-- {1} --><div class='x'>{some}") == identity.looks(
            f"<!-- {2} --><div id='y'>{some}"
        )


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<script>",
        "<a href='",
        "<",
        "1,",
        "1 views ",
        "<img width=1 ",
        "href=\t",
        "<p\n",
        "&#",
    ],
)
def test_what_html_looks_like_takes_no_longer_than_its_length(piece: str) -> None:
    taken = []
    for size in (50_000, 200_000):
        begun = time.process_time()
        identity.looks(piece * (size // len(piece)))
        taken.append(time.process_time() - begun)
    assert all(later < 40 * max(sooner, 0.01) for sooner, later in pairwise(taken))


@given(st.lists(parsed(), max_size=5), st.lists(parsed(), max_size=5), TITLES, TITLES)
def test_a_site_is_never_taken_for_another_than_itself(
    before: list[ParsedEntry], after: list[ParsedEntry], old: str, new: str
) -> None:
    one = identity.prints(ParsedFeed(title=old, entries=tuple(before)))
    other = identity.prints(ParsedFeed(title=new, entries=tuple(after)))
    long = timedelta(days=400)
    assert identity.taken_over(one, one, silent_for=long, failures=9) == ""
    assert isinstance(identity.taken_over(one, other, silent_for=long, failures=9), str)
