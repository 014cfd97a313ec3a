"""The sample blogs, served on loopback and read by a feed parser."""

import calendar
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest

from aggregator import urls
from aggregator.assets import folder
from aggregator.errors import AggregatorError, SettingsError
from aggregator.sample import SampleSite
from aggregator.sample.blogs import Blog, read_blog

FOLDER = folder("config") / "sample"
BLOGS = sorted(path.parent.name for path in FOLDER.glob("*/blog.toml"))


@pytest.fixture(scope="module")
def site() -> Iterator[SampleSite]:
    with SampleSite.start(0) as running:
        yield running


def asked(url: str, *, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers with names in lower case, and body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=named)  # noqa: S310  (loopback)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def feed_of(site: SampleSite, name: str) -> str:
    return next(url for url, _ in site.feeds() if f"/{name}/" in url)


def blog_of(site: SampleSite, name: str) -> Blog:
    return read_blog(FOLDER / name, site.base)


def parsed(site: SampleSite, name: str) -> Any:
    return feedparser.parse(asked(feed_of(site, name))[2])


def dated(entry: Any) -> datetime:
    return datetime.fromtimestamp(
        calendar.timegm(entry.get("published_parsed") or entry.updated_parsed), UTC
    )


# ------------------------------------------------------------------------------------------- feeds


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("northshire-rse", "rss20"),
        ("fjordlab", "atom10"),
        ("maplebridge", "rss10"),
        ("rechenwerk", "atom10"),
        ("lowlands-rsn", "rss20"),
        ("eastmere-institute", "rss20"),
    ],
)
def test_a_feed_is_well_formed_and_says_what_its_blog_has(
    site: SampleSite, name: str, version: str
) -> None:
    feed, blog = parsed(site, name), blog_of(site, name)
    assert not feed.bozo
    assert feed.version == version
    assert feed.feed.title == blog.title
    assert feed.feed.link == blog.url
    seen = [
        (entry.title, entry.link, entry.author, [tag.term for tag in entry.tags], dated(entry))
        for entry in feed.entries
    ]
    assert seen == [(p.title, p.link, p.author, list(p.tags), p.published) for p in blog.posts]


def test_the_json_feed_is_of_version_1_1_and_has_all_posts(site: SampleSite) -> None:
    status, headers, body = asked(feed_of(site, "half-a-notebook"))
    feed, blog = json.loads(body), blog_of(site, "half-a-notebook")
    assert (status, headers["content-type"]) == (200, "application/feed+json; charset=utf-8")
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["id"] for item in feed["items"]] == [post.url for post in blog.posts]
    assert all(item["content_html"] for item in feed["items"])


def test_the_broken_feed_is_broken_and_still_has_its_posts(site: SampleSite) -> None:
    feed, blog = parsed(site, "hackshed"), blog_of(site, "hackshed")
    body = asked(feed_of(site, "hackshed"))[2]
    assert feed.bozo
    assert b"& " in body
    assert b"\x0b" in body
    assert not body.endswith(b"</rss>\n")
    assert [entry.link for entry in feed.entries] == [post.link for post in blog.posts]
    assert sum(entry.get("published_parsed") is None for entry in feed.entries) == 1
    assert "<script>" in body.decode().replace("&lt;", "<").replace("&gt;", ">")


def test_the_summary_feed_leaves_its_text_to_the_pages(site: SampleSite) -> None:
    for entry in parsed(site, "lowlands-rsn").entries:
        assert "content" not in entry
        assert "Continue reading" in entry.summary
        assert len(asked(entry.link)[2]) > 5 * len(entry.summary)


def test_the_pictures_of_posts_are_found_from_their_feeds(site: SampleSite) -> None:
    texts = [
        asked(feed_of(site, name))[2].decode() for name in ("northshire-rse", "half-a-notebook")
    ]
    texts += [entry.content[0].value for entry in parsed(site, "rechenwerk").entries]
    found = [
        url for text in texts for url in re.findall(r"http://127\.0\.0\.1:\d+/[\w/-]+\.png", text)
    ]
    assert len(found) == 5
    for url in found:
        status, headers, body = asked(url)
        assert (status, headers["content-type"]) == (200, "image/png")
        assert body.startswith(b"\x89PNG")
        assert len(body) < 4096


def test_the_repeated_post_links_to_its_original(site: SampleSite) -> None:
    links = [
        [entry.link for entry in parsed(site, name).entries]
        for name in ("northshire-rse", "eastmere-institute")
    ]
    assert len(set(links[0]) & set(links[1])) == 1


def test_the_sources_are_marked_as_samples(site: SampleSite) -> None:
    sources = [source for _, source in site.feeds()]
    assert len(sources) == len(BLOGS) == 8
    assert all(source.sample and source.title and source.site_url for source in sources)
    assert {source.country for source in sources} >= {"GB", "DE", "NO", "CA"}


# ------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("name", BLOGS)
def test_a_home_page_announces_the_feed_and_leads_to_every_post(
    site: SampleSite, name: str
) -> None:
    blog = blog_of(site, name)
    page = asked(blog.url)[2].decode()
    announced = re.findall(r'<link rel="alternate"[^>]* href="([^"]+)"', page)
    assert announced == [feed_of(site, name)]
    for post in blog.posts:
        assert f'href="{post.url}"' in page
        status, headers, body = asked(post.url)
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert post.html in body.decode()


def test_a_page_has_furniture_that_names_other_posts(site: SampleSite) -> None:
    blog = blog_of(site, "lowlands-rsn")
    page = asked(blog.posts[0].url)[2].decode()
    around = page.replace(blog.posts[0].html, "")
    assert "cookie" in around
    assert "ReproCamp 2026" in around.partition("Related posts")[2]


