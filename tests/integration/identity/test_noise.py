"""What is no news to readers, although a feed renders it anew."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select, update

from aggregator.model import Outcome
from aggregator.store import feeds as stored
from aggregator.store.schema import entries, feeds
from tests.feeds import rss
from tests.integration.identity.samples import REPORT, World, atom, post, report
from tests.integration.store_samples import HOUR, NOW


def noisy(number: int) -> str:
    """Return a feed that renders all anew for its reader number so and so."""
    around = (
        f'<!-- rendered in 0.{number} s --><div data-nonce="n{number}" class="c{number}">'
        f"<script>var nonce={number};</script>{REPORT}"
        f'<p><a href="https://blog.example/more?PHPSESSID={number}&amp;utm_id={number}">More</a></p>'
        f"<p>Seen by many: {number + 1_000} views, {number} comments. Posted {number} days ago.</p>"
        f'<img src="https://count.example/{number}.gif" width="1" height="1"></div>'
    )
    quiet = f'<p id="p{number}">Release notes, read {number} times. Views: {number}</p>'
    return rss(report(html=around), post(1, html=post(1).html + quiet))


def test_a_feed_that_renders_everything_anew_at_each_poll_makes_no_news(world: World) -> None:
    feed = world.follow()
    world.poll(feed, noisy(1))
    before = world.cards()
    for number in range(2, 5):
        poll = world.poll(feed, noisy(number))
        assert (poll.entries_new, poll.entries_changed) == (0, 0)
        # the second time an entry differs it is known what to look at: it is not judged any more
        assert len(poll.entries) == (2 if number == 2 else 0)
    assert world.cards() == before
    real = noisy(5).replace("Three of us", "Four of us")
    assert world.poll(feed, real).entries_changed == 1
    changed = {card.title: card.changed_at for card in world.cards()}
    assert changed == {report().title: world.now, post(1).title: NOW + HOUR}


@pytest.mark.parametrize("judged", [True, False], ids=["hashes", "hashes and recogniser"])
def test_what_an_older_version_has_stored_is_read_again_and_no_news(
    world: World, judged: bool
) -> None:
    feed = world.follow()
    first = world.poll(feed, rss(report(), post(1)))
    before = world.cards()
    older = {"content_hash": "0" * 64} | ({} if judged else {"recogniser": 1})
    with world.database.writing() as c:
        [current] = c.scalars(select(entries.c.recogniser).distinct())
        c.execute(update(entries).values(older))
        c.execute(update(feeds).values(body_hash=None))
    poll = world.poll(feed, rss(report(), post(1)))
    assert (len(poll.entries), poll.entries_new, poll.entries_changed) == (2, 0, 0)
    assert world.cards() == before
    with world.database.reading() as c:
        assert set(c.scalars(select(entries.c.recogniser))) == {current}
        assert stored.get(c, feed).last_changed_at == first.started_at
        told = stored.history(c, feed)
    assert [row.outcome for row in told] == [Outcome.SAME, Outcome.CHANGED]
    assert world.poll(feed, rss(report(), post(1))).outcome is Outcome.SAME
    real = rss(report(), post(1, title="Another title"))
    assert world.poll(feed, real).entries_changed == 1
    with world.database.reading() as c:
        assert stored.get(c, feed).last_changed_at == world.now


def test_signed_addresses_of_pictures_are_kept_up_without_news(world: World) -> None:
    feed = world.follow()
    image = '<p><img src="https://images.example/hall.jpg?X-Signature=abc{}" alt="The hall"></p>'
    world.poll(feed, rss(report(html=REPORT + image.format(1))))
    world.poll(feed, rss(report(html=REPORT + image.format(2))))
    [card] = world.listed()
    assert "Signature=abc2" in str(card.html)
    assert card.changed_at == NOW + HOUR


def test_an_edit_of_the_formatting_alone_reaches_readers(world: World) -> None:
    feed = world.follow()
    world.poll(feed, rss(report(html=REPORT)))
    world.poll(feed, rss(report(html=REPORT.replace("Three of us", "<b>Three of us</b>"))))
    world.poll(feed, rss(report(html=REPORT.replace("Three of us", "<i>Three of us</i>"))))
    assert "<i>Three of us</i>" in str(world.listed()[0].html)


def test_the_date_of_an_update_that_changed_nothing_is_no_news(world: World) -> None:
    feed = world.follow()
    entry = report(date="01 Oct 2025 09:00:00 +0000")
    dated = atom(entry).replace("</entry>", "<published>2025-10-01T09:00:00Z</published></entry>")
    world.poll(feed, dated)
    touched = dated.replace("<updated>2025-10-01T09", "<updated>2025-11-11T11")
    assert world.poll(feed, touched).entries_changed == 0
    [card] = world.listed()
    assert card.updated_at == datetime(2025, 10, 1, 9, tzinfo=NOW.tzinfo)
    assert world.poll(feed, touched.replace("Three of us", "Four of us")).entries_changed == 1
    assert world.listed()[0].updated_at == datetime(2025, 11, 11, 11, tzinfo=NOW.tzinfo)
