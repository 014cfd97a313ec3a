"""How the admin pages say why, and what is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.assets import folder
from aggregator.model import Correction, EventFact, FactName, FactOrigin, Fix, Outcome, PollRow
from aggregator.web import language
from aggregator.web.admin import words
from aggregator.web.language import Languages


def test_reasons_are_told_by_the_part_of_the_post_that_gives_them() -> None:
    why = (
        "title: says 'recap' (+2.5)",
        "lead: asks to register (-3)",
        "title: names SC: the one in Denver (+0.4)",
        "corrected by ada: kind recap",
        "recognition failed",
        "+1.00 an older reason",
    )
    assert words.zoned(why) == [
        ("title", [("+2.5", "says 'recap'"), ("+0.4", "names SC: the one in Denver")]),
        ("lead", [("−3", "asks to register")]),
        ("correction", [("", "corrected by ada: kind recap")]),
        ("", [("", "recognition failed"), ("+1.00", "an older reason")]),
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (FactName.DATES, "2026-05-01/2026-05-03", "1 May 2026 to 3 May 2026"),
        (FactName.DATES, "2026-05-01/2026-05-01", "1 May 2026"),
        (FactName.DATES, "2026-05-01/", "1 May 2026"),
        (FactName.DATES, "", "not known"),
        (FactName.PLACE, "a/b", "a/b"),
        (FactName.PLACE, "", "not known"),
    ],
)
def test_a_fact_is_written_as_people_do(name: FactName, value: str, said: str) -> None:
    assert words.fact_said(EventFact(name=name, value=value, origin=FactOrigin.POST)) == said


NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)


def poll(outcome: Outcome, **more: Any) -> PollRow:
    values: dict[str, Any] = {
        "started_at": NOW, "duration_ms": 1, "outcome": outcome, "http_status": None,
        "body_bytes": 0, "entries_new": 0, "entries_changed": 0, "error": None, "note": None,
    }  # fmt: skip
    return PollRow(**(values | more))


SAID: list[tuple[Callable[[], str], str, str]] = [
    (lambda: words.ago(None, NOW), "never", "nie"),
    (lambda: words.ago(NOW, NOW), "now", "jetzt"),
    (lambda: words.ago(NOW - timedelta(minutes=5), NOW), "5 minutes ago", "vor 5 Minuten"),
    (lambda: words.ago(NOW - timedelta(days=14), NOW), "14 days ago", "vor 14 Tagen"),
    (lambda: words.ago(NOW + timedelta(hours=1), NOW), "in 1 hour", "in 1 Stunde"),
    (lambda: words.due(NOW - timedelta(hours=1), NOW), "due now", "jetzt fällig"),
    (lambda: words.span(timedelta(days=14)), "14 days", "14 Tage"),
    (lambda: words.span(timedelta(seconds=20)), "20 seconds", "20 Sekunden"),
    (lambda: words.counted(1, "entry"), "1 entry", "1 Eintrag"),
    (lambda: words.counted(12345, "recap"), "12,345 recaps", "12.345 Berichte"),
    (lambda: words.decimal(0.5, 2), "0.50", "0,50"),
    (lambda: words.weight("−2.5"), "−2.5", "−2,5"),
    (lambda: words.weight("+1"), "+1", "+1"),
    (lambda: words.minute(NOW), "30 Jun, 12:00", "30. Juni, 12:00"),
    (lambda: words.strip_said([]), "no polls yet", "noch keine Abrufe"),
    (
        lambda: words.strip_said([poll(Outcome.SAME)] * 3 + [poll(Outcome.GONE)]),
        "last 4 polls: 1 failed",
        "letzte 4 Abrufe: 1 fehlgeschlagen",
    ),
    (
        lambda: words.poll_said(poll(Outcome.CHANGED, entries_new=2)),
        "30 Jun, 12:00: new or changed entries, 2 new, 0 changed",
        "30. Juni, 12:00: neue oder geänderte Einträge, 2 neu, 0 geändert",
    ),
    (
        lambda: words.poll_said(
            poll(Outcome.FAILED, error="https://x.example sent nothing for 9 s")
        ),
        "30 Jun, 12:00: failed, https://x.example sent nothing for 9 s",
        "30. Juni, 12:00: fehlgeschlagen, https://x.example sandte 9 s lang nichts",
    ),
    (
        lambda: words.fix_said(Correction(what=Fix.KIND, value="other")),
        "It is no recap",
        "Es ist kein Bericht",
    ),
    (
        lambda: words.fix_said(Correction(what=Fix.TAG, value="Yarn")),
        "Tag added: Yarn",
        "Thema hinzugefügt: Yarn",
    ),
]


@pytest.mark.parametrize(("say", "english", "german"), SAID, ids=[one[1] for one in SAID])
def test_it_is_said_in_the_readers_language(
    say: Callable[[], str], english: str, german: str
) -> None:
    assert say() == english
    token = language._spoken.set(Languages([folder("templates")], "en").tongues["de"])
    try:
        assert say() == german
    finally:
        language._spoken.reset(token)
