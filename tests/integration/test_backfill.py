"""The way back to what a site published before its feed was followed."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape

import pytest

from aggregator.backfill import Step, backfill
from aggregator.errors import AggregatorError
from aggregator.model import EntryCard, EntryQuery, Kind
from aggregator.settings import Settings
from aggregator.store import Database, claims, entries, feeds
from tests.feeds import RECAP, Item, recap, rss
from tests.polls import HOUR, NOW, Polls, worked
from tests.site import Answer, Request, Site


class Blog:
    """A followed feed, and what the program does with it."""

    def __init__(self, database: Database, settings: Settings) -> None:
        changed = {"fetch_allow_private": True, "poll_processes": 1, "fetch_host_burst": 1000}
        self.polls = Polls(database, settings.model_copy(update=changed))
        self.database = database
        self.feed_id = 0

    def follow(self, url: str) -> None:
        """Add the feed and poll it once."""
        [self.feed_id] = self.polls.follow(url)
        self.poll()

    def poll(self) -> None:
        done = self.polls.one(self.feed_id)
        assert worked(done), done.error

    def back(self, limit: int = 1000) -> list[Step]:
        """Walk back; return the steps."""

        async def walk() -> list[Step]:
            async with self.polls.poller() as poller:
                steps = backfill(self.feed_id, poller.tools, limit=limit)
                async with aclosing(steps):
                    return [step async for step in steps]

        return asyncio.run(walk())

    def cards(self) -> dict[str, EntryCard]:
        """Return all that is stored, by title."""
        with self.database.reading() as c:
            found = entries.find(c, EntryQuery(listed_only=False, limit=0, full=True)).items
        return {card.title: card for card in found}

    def titles(self) -> list[str]:
        with self.database.reading() as c:
            found = entries.find(c, EntryQuery(listed_only=False, limit=0)).items
        return sorted(card.title for card in found)

    def claimed(self) -> bool:
        """Tell whether somebody holds the feed, so that no poller gets it."""
        with self.database.writing() as c:
            got = feeds.claim(c, self.polls.now, lease=HOUR, limit=1, ids=[self.feed_id])
            feeds.release(c, [feed.id for feed in got])
        return not got


@pytest.fixture
def blog(database: Database, settings: Settings) -> Blog:
    return Blog(database, settings)


def doc(*names: str, older: str = "") -> Answer:
    """A feed document with a post of each name; `older`: where it leads to."""
    items = [Item(f"Post {name}", guid=f"guid-{name}", link=f"/{name}/") for name in names]
    body = rss(*items, link="/")
    if older:
        link = f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="prev-archive" href="{older}"/>'
        body = body.replace("<channel>", f"<channel>{link}")
    return Answer(body=body, content_type="application/rss+xml")


def named(*names: str) -> list[str]:
    return sorted(f"Post {name}" for name in names)


# ------------------------------------------------------------------------------ older documents


def test_archives_are_followed_to_the_first(blog: Blog, site: Site) -> None:
    site.set("/2.xml", doc("b", "c"))
    site.set("/1.xml", doc("d"))
    site.set("/3.xml", doc("a", older="/2.xml"))
    site.set("/2.xml", doc("b", "c", older="/1.xml"))
    blog.follow(site.url("/3.xml"))
    steps = blog.back()
    assert [(step.url, step.entries_new) for step in steps] == [
        (site.url("/2.xml"), 2),
        (site.url("/1.xml"), 1),
    ]
    assert blog.titles() == named("a", "b", "c", "d")
    assert not site.asked("/sitemap.xml")


def test_numbered_pages_are_followed_where_the_feed_links_none(blog: Blog, site: Site) -> None:
    for number, names in enumerate(("ab", "cd", "e"), 1):
        site.set("/feed/" + (f"?paged={number}" if number > 1 else ""), doc(*names))
    blog.follow(site.url("/feed/"))
    assert [step.entries_new for step in blog.back()] == [2, 1]
    assert blog.titles() == named(*"abcde")
    assert site.asked("/feed/?paged=4")


def test_pages_that_lead_in_a_circle_are_read_once(blog: Blog, site: Site) -> None:
    site.set("/feed.xml", doc("a", older="/1.xml"))
    site.set("/1.xml", doc("b", older="/2.xml"))
    site.set("/2.xml", doc("c", older="/1.xml"))
    blog.follow(site.url("/feed.xml"))
    assert len(blog.back()) == 2
    assert len(site.asked("/1.xml")) == 1


def test_a_page_that_names_itself_as_older_ends_the_walk(blog: Blog, site: Site) -> None:
    site.set("/feed.xml", doc("a", older="/1.xml"))
    site.set("/1.xml", doc("b", older="/1.xml"))
    blog.follow(site.url("/feed.xml"))
    assert len(blog.back()) == 1
    assert len(site.asked("/1.xml")) == 1


def test_pages_made_up_without_end_are_not_read_without_end(blog: Blog, site: Site) -> None:
    def same(request: Request) -> Answer:
        number = int(request.path.rpartition("/")[2])
        return doc("b", older=f"/p/{number + 1}")

    site.set("/feed.xml", doc("a", older="/p/1"))
    for number in range(1, 9):
        site.set(f"/p/{number}", same)
    blog.follow(site.url("/feed.xml"))
    assert len(blog.back()) == 1
    assert [request.path for request in site.requests].count("/p/2") == 1
    assert not site.asked("/p/3")


def test_what_polls_have_stored_meanwhile_does_not_end_the_walk(blog: Blog, site: Site) -> None:
    site.set("/feed/", doc("a", "b"), doc("c", "d"), doc("e", "f"))
    blog.follow(site.url("/feed/"))
    blog.poll()
    blog.poll()
    for number, names in enumerate(("cd", "ab", "xy", "z"), 2):
        site.set(f"/feed/?paged={number}", doc(*names))
    assert [step.entries_new for step in blog.back()] == [0, 0, 2, 1]
    assert blog.titles() == named(*"abcdefxyz")


def test_a_second_walk_ends_at_the_first_page_that_is_known(blog: Blog, site: Site) -> None:
    for number, names in enumerate(("a", "b", "c"), 1):
        site.set("/feed/" + (f"?paged={number}" if number > 1 else ""), doc(names))
    blog.follow(site.url("/feed/"))
    assert [step.entries_new for step in blog.back()] == [1, 1]
    site.requests.clear()
    assert [step.entries_new for step in blog.back()] == [0]
    assert [request.path for request in site.requests] == ["/feed/", "/feed/?paged=2"]


def test_a_document_longer_than_a_poll_takes_is_read_whole(blog: Blog, site: Site) -> None:
    blog.polls.settings = blog.polls.settings.model_copy(update={"entries_per_poll": 2})
    url = site.set("/feed.xml", doc(*"abcde"))
    blog.follow(url)
    assert len(blog.titles()) == 2
    assert [(step.url, step.entries_new) for step in blog.back()] == [(url, 3)]
    assert blog.titles() == named(*"abcde")


def test_a_limit_ends_a_run_and_the_next_goes_on(blog: Blog, site: Site) -> None:
    site.set("/feed.xml", doc("a", older="/1.xml"))
    site.set("/1.xml", doc("b", older="/2.xml"))
    site.set("/2.xml", doc("c"))
    blog.follow(site.url("/feed.xml"))
    assert [step.url for step in blog.back(limit=1)] == [site.url("/1.xml")]
    assert [step.url for step in blog.back(limit=1)] == [site.url("/2.xml")]
    assert len(site.asked("/1.xml")) == 1
    assert blog.titles() == named(*"abc")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_half_way_is_told_and_the_next_run_goes_on(
    blog: Blog, site: Site, status: int
) -> None:
    site.set("/feed.xml", doc("a", older="/1.xml"))
    site.set("/1.xml", doc("b", older="/2.xml"))
    site.set("/2.xml", Answer(status=status), doc("c"))
    blog.follow(site.url("/feed.xml"))
    with pytest.raises(AggregatorError, match=rf"{status}.*run this again later to go on"):
        blog.back()
    assert blog.titles() == named("a", "b")
    assert not blog.claimed()
    blog.polls.now += HOUR
    assert [step.url for step in blog.back()] == [site.url("/2.xml")]
    assert len(site.asked("/1.xml")) == 1


def test_a_host_that_wants_to_be_left_alone_is_until_its_time_is_over(
    blog: Blog, site: Site
) -> None:
    site.set("/feed.xml", doc("a", older="/1.xml"))
    site.set("/1.xml", doc("b", older="/2.xml"))
    site.set("/2.xml", Answer(status=429, headers={"Retry-After": "7200"}), doc("c"))
    blog.follow(site.url("/feed.xml"))
    [other] = blog.polls.follow(site.set("/other.xml", doc("x")))
    again = "run this again after 2026-06-01 14:00 UTC to go on"
    with pytest.raises(AggregatorError, match=f"429.*{again}"):
        blog.back()
    assert blog.polls.wait(other) == 2 * HOUR, "polls leave it alone as well"
    asked = len(site.requests)
    with pytest.raises(AggregatorError, match=f"wants to be left alone.*{again}"):
        blog.back()
    assert len(site.requests) == asked
    assert not blog.claimed()
    blog.polls.now += 2 * HOUR
    assert [step.url for step in blog.back()] == [site.url("/2.xml")]
    assert blog.titles() == named("a", "b", "c")


def test_a_page_that_may_not_be_asked_for_yet_is_waited_for(blog: Blog, site: Site) -> None:
    site.set("/feed.xml", doc("a", older="/1.xml"))
    short = replace(recap(link="/recap/"), html="What we saw there.", summary_only=True)
    site.set("/1.xml", Answer(body=rss(short, link="/")))
    whole = Answer(body=post("Highlights", RECAP), content_type="text/html")
    site.set("/recap/", Answer(status=429, headers={"Retry-After": "60"}), whole)
    blog.follow(site.url("/feed.xml"))
    with pytest.raises(AggregatorError, match="run this again after 2026-06-01 12:01 UTC"):
        blog.back()
    assert blog.titles() == named("a")
    blog.polls.now += HOUR
    assert [step.entries_new for step in blog.back()] == [1]
    assert blog.cards()["Highlights from ResearchSoftCon 2025"].kind is Kind.RECAP


def test_a_page_of_another_site_that_is_not_to_be_had_does_not_hold_up_the_walk(
    blog: Blog, site: Site
) -> None:
    with Site("127.0.0.2") as other:
        site.set("/feed.xml", doc("a", older="/1.xml"))
        link = other.set("/recap/", Answer(status=429, headers={"Retry-After": "60"}))
        short = replace(recap(link=link), html="What we saw there.", summary_only=True)
        site.set("/1.xml", Answer(body=rss(short, link="/")))
        blog.follow(site.url("/feed.xml"))
        assert [step.entries_new for step in blog.back()] == [1]
        assert len(other.asked("/recap/")) == 1


def test_summaries_in_older_documents_are_completed_from_their_pages(
    blog: Blog, site: Site
) -> None:
    site.set("/feed.xml", doc("a", older="/1.xml"))
    short = replace(recap(link="/recap/"), html="What we saw there.", summary_only=True)
    site.set("/1.xml", Answer(body=rss(short, link="/")))
    site.set("/recap/", Answer(body=post("Highlights", RECAP), content_type="text/html"))
    blog.follow(site.url("/feed.xml"))
    assert [step.entries_new for step in blog.back()] == [1]
    card = blog.cards()["Highlights from ResearchSoftCon 2025"]
    assert card.kind is Kind.RECAP
    assert [talk.title for talk in card.talks] == [
        "Testing numerical code without tears",
        "Carbon budgets for clusters",
    ]


# ------------------------------------------------------------------------------------- the claim


def test_the_feed_is_held_all_the_while_and_free_afterwards(blog: Blog, site: Site) -> None:
    held: list[bool] = []

    def watch(answer: Answer) -> Callable[[Request], Answer]:
        def reply(_: Request) -> Answer:
            held.append(blog.claimed())
            return answer

        return reply

    site.set("/feed.xml", doc("a", older="/1.xml"))
    blog.follow(site.url("/feed.xml"))
    site.set("/feed.xml", watch(doc("a", older="/1.xml")))
    site.set("/1.xml", watch(doc("b", older="/2.xml")))
    site.set("/2.xml", watch(doc("c", older="/3.xml")))
    site.set("/3.xml", watch(doc("d")))
    assert not blog.claimed()
    blog.back()
    assert held == [True] * 4
    assert not blog.claimed()


def test_the_feed_is_held_also_while_a_page_takes_longer_than_a_claim(
    blog: Blog, site: Site
) -> None:
    held: list[bool] = []

    def slow(_: Request) -> Answer:
        for _tenth in range(20):
            time.sleep(0.1)
            blog.polls.now += timedelta(seconds=0.1)
            held.append(blog.claimed())
        return doc("b")

    site.set("/feed.xml", doc("a", older="/1.xml"))
    site.set("/1.xml", slow)
    blog.follow(site.url("/feed.xml"))
    blog.polls.settings = blog.polls.settings.model_copy(update={"poll_lease_s": 1})
    blog.back()
    assert held == [True] * 20
    assert not blog.claimed()
    assert blog.titles() == named("a", "b")


def test_a_walk_whose_claim_was_lost_stops_and_stores_nothing_more(blog: Blog, site: Site) -> None:
    def taken(_: Request) -> Answer:
        with blog.database.writing() as c:
            claims.void(c, claims.owners(c))
            [_taken] = feeds.claim(
                c, NOW, lease=HOUR, limit=1, ids=[blog.feed_id], owner="another 1 -"
            )
        return doc("c", older="/3.xml")

    site.set("/feed.xml", doc("a", older="/1.xml"))
    site.set("/1.xml", doc("b", older="/2.xml"))
    site.set("/2.xml", taken)
    blog.follow(site.url("/feed.xml"))
    with pytest.raises(AggregatorError, match="taken over"):
        blog.back()
    assert blog.titles() == named("a", "b")
    assert blog.claimed(), "the claim of the other one is not given back"


def test_a_feed_that_is_being_polled_is_left_alone(blog: Blog, site: Site) -> None:
    blog.follow(site.set("/feed.xml", doc("a")))
    with blog.database.writing() as c:
        feeds.claim(c, NOW, lease=HOUR, limit=1, ids=[blog.feed_id])
    with pytest.raises(AggregatorError, match="being polled just now"):
        blog.back()


def test_a_feed_that_was_never_read_is_to_be_polled_first(blog: Blog, site: Site) -> None:
    with blog.database.writing() as c:
        blog.feed_id = feeds.add(c, site.url("/feed.xml"), now=NOW, interval=HOUR)
    with pytest.raises(AggregatorError, match="aggregator poll --feed"):
        blog.back()
    assert not site.requests


def test_the_times_of_polls_stay_as_they_were(blog: Blog, site: Site) -> None:
    site.set("/feed.xml", doc("a", older="/1.xml"))
    site.set("/1.xml", doc("b"))
    blog.follow(site.url("/feed.xml"))

    def times() -> tuple[object, ...]:
        with blog.database.reading() as c:
            feed = feeds.get(c, blog.feed_id)
            rows = len(feeds.history(c, blog.feed_id))
        return feed.last_polled_at, feed.next_poll_at, feed.interval, feed.failures, rows

    before = times()
    blog.back()
    assert times() == before


# ------------------------------------------------------------------------------------ the sitemap

SENTENCES = " ".join(f"This sentence number {n} tells what the team did there." for n in range(12))


def post(title: str, html: str = f"<p>{SENTENCES}</p>", *, date: str = "", author: str = "") -> str:
    """A page of a blog."""
    head = f'<meta property="article:published_time" content="{date}">' if date else ""
    head += f'<meta name="author" content="{author}">' if author else ""
    return (
        f'<!doctype html><html lang="en"><head><title>{escape(title)}</title>{head}</head><body>'
        f"<nav><a href='/'>Home</a></nav><main><article><h1>{escape(title)}</h1>{html}</article>"
        "</main><footer>All rights reserved.</footer></body></html>"
    )


def page(title: str, html: str = f"<p>{SENTENCES}</p>", *, date: str = "") -> Answer:
    return Answer(body=post(title, html, date=date), content_type="text/html; charset=utf-8")


def listing(site: Site, *paths: str) -> Answer:
    rows = "".join(
        f"<url><loc>{escape(path if '//' in path else site.url(path))}</loc></url>"
        for path in paths
    )
    body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
    return Answer(body=body, content_type="application/xml")


def feed_of(site: Site, *paths: str) -> str:
    """A feed that only ever answers its newest posts, whatever page is asked for."""
    items = [Item(f"Post {path}", guid=path, link=site.url(path)) for path in paths]
    answer = Answer(body=rss(*items, link=site.url("/")))
    site.set("/feed/?paged=2", answer)
    return site.set("/feed/", answer)


def test_posts_of_the_sitemap_are_read_where_the_feed_leads_nowhere(blog: Blog, site: Site) -> None:
    blog.follow(feed_of(site, "/blog/2025/10/newest/"))
    site.set(
        "/blog/2024/05/rsc/",
        Answer(
            body=post(
                "Highlights from ResearchSoftCon 2025",
                RECAP,
                date="2024-05-12T10:00:00+02:00",
                author="Ada Example",
            ),
            content_type="text/html",
        ),
    )
    site.set("/blog/2023/11/older/", page("Older", date="2023-11-02"))
    paths = ("/blog/2023/11/older/", "/blog/2025/10/newest/", "/blog/2024/05/rsc/", "/about/")
    site.set("/sitemap.xml", listing(site, *paths, "https://elsewhere.example/blog/2024/05/x/"))
    steps = blog.back()
    assert [(step.url, step.entries_new, step.left) for step in steps] == [
        (site.url("/blog/2024/05/rsc/"), 1, 1),
        (site.url("/blog/2023/11/older/"), 1, 0),
    ]
    card = blog.cards()["Highlights from ResearchSoftCon 2025"]
    assert card.guid == card.url == site.url("/blog/2024/05/rsc/")
    assert card.published_at == datetime(2024, 5, 12, 8, tzinfo=UTC)
    assert (card.kind, card.authors) == (Kind.RECAP, ("Ada Example",))
    assert next(talk.title for talk in card.talks) == "Testing numerical code without tears"
    asked = {request.path for request in site.requests}
    assert not asked & {"/about/", "/blog/2025/10/newest/"}
    assert "/robots.txt" in asked


@pytest.mark.parametrize("second", [Answer(status=404), page("No feed")], ids=["absent", "page"])
def test_the_sitemap_is_asked_where_there_is_no_second_page(
    blog: Blog, site: Site, second: Answer
) -> None:
    blog.follow(feed_of(site, "/2025/newest/"))
    site.set("/feed/?paged=2", second)
    site.set("/sitemap.xml", listing(site, "/2024/older/"))
    site.set("/2024/older/", page("Older", date="2024-03-01"))
    assert [step.entries_new for step in blog.back()] == [1]


def test_sitemaps_are_found_through_robots_txt_and_indexes_also_packed(
    blog: Blog, site: Site
) -> None:
    blog.follow(feed_of(site, "/2025/newest/"))
    site.set("/robots.txt", Answer(body=f"User-agent: *\nSitemap: {site.url('/maps.xml')}\n"))
    maps = ("/category-sitemap.xml", "/post-sitemap.xml.gz", "https://elsewhere.example/map.xml")
    rows = "".join(
        f"<sitemap><loc>{one if '//' in one else site.url(one)}</loc></sitemap>" for one in maps
    )
    site.set("/maps.xml", Answer(body=f"<sitemapindex>{rows}</sitemapindex>"))
    inner = listing(site, "/2024/older/").body
    assert isinstance(inner, str)
    site.set("/post-sitemap.xml.gz", Answer(body=gzip.compress(inner.encode())))
    site.set("/2024/older/", page("Older", date="2024-03-01"))
    assert [step.entries_new for step in blog.back()] == [1]
    paths = [request.path for request in site.requests]
    assert paths.index("/post-sitemap.xml.gz") < paths.index("/category-sitemap.xml")
    assert "/sitemap.xml" not in paths


def test_pages_that_robots_txt_forbids_are_not_asked(blog: Blog, site: Site) -> None:
    blog.follow(feed_of(site, "/2025/newest/"))
    site.set("/robots.txt", Answer(body="User-agent: *\nDisallow: /2023/\n"))
    site.set("/sitemap.xml", listing(site, "/2024/older/", "/2023/oldest/"))
    for path in ("/2024/older/", "/2023/oldest/"):
        site.set(path, page(path, date="2023-03-01"))
    assert [step.entries_new for step in blog.back()] == [1, 0]
    assert not site.asked("/2023/oldest/")


def test_the_date_is_the_pages_then_the_addresss_then_the_sitemaps(blog: Blog, site: Site) -> None:
    blog.follow(feed_of(site, "/2025/10/newest/", "/notes/newest-note/"))
    site.set("/sitemap.xml", listing(site, "/2024/05/own/", "/2024/05/told/", "/notes/a-b/"))
    site.set("/2024/05/own/", page("Own", date="2022-01-02"))
    site.set("/2024/05/told/", page("Told"))
    site.set("/notes/a-b/", page("No date"))
    assert len(blog.back()) == 3
    cards = blog.cards()
    assert cards["Own"].published_at == datetime(2022, 1, 2, tzinfo=UTC)
    assert cards["Told"].published_at == datetime(2024, 5, 1, tzinfo=UTC)
    assert cards["Told"].published_inferred
    assert "No date" not in cards, "it would stand among the newest"


def test_a_sitemaps_date_counts_unless_it_is_that_of_the_whole_site(blog: Blog, site: Site) -> None:
    blog.follow(feed_of(site, "/notes/newest-note/"))
    built = [f"/notes/note-{n}/" for n in range(5)]
    dates = dict.fromkeys(built, "2026-01-01") | {"/notes/changed-note/": "2021-06-01"}
    rows = "".join(
        f"<url><loc>{site.url(path)}</loc><lastmod>{date}</lastmod></url>"
        for path, date in dates.items()
    )
    site.set("/sitemap.xml", Answer(body=f"<urlset>{rows}</urlset>"))
    for path in ("/notes/changed-note/", *built):
        site.set(path, page(path))
    blog.back()
    assert blog.titles() == ["/notes/changed-note/", "Post /notes/newest-note/"]
    assert blog.cards()["/notes/changed-note/"].published_at == datetime(2021, 6, 1, tzinfo=UTC)


def test_what_is_no_post_is_not_asked_for_again(blog: Blog, site: Site) -> None:
    blog.follow(feed_of(site, "/2025/newest/"))
    site.set("/sitemap.xml", listing(site, "/2024/older/", "/2024/empty/", "/2024/moved/"))
    site.set("/2024/older/", page("Older", date="2024-03-01"))
    site.set("/2024/empty/", page("Empty", "<p>Soon.</p>", date="2024-03-01"))
    site.set("/2024/moved/", Answer(status=301, headers={"Location": site.url("/")}))
    site.set("/", page("The lab", date="2024-03-01"))
    assert len(blog.back()) == 3
    assert blog.titles() == ["Older", "Post /2025/newest/"]
    assert blog.back() == []
    for path in ("/2024/older/", "/2024/empty/", "/2024/moved/"):
        assert len(site.asked(path)) == 1, path


def test_a_site_without_posts_is_left_alone_after_a_while(blog: Blog, site: Site) -> None:
    blog.follow(feed_of(site, "/2025/newest/"))
    site.set("/sitemap.xml", listing(site, *(f"/2024/page-{n}/" for n in range(60))))
    assert len(blog.back()) == 25


def test_a_site_that_asks_to_be_left_alone_is(blog: Blog, site: Site) -> None:
    blog.follow(feed_of(site, "/2025/newest/"))
    site.set("/sitemap.xml", listing(site, "/2024/a-post/", "/2023/b-post/"))
    site.set("/2024/a-post/", page("A", date="2024-03-01"))
    site.set(
        "/2023/b-post/",
        Answer(status=429, headers={"Retry-After": "1"}),
        page("B", date="2023-03-01"),
    )
    with pytest.raises(AggregatorError, match="run this again after"):
        blog.back()
    assert "A" in blog.titles()


def test_a_page_that_fails_for_now_is_tried_by_the_next_run(blog: Blog, site: Site) -> None:
    blog.follow(feed_of(site, "/2025/newest/"))
    site.set("/sitemap.xml", listing(site, "/2024/a-post/", "/2023/b-post/"))
    site.set("/2024/a-post/", Answer(status=500), page("A", date="2024-03-01"))
    site.set("/2023/b-post/", page("B", date="2023-03-01"))
    assert [step.url for step in blog.back()] == [site.url("/2023/b-post/")]
    assert [step.url for step in blog.back()] == [site.url("/2024/a-post/")]
    assert blog.titles() == ["A", "B", "Post /2025/newest/"]


def test_a_post_that_the_feed_brings_later_is_not_doubled(blog: Blog, site: Site) -> None:
    older = site.url("/2024/older/")
    url = feed_of(site, "/2025/newest/")
    blog.follow(url)
    site.set("/sitemap.xml", listing(site, older))
    site.set("/2024/older/", page("Older", date="2024-03-01"))
    blog.back()
    again = Item("Older, corrected", link=older, guid=older, date="Fri, 01 Mar 2024 00:00:00 GMT")
    site.set("/feed/", Answer(body=rss(again)))
    blog.poll()
    assert blog.titles() == ["Older, corrected", "Post /2025/newest/"]
