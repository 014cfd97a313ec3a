"""What people have decided: who, when, what, and taking it back with one click."""

from __future__ import annotations

from flask import request, url_for

from aggregator import again
from aggregator.store import coverage
from aggregator.web import login
from aggregator.web.admin.desk import Answer, action, done, number, page, person, show
from aggregator.web.guard import now, site

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
        said, entry_id = coverage.undo(c, decision_id, now(), by=person())
        if entry_id is not None:
            again.recognise_entry(c, entry_id, site().catalogue, site().settings, now())
    to = login.local_path(request.form.get("to"), url_for("admin.decisions_page"))
    return done(f"Undone: {said}.", "decision.undo", decision_id, to)
