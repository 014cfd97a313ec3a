"""A person's corrections come last and win."""

from __future__ import annotations

from aggregator import recognise
from aggregator.model import Correction, Evidence, Fix, Kind, Recognition, TagOrigin
from tests.unit.recognise.posts import bundled, sample


def corrected(name: str, *fixes: tuple[Fix, str]) -> Recognition:
    post, _ = sample(name)
    corrections = [Correction(what=what, value=value, by="Ada") for what, value in fixes]
    return recognise.recognise(post, bundled(), corrections)


def test_a_person_decides_the_kind() -> None:
    found = corrected("announcement", (Fix.KIND, "recap"))
    assert (found.kind, found.kind_score) == (Kind.RECAP, 1.0)
    assert found.why[0] == "corrected by Ada: kind recap"


def test_a_wrong_event_goes() -> None:
    assert corrected("announcement", (Fix.NOT_EVENT, "rsecon26")).events == ()


def test_an_event_of_the_registry_is_added_by_its_slug() -> None:
    found = corrected("announcement", (Fix.EVENT, "fosdem-2026"))
    assert [event.name for event in found.events] == ["FOSDEM 2026", "RSECon26"]
    assert found.events[0].evidence is Evidence.PERSON


def test_an_event_that_nobody_knows_is_split_at_its_year() -> None:
    (event,) = corrected("newsletter", (Fix.EVENT, "beetle-days-2023")).events
    assert (event.series, event.year) == ("beetle days", 2023)


def test_an_event_that_was_found_is_confirmed() -> None:
    (event,) = corrected("linked-talks", (Fix.EVENT, "pydata-london-2024")).events
    assert (event.name, event.evidence) == ("PyData London 2024", Evidence.PERSON)


def test_an_event_without_a_year_changes_nothing() -> None:
    assert corrected("newsletter", (Fix.EVENT, "beetle-days")).events == ()


def test_tags_come_and_go() -> None:
    found = corrected("linked-talks", (Fix.NOT_TAG, "python"), (Fix.TAG, "HPC"))
    assert "python" not in [tag.slug for tag in found.tags]
    assert (found.tags[-1].slug, found.tags[-1].origin) == ("hpc", TagOrigin.PERSON)


def test_what_is_no_talk_goes() -> None:
    found = corrected("linked-talks", (Fix.NOT_TALK, "tour of sparse matrices"))
    assert len(found.talks) == 3


def test_hiding_an_entry_does_not_concern_recognition() -> None:
    assert corrected("minutes", (Fix.HIDDEN, "yes")) == corrected("minutes")


def test_the_last_correction_wins() -> None:
    found = corrected("minutes", (Fix.KIND, "recap"), (Fix.KIND, "other"))
    assert found.kind is Kind.OTHER
