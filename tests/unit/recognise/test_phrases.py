"""Lists of phrases, and how they are found in a text's words."""

from __future__ import annotations

import pytest

from aggregator.recognise.phrases import Phrases, Words

LISTED = Phrases(
    """
    took place | we [recently/also] (held/met with) | fand ... statt | celebrat* | day # |
    after _ | see you (at/in)
    """,
    but="day # video",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It took place.", "took place"),
        ("It took. Place it there.", None),
        ("We recently held it", "we recently held"),
        ("We, held together", None),
        ("we met", None),
        ("we met with them", "we met with"),
        (
            "Die Tagung fand vom 3. bis 5. Mai in Köln statt.",
            "fand vom 3 . bis 5 . mai in köln statt",
        ),
        ("Das fand ich gut. Ein Treffen findet statt.", None),
        ("CELEBRATING ten years", "celebrating"),
        ("Day 12: talks", "day 12"),
        ("Day 1 video", None),
        ("after lunch", "after lunch"),
        ("the day after.", None),
        ("naïve 日本 took place 🎉", "took place"),
    ],
)
def test_a_phrase_is_found_within_a_sentence(text: str, found: str | None) -> None:
    assert LISTED.first(Words(text)) == found


def test_phrases_are_counted_one_after_the_other() -> None:
    words = Words("We held it, we also held it; it took place. See you at noon!")
    assert LISTED.count(words) == 4
    assert LISTED.count(words, 4) == 1


@pytest.mark.parametrize("listed", ["a (b", "a | | b", "a b)"])
def test_a_list_that_cannot_be_read_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match=r"phrase|bracket"):
        Phrases(listed)
