"""Names of people, and who wrote a post."""

from __future__ import annotations

import pytest

from aggregator.recognise import people


@pytest.mark.parametrize(
    ("lead", "names"),
    [
        ("Examplia's Rob Winter attended PyThing in Leeds and here's his recap.", ("Rob Winter",)),
        (
            "Ada Stone and Bo Kim went to HackDays and these are their notes.",
            ("Ada Stone", "Bo Kim"),
        ),
        ("I went to HackDays, and this is my recap.", ()),
        ("We attended PyThing, where Ada Stone gave her talk on testing.", ()),
        ("Ada Stone attended PyThing.", ()),
    ],
)
def test_the_first_sentence_may_say_who_wrote_it(lead: str, names: tuple[str, ...]) -> None:
    assert people.writers(lead) == names


@pytest.mark.parametrize(
    "words", ["Ada Stone", "Julia Stone", "Stéfan van der Walt", "Neil Chue Hong", "Ana O'Brien"]
)
def test_names_are_names(words: str) -> None:
    assert people.is_name(words)


@pytest.mark.parametrize(
    "words",
    [
        "Machine Learning",
        "the talk",
        "Research Software",
        "PyThing 2024",
        "Solving Hard Puzzles",
        "BUGCon UK",
    ],
)
def test_topics_are_no_names(words: str) -> None:
    assert not people.is_name(words)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Unsere Kollegin Ada Stone hielt einen Vortrag.", ["Ada Stone"]),
        ("die Keynote von Ada Stone", ["Ada Stone"]),
        ("Bo Kimbers Vortrag war kurz.", ["Bo Kimber"]),
        ("Am Nachmittag sprach Ada Stone über Käfer.", ["Ada Stone"]),
        ("Das Team stellte seine Arbeit vor.", []),
        ("Examplia's Ada Stone gave a talk.", ["Ada Stone"]),
        ("Ada Stone's PyThing talk was short.", ["Ada Stone"]),
    ],
)
def test_the_words_around_a_speaker_are_no_part_of_the_name(text: str, names: list[str]) -> None:
    assert [person.name for person in people.find(text) if person.speaks] == names
