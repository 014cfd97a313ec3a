"""From an answer's bytes to entries that can be stored: the stages that need no network.

    parse -> (changed entries only) -> recognise -> clean

Everything here is a plain function of its arguments, made to run in a pool of processes: values go
in, values come out. The catalogue is loaded once per process by `prepare`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import clean, identity, parse, recognise, urls
from aggregator.drafts import Draft, Reading, Rules
from aggregator.errors import TakenOver
from aggregator.model import (
    Correction,
    EntryFile,
    Fetched,
    Fix,
    Judged,
    Kind,
    Known,
    NewEntry,
    ParsedEntry,
    ParsedFeed,
    Picture,
    Post,
    RawHtml,
    Recognition,
    SafeHtml,
)
from aggregator.recognise import catalogue as catalogues
from aggregator.showing import judge_again, shown

if TYPE_CHECKING:
    from aggregator import fulltext, imaging

# An entry that has only a summary is looked up on its page from this score on: low, because a page
# fetched in vain costs one request, and a recap that is missed is missed for good.
_LOOKS_LIKE_RECAP = 0.2
# Stored in place of an entry's hash while its page is still to be fetched: differs from any hash.
PENDING = ""
_AHEAD = timedelta(days=730)  # what is dated further in the future has a wrong date


@lru_cache(maxsize=4)
def _catalogue(config_dir: str) -> catalogues.Catalogue:
    return catalogues.load(Path(config_dir))


def prepare(config_dir: str) -> None:
    """Load what every later call needs, so that the first feed does not wait for it."""
    _catalogue(config_dir)


def read(
    fetched: Fetched,
    known: Mapping[str, Known],
    rules: Rules,
) -> Reading:
    """Read a feed document.

    Args:
        fetched: the answer.
        known: what is stored of the feed, by guid; what is unchanged is skipped.
        rules: of this feed.

    Raises:
        ParseError: it is no feed, or none that can be read.
        TakenOver: it seems to be another site's than it was.
    """
    feed = parse.parse(fetched, max_entries=rules.max_entries)
    renamed = identity.renamed(feed.entries, known, _beginning) if known else {}
    prints = identity.prints(feed) if feed.entries else ()
    if known and prints and rules.site_prints is not None:
        _refuse_another_site(feed, known.keys() | renamed.keys(), prints, rules)
    entries: list[NewEntry] = []
    drafts: list[Draft] = []
    for parsed in feed.entries:
        stored = known.get(renamed.get(parsed.guid, parsed.guid))
        if stored and identity.unchanged(stored.content_hash, parsed):
            continue
        corrections = stored.corrections if stored else ()
        tried = stored is not None and stored.content_hash == PENDING
        entry = replace(parsed, content_hash=identity.marked(parsed, first=tried or not stored))
        judged = _recognise(entry, entry.html, corrections, feed.language, rules)
        if _wants_page(entry, judged, corrections, rules):
            drafts.append(
                Draft(parsed=entry, corrections=corrections, language=feed.language, tried=tried)
            )
        else:
            entries.append(_entry(entry, entry.html, RawHtml(""), judged, rules))
    dates = sorted((e.published for e in feed.entries if e.published), reverse=True)
    short = sum(e.summary_only for e in feed.entries)
    return Reading(
        feed=replace(feed, entries=()),
        dates=tuple(dates),
        guids=tuple(entry.guid for entry in feed.entries),
        prints=prints,
        adopted=tuple((old, new) for new, old in renamed.items()),
        summary_only=bool(feed.entries) and short * 2 > len(feed.entries),
        entries=tuple(entries),
        drafts=tuple(drafts),
    )


def _beginning(entry: ParsedEntry) -> str:
    return clean.summary(entry.html, title=entry.title)


def _refuse_another_site(
    feed: ParsedFeed, known: Collection[str], prints: tuple[str, ...], rules: Rules
) -> None:
    if any(entry.guid in known for entry in feed.entries):
        return
    why = identity.taken_over(
        rules.site_prints or (), prints, silent_for=rules.silent_for, failures=rules.failures
    )
    if why:
        raise TakenOver(why)


def complete(draft: Draft, page: Fetched | None, pending: bool, rules: Rules) -> NewEntry:
    """Judge an entry with the help of its article page; without one, by what the feed gave.

    `pending`: the page is to be fetched by a later poll, so the entry must not count as known.
    """
    from aggregator import fulltext  # noqa: PLC0415 - a third of a second that most feeds can spare

    entry = draft.parsed
    if pending:
        entry = replace(entry, content_hash=PENDING)
    article = fulltext.extract(page.body, page.url, page.content_type) if page else None
    if page is None or article is None or len(article) <= len(entry.html):
        judged = _recognise(entry, entry.html, draft.corrections, draft.language, rules)
        return _entry(entry, entry.html, RawHtml(""), judged, rules)
    entry = _with_facts(entry, fulltext.page_facts(page.body, page.url), page.url)
    judged = _recognise(entry, article, draft.corrections, draft.language, rules)
    # Where the feed gave nothing at all, the beginning of the article stands in for its excerpt.
    given = entry.html if entry.html.strip() else fulltext.beginning(article)
    return _entry(entry, article, given, judged, rules)


def encode(body: bytes) -> imaging.Encoded:
    """Encode a picture anew (see `imaging.encode`)."""
    from aggregator import imaging  # noqa: PLC0415 - many polls meet no picture

    return imaging.encode(body)


def show(filed: EntryFile, held: Mapping[str, Picture]) -> SafeHtml | None:
    """Return a stored entry's article with the pictures that are held."""
    return shown(
        filed.card.kind,
        title=filed.card.title,
        original=filed.post.html,
        feed_html=filed.feed_html,
        base_url=filed.base_url,
        licence=filed.card.licence,
        held=held,
    ).html


