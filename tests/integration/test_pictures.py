"""Pictures: from a post on a server to an article with our own copies."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html as markup
from PIL import Image
from sqlalchemy import select

from aggregator.illustrate import illustrate
from aggregator.model import EntryQuery, SafeHtml
from aggregator.pictures import key_of, path_of, placed
from aggregator.pool import Stages
from aggregator.settings import Settings
from aggregator.store import Database, entries, pictures, upkeep
from aggregator.store.schema import pictures as table
from aggregator.web import create_app
from tests.feeds import RECAP, Item, recap, rss
from tests.polls import Polls
from tests.site import Answer, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def polls(database: Database, settings: Settings) -> Iterator[Polls]:
    changes = {"fetch_allow_private": True, "poll_processes": 1}
    yield Polls(database, settings.model_copy(update=changes))
    assert upkeep.check(database) == []


def png(width: int = 64, height: int = 48) -> Answer:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return Answer(body=out.getvalue(), content_type="image/png")


def follow(polls: Polls, site: Site, *items: Item) -> int:
    [feed] = polls.follow(site.set("/feed.xml", Answer(body=rss(*items))))
    polls.one(feed)
    return feed


def illustrated(polls: Polls) -> int:
    """Fetch what is due; return how many pictures were tried."""

    async def run() -> int:
        async with polls.poller() as poller:
            return await illustrate(poller.tools)

    return asyncio.run(run())


def article(polls: Polls) -> str:
    with polls.database.reading() as c:
        [card] = entries.find(c, EntryQuery(full=True)).items
    return str(card.html)


def test_a_picture_is_fetched_once_and_shown_from_our_own_cache(polls: Polls, site: Site) -> None:
    url = site.set("/a.png", png())
    follow(polls, site, recap(html=f"{RECAP}<p><img src='{url}' alt='The room'></p>"))
    assert f'<a href="{url}"' in article(polls)  # until it is here
    assert illustrated(polls) == 1
    assert illustrated(polls) == 0
    shown = f'<img src="picture:{key_of(url)}" alt="The room" width="64" height="48"'
    assert shown in article(polls)
    assert [asked.path for asked in site.requests].count("/a.png") == 1
    app = create_app(polls.settings, polls.database)
    answer = app.test_client().get(path_of(key_of(url)))
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert Image.open(io.BytesIO(answer.data)).size == (64, 48)
    assert "immutable" in answer.headers["Cache-Control"]
    known = {"If-None-Match": answer.headers["ETag"]}
    again = app.test_client().get(path_of(key_of(url)), headers=known)
    assert again.status_code == 304


def test_its_pictures_are_no_change_of_an_entry(polls: Polls, site: Site) -> None:
    url = site.set("/a.png", png())
    post = recap(html=f"{RECAP}<p><img src='{url}'></p>")
    follow(polls, site, post)
    with polls.database.reading() as c:
        [before] = entries.find(c, EntryQuery()).items
    polls.now += timedelta(hours=1)
    illustrated(polls)
    with polls.database.reading() as c:
        [after] = entries.find(c, EntryQuery()).items
    assert after.changed_at == before.changed_at


def test_an_edited_post_keeps_its_pictures(polls: Polls, site: Site) -> None:
    url = site.set("/a.png", png())
    feed = follow(polls, site, recap(html=f"{RECAP}<p><img src='{url}'></p>"))
    illustrated(polls)
    edited = recap(html=f"{RECAP}<p>One thing more.</p><p><img src='{url}'></p>")
    site.set("/feed.xml", Answer(body=rss(edited)))
    polls.one(feed, after=timedelta(days=2))
    illustrated(polls)
    assert "One thing more" in article(polls)
    assert f"picture:{key_of(url)}" in article(polls)
    assert [asked.path for asked in site.requests].count("/a.png") == 1


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        (Answer(body="<html>", content_type="text/html"), 1),
        (Answer(body="x", status=404), 1),
        (Answer(body="x", status=500), 4),
        (Answer(body=b"\0" * 6_000_000, content_type="image/png"), 1),
    ],
)
def test_what_cannot_be_had_stays_a_link(
    polls: Polls, site: Site, answer: Answer, tries: int
) -> None:
    url = site.set("/a.png", answer)
    follow(polls, site, recap(html=f"{RECAP}<p><img src='{url}' alt='The room'></p>"))
    for _ in range(6):
        illustrated(polls)
        polls.now += timedelta(days=3)
    assert [asked.path for asked in site.requests].count("/a.png") == tries
    assert f'<a href="{url}"' in article(polls)
    with polls.database.reading() as c:
        [row] = c.execute(select(table.c.refused, table.c.try_at)).all()
    assert row.refused
    assert row.try_at is None


def test_private_places_are_not_asked_for_pictures(polls: Polls, site: Site) -> None:
    url = site.set("/a.png", png())
    follow(polls, site, recap(html=f"{RECAP}<p><img src='{url}'></p>"))
    closed = Polls(polls.database, polls.settings.model_copy(update={"fetch_allow_private": False}))
    assert illustrated(closed) == 1
    assert "/a.png" not in [asked.path for asked in site.requests]


def test_without_the_setting_pictures_stay_links(polls: Polls, site: Site) -> None:
    url = site.set("/a.png", png())
    follow(polls, site, recap(html=f"{RECAP}<p><img src='{url}'></p>"))
    off = Polls(polls.database, polls.settings.model_copy(update={"pictures": False}))
    assert illustrated(off) == 0
    assert "/a.png" not in [asked.path for asked in site.requests]


def test_pictures_that_no_entry_has_any_more_are_forgotten(polls: Polls, site: Site) -> None:
    url = site.set("/a.png", png())
    feed = follow(polls, site, recap(html=f"{RECAP}<p><img src='{url}'></p>"))
    illustrated(polls)
    site.set("/feed.xml", Answer(body=rss(recap(html=f"{RECAP}<p>No picture any more.</p>"))))
    polls.one(feed, after=timedelta(days=2))
    with polls.database.writing() as c:
        assert pictures.prune(c) == 1
        assert pictures.get(c, key_of(url)) is None


def lone(polls: Polls) -> tuple[FlaskClient, int]:
    """Return a client of the site, which lives below a path, and the id of its only recap."""
    settings = polls.settings.model_copy(update={"base_url": "https://r.example/x"})
    with polls.database.reading() as c:
        [card] = entries.find(c, EntryQuery()).items
    return create_app(settings, polls.database).test_client(), card.id


def test_machines_are_told_the_first_picture_of_some_size(polls: Polls, site: Site) -> None:
    logo = site.set("/logo.png", png(180, 180))
    photo = site.set("/photo.png", png(640, 480))
    follow(polls, site, recap(html=f"{RECAP}<p><img src='{logo}'><img src='{photo}'></p>"))
    illustrated(polls)
    client, entry_id = lone(polls)
    ours = f"https://r.example/x{path_of(key_of(photo))}"
    page: Any = markup.document_fromstring(client.get(f"/x/entries/{entry_id}/").text)
    assert page.xpath("//meta[@property='og:image']/@content") == [ours]
    said = json.loads(page.xpath("string(//script[@type='application/ld+json'])"))
    assert said["image"] == ours
    assert json.loads(client.get("/x/feed.json").data)["items"][0]["image"] == ours
    for form in ("rss.xml", "atom.xml", "feed.json"):
        feed = client.get(f"/x/{form}").text
        assert ours in feed
        assert "picture:" not in feed
        assert photo not in feed


def test_without_a_picture_of_some_size_there_is_none_to_tell(polls: Polls, site: Site) -> None:
    logo = site.set("/logo.png", png(180, 180))
    follow(polls, site, recap(html=f"{RECAP}<p><img src='{logo}'></p>"))
    illustrated(polls)
    client, entry_id = lone(polls)
    page = client.get(f"/x/entries/{entry_id}/").text
    assert "og:image" not in page
    assert '"image"' not in page
    assert "image" not in json.loads(client.get("/x/feed.json").data)["items"][0]


def test_no_picture_is_higher_than_a_screen(polls: Polls, site: Site) -> None:
    wide = site.set("/wide.png", png(1200, 800))
    tall = site.set("/tall.png", png(400, 2000))
    html = f"<p><img src='{wide}'></p><p><img src='{tall}'><a href='/b'><img src='{tall}?2'></a>"
    site.set("/tall.png?2", png(400, 2000))
    follow(polls, site, recap(html=RECAP + html))
    illustrated(polls)
    client, entry_id = lone(polls)
    page: Any = markup.document_fromstring(client.get(f"/x/entries/{entry_id}/").text)
    shown = page.xpath("//div[@class='article']//img")
    assert [(one.get("width"), one.get("height")) for one in shown] == [
        ("1200", "800"), ("120", "600"), ("120", "600"),
    ]  # fmt: skip
    assert [one.getparent().get("href") for one in shown] == [
        None, f"/x{path_of(key_of(tall))}", "https://blog.example/b",
    ]  # fmt: skip
    assert shown[1].get("alt") == "Picture"  # or the link would say nothing


def test_a_picture_that_took_too_much_memory_is_tried_again(polls: Polls, site: Site) -> None:
    url = site.set("/a.png", png())
    follow(polls, site, recap(html=f"{RECAP}<p><img src='{url}'></p>"))

    async def run() -> None:
        async with polls.poller() as poller:
            stages = Stages(polls.settings, megabytes=1)  # no process can work with so little
            await illustrate(replace(poller.tools, stages=stages))
            stages.close(kill=True)

    asyncio.run(run())
    with polls.database.reading() as c:
        [row] = c.execute(select(table.c.refused, table.c.try_at)).all()
    assert "memory" in row.refused
    assert row.try_at is not None
    polls.now = row.try_at
    illustrated(polls)
    assert f"picture:{key_of(url)}" in article(polls)


def test_two_processes_never_take_the_same_picture(polls: Polls, site: Site) -> None:
    urls = [site.set(f"/{number}.png", png()) for number in range(5)]
    html = "".join(f"<p><img src='{url}'></p>" for url in urls)
    follow(polls, site, recap(html=RECAP + html))
    lease = timedelta(minutes=10)
    with polls.database.writing() as c:
        first = pictures.take(c, polls.now, lease=lease, limit=3)
        second = pictures.take(c, polls.now, lease=lease, limit=3)
        third = pictures.take(c, polls.now, lease=lease, limit=3)
        later = pictures.take(c, polls.now + lease, lease=lease, limit=9)
    assert sorted(url for _, url in first + second) == sorted(urls)
    assert third == ()
    assert len(later) == 5


def test_an_unknown_picture_is_not_found(polls: Polls) -> None:
    client = create_app(polls.settings, polls.database).test_client()
    assert client.get(path_of("0" * 32)).status_code == 404
    assert client.get("/pictures/../secret_key.webp").status_code == 404


def test_articles_name_pictures_by_the_site_that_shows_them() -> None:
    key = "0123456789abcdef" * 2
    html = SafeHtml(f'<p>src="picture:{key}"</p><img src="picture:{key}" alt="">')
    assert placed(html, "https://r.example/x") == (
        f'<p>src="picture:{key}"</p><img src="https://r.example/x/pictures/{key}.webp" alt="">'
    )
