"""Both databases find the same entries for the same words."""

from __future__ import annotations

import random
import string

import pytest

from aggregator.model import EntryQuery, Kind
from aggregator.store import Database, entries, search
from tests.integration.store_samples import NOW, about, follow, listed, other, recap, save

TEXTS = {
    "sprint": ("Sprints in London", "We sprinted on documentation, and the workshops were full."),
    "accents": ("Café Zürich", "Größe, naïve Møller and Łódź; a straße in C++ and c#."),
    "years": ("RSECon24 highlights", "It was 2024, version 3.11 of research-software, foo_bar."),
    "art": ("State of the art", "The art of the state; to be or not to be. don't"),
    "empty": ("…", ""),
    "cjk": ("研究ソフトウェア", "日本語のテキスト"),
    "long": ("Long", "x" * 5000 + " needle " + "word " * 100),
}
ASKED = {
    "sprint": {"sprint"},
    "SPRINTING": {"sprint"},
    "workshop": {"sprint"},
    "sprint* workshops": {"sprint"},
    "doc*": {"sprint"},
    "cafe zurich": {"accents"},
    "CAFÉ": {"accents"},
    "grosse": {"accents"},
    "moller lodz": {"accents"},
    "c++": {"accents"},
    "c#": {"accents"},
    "rsecon24": {"years"},
    "RSECon*": {"years"},
    "3.11": {"years"},
    "research-software": {"years"},
    '"research software"': {"years"},
    '"software research"': set(),
    "foo_bar": {"years"},
    '"state of the art"': {"art"},
    '"art of the state"': {"art"},
    "the state": {"art"},
    "to be": {"art"},
    "don't": {"art"},
    "it": {"years"},
    "art -state": set(),
    "sprint -nothing": {"sprint"},
    "-sprint -cafe -2024 -art": {"empty", "cjk", "long"},
    '-"research software" 2024': set(),
    "needle": {"long"},
    "研究ソフトウェア": {"cjk"},
    "ada": set(TEXTS),  # an author
    "": set(TEXTS),
    "   ": set(TEXTS),
    "***": set(),
    '"': set(),
    '"unclosed phrase': set(),
    '"sprints in': {"sprint"},
    "NEAR(a b) AND OR NOT": set(),
    "title:sprint": set(),
    "sprint) OR (": set(),
    "' OR 1=1 --": set(),
    "a:* & !b | <->": set(),
    "\x00\ud800\uffff": set(),
    "-": set(),
    "sprint " * 500: {"sprint"},
}


@pytest.fixture
def filled(database: Database) -> Database:
    found = [
        recap(guid, title=title, html=f"<h2>x</h2><p>{body}</p><script>hidden()</script>")
        for guid, (title, body) in TEXTS.items()
    ]
    save(database, follow(database), *found)
    return database


@pytest.mark.parametrize("asked", ASKED)
def test_words_find_what_they_say(filled: Database, asked: str) -> None:
    found = {card.guid for card in listed(filled, EntryQuery(words=asked, limit=0)).items}
    assert found == ASKED[asked]
    with filled.reading() as c:
        assert entries.count(c, EntryQuery(words=asked)) == len(found)


def test_any_text_is_a_question(filled: Database) -> None:
    random_ = random.Random(7)  # noqa: S311  # the same questions each time
    letters = string.printable + "“”«»äß\u0301\u200b\ud800"
    for _ in range(150):
        asked = "".join(random_.choices(letters, k=random_.randint(1, 30)))
        listed(filled, EntryQuery(words=asked))


def test_scripts_are_not_searched(filled: Database) -> None:
    assert listed(filled, EntryQuery(words="hidden")).items == ()


def test_a_title_weighs_more_than_a_text(database: Database) -> None:
    feed = follow(database)
    body = f"<p>python {'and other things of little interest ' * 30}</p>"
    save(database, feed, recap("body", html=body), recap("title", title="Python days"))
    found = listed(database, EntryQuery(words="python")).items
    assert [card.guid for card in found] == ["title", "body"]


def test_an_updated_or_removed_text_is_found_no_more(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", html="<p>zebra</p>"))
    save(database, feed, recap("a", html="<p>giraffe</p>"))
    assert listed(database, EntryQuery(words="zebra")).items == ()
    assert len(listed(database, EntryQuery(words="giraffe")).items) == 1


def test_ranked_hits_are_paged_without_gaps(database: Database) -> None:
    feed = follow(database)
    save(database, feed, *(recap(f"e{n}", title="python " * (n + 1)) for n in range(11)))
    seen: list[str] = []
    page = listed(database, EntryQuery(words="python", limit=4))
    first = page
    while True:
        seen += [card.guid for card in page.items]
        if page.next is None:
            break
        page = listed(database, EntryQuery(words="python", limit=4, before=page.next))
    assert len(seen) == len(set(seen)) == 11
    assert page.previous is not None
    middle = listed(database, EntryQuery(words="python", limit=4, after=page.previous))
    back = listed(database, EntryQuery(words="python", limit=4, after=middle.previous))
    assert back == first


def test_facets_count_the_hits(database: Database) -> None:
    one, two = follow(database), follow(database, "https://b.example/")
    save(
        database,
        one,
        recap("a", about(), tags=("x", "y"), title="python"),
        recap("b", about(), tags=("x",), title="python", at=NOW.replace(year=2024)),
        other("c", title="python"),
    )
    save(database, two, recap("d", about("SciPy"), title="python again"), recap("e"))
    with database.reading() as c:
        found = search.facets(c, search.hits(c, EntryQuery(words="python")))
        assert search.facets(c, search.hits(c, EntryQuery(words="nothing"))).total == 0
        all_kinds = EntryQuery(words="python", listed_only=False, kind=Kind.OTHER)
        assert entries.count(c, all_kinds) == 1
    assert found.total == 3
    assert [(f.value, f.count) for f in found.events] == [
        ("pydata-london-2026", 2),
        ("scipy-2026", 1),
    ]
    assert [(f.value, f.count) for f in found.tags] == [("x", 2), ("y", 1)]
    assert [(f.value, f.count) for f in found.sources] == [("blog-example", 2), ("b-example", 1)]
    assert [(f.value, f.count) for f in found.years] == [("2026", 2), ("2024", 1)]
    assert [(f.value, f.count) for f in found.languages] == [("en", 3)]


def test_what_finds_nothing_suggests_what_is_near(database: Database) -> None:
    save(database, follow(database), recap("a", about("RSECon"), tags=("python", "testing")))
    with database.reading() as c:
        tags, events = search.suggestions(c, "phyton rsecom")
        assert search.suggestions(c, "***") == ((), ())
        assert search.suggestions(c, "qqqqqq") == ((), ())
    assert [tag.slug for tag in tags] == ["python"]
    assert [event.slug for event in events] == ["rsecon-2026"]
