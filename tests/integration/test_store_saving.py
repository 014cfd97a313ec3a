"""What a poll brought is stored once, whatever happens."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from aggregator.errors import NotFound
from aggregator.model import (
    Correction,
    EntryCard,
    EntryQuery,
    Fix,
    Kind,
    NewSource,
    RawHtml,
    Recognition,
    SafeHtml,
)
from aggregator.store import Database, coverage, entries, feeds, upkeep
from aggregator.store.schema import contents
from tests.integration.store_samples import (
    NOW,
    about,
    follow,
    judge,
    listed,
    other,
    poll_of,
    recap,
    save,
    statements,
    talk,
    titles,
)

LONG = " ".join(f"word{number} and some more about sprints" for number in range(40))


def only(database: Database) -> EntryCard:
    page = listed(database)
    assert len(page.items) == 1
    return page.items[0]


def test_a_recap_comes_back_as_it_was_stored(database: Database) -> None:
    feed = follow(database)
    mention = talk("Fast tables", "Ben Turner", video="https://youtu.be/abcdefghijk", told="Nice.")
    save(database, feed, recap("a", about(), tags=("Python",), talks=(mention,), html="<p>x</p>"))
    with database.reading() as c:
        card = entries.get(c, only(database).id)
    assert card.title == "Title of a"
    assert card.html == "<p>x</p>"
    assert isinstance(card.html, SafeHtml)
    assert [event.slug for event in card.events] == ["pydata-london-2026"]
    assert [tag.name for tag in card.tags] == ["Python"]
    assert card.talks[0].title == "Fast tables"
    assert card.talks[0].speakers[0].slug == "ben-turner"
    assert card.talks[0].told == "Nice."
    assert card.published_at == NOW
    assert card.source.name == "blog.example"
    assert card.language == "en"


def test_lists_leave_the_text_out_unless_it_is_asked_for(database: Database) -> None:
    save(database, follow(database), recap("a"))
    assert only(database).html is None
    assert listed(database, EntryQuery(full=True)).items[0].html is not None


def test_saving_a_poll_twice_changes_nothing(database: Database) -> None:
    feed = follow(database)
    batch = (recap("a", about(), tags=("x",), talks=(talk("T", "S"),)), other("b"))
    first = save(database, feed, *batch)
    assert len(first.new) == 2
    before = listed(database)
    with database.reading() as c:
        mark = upkeep.changes(c)
    again = save(database, feed, *batch, now=NOW + timedelta(hours=1))
    assert (again.new, again.changed) == ((), ())
    assert listed(database) == before
    with database.reading() as c:
        assert upkeep.changes(c) == mark
    assert upkeep.check(database) == []


def test_an_updated_entry_keeps_id_uid_and_corrections(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about(), html="<p>one</p>"))
    old = only(database)
    hour = NOW + timedelta(hours=1)
    with database.writing() as c:
        coverage.correct(c, old.id, Correction(what=Fix.TAG, value="Sprints"), hour)
    saved = save(database, feed, recap("a", about(), html="<p>two</p>", title="New"), now=hour)
    new = only(database)
    assert saved.changed == (old.id,)
    assert (new.id, new.uid, new.fetched_at) == (old.id, old.uid, old.fetched_at)
    assert (new.title, new.changed_at) == ("New", hour)
    with database.reading() as c:
        assert [word.value for word in coverage.corrections_of(c, old.id)] == ["Sprints"]
        known = entries.known(c, feed)
    assert known["a"].corrections[0].what is Fix.TAG


def test_other_tags_do_not_make_an_entry_unread(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about(), tags=("x",)))
    save(database, feed, recap("a", about(), tags=("y",)), now=NOW + timedelta(hours=1))
    card = only(database)
    assert [tag.slug for tag in card.tags] == ["y"]
    assert card.changed_at == NOW


def test_a_known_date_stands_against_an_inferred_one(database: Database) -> None:
    feed = follow(database)
    day = NOW - timedelta(days=3)
    save(database, feed, recap("a", at=day))
    late = replace(recap("a", title="New"), published_inferred=True)
    save(database, feed, late)
    card = only(database)
    assert (card.published_at, card.published_inferred, card.title) == (day, False, "New")


def test_entries_dated_in_the_future_sort_by_when_they_were_fetched(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("future", at=NOW + timedelta(days=900)))
    save(database, feed, recap("next", at=NOW + timedelta(hours=1)), now=NOW + timedelta(hours=2))
    assert titles(listed(database)) == ["Title of next", "Title of future"]


def test_entries_without_dates_keep_the_order_of_the_feed(database: Database) -> None:
    save(database, follow(database), recap("newest"), recap("middle"), recap("oldest"))
    assert titles(listed(database)) == ["Title of newest", "Title of middle", "Title of oldest"]


def test_the_guid_serves_as_id_where_it_is_an_iri_that_no_other_entry_has(
    database: Database,
) -> None:
    iri = "https://blog.example/posts/1"
    first, second = follow(database), follow(database, "https://planet.example/atom")
    save(database, first, recap(iri, url=iri), recap("not an iri", url=""), recap("javascript:x"))
    save(database, second, recap(iri, url="https://elsewhere.example/x", title="Something else"))
    uids = {card.title: card.uid for card in listed(database).items}
    assert uids[f"Title of {iri}"] == iri
    assert uids["Title of not an iri"].startswith("tag:blog.example,2026-06-01:")
    assert uids["Title of javascript:x"].startswith("tag:")
    assert uids["Something else"].startswith("tag:planet.example,2026-06-01:")


@pytest.mark.parametrize(
    "change",
    [
        {"guid": "g" * 100_000},
        {"url": "https://x.example/" + "ü" * 3000, "title": "t" * 50_000},
        {"guid": "a\x00b\ud800", "title": "c\x00\ud800d", "summary": "\x00", "base_url": "\ud800"},
        {"original": RawHtml("<p>\x00<b" + "<i>" * 5000), "html": SafeHtml("<p>\x01</p>")},
        {"authors": ("x" * 9999,) * 500, "feed_tags": ("\x00",) * 500, "language": "\x00" * 99},
        {"url": "http://[::1", "base_url": "http://[", "guid": ""},
        {"url": "javascript:alert(1)", "enclosures": ("\x00",)},
    ],
)
def test_hostile_values_are_stored_and_known_again(
    database: Database, change: dict[str, object]
) -> None:
    feed = follow(database)
    entry = replace(recap("a", about()), **change)  # type: ignore[arg-type]
    assert len(save(database, feed, entry).new) == 1
    again = save(database, feed, entry)
    assert (again.new, again.changed) == ((), ())
    assert len(listed(database).items) == 1


def test_hostile_recognitions_do_not_fail_a_poll(database: Database) -> None:
    feed = follow(database)
    events = (
        replace(about(), year=99999),
        replace(about(), year=0, name="\x00"),
        replace(about("Ok Days"), score=7.5, place="p" * 9999, homepage="javascript:x"),
        replace(about("\x00", 2025), edition="x" * 9999),
        *(about(f"Series {number}") for number in range(100)),
    )
    talks = tuple(talk("\x00" + "t" * 5000, "s" * 5000) for _ in range(500))
    entry = recap("a", *events, tags=[f"tag{number}" for number in range(500)], talks=talks)
    save(database, feed, replace(entry, recognition=replace(entry.recognition, kind_score=9.0)))
    card = only(database)
    assert card.kind_score == 1
    assert len(card.tags) == 50
    assert any(event.slug == "ok-days-2026" for event in card.events)
    assert upkeep.check(database) == []


@pytest.mark.parametrize("number", [1, 20])
def test_polls_that_brought_nothing_take_three_statements(database: Database, number: int) -> None:
    some = [follow(database, f"https://blog{one}.example/feed.xml") for one in range(number)]
    quiet = [
        poll_of(feed, url=f"https://blog{one}.example/feed.xml") for one, feed in enumerate(some)
    ]
    with statements(database) as seen, database.writing() as c:
        feeds.finish(c, quiet, NOW)
    assert len(seen) == 3
    with database.reading() as c:
        assert [len(feeds.history(c, feed)) for feed in some] == [1] * number


def test_feeds_that_were_not_asked_are_given_back_together(database: Database) -> None:
    counts = []
    for number in (1, 20):
        urls = [f"https://blog{number}-{one}.example/feed.xml" for one in range(number)]
        some = {follow(database, url): url for url in urls}
        polls = [poll_of(feed, url=url, asked=False) for feed, url in some.items()]
        with statements(database) as seen, database.writing() as c:
            feeds.finish(c, polls, NOW)
        counts.append(len(seen))
        with database.reading() as c:
            assert {feeds.get(c, feed).next_poll_at for feed in some} == {NOW + timedelta(hours=1)}
    assert counts[0] == counts[1]


def test_what_many_feeds_brought_takes_no_more_statements_than_one(database: Database) -> None:
    counts = []
    for number in (3, 1, 20):  # the first of all makes the count of changes
        polls = []
        for one in range(number):
            site = f"https://blog{number}-{one}.example/"
            url = f"{site}feed.xml"
            polls.append(
                poll_of(
                    follow(database, url),
                    *(other(f"{url}#a"), other(f"{url}#b")),
                    url=url,
                    read=True,
                    title=f"Blog {number}-{one}",
                    site_url=site,
                    hub_url="https://hub.example/",
                    topic_url=url,
                )
            )
        with statements(database) as seen, database.writing() as c:
            feeds.finish(c, polls, NOW)
        counts.append(len(seen))
    assert counts[1] == counts[2] < 25


def test_many_new_entries_take_no_more_statements_than_one(database: Database) -> None:
    counts = []
    for number in (3, 1, 20):  # the first of all makes the count of changes
        feed = follow(database, f"https://blog{number}.example/feed.xml")
        found = [other(f"https://blog{number}.example/{n}") for n in range(number)]
        with statements(database) as seen:
            save(database, feed, *found)
        counts.append(len(seen))
    assert counts[1] == counts[2] < 20


def test_what_several_feeds_brought_is_saved_together_and_kept_apart(database: Database) -> None:
    first, second = follow(database), follow(database, "https://planet.example/atom")
    quiet = follow(database, "https://quiet.example/feed")
    with database.writing() as c:
        saved = feeds.finish(
            c,
            [
                poll_of(first, recap("a", about(), url="https://a.example/1"), other("b")),
                poll_of(quiet),
                poll_of(second, recap("a", about(), url="https://b.example/2", title="Another")),
            ],
            NOW,
        )
    assert [len(one.new) for one in saved] == [2, 0, 1]
    assert {(card.guid, card.feed_id) for card in listed(database).items} == {
        ("a", first),
        ("a", second),
    }
    assert upkeep.check(database) == []


def test_of_what_is_no_recap_the_title_is_searched(database: Database) -> None:
    save(database, follow(database), other("a", title="A zebra", original=RawHtml("Giraffes")))
    for asked, number in (("zebra", 1), ("giraffes", 0)):
        query = EntryQuery(words=asked, listed_only=False)
        assert len(listed(database, query).items) == number


def test_originals_that_an_earlier_version_has_packed_are_read(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about(), html="<p>Now</p>"))
    packed = zlib.compress("<p>Then ü</p>".encode())
    with database.writing() as c:
        c.execute(update(contents).values(original=packed))
    with database.reading() as c:
        assert entries.file(c, only(database).id).post.html == "<p>Then ü</p>"


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    feed = follow(database)

    def poll_and_die() -> None:
        with database.writing() as c:
            feeds.finish(c, [poll_of(feed, recap("a", about()))], NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        poll_and_die()
    assert listed(database).items == ()
    with database.reading() as c:
        assert feeds.history(c, feed) == ()
    assert upkeep.check(database) == []


# ------------------------------------------------------------------------------ duplicates


def test_one_post_in_two_feeds_is_listed_once(database: Database) -> None:
    first, second = follow(database), follow(database, "https://planet.example/atom")
    save(database, first, recap("a", about(), url="https://blog.example/a/?utm_source=feed"))
    save(database, second, recap("b", about(), url="http://www.blog.example/a"))
    card = only(database)
    assert card.feed_id == first
    everything = listed(database, EntryQuery(listed_only=False)).items
    assert [one.duplicate_of for one in everything if one.feed_id == second] == [card.id]
    with database.reading() as c:
        assert coverage.event_card(c, "pydata-london-2026").recaps == 1
        filed = entries.file(c, card.id)
    assert [one.feed_id for one in filed.duplicates] == [second]


@pytest.mark.parametrize(("later", "stays"), [(timedelta(minutes=5), 1), (timedelta(days=2), 0)])
def test_of_copies_that_came_together_the_one_published_first_stays(
    database: Database, later: timedelta, stays: int
) -> None:
    feeds = follow(database), follow(database, "https://planet.example/atom")
    one = "https://blog.example/a"
    save(database, feeds[0], recap("copy", url=one, at=NOW - timedelta(days=3)))
    original = recap("original", url=one, at=NOW - timedelta(days=9))
    save(database, feeds[1], original, now=NOW + later)
    assert only(database).feed_id == feeds[stays]
    assert upkeep.check(database) == []


def test_one_title_with_nearly_one_text_is_one_post(database: Database) -> None:
    first, second = follow(database), follow(database, "https://planet.example/atom")
    title = "Recap: Sprints in London"
    save(database, first, recap("a", url="https://a.example/x", title=title, html=f"<p>{LONG}</p>"))
    cut = f"<p>{LONG[:400]}</p><p>The post appeared first on A.</p>"
    save(
        database,
        second,
        recap("b", url="https://b.example/y", title="Recap – sprints in London", html=cut),
    )
    assert only(database).feed_id == first


def test_one_title_with_other_texts_stays_two_posts(database: Database) -> None:
    first, second = follow(database), follow(database, "https://planet.example/atom")
    title = "Conference report"
    save(database, first, recap("a", url="https://a.example/x", title=title, html=f"<p>{LONG}</p>"))
    different = " ".join(f"thing{number} was quite unlike all else" for number in range(40))
    save(database, second, recap("b", url="https://b.example/y", title=title, html=different))
    assert len(listed(database).items) == 2


def test_a_feed_that_links_one_address_for_all_posts_is_not_folded(database: Database) -> None:
    first, second = follow(database), follow(database, "https://planet.example/atom")
    one = "https://blog.example/news"
    save(database, first, recap("a", url=one), recap("b", url=one))
    save(database, second, recap("c", url=one), recap("d", url=one))
    assert len(listed(database).items) == 4


def test_the_bare_address_of_a_site_makes_no_duplicates(database: Database) -> None:
    first, second = follow(database), follow(database, "https://planet.example/atom")
    save(database, first, recap("a", url="https://blog.example/"))
    save(database, second, recap("b", url="https://blog.example"))
    assert len(listed(database).items) == 2


def test_a_post_whose_guid_has_changed_is_listed_once(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("http://x/1", url="http://blog.example/1", title="One title"))
    save(database, feed, recap("https://x/1", url="https://blog.example/1", title="One title"))
    assert only(database).guid == "http://x/1"


def test_a_duplicate_is_listed_when_the_first_is_hidden(database: Database) -> None:
    first, second = follow(database), follow(database, "https://planet.example/atom")
    save(database, first, recap("a", about(), url="https://blog.example/a"))
    save(database, second, recap("b", about(), url="https://blog.example/a"))
    leader = only(database)
    hide = Correction(what=Fix.HIDDEN, value="yes")
    with database.writing() as c:
        coverage.correct(c, leader.id, hide, NOW)
    assert only(database).feed_id == second
    assert upkeep.check(database) == []
    with database.writing() as c:
        coverage.uncorrect(c, leader.id, Fix.HIDDEN, "yes")
    assert only(database).id == leader.id
    assert upkeep.check(database) == []


def test_a_duplicate_is_listed_when_the_feed_of_the_first_goes(database: Database) -> None:
    first, second = follow(database), follow(database, "https://planet.example/atom")
    third = follow(database, "https://other.example/atom")
    for feed in (first, second, third):
        save(database, feed, recap("a", about(), url="https://blog.example/a"))
    leader = only(database)
    with database.writing() as c:
        assert feeds.remove(c, first, keep_entries=False) == 1
    assert only(database).feed_id == second
    everything = listed(database, EntryQuery(listed_only=False)).items
    assert {one.feed_id for one in everything if one.duplicate_of} == {third}
    with database.reading() as c:
        assert entries.deleted_at(c, leader.id)
        assert not entries.deleted_at(c, 999_999)
    assert upkeep.check(database) == []


def test_a_post_that_is_no_longer_the_same_is_unfolded(database: Database) -> None:
    first, second = follow(database), follow(database, "https://planet.example/atom")
    save(database, first, recap("a", url="https://blog.example/a"))
    save(database, second, recap("b", url="https://blog.example/a"))
    save(database, second, recap("b", url="https://planet.example/own", title="Another post"))
    assert len(listed(database).items) == 2


def test_an_entry_on_trial_does_not_stand_for_a_listed_one(database: Database) -> None:
    trial = follow(database, "https://planet.example/atom", trial=True)
    feed = follow(database)
    save(database, trial, recap("a", url="https://blog.example/a"))
    save(database, feed, recap("b", url="https://blog.example/a"))
    assert only(database).feed_id == feed


# --------------------------------------------------------------------------- re-recognition


def test_a_new_recognition_replaces_the_old_one(database: Database) -> None:
    feed = follow(database)
    save(database, feed, recap("a", about(), tags=("old",), talks=(talk("Old", "A"),)))
    card = only(database)
    later = NOW + timedelta(days=1)
    with database.reading() as c:
        [filed] = entries.stale(c, 2, 10)
        assert entries.stale(c, 2, 10, after_id=filed.card.id) == ()
    assert filed.post.html == "<p>We went there and liked it.</p>"
    judged = Recognition(
        kind=Kind.RECAP, kind_score=0.8, events=(about("SciPy"),), language="en", version=2
    )
    with database.writing() as c:
        text = entries.get(c, card.id).html
        judge(c, card.id, judged, html=text, summary=card.summary, now=later)
    new = only(database)
    assert [event.slug for event in new.events] == ["scipy-2026"]
    assert (new.tags, new.talks, new.changed_at) == ((), (), NOW)
    with database.reading() as c:
        assert entries.stale(c, 2, 10) == ()
        with pytest.raises(NotFound):
            coverage.event_card(c, "pydata-london-2026")
        with pytest.raises(NotFound):
            coverage.tag(c, "old")
    assert upkeep.check(database) == []


def test_an_entry_that_becomes_a_recap_is_shown(database: Database) -> None:
    feed = follow(database)
    save(database, feed, other("a"))
    assert listed(database).items == ()
    entry = listed(database, EntryQuery(listed_only=False)).items[0]
    judged = Recognition(kind=Kind.RECAP, kind_score=1, events=(about(),), version=1)
    later = NOW + timedelta(days=1)
    with database.writing() as c:
        judge(c, entry.id, judged, html=SafeHtml("<p>x</p>"), excerpt=True, now=later)
    card = only(database)
    assert (card.changed_at, card.excerpt, card.summary) == (later, True, "s")
    with database.reading() as c:
        source = coverage.source(c, "blog-example")
    assert source.recaps == 1


def test_the_originals_of_others_are_cut(database: Database) -> None:
    feed = follow(database, source=NewSource(title="A blog"))
    save(database, feed, other("a", original=RawHtml("x" * 200_000)))
    entry = listed(database, EntryQuery(listed_only=False)).items[0]
    with database.reading() as c:
        assert len(entries.file(c, entry.id).post.html) == 65_536
