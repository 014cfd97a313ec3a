"""Every sample post of tests/data/posts is recognised as the file beside it says."""

from __future__ import annotations

from typing import Any

import pytest

from aggregator import recognise
from aggregator.model import EventMention, Recognition, TalkMention
from tests.unit.recognise.posts import bundled, names, sample


def _event(event: EventMention, keys: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": event.name,
        "series": event.series,
        "year": event.year,
        "starts_on": event.starts_on and event.starts_on.isoformat(),
        "ends_on": event.ends_on and event.ends_on.isoformat(),
    }
    return {key: told[key] for key in keys}


def _talk(talk: TalkMention) -> dict[str, Any]:
    return {
        "title": talk.title,
        "speakers": list(talk.speakers),
        "links": [[link.url, link.kind.value] for link in talk.links],
    }


def _seen(found: Recognition, expected: dict[str, Any]) -> dict[str, Any]:
    """Return of `found` what `expected` speaks of, in its shape."""
    events = expected.get("events", ())
    shown: dict[str, Any] = {
        "kind": found.kind.value,
        "language": found.language,
        "events": [
            _event(event, events[min(i, len(events) - 1)] if events else ("name",))
            for i, event in enumerate(found.events)
        ],
        "event_years": [event.year for event in found.events],
        "talks": [_talk(talk) for talk in found.talks],
        "talk_titles": [t.title for t in found.talks if t.title in expected.get("talk_titles", ())],
        "talk_links": [link.url for talk in found.talks for link in talk.links],
        "tags": [tag.slug for tag in found.tags if tag.origin == "feed"],
    }
    if "event_words" in expected:
        words = expected["event_words"]
        shown["event_words"] = words if any(words in e.name for e in found.events) else "missing"
    return {key: shown[key] for key in expected}


@pytest.mark.parametrize("name", names())
def test_a_sample_post_is_recognised_as_told(name: str) -> None:
    post, expected = sample(name)
    found = recognise.recognise(post, bundled())
    assert _seen(found, expected) == expected, "\n".join(found.why)


def test_the_reasons_are_words_about_the_post() -> None:
    post, _ = sample("linked-talks")
    why = " / ".join(recognise.recognise(post, bundled()).why)
    assert "title: says 'highlights from'" in why
    assert "title: names PyData London 2024" in why
    assert "text: 4 talks cited" in why


def test_a_talk_keeps_the_sentence_that_tells_of_it() -> None:
    post, _ = sample("linked-talks")
    talks = recognise.recognise(post, bundled()).talks
    assert talks[1].told == (
        "Tomas Okafor led a lively discussion on “What we owe our maintainers”."
    )


def test_the_same_post_is_always_recognised_the_same() -> None:
    post, _ = sample("unknown-event")
    assert recognise.recognise(post, bundled()) == recognise.recognise(post, bundled())
