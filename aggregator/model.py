"""The values that pass between the parts of the program.

All are frozen. Times are aware datetimes in UTC, spans are timedeltas, sizes are bytes, sequences
are tuples. Trust is a type: `RawHtml` came from outside, `SafeHtml` came out of `clean.clean`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Generic, NamedTuple, NewType, TypeVar

from markupsafe import Markup

RawHtml = NewType("RawHtml", str)


class SafeHtml(Markup):
    """HTML that went through `clean.clean`; templates show it without escaping."""

    __slots__ = ()


# --------------------------------------------------------------------------------------- words


class Kind(StrEnum):
    """What an entry is."""

    RECAP = "recap"
    OTHER = "other"


class LinkKind(StrEnum):
    """What a talk's link leads to."""

    VIDEO = "video"
    SLIDES = "slides"
    CODE = "code"
    PAPER = "paper"
    PAGE = "page"


class Evidence(StrEnum):
    """Where in a post an event was seen, the strongest place first."""

    PERSON = "person"
    TITLE = "title"
    LINK = "link"
    LEAD = "lead"
    HEADING = "heading"
    TAG = "tag"
    IMAGE = "image"
    ADDRESS = "address"
    HASHTAG = "hashtag"
    BODY = "body"
    DATE = "date"


class Outcome(StrEnum):
    """How a poll ended."""

    CHANGED = "changed"  # entries are new or updated
    SAME = "same"  # answered 200, nothing new in it
    NOT_MODIFIED = "not_modified"  # answered 304
    GONE = "gone"  # answered 410
    FAILED = "failed"


class FeedStatus(StrEnum):
    """What a feed's row amounts to."""

    ACTIVE = "active"
    PAUSED = "paused"
    FAILING = "failing"
    GONE = "gone"


class TagOrigin(StrEnum):
    """Who gave a tag to an entry."""

    FEED = "feed"
    DERIVED = "derived"
    PERSON = "person"


class Fix(StrEnum):
    """What a correction decides about an entry. Its `value` is in brackets."""

    KIND = "kind"  # ("recap" or "other")
    HIDDEN = "hidden"  # ("yes" or "no")
    EVENT = "event"  # (an event's slug): the entry is about it
    NOT_EVENT = "not_event"  # (an event's slug)
    TAG = "tag"  # (a tag's name)
    NOT_TAG = "not_tag"  # (a tag's slug)
    TALK = "talk"  # (a `TalkFix` as text): a talk is added, or told of in another way
    NOT_TALK = "not_talk"  # (a talk's title): it is no talk


class FactName(StrEnum):
    """What is known of an event beside its name."""

    DATES = "dates"  # "2026-05-01/2026-05-03"; either side may be empty
    PLACE = "place"
    HOMEPAGE = "homepage"
    HASHTAG = "hashtag"  # without #


class FactOrigin(StrEnum):
    """Who states a fact, the most trusted first."""

    PERSON = "person"
    REGISTRY = "registry"
    POST = "post"
    SERIES = "series"  # only usual for the series


# --------------------------------------------------------------------------- fetching and parsing


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """One thing to ask a server for."""

    url: str
    etag: str | None = None  # as received, sent as If-None-Match
    last_modified: str | None = None  # as received, sent as If-Modified-Since
    accept: str = "*/*"
    max_bytes: int = 10_485_760  # after decompression
    form: tuple[tuple[str, str], ...] = ()  # names and values; where there are any, it is a POST


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A server's full answer (status 200; any 2xx to a POST)."""

    url: str  # after redirects
    moved_to: str | None = None  # the final address when every redirect was permanent (301, 308)
    status: int
    body: bytes  # decompressed
    content_type: str = ""  # the header as received, parameters included
    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None  # Cache-Control: max-age, else Expires
    hub_url: str | None = None  # Link header, rel=hub (WebSub)
    self_url: str | None = None  # Link header, rel=self
    elapsed: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A server's 304."""

    url: str
    moved_to: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None
    elapsed: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed that a page announces, or a line of an OPML file."""

    url: str
    title: str = ""
    type: str = ""  # media type, empty when not said
    site_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """One item of a feed document, nothing judged yet."""

    guid: str  # the feed's id as it stands, else the link, else a hash of title and text
    url: str  # absolute; empty when the item has none
    title: str  # plain text
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None  # BCP 47
    tags: tuple[str, ...] = ()
    enclosures: tuple[str, ...] = ()  # absolute addresses
    html: RawHtml = RawHtml("")
    base_url: str = ""  # what relative links in `html` are relative to
    summary_only: bool = False  # the feed gave only a summary of this item
    content_hash: str = ""  # sha256 hex over all fields above but guid


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document."""

    title: str | None = None
    site_url: str | None = None
    description: str | None = None
    language: str | None = None
    refresh_hint: timedelta | None = None  # ttl, sy:updatePeriod
    skip_hours: frozenset[int] = frozenset()  # of the day in UTC, 0 to 23 (RSS skipHours)
    skip_days: frozenset[int] = frozenset()  # of the week, Monday is 0 (RSS skipDays)
    older_url: str | None = None  # RFC 5005 prev-archive or next
    hub_url: str | None = None  # rel=hub (WebSub)
    self_url: str | None = None  # rel=self
    entries: tuple[ParsedEntry, ...] = ()
    problems: tuple[str, ...] = ()  # faults that were survived, in words


