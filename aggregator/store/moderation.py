"""What people decide about entries and tags, and how any decision is taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, or_, select, update

from aggregator import text
from aggregator.errors import AggregatorError, Moved, NotFound
from aggregator.model import Correction, Fix, Kind
from aggregator.store import counters, decisions, ruling
from aggregator.store.counters import Touched, chunks
from aggregator.store.fixes import TalkFix
from aggregator.store.fixes import said as fix_said
from aggregator.store.keys import is_row
from aggregator.store.saving import corrections_by_entry, settle
from aggregator.store.schema import corrections, entries, entry_tags, merged_tags, tags

_OPPOSITE = {
    Fix.EVENT: Fix.NOT_EVENT,
    Fix.NOT_EVENT: Fix.EVENT,
    Fix.TAG: Fix.NOT_TAG,
    Fix.NOT_TAG: Fix.TAG,
}
_LONGEST = 2400  # bytes of a correction: PostgreSQL refuses index rows over 2,704
_SINGLE = (Fix.KIND, Fix.HIDDEN)  # a later one replaces the earlier, whatever its value
_SAID = {
    Fix.EVENT: "is about {}",
    Fix.NOT_EVENT: "is not about {}",
    Fix.TAG: "has the tag {}",
    Fix.NOT_TAG: "does not have the tag {}",
    Fix.TALK: "tells of {}",
    Fix.NOT_TALK: "has no talk {}",
}

# ------------------------------------------------------------------------------- corrections


def correct(c: Connection, entry_id: int, correction: Correction, now: datetime) -> None:
    """Keep a person's decision about an entry; it stands at every later poll.

    What was recognised is not touched: recognise the entry again. Only hiding works at once. A
    decision cancels its opposite about the same thing.

    Raises:
        AggregatorError: a correction of a talk that cannot be read.
        NotFound: there is no such entry.
    """
    counters.alone(c)
    query = select(entries.c.title).where(entries.c.id == entry_id)
    title = c.scalar(query) if is_row(entry_id) else None
    if title is None:
        raise NotFound("entry", entry_id)
    what = correction.what
    rows = c.execute(select(corrections).where(corrections.c.entry_id == entry_id)).all()
    value = _value(correction, rows)
    replaced = [row for row in rows if _replaces(what, value, row)]
    for row in replaced:
        c.execute(delete(corrections).where(corrections.c.id == row.id))
    _keep(c, entry_id, what, value, correction.by, correction.at or now)
    decisions.note(
        c,
        "entry.correct",
        entry_id,
        f"“{text.shorten(title, 120) or 'Untitled'}” {_in_words(what, value)}",
        by=correction.by,
        now=correction.at or now,
        undo={
            "what": what.value,
            "value": value,
            "replaced": [
                [row.what, row.value, row.made_by, row.made_at.isoformat()] for row in replaced
            ],
        },
        entry_id=entry_id,
    )
    _hide(c, entry_id, what)


def _value(correction: Correction, rows: Iterable[Any]) -> str:
    """Return the value as it is kept; what is said of a talk again is one word on it, not two."""
    if correction.what is not Fix.TALK:
        return text.shorten(correction.value, 300)
    fix = TalkFix.read(correction.value)
    for row in rows:
        before = TalkFix.read(row.value) if row.what == Fix.TALK else None
        if before and text.title_key(before.title) == text.title_key(fix.was or fix.title):
            speakers = before.speakers if fix.speakers is None else fix.speakers
            fix = TalkFix(
                title=fix.title, was=before.was, speakers=speakers, url=fix.url or before.url
            )
    value = fix.written()
    if len(value.encode()) > _LONGEST:
        raise AggregatorError("that is too much to say of one talk; shorten it")
    return value


def _replaces(what: Fix, value: str, row: Any) -> bool:
    """Tell whether a new decision takes the place of one that was made before."""
    if what in _SINGLE and row.what == what:
        return True
    if row.what == _OPPOSITE.get(what) and text.slug(row.value) == text.slug(value):
        return True
    if what is Fix.TALK:
        fix = TalkFix.read(value)
        if row.what == Fix.TALK:
            before = TalkFix.read(row.value)
            same = before.was == fix.was if fix.was else before.title == fix.title
            return same and bool(before.was) == bool(fix.was)
        return row.what == Fix.NOT_TALK and text.title_key(row.value) in (
            text.title_key(fix.title),
            text.title_key(fix.was),
        )
    return bool(row.what == what and row.value == value)


def _in_words(what: Fix, value: str) -> str:
    if what is Fix.KIND:
        return "is a recap" if value == Kind.RECAP else "is no recap"
    if what is Fix.HIDDEN:
        return "is hidden" if value == "yes" else "is not hidden"
    return _SAID[what].format(fix_said(Correction(what=what, value=value)))


def _keep(c: Connection, entry_id: int, what: Fix, value: str, by: str, at: datetime) -> None:
    own = (corrections.c.entry_id == entry_id) & (corrections.c.what == what.value)
    c.execute(delete(corrections).where(own, corrections.c.value == value))
    c.execute(
        insert(corrections).values(
            entry_id=entry_id,
            what=what.value,
            value=value,
            made_by=text.shorten(by, 100),
            made_at=at,
        )
    )


def uncorrect(  # what is taken back, and who does it when
    c: Connection,
    entry_id: int,
    what: Fix,
    value: str,
    *,
    by: str = "",
    now: datetime | None = None,
) -> None:
    """Take a decision back; nothing happens when it was not made.

    What was recognised is not touched: recognise the entry again.
    """
    counters.alone(c)
    _drop(c, entry_id, what, value)
    for made in decisions.standing(c, "entry.correct", entry_id) if now else ():
        if (made.undo["what"], made.undo["value"]) == (what, value):
            decisions.undone(c, made.id, by, now)  # type: ignore[arg-type]  # it is not None here
    _hide(c, entry_id, what)


def _drop(c: Connection, entry_id: int, what: Fix, value: str) -> int:
    done = c.execute(
        delete(corrections).where(
            corrections.c.entry_id == entry_id,
            corrections.c.what == what.value,
            corrections.c.value == value,
        )
    )
    return done.rowcount


def _uncorrect_whole(c: Connection, entry_id: int, undo: dict[str, Any]) -> None:
    """Undo a correction: what it replaced stands again."""
    what = Fix(undo["what"])
    if not _drop(c, entry_id, what, undo["value"]):
        raise AggregatorError("that correction is not there any more")
    for old, value, by, at in undo["replaced"]:
        _keep(c, entry_id, Fix(old), value, by, datetime.fromisoformat(at))
    _hide(c, entry_id, what)


def _hide(c: Connection, entry_id: int, what: Fix) -> None:
    if what is not Fix.HIDDEN:
        return
    hidden = any((word.what, word.value) == (what, "yes") for word in corrections_of(c, entry_id))
    c.execute(update(entries).where(entries.c.id == entry_id).values(hidden=hidden))
    touched = Touched()
    counters.touch(c, [entry_id], touched)
    settle(c, [entry_id], touched)


def corrections_of(c: Connection, entry_id: int) -> tuple[Correction, ...]:
    """Return what people have decided about an entry, oldest first."""
    return corrections_by_entry(c, [entry_id]).get(entry_id, ())


# --------------------------------------------------------------------------------------- tags


def _tag(c: Connection, slug: str) -> Any:
    row = c.execute(select(tags).where(tags.c.slug == slug)).first()
    if row is None:
        raise NotFound("tag", slug)
    if row.merged_into is not None:
        into = select(tags.c.slug).where(tags.c.id == row.merged_into)
        raise Moved("tag", slug, c.execute(into).scalar_one())
    return row


def merge_tags(
    c: Connection, from_slug: str, into_slug: str, now: datetime, *, by: str = ""
) -> None:
    """Make two tags one: the first one's slug leads to the second, also at later polls.

    Raises:
        AggregatorError: both are the same tag.
        NotFound: there is no such tag (Moved: it was merged before).
    """
    counters.alone(c)
    old, new = _tag(c, from_slug), _tag(c, into_slug)
    if old.id == new.id:
        raise AggregatorError(f"{from_slug} cannot be merged into itself")
    followers = list(c.scalars(select(tags.c.id).where(tags.c.merged_into == old.id)))
    _note_given(c, old.id, select(entry_tags.c.entry_id).where(entry_tags.c.tag_id == old.id))
    of_old = select(merged_tags.c.entry_id).where(merged_tags.c.tag_id.in_([old.id, *followers]))
    _note_given(c, new.id, of_old)
    group = [old.id, *followers]
    c.execute(update(tags).where(tags.c.id.in_(group)).values(merged_into=new.id))
    _retag(c, {new.id, *group})
    decisions.note(
        c,
        "tag.merge",
        new.slug,
        f"{old.name} is {new.name}",
        by=by,
        now=now,
        undo={"tag": old.id, "followers": followers},
    )


def _note_given(c: Connection, tag_id: int, entry_ids: Any) -> None:
    """Keep that entries were given this very tag, unless what they were given is kept already."""
    given = tags.alias("given")
    known = (
        select(merged_tags.c.entry_id)
        .join_from(merged_tags, given, given.c.id == merged_tags.c.tag_id)
        .where(
            merged_tags.c.entry_id == entry_tags.c.entry_id,
            or_(given.c.id == tag_id, given.c.merged_into == tag_id),
        )
    )
    rows = select(entry_tags.c.entry_id, entry_tags.c.tag_id, entry_tags.c.origin).where(
        entry_tags.c.tag_id == tag_id, entry_tags.c.entry_id.in_(entry_ids), ~exists(known)
    )
    c.execute(insert(merged_tags).from_select(["entry_id", "tag_id", "origin"], rows))


def _retag(c: Connection, tag_ids: Collection[int]) -> None:
    """Give entries the tags that those of this group are now, from what they were given."""
    rows = c.execute(
        select(merged_tags, tags.c.merged_into)
        .join_from(merged_tags, tags, tags.c.id == merged_tags.c.tag_id)
        .where(merged_tags.c.tag_id.in_(tag_ids))
        .order_by(merged_tags.c.entry_id, merged_tags.c.tag_id)
    ).all()
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for row in rows:
        now = row.merged_into or row.tag_id
        values = {"entry_id": row.entry_id, "tag_id": now, "origin": row.origin}
        found.setdefault((row.entry_id, now), values)
    ids = {row.entry_id for row in rows}
    for some in chunks(ids):
        own = entry_tags.c.tag_id.in_(tag_ids), entry_tags.c.entry_id.in_(some)
        c.execute(delete(entry_tags).where(*own))
    if found:
        c.execute(insert(entry_tags), list(found.values()))
    counters.relist(c, ids)
    counters.refresh(c, Touched(tags=set(tag_ids)))
    counters.moved_on(c)


def _unmerge_tags(c: Connection, undo: dict[str, Any]) -> None:
    row = c.execute(select(tags).where(tags.c.id == undo["tag"])).first()
    if row is None or row.merged_into is None:
        raise AggregatorError("that tag is one of its own already")
    still = tags.c.merged_into == row.merged_into
    c.execute(
        update(tags).where(tags.c.id.in_(undo["followers"]), still).values(merged_into=row.id)
    )
    c.execute(update(tags).where(tags.c.id == row.id).values(merged_into=None))
    _retag(c, {row.id, row.merged_into, *undo["followers"]})


def rename_tag(c: Connection, slug: str, name: str, now: datetime, *, by: str = "") -> None:
    """Give a tag another name; its slug stays, and later polls leave it.

    Raises:
        AggregatorError: no name is given.
        NotFound: there is no such tag (Moved: it was merged into another).
    """
    said = text.shorten(name, 100)
    if not said:
        raise AggregatorError("a tag needs a name")
    row = _tag(c, slug)
    words = f"{row.name} is called {said}"
    _change_tag(c, row, {"name": said, "fixed": True}, "tag.rename", words, by=by, now=now)


def ignore_tag(c: Connection, slug: str, ignored: bool, now: datetime, *, by: str = "") -> None:
    """Show a tag nowhere, or show it again; entries keep it.

    Raises:
        NotFound: there is no such tag (Moved: it was merged into another).
    """
    row = _tag(c, slug)
    words = f"{row.name} is {'shown nowhere' if ignored else 'shown again'}"
    _change_tag(c, row, {"ignored": ignored}, "tag.ignore", words, by=by, now=now)


def _change_tag(  # noqa: PLR0913  # what is changed, and how it is told
    c: Connection,
    row: Any,
    values: dict[str, Any],
    action: str,
    said: str,
    *,
    by: str,
    now: datetime,
) -> None:
    counters.alone(c)
    c.execute(update(tags).where(tags.c.id == row.id).values(values))
    before = {name: getattr(row, name) for name in values}
    undo = {"tag": row.id, "values": before}
    decisions.note(c, action, row.slug, said, by=by, now=now, undo=undo)
    counters.moved_on(c)


def _unchange_tag(c: Connection, undo: dict[str, Any]) -> None:
    c.execute(update(tags).where(tags.c.id == undo["tag"]).values(undo["values"]))
    counters.moved_on(c)


# -------------------------------------------------------------------------------- taking it back


def undo(c: Connection, decision_id: int, now: datetime, *, by: str = "") -> tuple[str, int | None]:
    """Take a decision back, whatever was decided since.

    Return what was decided, in words, and the entry that is to be recognised again, where one is.

    Raises:
        AggregatorError: it was undone before, or what it was about has changed too much.
        NotFound: there is no such decision.
    """
    counters.alone(c)
    row = decisions.one(c, decision_id)
    entry_id: int | None = row.entry_id
    rule: dict[str, Any] = {"by": by, "now": now}
    steps: dict[str, Callable[[Connection, dict[str, Any]], None]] = {
        "entry.correct": lambda c, undo: _uncorrect_whole(c, int(row.target), undo),
        "event.merge": ruling.unmerge,
        "event.split": ruling.remerge,
        "event.reject": ruling.unreject,
        "event.accept": partial(ruling.unchange, **rule),
        "event.change": partial(ruling.unchange, **rule),
        "tag.merge": _unmerge_tags,
        "tag.rename": _unchange_tag,
        "tag.ignore": _unchange_tag,
    }
    if row.action == "entry.correct" and entry_id is None:
        raise AggregatorError("that entry is gone")
    steps[row.action](c, row.undo)
    decisions.undone(c, row.id, by, now)
    return row.said, entry_id