def test_robots_may_read_everything(site: SampleSite) -> None:
    assert asked(f"{site.base}/robots.txt")[2] == b"User-agent: *\nAllow: /\n"


@pytest.mark.parametrize("path", ["/nothing/", "/northshire-rse/../../pyproject.toml", "/%00"])
def test_what_is_no_sample_is_not_found(site: SampleSite, path: str) -> None:
    assert asked(site.base + path)[0] == 404


def test_head_has_the_headers_of_get_and_no_body(site: SampleSite) -> None:
    url = feed_of(site, "fjordlab")
    got, told = asked(url), asked(url, method="HEAD")
    assert (told[0], told[2]) == (200, b"")
    assert told[1]["content-length"] == str(len(got[2]))
    assert told[1]["etag"] == got[1]["etag"]


# ----------------------------------------------------------------------------- conditional requests


@pytest.mark.parametrize("name", BLOGS)
def test_an_unchanged_feed_is_not_sent_again(site: SampleSite, name: str) -> None:
    url = feed_of(site, name)
    first = asked(url)[1]
    by_tag = asked(url, If_None_Match=first["etag"])
    by_date = asked(url, If_Modified_Since=first["last-modified"])
    assert (by_tag[0], by_tag[2]) == (304, b"")
    assert by_tag[1]["etag"] == first["etag"]
    assert by_date[0] == 304


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": '"old", *'}, 200),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"old"', "If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 200),
        ({"If_Modified_Since": "Mon, 01 Jan 2024 00:00:00 GMT"}, 200),
        ({"If_Modified_Since": "yesterday"}, 200),
    ],
)
def test_a_validator_is_read_as_the_standard_says(
    site: SampleSite, headers: dict[str, str], status: int
) -> None:
    assert asked(feed_of(site, "fjordlab"), **headers)[0] == status


# ---------------------------------------------------------------------------------- start and stop


def test_a_taken_port_is_told_with_the_way_out(site: SampleSite) -> None:
    port = int(site.base.rpartition(":")[2])
    message = f"port {port} is in use: set AGGREGATOR_SAMPLE_PORT to another"
    with pytest.raises(AggregatorError, match=message):
        SampleSite.start(port)


def test_stopping_frees_the_port_and_may_be_done_twice() -> None:
    first = SampleSite.start(0)
    first.stop()
    first.stop()
    with SampleSite.start(int(first.base.rpartition(":")[2])) as again:
        assert asked(again.base + "/")[0] == 200


def test_two_sites_do_not_share_their_pages(site: SampleSite) -> None:
    with SampleSite.start(0) as other:
        assert feed_of(other, "fjordlab").encode() in asked(f"{other.base}/fjordlab/")[2]
        assert feed_of(site, "fjordlab").encode() in asked(f"{site.base}/fjordlab/")[2]


@pytest.mark.parametrize(
    ("post", "said"),
    [
        ("<p>no head</p>", "begins with a comment"),
        ("<!--\ntitle = \n-->\n<p>", "head of this sample post is wrong"),
        ('<!--\ntitle = "T"\nsummary = "S"\n-->\n<p>', "published"),
        ('<!--\ntitle = "T"\npublished = "soon"\nsummary = "S"\n-->\n<p>', "head of this sample"),
        (None, "there are no sample blogs"),
    ],
)
def test_a_wrong_folder_is_told_with_the_file(tmp_path: Path, post: str | None, said: str) -> None:
    if post is not None:
        blog = tmp_path / "blog"
        blog.mkdir()
        (blog / "blog.toml").write_bytes((FOLDER / "fjordlab" / "blog.toml").read_bytes())
        (blog / "2026-01-01-a.html").write_text(post, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        SampleSite.start(0, tmp_path)


def test_a_blog_without_a_title_is_told_with_its_folder(tmp_path: Path) -> None:
    (tmp_path / "blog").mkdir()
    (tmp_path / "blog" / "blog.toml").write_text('format = "rss"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"the sample blog .*/blog cannot be read: 'title'"):
        SampleSite.start(0, tmp_path)


def test_a_blog_of_an_unknown_format_is_told_what_there_is(tmp_path: Path) -> None:
    blog = tmp_path / "blog"
    blog.mkdir()
    own = (FOLDER / "fjordlab" / "blog.toml").read_text(encoding="utf-8")
    (blog / "blog.toml").write_text(own.replace('"atom"', '"gopher"'), encoding="utf-8")
    for post in (FOLDER / "fjordlab").glob("*.html"):
        (blog / post.name).write_bytes(post.read_bytes())
    with pytest.raises(SettingsError, match="a format of rss, atom, rdf, json"):
        SampleSite.start(0, tmp_path)


# ----------------------------------------------------------------------------------------- content


def test_the_samples_are_small_and_link_only_to_reserved_hosts() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 250_000
    for path in FOLDER.glob("*/*.html"):
        for link in re.findall(r'(?:href|src|action)="([^"]*)"', path.read_text(encoding="utf-8")):
            absolute = urljoin("https://blog.example/post/", link)
            assert urls.host(absolute).endswith(".example") or link.startswith("javascript:"), link


def test_several_blogs_tell_of_one_video() -> None:
    seen: dict[str, set[str]] = {}
    for path in FOLDER.glob("*/*.html"):
        for link in re.findall(r'href="(https://video\.example/[^"]+)"', path.read_text("utf-8")):
            assert urls.video_of(link), link
            seen.setdefault(urls.resource_key(link), set()).add(path.parent.name)
    assert sum(len(blogs) >= 3 for blogs in seen.values()) >= 3
