"""Originals read as blocks, links, captions and players."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import article
from aggregator.model import Article, RawHtml

BASE = "https://blog.example.org/2024/post/"


def read(html: str) -> Article:
    return article.opened(RawHtml(html), BASE).whole()


def test_blocks_know_their_kind_and_level() -> None:
    found = read(
        "<h2>Head</h2><p>Text</p><ul><li><p>One</p></li><li>Two</li></ul>"
        "<blockquote><p>Said</p></blockquote><pre>a  =  1\n</pre>"
        "<table><tr><td>Left</td><td><p>Right</p></td></tr></table>"
        "<figure><figcaption>Under it</figcaption></figure>"
    )
    assert [(b.kind, b.text, b.level) for b in found.blocks] == [
        ("heading", "Head", 2),
        ("paragraph", "Text", 0),
        ("item", "One", 0),
        ("item", "Two", 0),
        ("quote", "Said", 0),
        ("code", "a  =  1", 0),
        ("row", "Left | Right", 0),
        ("caption", "Under it", 0),
    ]


def test_a_link_knows_where_its_words_stand() -> None:
    block = read('<p>See\n  <em>the <a href="../slides">slides <b>here</b></a></em>.</p>').blocks[0]
    (link,) = block.links
    assert link.url == "https://blog.example.org/2024/slides"
    assert link.text == "slides here"
    assert block.text[link.start : link.end] == "slides here"


@pytest.mark.parametrize("href", ["mailto:me@example.org", "javascript:alert(1)", "#top", ""])
def test_what_leads_to_no_page_is_no_link(href: str) -> None:
    assert read(f'<p><a href="{href}">words</a></p>').blocks[0].links == ()


def test_lines_that_a_break_parts_stay_apart() -> None:
    assert read("<p>One<br>Two<br/>\n Three</p>").blocks[0].text == "One\nTwo\nThree"


def test_a_paragraph_with_a_bullet_is_an_item() -> None:
    block = read('<p>• First <a href="/a">talk</a></p>').blocks[0]
    assert (block.kind, block.text) == ("item", "First talk")
    assert block.text[block.links[0].start : block.links[0].end] == "talk"


@pytest.mark.parametrize("mark", ["¶", "#", "🔗"])
def test_a_permalink_mark_is_no_part_of_a_heading(mark: str) -> None:
    block = read(f'<h3>Talks <a href="#talks">{mark}</a></h3>').blocks[0]
    assert (block.text, block.links) == ("Talks", ())


@pytest.mark.parametrize(
    ("markup", "page"),
    [
        (
            '<iframe src="https://www.youtube-nocookie.com/embed/abcdefghijk?start=9"></iframe>',
            "https://www.youtube.com/watch?v=abcdefghijk&t=9",
        ),
        (
            '<iframe data-src="//player.vimeo.com/video/12345678"></iframe>',
            "https://vimeo.com/12345678",
        ),
        (
            '<noscript><iframe src="https://media.ccc.de/v/x-1/oembed"></iframe></noscript>',
            "https://media.ccc.de/v/x-1",
        ),
        (
            '<lite-youtube videoid="abcdefghijk"></lite-youtube>',
            "https://www.youtube.com/watch?v=abcdefghijk",
        ),
    ],
)
def test_an_embedded_player_becomes_a_link_to_its_page(markup: str, page: str) -> None:
    found = read(f"<p>Watch:</p>{markup}<p>Done.</p>")
    assert [link.url for link in found.players] == [page]
    assert [link.url for link in found.blocks[1].links] == [page]


def test_pictures_give_their_addresses_and_captions() -> None:
    found = read('<p><img alt="Keynote by Ada" data-src="../img/a.png" src="data:x">Text</p>')
    assert found.images == ("https://blog.example.org/2024/img/a.png",)
    assert [(b.kind, b.text) for b in found.blocks] == [
        ("paragraph", "Text"),
        ("caption", "Keynote by Ada"),
    ]


def test_scripts_forms_and_menus_are_left_out() -> None:
    found = read("<nav>Menu</nav><script>x()</script><style>p{}</style><form>Join</form><p>Yes</p>")
    assert [b.text for b in found.blocks] == ["Yes"]
    assert found.words == 1


@pytest.mark.parametrize("html", ["", "   ", "\x00", "<", "<!-- only -->", "&#xD800;"])
def test_nothing_to_read_is_an_empty_article(html: str) -> None:
    assert [b for b in read(html).blocks if b.text.strip("<\ufffd")] == []


def test_a_hostile_page_is_read_only_in_part() -> None:
    found = read("<p>x</p>" * 100_000)
    assert 1_000 < len(found.blocks) <= 5_001


def test_the_beginning_goes_on_until_it_tells_as_much_as_asked() -> None:
    html = "<h1>Head</h1><p>Four</p><pre>code</pre><ul><li>Five!</li></ul><p>More</p>"
    opened = article.opened(RawHtml(html), BASE)
    assert [b.text for b in opened.beginning(4)[0]] == ["Head", "Four"]
    assert [b.text for b in opened.beginning(5)[0]] == ["Head", "Four", "code", "Five!"]
    assert opened.beginning(9)[1] is False
    blocks, ended = opened.beginning(10_000)
    assert ended
    assert blocks == opened.whole().blocks
    assert blocks[-1].text == "More"


@settings(max_examples=60, deadline=None)
@given(
    html=st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<li>", "<pre>", "text ", "<img alt=Keynote>", "<a href=/>"]
        )
    ).map("".join),
    sizes=st.lists(st.integers(0, 40), max_size=4),
)
def test_reading_in_steps_finds_what_reading_at_once_finds(html: str, sizes: list[int]) -> None:
    opened, whole = article.opened(RawHtml(html), BASE), read(html)
    for size in sizes:
        blocks, ended = opened.beginning(size)
        assert blocks == whole.blocks[: len(blocks)]
        assert ended is False or blocks == whole.blocks
    assert opened.whole() == whole


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>/apbriltd \n\"'=&;#x1!-"), max_size=200))
def test_no_markup_makes_reading_fail(html: str) -> None:
    for block in read(html).blocks:
        for link in block.links:
            assert 0 <= link.start <= link.end <= len(block.text)
