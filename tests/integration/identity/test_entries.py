"""Which entries are the same as known ones, told by real polls of a real server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from aggregator.model import Correction, Fix, Outcome
from aggregator.store import coverage, entries
from tests.feeds import Item, rss
from tests.integration.identity.samples import DATES, World, atom, post, posts
from tests.integration.store_samples import statements


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://blog.example/1/a.html", "https://blog.example/1/a.html"),
        ("http://blog.example/1/a/", "http://www.blog.example/1/a/"),
        ("http://blog.example/1/a/", "http://blog.example/1/a"),
        ("http://blog.example/1/a", "http://BLOG.example:80/1/a"),
        ("https://blog.example/1/a", "https://blog.example:443/1/a?utm_source=rss&utm_medium=x"),
        ("http://blog.example/1/a?id=7", "http://blog.example/1/a?id=7&fbclid=abc"),
        ("http://blog.example/a?PHPSESSID=1&id=7", "http://blog.example/a?PHPSESSID=2&id=7"),
        ("http://blog.example/a;jsessionid=1A", "http://blog.example/a;jsessionid=2B"),
        ("http://blog.example/(S(x1))/a.aspx", "http://blog.example/(S(y2))/a.aspx"),
        ("http://blog.example/a#xtor=RSS-1", "http://blog.example/a"),
        ("http://blog.example/caf%c3%a9", "http://blog.example/café"),
    ],
)
@pytest.mark.parametrize("is_guid", [True, False])
def test_an_address_in_another_spelling_is_the_same_entry(
    world: World, before: str, after: str, is_guid: bool
) -> None:
    feed = world.follow()
    one = Item("One", guid=before if is_guid else "", link=before)
    world.poll(feed, rss(one, post(2)))
    known = world.ids()
    later = replace(one, guid=after if is_guid else "", link=after)
    poll = world.poll(feed, rss(later, post(2)))
    assert (poll.outcome, poll.entries_new) != (Outcome.FAILED, 1)
    assert world.ids() == known


NEW_GUIDS: dict[str, Callable[[int], dict[str, str]]] = {
    "https": lambda n: {"guid": f"https://blog.example/?p={n}"},
    "other guids, same links": lambda n: {"guid": f"tag:blog.example,2025:post-{n}"},
    "other guids, links by https": lambda n: {
        "guid": f"urn:uuid:{n:032}",
        "link": f"https://www.blog.example/{n}/{post(n).title.split()[1]}.html",
    },
    "other guids and links": lambda n: {
        "guid": f"urn:uuid:{n:032}",
        "link": f"https://new.example/posts/{n}-about/",
    },
    "other guids and links, dates in another zone": lambda n: {
        "guid": f"urn:uuid:{n:032}",
        "link": f"https://new.example/posts/{n}-about/",
        "date": DATES[n].replace("+0000", "+0200"),
    },
    "other guids and links, days without time": lambda n: {
        "guid": f"urn:uuid:{n:032}",
        "link": f"https://new.example/posts/{n}-about/",
        "date": DATES[n].replace(f"09:{n + 1:02}", "00:00"),
    },
    "other guids and links, all dates those of the import": lambda n: {
        "guid": f"urn:uuid:{n:032}",
        "link": f"https://new.example/posts/{n}-about/",
        "date": "01 Oct 2025 12:00:00 +0000",
    },
    "other guids and links, no dates": lambda n: {
        "guid": f"urn:uuid:{n:032}",
        "link": f"https://new.example/posts/{n}-about/",
        "date": "",
    },
    "other guids, titles edited": lambda n: {
        "guid": f"urn:uuid:{n:032}",
        "title": f"{post(n).title} (updated)",
    },
}


@pytest.mark.parametrize("change", NEW_GUIDS.values(), ids=NEW_GUIDS)
def test_a_feed_that_changes_all_guids_doubles_nothing(
    world: World, change: Callable[[int], dict[str, str]]
) -> None:
    feed = world.follow()
    world.poll(feed, rss(*posts()))
    by_number = {card.guid: (card.id, card.uid) for card in world.cards()}
    assert len(by_number) == 6
    changed = posts(change)
    assert world.poll(feed, rss(*changed)).entries_new == 0
    renamed = {card.guid: (card.id, card.uid) for card in world.cards()}
    assert renamed == {
        new.guid: by_number[old.guid] for old, new in zip(posts(), changed, strict=True)
    }
    again = world.poll(feed, rss(*changed) + "\n")
    assert (again.outcome, again.entries_new, again.entries_changed) == (Outcome.SAME, 0, 0)
    assert world.poll(feed, rss(post(7, **change(7)), *changed)).entries_new == 1
    assert len(world.cards()) == 7


def test_what_people_have_decided_stays_when_the_guids_change(world: World) -> None:
    feed = world.follow()
    world.poll(feed, rss(*posts()))
    chosen = next(card for card in world.cards() if "part 3" in card.title)
    with world.database.writing() as c:
        word = Correction(what=Fix.TAG, value="Meshes")
        coverage.correct(c, chosen.id, word, world.now)
    change = NEW_GUIDS["other guids and links"]
    world.poll(feed, rss(*posts(lambda n: change(n) | {"html": f"<p>New words on {n}.</p>"})))
    with world.database.reading() as c:
        card = entries.get(c, chosen.id)
    assert card.url == "https://new.example/posts/3-about/"
    assert "Meshes" in [tag.name for tag in card.tags]


@pytest.mark.parametrize("own_ids", [True, False])
def test_a_feed_that_goes_from_rss_to_atom_doubles_nothing(world: World, own_ids: bool) -> None:
    feed = world.follow()
    before = posts(lambda n: {} if own_ids else {"guid": ""})
    world.poll(feed, rss(*before))
    known = world.ids()
    after = posts(lambda n: {"guid": f"tag:blog.example,2025-09-{n + 1:02}:/{n}"})
    assert world.poll(feed, atom(*after)).entries_new == 0
    assert world.ids() == known
    assert world.poll(feed, atom(*after) + "\n").outcome is Outcome.SAME


def test_an_entry_without_guid_and_address_is_known_by_title_and_text(world: World) -> None:
    feed = world.follow()
    bare = posts(lambda _: {"guid": "", "link": ""})
    world.poll(feed, rss(*bare))
    assert world.poll(feed, rss(post(7, guid="", link=""), *bare)).entries_new == 1
    known = world.ids()
    mended = [replace(item, html=item.html.replace("some length", "length")) for item in bare]
    assert world.poll(feed, rss(*mended)).entries_new == 0
    assert world.ids() == known


def test_an_entry_that_went_and_comes_back_is_the_same(world: World) -> None:
    feed = world.follow()
    world.poll(feed, rss(*posts()))
    known = world.ids()
    world.poll(feed, rss(*posts()[:2]))
    assert world.ids() == known
    world.poll(feed, rss(*posts()))
    assert world.ids() == known


def test_known_guids_cost_no_statement_more(world: World) -> None:
    feed = world.follow()
    world.poll(feed, rss(*posts()))
    with statements(world.database) as seen:
        world.poll(feed, rss(*posts()) + "\n")
    quiet = len(seen)
    change = NEW_GUIDS["other guids and links"]
    with statements(world.database) as seen:
        world.poll(feed, rss(*posts(lambda n: change(n) | {"link": post(n).link})))
    assert len(seen) == quiet + 1  # the new guids are written


# ------------------------------------------------------------------------ not the same entry


def test_guids_that_differ_in_case_only_are_two_entries(world: World) -> None:
    feed = world.follow()
    one = Item("One", guid="abcDEF", link="https://blog.example/a")
    two = Item("Two", guid="abcdef", link="https://blog.example/b", date=DATES[3])
    world.poll(feed, rss(one))
    world.poll(feed, rss(two, one))
    assert {card.guid for card in world.cards()} == {"abcDEF", "abcdef"}


def test_one_guid_for_all_items_is_no_guid(world: World) -> None:
    feed = world.follow()
    same = posts(lambda _: {"guid": "https://blog.example/"})
    world.poll(feed, rss(same[-1]))
    world.poll(feed, rss(*same[-3:]))
    world.poll(feed, rss(*same))
    assert len(world.ids()) == 6
    assert world.poll(feed, rss(*same) + "\n").outcome is Outcome.SAME


@pytest.mark.parametrize("guid", ["", "https://blog.example/"])
def test_links_that_all_lead_to_the_home_page_are_no_identity(world: World, guid: str) -> None:
    feed = world.follow()
    home = posts(lambda _: {"guid": guid, "link": "https://blog.example/"})
    world.poll(feed, rss(*home[-2:]))
    world.poll(feed, rss(*home))
    assert len(world.ids()) == 6
    assert world.poll(feed, rss(*home) + "\n").outcome is Outcome.SAME


def test_posts_of_one_title_are_as_many_posts(world: World) -> None:
    feed = world.follow()
    notes = posts(lambda n: {"title": "Weekly notes", "html": f"<p>Notes of the week. {n}</p>"})
    world.poll(feed, rss(*notes[3:]))
    world.poll(feed, rss(*notes[:3]))  # the older ones have left the document
    assert len(world.cards()) == 6


@pytest.mark.parametrize("guid", [True, False])
def test_two_posts_with_one_address_are_two_posts(world: World, guid: bool) -> None:
    feed = world.follow()
    link = "https://blog.example/downloads/"
    releases = [
        Item(
            f"Version {n} is out",
            link=link,
            guid=f"release-{n}" if guid else "",
            date=DATES[n],
            html=f"<p>Version {n} mends bug {n}. Get it while it is warm.</p>",
        )
        for n in range(4)
    ]
    for number in range(1, 4):
        world.poll(feed, rss(releases[number], releases[number - 1]))
    assert len(world.ids()) == 4


def test_a_feed_with_room_for_one_item_keeps_its_older_entries(world: World) -> None:
    feed = world.follow()
    for number in range(4):
        one = post(number, guid=f"issue-{number}", title="Weekly notes", link="https://b.example/n")
        world.poll(feed, rss(one))
    assert len(world.cards()) == 4


def test_a_feed_with_room_for_one_item_that_links_to_its_home_keeps_its_older_entries(
    world: World,
) -> None:
    feed = world.follow()
    for number in range(3):
        body = rss(post(number, guid="", link="https://blog.example/"))
        world.poll(feed, body)
        assert world.poll(feed, body + "\n").outcome is Outcome.SAME
    assert len(world.ids()) == 3


def test_next_years_post_under_the_same_title_and_with_the_same_opening_is_another_one(
    world: World,
) -> None:
    feed = world.follow()
    opening = "We are happy to announce our yearly review, as we do each year around this time. "
    review = Item("Our yearly review", guid="r-1", link="https://b.example/2024", html=opening)
    world.poll(feed, rss(replace(review, date="01 Jun 2024 09:00:00 +0000"), *posts()))
    later = replace(review, guid="r-2", link="https://b.example/2025", html=opening + "More.")
    world.poll(feed, rss(replace(later, date="02 Jun 2025 09:00:00 +0000"), *posts()))
    assert len(world.cards()) == 8


def test_posts_on_one_page_are_told_apart_by_their_anchors(world: World) -> None:
    feed = world.follow()
    page = posts(lambda n: {"guid": "", "link": f"https://blog.example/news.html#part-{n}"})
    for start in (4, 2, 0):
        world.poll(feed, rss(*page[start : start + 2]))
    assert len(world.ids()) == 6


def test_long_guids_are_known_again(world: World) -> None:
    feed = world.follow()
    long = posts(lambda n: {"guid": "urn:x-" + f"{n}" * 600, "link": ""})
    longer = posts(lambda n: {"guid": "urn:y-" + f"{n}" * 3000, "link": "", "title": f"Long {n}"})
    world.poll(feed, rss(*long, *longer))
    assert len(world.cards()) == 12
    poll = world.poll(feed, rss(*long, *longer) + "\n")
    assert (poll.outcome, poll.entries) == (Outcome.SAME, ())