# ------------------------------------------------------------------------------------- articles


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture in the site's own cache."""

    key: str
    width: int  # pixels
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutLink:
    """A link within a block."""

    url: str  # absolute
    text: str
    start: int  # where its words begin in the block's text
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph-like piece of an article."""

    kind: str  # heading, paragraph, item, row, caption, quote, code
    text: str
    level: int = 0  # of a heading, 1 to 6
    links: tuple[OutLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An original, read as blocks."""

    blocks: tuple[Block, ...] = ()
    images: tuple[str, ...] = ()  # absolute addresses of pictures
    players: tuple[OutLink, ...] = ()  # embedded players as their public pages
    words: int = 0


# ----------------------------------------------------------------------------------- recognition


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's decision about an entry; beats the recogniser."""

    what: Fix
    value: str
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What the recogniser is given; the same fields as a line for `aggregator recognise`."""

    id: str
    url: str = ""
    title: str = ""
    published: datetime | None = None
    tags: tuple[str, ...] = ()
    html: RawHtml = RawHtml("")
    authors: tuple[str, ...] = ()
    language: str | None = None  # as declared; None: detect
    country: str | None = None  # ISO 3166 alpha-2 of the source, breaks ties between series


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMention:
    """An event that a post is about."""

    name: str  # "PyData London 2024"
    series: str  # "PyData London"
    year: int
    edition: str = ""  # tells two events of one series and year apart; usually empty
    part_of: str | None = None  # name of the series that hosts this one
    known: bool = True  # its series is in the registry; the others want an admin's eye
    evidence: Evidence = Evidence.BODY
    score: float = 1.0  # 0 to 1, relative to the heaviest
    starts_on: date | None = None  # stated by the post
    ends_on: date | None = None
    place: str | None = None
    homepage: str | None = None
    hashtag: str | None = None  # without #
    said: tuple[tuple[str, str], ...] = ()  # (a `FactName`, the words that state it)
    registry: tuple[str, ...] = ()  # those of these facts that the registry states, not the post
    series_place: str | None = None  # where the series usually is
    series_homepage: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkLink:
    """One resource of a talk."""

    url: str
    kind: LinkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkMention:
    """A talk that a post tells of."""

    title: str
    speakers: tuple[str, ...] = ()
    links: tuple[TalkLink, ...] = ()  # best first: video, slides, page, paper, code
    told: str = ""  # the sentence of the post that tells of it, plain text


@dataclass(frozen=True, slots=True, kw_only=True)
class TagMention:
    """A tag of a post, folded by synonyms."""

    slug: str
    name: str
    origin: TagOrigin = TagOrigin.FEED


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What was recognised in a post."""

    kind: Kind = Kind.OTHER
    kind_score: float = 0.0  # 0 to 1
    events: tuple[EventMention, ...] = ()
    talks: tuple[TalkMention, ...] = ()
    tags: tuple[TagMention, ...] = ()
    authors: tuple[str, ...] = ()  # who wrote it, where the text itself says so
    language: str | None = None  # ISO 639-1
    why: tuple[str, ...] = ()  # reasons in words, each with the zone of the post before it
    version: int = 0  # of the recogniser and what it knows (`Catalogue.stamp`)


# ----------------------------------------------------------------------------------- into the store


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry, ready to be stored."""

    guid: str
    url: str
    title: str
    authors: tuple[str, ...]
    published_at: datetime  # as stated, which may be in the future
    published_inferred: bool  # the feed gave no usable date; it is when the entry was found
    updated_at: datetime | None
    language: str | None
    enclosures: tuple[str, ...]
    feed_tags: tuple[str, ...]
    html: SafeHtml | None  # None unless it is a recap
    excerpt: bool  # `html` is not the whole article
    summary: str  # plain text
    original: RawHtml  # what was recognised: the feed's text or the page's article
    feed_html: RawHtml  # what the feed gave, when `original` came from the page; else empty
    base_url: str
    content_hash: str
    recognition: Recognition
    pictures: tuple[str, ...] = ()  # addresses of those in `html`


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A stored entry that was judged again, and what readers see of it now."""

    entry_id: int
    recognition: Recognition
    html: SafeHtml | None
    excerpt: bool
    summary: str
    pictures: tuple[str, ...] = ()  # addresses of those in `html`


