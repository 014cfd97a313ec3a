"""The first admin page: what needs attention, and the sizes of everything."""

from __future__ import annotations

from aggregator.model import EntryQuery, FeedStatus
from aggregator.store import coverage, entries, feeds, upkeep
from aggregator.web.admin import words
from aggregator.web.admin.desk import ADMIN, Answer, action, done, page, show, url_for
from aggregator.web.guard import now, site
from aggregator.web.language import gettext

_SHOWN = 8  # lines of each kind; the rest is a click away


@page("/")
def dashboard() -> Answer:
    """Show what needs attention."""
    least, most = words.UNSURE
    unsure = EntryQuery(
        listed_only=False, hidden=False, min_score=least, max_score=most, limit=_SHOWN
    )
    with site().database.reading() as c:
        every = feeds.all_feeds(c, trial=None)
        totals = upkeep.totals(c, now())
        waiting = coverage.waiting(c)
        doubtful = entries.find(c, unsure).items
        doubtful_count = entries.count(c, unsure)
    followed = [feed for feed in every if not feed.trial]
    ill = [f for f in followed if f.status in (FeedStatus.FAILING, FeedStatus.GONE) or f.held]
    return show(
        "dashboard.html",
        totals=totals,
        followed=followed,
        failing=words.sorted_feeds(ill, "state")[:_SHOWN],
        failing_count=len(ill),
        trials=[feed for feed in every if feed.trial],
        waiting=waiting[:_SHOWN],
        waiting_count=len(waiting),
        unsure=doubtful,
        unsure_count=doubtful_count,
        samples=any(feed.source.sample for feed in every),
    )


@action("/samples/remove", on=dashboard, role=ADMIN)
def remove_samples() -> Answer:
    """Remove the sample blogs with all their entries."""
    with site().database.writing() as c:
        count = feeds.remove_samples(c)
    removed = words.counted(count, "source")
    said = gettext("The samples are gone: %(sources)s removed.", sources=removed)
    return done(said, "samples.remove", count, url_for("admin.dashboard"))
