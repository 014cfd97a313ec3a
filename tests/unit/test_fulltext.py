"""The article within a page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.fulltext import PageFacts, beginning, extract, page_facts
from aggregator.model import RawHtml

URL = "https://lab.example/blog/1/"
TEXT = "We spent three days in Utrecht with people who write software for research. "
POST = f"""<p>{TEXT * 2}</p><h2>The talks</h2>
<ul><li>Ada Kern on testing, <a href="/slides.pdf">slides</a></li></ul>
<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>
<figure><img src="room.jpg" alt="The room"><figcaption>The room before lunch</figcaption></figure>
<p>{TEXT * 3}See <a href="https://conf.example/2024">the conference</a>.</p>"""
FURNITURE = """<header><nav><a href="/leak1">Menu</a></nav></header>"""
END = """<aside class="sidebar"><h3>Recent posts</h3><a href="/leak2">Other</a></aside>
<footer>All rights reserved <a href="/leak3">Imprint</a></footer>"""


def page(inner: str, head: str = "") -> bytes:
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{inner}</body></html>".encode()


LAYOUTS = {
    "marked": f"{FURNITURE}<main><article><h1>Title</h1><div class='entry-content'>{POST}"
    "<div class='sharedaddy'><a href='/leak4'>Share</a></div></div></article>"
    f"<div id='comments'><p>{TEXT}</p><a href='/leak5'>Reply</a></div></main>{END}",
    "plain boxes": f"{FURNITURE}<div id='wrap'><div class='col'><h1>Title</h1><div>{POST}</div>"
    f"<div class='pager'><a href='/leak6'>Older</a></div></div></div>{END}",
    "no boxes": f"{FURNITURE}<h1>Title</h1>{POST}{END}",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_article_keeps_links_players_pictures_and_headings(layout: str) -> None:
    html = extract(page(LAYOUTS[layout], "<title>Title | Lab</title>"), URL)
    assert html is not None
    for piece in (
        'href="/slides.pdf"',
        "https://www.youtube.com/embed/abcdefghijk",
        "room.jpg",
        "The room before lunch",
        "<h2>The talks</h2>",
        'href="https://conf.example/2024"',
    ):
        assert piece in html


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_furniture_of_the_page_stays_behind(layout: str) -> None:
    html = extract(page(LAYOUTS[layout], "<title>Title | Lab</title>"), URL)
    assert html is not None
    for piece in ("leak", "Menu", "Recent posts", "rights reserved", "<h1>"):
        assert piece not in html


def test_an_article_in_a_box_named_like_furniture_is_kept() -> None:
    html = extract(
        page(f"<div class='related'><section class='widget'>{POST}</section></div>"), URL
    )
    assert html is not None
    assert "/slides.pdf" in html


def test_a_short_post_in_a_marked_place_is_found() -> None:
    short = "<p>" + " ".join(f"word{n}" for n in range(30)) + "</p>"
    html = extract(page(f"<nav>{'menu ' * 5}</nav><div class='entry-content'>{short}</div>"), URL)
    assert html is not None
    assert "word29" in html


@pytest.mark.parametrize("content_type", ["text/html; charset=iso-8859-1", "text/html"])
def test_letters_of_other_encodings_come_out_right(content_type: str) -> None:
    html = extract(
        page(f"<article><p>Zoë. {TEXT * 5}</p></article>").decode().encode("latin-1"),
        URL,
        content_type,
    )
    assert html is not None
    assert "Zoë" in html


@pytest.mark.parametrize(
    "body", [b"", b"\0\0", b"<", b"<html></html>", b"{}", b"\xff\xfe<", b"<p>Hi</p>"]
)
def test_where_there_is_no_article_nothing_is_found(body: bytes) -> None:
    assert extract(body, URL) is None


@pytest.mark.parametrize("box", ["<div>", "<div>w</div>"])
def test_in_a_page_of_endless_boxes_nothing_is_found(box: str) -> None:
    assert extract(page(box * 100_000), URL) is None


def test_the_beginning_of_an_article_is_its_first_paragraph() -> None:
    html = RawHtml(f"<p>Hi</p><p>{TEXT}<a href='x'>&lt;b&gt;</a></p><p>Later</p>")
    assert beginning(html) == f"<p>{TEXT}&lt;b&gt;</p>"
    assert len(beginning(RawHtml(f"<p>{TEXT * 50}</p>"), limit=100)) <= 107
    assert beginning(RawHtml("")) == ""


# ------------------------------------------------------------------------------------- the facts


def test_facts_are_read_from_meta_elements() -> None:
    head = """<link rel="canonical" href="/blog/one"><meta property="og:title" content="One">
    <meta name="Author" content="Ada Kern"><meta property="article:tag" content="HPC">
    <meta property="article:published_time" content="2024-05-03T10:00:00+02:00">"""
    assert page_facts(page(POST, head), URL) == PageFacts(
        canonical="https://lab.example/blog/one",
        title="One",
        authors=("Ada Kern",),
        published=datetime(2024, 5, 3, 8, tzinfo=UTC),
        tags=("HPC",),
        language="en",
    )


def test_facts_are_read_from_json_ld() -> None:
    head = """<script type="application/ld+json">{"@graph": [{"@type": "WebSite"},
    {"@type": ["BlogPosting"], "headline": "One", "datePublished": "2024-05-03",
    "author": [{"name": "Ada Kern"}, {"name": "Bo Lind"}], "keywords": "hpc, rse"}]}</script>"""
    facts = page_facts(page(POST, head), URL)
    assert facts.title == "One"
    assert facts.authors == ("Ada Kern", "Bo Lind")
    assert facts.published == datetime(2024, 5, 3, tzinfo=UTC)
    assert facts.tags == ("hpc", "rse")


def test_facts_are_read_from_microformats() -> None:
    facts = page_facts(
        page(
            "<article><h1>One</h1><a rel='author'>Ada Kern</a>"
            f"<time datetime='2024-05-03T10:00:00Z'>May</time><a rel='tag'>HPC</a>{POST}</article>"
        ),
        URL,
    )
    assert (facts.title, facts.authors, facts.tags) == ("One", ("Ada Kern",), ("HPC",))
    assert facts.published == datetime(2024, 5, 3, 10, tzinfo=UTC)


def test_of_several_dates_in_an_article_none_is_taken() -> None:
    times = "<time datetime='2024-05-03'>a</time><time datetime='2023-05-03'>b</time>"
    assert page_facts(page(f"<article>{times}{POST}</article>"), URL).published is None


@pytest.mark.parametrize(
    "head",
    [
        '<script type="application/ld+json">{"@type": "Article", "author": 7}</script>',
        '<script type="application/ld+json">[[[</script>',
        '<script type="application/ld+json">[1, null, "x"]</script>',
        '<meta property="article:published_time" content="soon"><link rel="canonical" href="x:y">',
    ],
)
def test_facts_that_make_no_sense_are_left_out(head: str) -> None:
    facts = page_facts(page(POST, head), URL)
    assert (facts.canonical, facts.authors, facts.published, facts.tags) == (None, (), None, ())


@pytest.mark.parametrize("body", [b"", b"\0", b"<", b"\xff"])
def test_a_page_of_nothing_states_nothing(body: bytes) -> None:
    assert page_facts(body, URL).authors == ()