def judge(files: tuple[EntryFile, ...], config_dir: str, threshold: float) -> tuple[Judged, ...]:
    """Judge stored entries again."""
    return tuple(judge_again(filed, _catalogue(config_dir), threshold) for filed in files)


def _recognise(
    entry: ParsedEntry,
    html: RawHtml,
    corrections: tuple[Correction, ...],
    feed_language: str | None,
    rules: Rules,
) -> Recognition:
    post = Post(
        id=entry.guid,
        url=entry.url,
        title=entry.title,
        published=_published(entry, rules),
        tags=entry.tags,
        html=RawHtml(html[: rules.max_bytes]),
        authors=entry.authors,
        language=entry.language or feed_language,
        country=rules.country,
    )
    catalogue = _catalogue(rules.config_dir)
    return recognise.recognise(post, catalogue, corrections, threshold=rules.threshold)


def _wants_page(
    entry: ParsedEntry, judged: Recognition, corrections: tuple[Correction, ...], rules: Rules
) -> bool:
    if not urls.is_web(entry.url):
        return False
    if rules.full_text:
        return True
    promoted = any(c.what is Fix.KIND and c.value == Kind.RECAP for c in corrections)
    looks = bool(judged.events) or judged.kind_score >= _LOOKS_LIKE_RECAP
    return entry.summary_only and (looks or promoted)


def _published(entry: ParsedEntry, rules: Rules) -> datetime | None:
    """Return the date that an entry states; None when it states none that can be.

    Announcements often bear the date of their event. So a date in the future is kept as stated, if
    it is not beyond all plans; lists are in the order of the day when the entry was first seen
    then (`EntryCard.sorted_at`).
    """
    last = rules.not_after + _AHEAD
    return next((date for date in (entry.published, entry.updated) if date and date <= last), None)


def _entry(
    entry: ParsedEntry, original: RawHtml, feed_html: RawHtml, judged: Recognition, rules: Rules
) -> NewEntry:
    original = RawHtml(original[: rules.max_bytes])
    published = _published(entry, rules)
    base_url = entry.base_url or entry.url
    visible = shown(
        judged.kind,
        title=entry.title,
        original=original,
        feed_html=feed_html,
        base_url=base_url,
        licence=rules.licence,
    )
    return NewEntry(
        guid=entry.guid,
        url=entry.url,
        title=entry.title,
        authors=entry.authors or judged.authors,
        published_at=published or rules.now,
        published_inferred=published is None,
        updated_at=entry.updated,
        language=entry.language or judged.language,
        enclosures=entry.enclosures,
        feed_tags=entry.tags,
        html=visible.html,
        excerpt=visible.excerpt,
        summary=visible.summary,
        original=original,
        feed_html=feed_html,
        base_url=base_url,
        content_hash=entry.content_hash,
        recognition=judged,
        pictures=visible.pictures,
    )


def _with_facts(entry: ParsedEntry, facts: fulltext.PageFacts, page_url: str) -> ParsedEntry:
    """Fill what the feed left out with what the page states; the feed's word goes first."""
    return replace(
        entry,
        title=entry.title or facts.title or "",
        authors=entry.authors or facts.authors,
        published=entry.published or facts.published,
        language=entry.language or facts.language,
        tags=entry.tags or facts.tags,
        base_url=page_url,
    )
