"""A feed that has come into other hands is held; one that has only changed is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.model import Outcome
from aggregator.store import feeds
from tests.feeds import Item, rss
from tests.integration.identity.samples import DATES, World


def blog(start: int = 0, *, title: str = "Research software at Example", **more: str) -> str:
    """Return a feed of ten posts of a research group."""
    names = (
        *("Testing solvers with property tests", "A workshop on climate models in Bremen"),
        *("Packaging research software in Python", "Our group at the spring conference"),
        *("How we profile cluster jobs", "Notes on floating point and climate data"),
        *("Hiring: research software engineer", "Continuous integration for Fortran code"),
        *("The software carpentry workshop in May", "A year of research software"),
    )
    items = [
        Item(
            f"{name} ({start + number})",
            link=f"{more.get('site', 'https://group.example')}/{start + number}",
            guid=f"{more.get('site', 'https://group.example')}/{start + number}",
            author=more.get("author", "Ada Example"),
            date=DATES[(start + number) % len(DATES)],
            html=f"<p>{name}: what we did, number {start + number}.</p>",
        )
        for number, name in enumerate(names)
    ]
    site = more.get("site", "https://group.example")
    language = f"<language>{more.get('language', 'en')}</language>"
    return rss(*items, title=title, link=site).replace("</link>", f"</link>{language}", 1)


def spam(site: str = "https://group.example", title: str = "Situs Slot Gacor", **more: str) -> str:
    games = ("slot gacor hari ini", "casino online bonus", "judi bola terpercaya", "poker deposit")
    items = [
        Item(
            f"Daftar {game} {number}",
            link=f"{site}/{game.replace(' ', '-')}-{number}/",
            guid=f"{site}/?p={number}{len(game)}",
            author=more.get("author", "admin"),
            date=DATES[number],
            html=f"<p>Daftar sekarang untuk {game} dan menang besar, nomor {number}.</p>",
        )
        for number in range(3)
        for game in games
    ]
    language = f"<language>{more.get('language', 'id')}</language>"
    return rss(*items, title=title, link=site).replace("</link>", f"</link>{language}", 1)


OTHER_HANDS: dict[str, Callable[[], str]] = {
    "a lapsed domain": spam,
    "under the old title": lambda: spam(title="Research software at Example"),
    "in the same language": lambda: spam(language="en"),
    "on other hosts": lambda: spam(site="https://lucky.example", language="en"),
    "of another trade": lambda: rss(
        *(
            Item(
                f"{thing} for less: the cheapest offers, {number}",
                link=f"https://shop.example/{number}/{thing}",
                guid=f"https://shop.example/{number}/{thing}",
                author="Shop Owner",
                html=f"<p>Buy {thing} now, offer {number}.</p>",
            )
            for number in range(4)
            for thing in ("Handbags", "Sneakers", "Watches", "Sunglasses")
        ),
        title="Luxury outlet",
        link="https://shop.example/",
    ),
}


@pytest.mark.parametrize("body", OTHER_HANDS.values(), ids=OTHER_HANDS)
def test_a_feed_in_other_hands_is_held_and_nothing_of_it_is_stored(
    world: World, body: Callable[[], str]
) -> None:
    feed = world.follow()
    world.poll(feed, blog())
    known = world.cards()
    poll = world.poll(feed, body(), later=timedelta(days=20))
    assert poll.outcome is Outcome.FAILED
    assert world.cards() == known
    with world.database.reading() as c:
        row = feeds.get(c, feed)
    assert row.held is not None
    assert row.held.startswith("this seems to be another site now")
    assert row.title == "Research software at Example"


def test_a_held_feed_that_is_resumed_brings_its_new_content(world: World) -> None:
    feed = world.follow()
    world.poll(feed, blog())
    world.poll(feed, spam(), later=timedelta(days=20))
    with world.database.writing() as c:
        feeds.resume(c, feed, world.now)
    poll = world.poll_again(feed)
    assert (poll.outcome, poll.entries_new) == (Outcome.CHANGED, 12)
    assert world.poll(feed, spam() + "\n").outcome is Outcome.SAME
    with world.database.reading() as c:
        assert feeds.get(c, feed).held is None


CHANGED: dict[str, Callable[[], str]] = {
    "after a long silence": lambda: blog(100),
    "renamed, with its posts": lambda: blog(title="Numbers and clouds", author="Ben Turner"),
    "renamed, old posts gone": lambda: blog(100, title="Numbers and clouds"),
    "moved and redesigned": lambda: blog(site="https://new.example", title="Numbers and clouds"),
    "moved, old posts gone": lambda: blog(100, site="https://new.example"),
    "written by others": lambda: blog(100, author="Ben Turner"),
    "in another language": lambda: blog(100, language="de", author="Ben Turner"),
    "with one post on gambling": lambda: blog(100).replace(
        "How we profile", "Poker and roulette: how we profile"
    ),
    "by a new generator": lambda: blog().replace("https://group.example/", "urn:x:"),
    "empty": lambda: rss(title="Parked"),
}


@pytest.mark.parametrize("body", CHANGED.values(), ids=CHANGED)
def test_a_blog_that_changes_is_not_held(world: World, body: Callable[[], str]) -> None:
    feed = world.follow()
    world.poll(feed, blog())
    poll = world.poll(feed, body(), later=timedelta(days=20))
    assert poll.outcome is not Outcome.FAILED
    with world.database.reading() as c:
        assert feeds.get(c, feed).held is None
