"""Which tellings are of one talk."""

from __future__ import annotations

import pytest

from aggregator.store.grouping import Telling, bare, grouped

VIDEO = "https://youtu.be/abcdefghijk"
SAME = "https://www.youtube.com/embed/abcdefghijk"


def telling(
    entry: int,
    title: str,
    *speakers: str,
    event: int | None = 1,
    link: str = "",
    kind: str = "video",
    was: str = "",
) -> Telling:
    return Telling(
        entry_id=entry,
        event_id=event,
        title=title,
        speakers=tuple((name, name.lower().replace(" ", "-")) for name in speakers),
        links=((link, kind),) if link else (),
        was=was,
    )


def sizes(*tellings: Telling) -> list[int]:
    return sorted(len(group) for group in grouped(tellings))


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Keynote: Fast tables", "fast tables"),
        ("Fast tables (keynote)", "fast tables"),
        ("Fast Tables – Keynote", "fast tables"),
        ("“Fast Tables”", "fast tables"),
        ("Lightning talk 3 – Fast tables", "fast tables"),
        ("[Tutorial] Fast tables", "fast tables"),
        ("Vortrag: Schnelle Tabellen", "schnelle tabellen"),
        ("Jane Doe: Fast tables", "fast tables"),
        ("Fast tables, by Jane Doe", "fast tables"),
        ("Fast tables (Jane Doe)", "fast tables"),
        ("Jane Doe", "jane doe"),
        ("R & D", "r and d"),
        ("Don't panic", "dont panic"),
        ("Keynote", "keynote"),
        ("Workshops: how to", "how to"),
        ("Talking heads", "talking heads"),
    ],
)
def test_a_title_is_compared_without_what_only_announces_it(title: str, words: str) -> None:
    assert " ".join(bare(title, ("Jane Doe",))) == words


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        # titles, whatever their case, marks and genre
        (("On tables!", "Ben Turner"), ("on Tables", "ben turner", "Eve Else"), True),
        (("Keynote: On tables", "Ben Turner"), ("On Tables (keynote)",), True),
        (("On tables", "Ben Turner", "Eve Else"), ("On tables", "Eve Else", "Ben Turner"), True),
        (("On tables",), ("On tables",), True),
        # who speaks
        (("On tables", "Ben Turner"), ("On tables", "Eve Else"), False),
        (("On tables", "Ben Turner"), ("On tables", "B. Turner"), True),
        (("On tables", "Ben Turner"), ("On tables", "Turner"), True),
        (("On tables", "Ben Turner"), ("On tables", "Bob Turner"), False),
        (("On tables", "Jürgen Groß"), ("On tables", "Jurgen Gross"), True),
        # nearly the same
        (("Testing numerical code without tears", "A B"),
         ("Testing numerical codes without tears", "A B"), True),
        (("Testing numerical code without tears",),
         ("Testing numerical codes without tears",), True),
        (("Testing numerical code without tears", "A B"),
         ("Testing numerical codes without tears", "C D"), False),
        (("Fast tables", "A B"), ("Fast tables: how we made sheep count", "A B"), True),
        (("Fast tables",), ("Fast tables: how we made sheep count",), False),
        (("A long story of many fast tables",),
         ("A long story of many fast tables: part of it",), True),
        # not the same
        (("Intro to Julia part 1", "A B"), ("Intro to Julia part 2", "A B"), False),
        (("Fast tables", "A B"), ("Slow chairs", "A B"), False),
        (("Keynote",), ("Keynote",), False),
        (("Keynote", "A B"), ("Opening keynote", "A B"), False),
        (("Keynote", "A B"), ("Keynote", "A B"), True),
        (("Lightning talks",), ("Lightning Talks",), False),
        (("Untitled",), ("Untitled",), False),
    ],
)  # fmt: skip
def test_titles_and_speakers_tell_talks_of_one_event_apart(
    one: tuple[str, ...], other: tuple[str, ...], together: bool
) -> None:
    assert sizes(telling(1, *one), telling(2, *other)) == ([2] if together else [1, 1])


@pytest.mark.parametrize(
    ("link", "other", "together"),
    [
        (VIDEO, SAME, True),
        (VIDEO, f"{SAME}?start=300", True),
        (f"{VIDEO}?t=600", f"{SAME}?start=630", True),
        (f"{VIDEO}?t=600", f"{SAME}?start=3000", False),
    ],
)
def test_an_address_makes_talks_of_other_titles_one(link: str, other: str, together: bool) -> None:
    found = sizes(telling(1, "Fast tables", link=link), telling(2, "Slow chairs", link=other))
    assert found == ([2] if together else [1, 1])


def test_a_recording_of_many_talks_makes_none_of_them_one() -> None:
    day = [
        telling(1, "Fast tables", link=f"{VIDEO}?t=60"),
        telling(1, "Slow chairs", link=f"{VIDEO}?t=4000"),
        telling(2, "Round windows", link=VIDEO),
        telling(3, "Flat doors", link=VIDEO),
        telling(4, "Those chairs", link=f"{VIDEO}?t=4020"),
    ]
    assert sizes(*day) == [1, 1, 1, 2]
    page = "https://conf.example/programme.html"
    listed = [telling(1, title, link=page, kind="page") for title in ("Fast tables", "Slow chairs")]
    assert sizes(*listed, telling(2, "Round windows", link=page, kind="page")) == [1, 1, 1]


def test_over_events_only_a_recording_makes_talks_one() -> None:
    code = "https://github.com/x/y"
    for link, kind, together in ((VIDEO, "video", True), (code, "code", False), ("", "", False)):
        one = telling(1, "On tables", "A B", link=link, kind=kind)
        found = sizes(one, telling(2, "On tables", "A B", event=2, link=link, kind=kind))
        assert found == ([2] if together else [1, 1]), link
    lone = telling(1, "On tables", "A B", event=None)
    assert sizes(lone, telling(2, "On tables", "A B", event=None)) == [1, 1]


def test_a_third_recap_joins_two_talks() -> None:
    one = telling(1, "Fast tables", "A B", link=VIDEO)
    two = telling(2, "How we made tables fast", "A B")
    both = telling(3, "How we made tables fast", "A B", link=SAME)
    assert sizes(one, two) == [1, 1]
    assert sizes(one, two, both) == [3]


def test_what_one_post_tells_of_twice_is_never_joined() -> None:
    one, two = telling(1, "Fast tables", link=VIDEO), telling(1, "Slow chairs")
    both = telling(2, "Slow chairs", link=SAME)
    assert sizes(one, two, both) == [1, 2]


def test_a_speaker_who_is_not_known_joins_only_one_of_two_talks_of_a_name() -> None:
    talks = [
        telling(1, "On tables"),
        telling(2, "On tables", "A B"),
        telling(3, "On tables", "C D"),
    ]
    assert sizes(*talks) == [1, 2]


def test_a_talk_that_a_person_has_renamed_stays_with_those_of_its_old_name() -> None:
    renamed = telling(1, "Slow chairs", "A B", was="Fast tables")
    assert sizes(renamed, telling(2, "Fast tables", "A B")) == [2]
    assert sizes(renamed, telling(2, "Slow chairs", "A B")) == [2]


def test_a_crowd_of_talks_takes_little_time() -> None:
    crowd = [telling(n, f"Talk on subject number {n % 700}", f"Ada {n}") for n in range(3000)]
    assert len(grouped(crowd)) > 700
