"""The list of what people have decided: who, when, what, and what it takes to undo it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aggregator import text
from aggregator.errors import AggregatorError, NotFound
from aggregator.model import Decision
from aggregator.store.keys import is_row
from aggregator.store.schema import decisions


def note(  # noqa: PLR0913  # all that the list shows
    c: Connection,
    action: str,
    target: object,
    said: str,
    *,
    by: str,
    now: datetime,
    undo: dict[str, Any],
    entry_id: int | None = None,
) -> int:
    """Note a decision with what it takes to undo it; return its id."""
    row = c.execute(
        insert(decisions)
        .values(
            made_at=now,
            made_by=text.shorten(by, 100),
            action=action,
            target=str(target),
            said=text.shorten(said, 500),
            undo=undo,
            entry_id=entry_id,
        )
        .returning(decisions.c.id)
    )
    return row.scalar_one()


def list_decisions(
    c: Connection,
    *,
    target: str | None = None,
    entry_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> tuple[Decision, ...]:
    """Return decisions, the newest first.

    Args:
        c: in any transaction.
        target: only those about this event or tag, by its slug.
        entry_id: only those about this entry.
        before: only those older than the decision of this id.
        limit: so many at most; 0 is all.
    """
    query = select(decisions).order_by(decisions.c.id.desc())
    if target is not None:
        query = query.where(decisions.c.target == target)
    if entry_id is not None:
        query = query.where(decisions.c.entry_id == entry_id)
    if before is not None:
        query = query.where(decisions.c.id < before)
    return tuple(_decision(row) for row in c.execute(query.limit(limit) if limit else query))


def _decision(row: Any) -> Decision:
    return Decision(
        id=row.id,
        at=row.made_at,
        by=row.made_by,
        action=row.action,
        target=row.target,
        said=row.said,
        entry_id=row.entry_id,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )


def one(c: Connection, decision_id: int) -> Any:
    """Return the row of a decision that stands.

    Raises:
        AggregatorError: it was undone before.
        NotFound: there is no such decision.
    """
    query = select(decisions).where(decisions.c.id == decision_id)
    row = c.execute(query).first() if is_row(decision_id) else None
    if row is None:
        raise NotFound("decision", decision_id)
    if row.undone_at is not None:
        raise AggregatorError("that was undone already")
    return row


def undone(c: Connection, decision_id: int, by: str, now: datetime) -> None:
    """Note that a decision was taken back."""
    c.execute(
        update(decisions)
        .where(decisions.c.id == decision_id)
        .values(undone_at=now, undone_by=text.shorten(by, 100))
    )


def standing(c: Connection, action: str, target: object) -> list[Any]:
    """Return the decisions of one kind about one thing that stand, the newest first."""
    query = select(decisions).where(
        decisions.c.target == str(target),
        decisions.c.action == action,
        decisions.c.undone_at.is_(None),
    )
    return list(c.execute(query.order_by(decisions.c.id.desc())))
