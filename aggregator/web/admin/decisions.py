"""What people have decided: who, when, what, and taking it back with one click."""

from __future__ import annotations

from flask import request

from aggregator import again
from aggregator.store import coverage
from aggregator.web import login
from aggregator.web.admin.desk import (
    Answer,
    action,
    done,
    number,
    page,
    person,
    show,
    url_for,
)
from aggregator.web.guard import now, site
from aggregator.web.language import gettext
from aggregator.web.told import decided

_PER_PAGE = 50


@page("/decisions/")
def decisions_page() -> Answer:
    """Show all decisions, the newest first."""
    before = number(request.args.get("before"), 0) or None
    with site().database.reading() as c:
        found = coverage.list_decisions(c, before=before, limit=_PER_PAGE + 1)
    return show(
        "decisions.html",
        decisions=found[:_PER_PAGE],
        older=found[_PER_PAGE - 1].id if len(found) > _PER_PAGE else None,
        newest=before is None,
    )


@action("/decisions/<int:decision_id>/undo")
def undo_decision(decision_id: int) -> Answer:
    """Take a decision back."""
    with site().database.writing() as c:
        made = coverage.list_decisions(c, before=decision_id + 1, limit=1)
        said, entry_id = coverage.undo(c, decision_id, now(), by=person())
        if entry_id is not None:
            again.recognise_entry(c, entry_id, site().catalogue, site().settings, now())
    to = login.local_path(request.form.get("to"), url_for("admin.decisions_page"))
    message = gettext("Undone: %(what)s.", what=decided(made[0].action, said).words)
    return done(message, "decision.undo", decision_id, to)