class Known(NamedTuple):
    """What the store knows of an entry before it is saved again.

    A plain tuple, because all of a feed travel to another process with each poll.
    """

    id: int
    content_hash: str  # as `identity.marked` gave it
    url_key: str = ""
    title_key: str = ""
    published_at: datetime | None = None  # None: the feed gave no usable date
    begins: str = ""  # the first characters of its summary
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What saving a batch of entries did."""

    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a feed brings something, and how often it wants to be asked."""

    gap: timedelta | None = None  # usual time between two entries
    newest_at: datetime | None = None  # date of its newest entry
    hint: timedelta | None = None  # ttl, sy:updatePeriod
    fresh_for: timedelta | None = None  # Cache-Control, Expires
    skip_hours: frozenset[int] = frozenset()  # of the day in UTC, 0 to 23
    skip_days: frozenset[int] = frozenset()  # of the week, Monday is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFeed:
    """A feed that was claimed for a poll."""

    id: int
    url: str
    source_id: int
    country: str | None
    licence: str | None
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    interval: timedelta
    failures: int
    full_text: bool  # fetch the page of every entry
    discover: bool  # a page found in place of a feed may be followed to its feed
    trial: bool  # polled, entries not listed: proposed by a reader or tried by an admin
    last_success_at: datetime | None
    host: str = ""  # of the address, as hosts that rest are named
    site_prints: tuple[str, ...] | None = None  # what tells the site; None: not known yet
    rhythm: Rhythm = Rhythm()
    faults: str | None = None  # of its document that were survived, in words
    moving_to: str | None = None  # where the last polls were sent for good
    pushed: bool = False  # a hub tells when something is new (WebSub)
    moving_seen: int = 0  # how many of them in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One try to bring a feed up to date, with what is to be stored of it."""

    feed_id: int
    url: str  # as it was when the poll began
    started_at: datetime
    duration: timedelta
    outcome: Outcome
    next_poll_at: datetime
    interval: timedelta
    http_status: int | None = None
    body_bytes: int = 0
    error: str | None = None  # in words; also set when the poll worked with faults in the document
    note: str | None = None  # worth telling, but no fault
    asked: bool = True  # False: not even asked, its host wants to be left alone
    rests_host: str | None = None  # the host that asks to be left alone
    rests_until: datetime | None = None  # and until when
    # what the answer brought; None where nothing is known
    read: bool = False  # its document was read, not only found to be the same
    rhythm: Rhythm | None = None
    new_url: str | None = None  # the feed lives here now
    moving_to: str | None = None  # it is said to live here now; not believed yet
    moving_seen: int = 0  # by so many polls in a row
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    title: str | None = None
    site_url: str | None = None
    candidates: tuple[FeedLink, ...] = ()  # feeds that a page offered
    summary_only: bool = False
    entries: tuple[NewEntry, ...] = ()  # new and changed ones only
    entries_new: int = 0
    entries_changed: int = 0
    site_prints: tuple[str, ...] | None = None  # what tells the site
    adopted: tuple[tuple[str, str], ...] = ()  # (guid that is known, guid that it has now)
    held: str | None = None  # of a failed poll: why the feed is to be held from now on
    hub_url: str | None = None  # where it says when something is new (WebSub)
    topic_url: str | None = None  # its address at the hub

    def counted(self, saved: Saved) -> Poll:
        """Return it with the numbers of its entries in place of them: those are heavy.

        Entries that were read anew and are as before make it a poll that found the same.
        """
        if not self.entries:
            return self
        new, changed = len(saved.new), len(saved.changed)
        outcome = self.outcome if new or changed else Outcome.SAME
        return replace(self, outcome=outcome, entries=(), entries_new=new, entries_changed=changed)


