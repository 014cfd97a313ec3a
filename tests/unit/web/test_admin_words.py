"""How the admin pages say why, and what is known."""

from __future__ import annotations

import pytest

from aggregator.model import EventFact, FactName, FactOrigin
from aggregator.web.admin import words


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
        (FactName.DATES, "2026-05-01/2026-05-03", "2026-05-01 to 2026-05-03"),
        (FactName.DATES, "2026-05-01/2026-05-01", "2026-05-01"),
        (FactName.DATES, "2026-05-01/", "2026-05-01"),
        (FactName.DATES, "", "not known"),
        (FactName.PLACE, "a/b", "a/b"),
        (FactName.PLACE, "", "not known"),
    ],
)
def test_a_fact_is_written_as_people_do(name: FactName, value: str, said: str) -> None:
    assert words.fact_said(EventFact(name=name, value=value, origin=FactOrigin.POST)) == said
