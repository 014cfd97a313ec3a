"""Short posts in the styles that blogs have, in five languages: tests/data/styles.toml."""

from __future__ import annotations

import math
import tomllib
from datetime import UTC, datetime, time
from typing import Any

import pytest

from aggregator import recognise
from aggregator.model import Post, RawHtml, Recognition
from aggregator.recognise import kind, reading, talks
from aggregator.recognise.weights import START
from tests.unit.recognise.posts import DATA, bundled

STYLES: list[dict[str, Any]] = tomllib.loads(
    (DATA.parent / "styles.toml").read_text(encoding="utf-8")
)["post"]


def post_of(row: dict[str, Any]) -> Post:
    return Post(
        id=row["style"],
        title=row["title"],
        tags=tuple(row.get("tags", ())),
        published=datetime.combine(row["published"], time(), UTC),
        html=RawHtml(row["html"]),
    )


def judged(row: dict[str, Any]) -> Recognition:
    return recognise.recognise(post_of(row), bundled())


@pytest.mark.parametrize("row", STYLES, ids=[row["style"] for row in STYLES])
def test_a_post_in_this_style_is_recognised(row: dict[str, Any]) -> None:
    found = judged(row)
    shown: dict[str, Any] = {
        "kind": found.kind.value,
        "events": [event.name for event in found.events],
        "talks": [
            [talk.title, "; ".join(talk.speakers), talk.links[0].url if talk.links else ""]
            for talk in found.talks
        ],
        "links": [talk.links[0].url for talk in found.talks if talk.links],
    }
    expected = {key: row[key] for key in shown if key in row}
    assert {key: shown[key] for key in expected} == expected, "\n".join(found.why)


def test_every_reason_begins_with_the_place_where_it_was_seen() -> None:
    places = {reason.partition(":")[0] for row in STYLES for reason in judged(row).why}
    assert places == {"title", "tags", "date", "event", "lead", "text", "end"}


@pytest.mark.parametrize("row", STYLES, ids=[row["style"] for row in STYLES])
def test_what_is_left_aside_for_speed_never_decides(row: dict[str, Any]) -> None:
    ready = reading.read(post_of(row))
    _, clues = recognise.judged(ready, bundled(), floor=0)
    told = talks.find(ready)
    clues.extend(kind.of_talks(len(told)))
    for threshold in (0.1, 0.5, 0.8):
        found = recognise.recognise(post_of(row), bundled(), threshold=threshold)
        assert found.kind == ("recap" if kind.score(clues) >= threshold else "other")
        assert found.talks == told or found.kind == "other"


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_talks_lift_no_score_to_the_threshold_that_is_hopelessly_low(threshold: float) -> None:
    least = kind.least(threshold)
    assert 0 <= least <= threshold
    if 0 < threshold < 1:
        more = math.log(least / (1 - least)) - START
        assert kind.score([], more) == pytest.approx(least, abs=1e-4)
        for number in (0, 2, 5, 50):
            assert kind.score(list(kind.of_talks(number)), more) <= threshold


def test_the_text_of_a_post_without_any_sign_is_not_read() -> None:
    html = "<p>The solver is faster now. We were told so, and it was true.</p>" * 50
    post = Post(id="1", title="A faster solver", html=RawHtml(html))
    found = recognise.recognise(post, bundled())
    assert found.kind == "other"
    assert not [reason for reason in found.why if reason.startswith(("text:", "end:"))]