# ------------------------------------------------------------------------------ out of the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A thing with a page."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLink:
    """An event, as entries name it."""

    slug: str
    name: str
    series: str
    series_slug: str
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkCard:
    """A talk, as lists show it."""

    id: int
    title: str
    speakers: tuple[Link, ...] = ()
    links: tuple[TalkLink, ...] = ()
    event: EventLink | None = None
    recaps: int = 0  # how many listed recaps tell of it
    sources: tuple[Link, ...] = ()  # who wrote about it
    told: str = ""  # a sentence about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A recap's words about a talk."""

    entry_id: int
    title: str
    url: str
    source: Link
    published_at: datetime
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCard:
    """An entry, as lists, feeds and its page show it."""

    id: int
    uid: str  # the id in our output feeds; an IRI that never changes
    guid: str
    url: str
    title: str
    authors: tuple[str, ...]
    language: str | None
    summary: str
    kind: Kind
    kind_score: float
    listed: bool  # shown to readers: a recap, not hidden, no duplicate, not on trial
    hidden: bool
    published_at: datetime
    published_inferred: bool
    updated_at: datetime | None
    fetched_at: datetime
    changed_at: datetime  # when what we show of it last changed
    source: Link
    licence: str | None
    sample: bool
    feed_id: int
    feed_url: str
    enclosures: tuple[str, ...]
    events: tuple[EventLink, ...]
    tags: tuple[Link, ...]
    talks: tuple[TalkCard, ...]  # empty where the query was for brief ones
    told: int  # how many talks it tells of
    duplicate_of: int | None
    excerpt: bool
    html: SafeHtml | None  # None where the query did not ask for it

    @property
    def sorted_at(self) -> datetime:
        """When it stands in lists: as stated, but never later than it was first seen."""
        return min(self.published_at, self.fetched_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFile:
    """An entry with all that admins see of it."""

    card: EntryCard
    why: tuple[str, ...]
    corrections: tuple[Correction, ...]
    post: Post
    base_url: str
    feed_html: RawHtml
    duplicates: tuple[EntryCard, ...] = ()  # the same post in other feeds
    recogniser: int = 0  # the version that judged it
    content_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCard:
    """An event, as lists and its page show it."""

    id: int
    slug: str
    name: str
    series: Link
    year: int
    edition: str = ""
    place: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    homepage: str | None = None
    part_of: EventLink | None = None
    recaps: int = 0
    sources: int = 0
    talks: int = 0
    newest_at: datetime | None = None  # of its recaps
    hashtag: str | None = None  # without #
    rejected: bool = False  # a person says that it is no event
    flagged: bool = False  # not in the registry, wants an admin's eye


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFact:
    """Something known of an event, and who says so."""

    name: FactName
    value: str
    origin: FactOrigin
    chosen: bool = True  # it is what pages show; the others say something else, or the same
    agree: int = 1  # how many posts say the same
    words: str = ""  # of the post, that state it
    by: str = ""  # the person
    at: datetime | None = None  # when the person said so
    entry_id: int | None = None
    entry_title: str = ""
    entry_url: str = ""
    source: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person has decided, and whether it was taken back."""

    id: int
    at: datetime
    by: str
    action: str  # such as "event.merge"
    target: str  # slug of the event or tag, id of the entry
    said: str  # in words
    entry_id: int | None = None
    undone_at: datetime | None = None
    undone_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCard:
    """A series, as lists and its page show it."""

    id: int
    slug: str
    name: str
    homepage: str | None = None
    place: str | None = None
    events: int = 0
    recaps: int = 0
    first_year: int | None = None
    last_year: int | None = None


def initial_of(slug: str) -> str:
    """Return the letter under which a name stands in an index; "0–9" for what begins with none."""
    return slug[0].upper() if slug[:1].isalpha() else "0–9"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCard:
    """A tag, as lists and its page show it."""

    id: int
    slug: str
    name: str
    recaps: int = 0
    ignored: bool = False

    @property
    def initial(self) -> str:
        """The letter under which it stands in an index."""
        return initial_of(self.slug)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerCard:
    """A speaker with the talks that recaps tell of."""

    slug: str
    name: str
    talks: int = 0

    @property
    def initial(self) -> str:
        """The letter under which the speaker stands in an index."""
        return initial_of(self.slug)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCard:
    """A team or blog, as lists and its page show it."""

    id: int
    slug: str
    title: str
    site_url: str | None = None
    organisation: str | None = None
    country: str | None = None  # ISO 3166 alpha-2
    category: str | None = None
    licence: str | None = None  # SPDX id; decides whether fetched text is shown in full
    sample: bool = False
    recaps: int = 0
    entries: int = 0
    newest_at: datetime | None = None
    feeds: tuple[FeedLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed with its health, as admins and `feeds list` show it."""

    id: int
    url: str
    title: str | None
    source: SourceCard
    status: FeedStatus
    trial: bool
    full_text: bool
    summary_only: bool
    discover: bool
    error: str | None
    http_status: int | None
    failures: int
    created_at: datetime
    last_polled_at: datetime | None
    last_success_at: datetime | None
    last_changed_at: datetime | None
    next_poll_at: datetime
    interval: timedelta
    entries: int
    recaps: int
    candidates: tuple[FeedLink, ...] = ()
    note: str = ""  # of who proposed it
    held: str | None = None  # why nothing of it is taken until a person has looked
    failing_since: datetime | None = None  # the first of the failures in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRow:
    """A poll of the past."""

    started_at: datetime
    duration_ms: int
    outcome: Outcome
    http_status: int | None
    body_bytes: int
    entries_new: int
    entries_changed: int
    error: str | None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """What is known of who writes a feed when it is added."""

    title: str | None = None
    site_url: str | None = None
    organisation: str | None = None
    country: str | None = None
    category: str | None = None
    licence: str | None = None
    language: str | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who may log in."""

    id: int
    name: str
    role: str  # "admin" or "editor"
    created_at: datetime
    stamp: str = ""  # changes with the password, so that older sessions end; tells nothing of it


# --------------------------------------------------------------------------------------- queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last row of a page; paging goes on from it, so new arrivals move nothing."""

    published_at: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryQuery:
    """Which entries, in which order (newest first, or by rank when `words` are given)."""

    event_id: int | None = None
    series_id: int | None = None
    tag_id: int | None = None
    source_id: int | None = None
    feed_id: int | None = None
    talk_id: int | None = None
    speaker: str = ""  # slug of one whose talks are told of
    language: str | None = None
    year: int | None = None
    month: int | None = None  # with year
    words: str = ""  # as the reader typed them
    listed_only: bool = True
    kind: Kind | None = None
    hidden: bool | None = None  # None: both (with listed_only=False)
    min_score: float | None = None  # kind_score from here on
    max_score: float | None = None  # up to and with this
    before: Cursor | None = None
    after: Cursor | None = None  # the page before: rows newer than this
    limit: int = 30  # 0: all
    full: bool = False  # with html
    brief: bool = False  # without the talks, only how many there are
    by_date: bool = False  # newest first, although words are given


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A piece of a list."""

    items: tuple[T, ...] = ()
    next: Cursor | None = None  # continue before this
    previous: Cursor | None = None  # newer rows exist: continue after this


@dataclass(frozen=True, slots=True, kw_only=True)
class EventGroup:
    """Newest recaps of one event, or a recap without one."""

    event: EventCard | None
    entries: tuple[EntryCard, ...]
    more: int = 0  # recaps of the event that are not in `entries`


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """A value that narrows a search, with its number of hits."""

    value: str  # what goes in the address
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """All facets of a search."""

    events: tuple[Facet, ...] = ()
    tags: tuple[Facet, ...] = ()
    sources: tuple[Facet, ...] = ()
    years: tuple[Facet, ...] = ()
    languages: tuple[Facet, ...] = ()
    total: int = 0
    counted: int = 0  # the newest hits, of which the numbers of the facets are


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """All that an event's page shows beside its entries."""

    event: EventCard
    talks: tuple[TalkCard, ...] = ()  # most told of first
    tags: tuple[TagCard, ...] = ()  # recaps = within this event
    links: tuple[Facet, ...] = ()  # addresses that several of its recaps link
    editions: tuple[EventCard, ...] = ()  # of the series, oldest first
    parts: tuple[EventCard, ...] = ()  # events held within it
    sources: tuple[Link, ...] = ()
    authors: tuple[str, ...] = ()
    facts: tuple[EventFact, ...] = ()  # the best of each, with who says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A series whose recaps have a tag, with how many of them each edition has, oldest first."""

    series: Link
    editions: tuple[tuple[EventLink, int], ...]

    @property
    def recaps(self) -> int:
        """Recaps of all editions with the tag."""
        return sum(number for _, number in self.editions)

    def of(self, year: int) -> tuple[tuple[EventLink, int], ...]:
        """Return the editions of a year."""
        return tuple(one for one in self.editions if one[0].year == year)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCount:
    """Recaps published in a month."""

    year: int
    month: int
    recaps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sizes of everything, for the footer, health and metrics."""

    feeds: dict[str, int] = field(default_factory=dict)  # by status
    sources: int = 0
    entries: int = 0
    recaps: int = 0
    events: int = 0
    talks: int = 0
    tags: int = 0
    due: int = 0
    lag: timedelta = timedelta()  # how long the most overdue feed has waited
    last_poll_at: datetime | None = None
    next_poll_at: datetime | None = None
    trials: int = 0
    samples: int = 0
