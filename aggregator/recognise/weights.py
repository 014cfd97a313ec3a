"""How much each clue speaks for a recap, in natural logarithms of odds.

Fitted to posts that people had judged, by ``python -m tests.bench.fit_recognise``; see there. Do
not edit single numbers by hand: they only mean something together.
"""

from __future__ import annotations

START = -3.08  # before anything is known
WEIGHTS = {
    "date.ahead": -2.00,
    "date.early": -0.86,
    "date.over": 1.52,
    "date.season": 0.19,
    "end.farewell": 0.60,
    "event.many": -1.54,
    "event.none": -1.58,
    "event.throughout": 0.23,
    "lead.ahead": -0.95,
    "lead.attended": 1.52,
    "lead.been": 0.82,
    "lead.recent": 0.30,
    "lead.silent": -1.00,
    "tags.genre": 1.18,
    "tags.other": -0.79,
    "text.absent": -1.25,
    "text.agenda": -0.83,
    "text.calls": -1.59,
    "text.code": -1.23,
    "text.course": -0.06,
    "text.excerpt": 0.50,
    "text.future": -1.61,
    "text.many": 0.20,
    "text.own": -0.24,
    "text.past": 1.66,
    "text.sessions": 0.98,
    "text.short": -0.54,
    "text.talks": 0.63,
    "text.told": 0.67,
    "text.tool": -0.10,
    "text.wares": -1.20,
    "title.account": 2.13,
    "title.advice": -1.20,
    "title.at": 0.23,
    "title.call": -2.84,
    "title.dated": 0.55,
    "title.event": 0.08,
    "title.kind": 0.51,
    "title.media": -2.14,
    "title.only": 0.37,
    "title.perhaps": 0.86,
    "title.periodical": -2.14,
    "title.product": -1.06,
    "title.routine": -3.09,
    "title.talk": -1.74,
}
