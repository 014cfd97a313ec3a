"""Whatever goes into `clean`, what comes out is safe, stable and readable."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import text
from aggregator.clean import Pictures, clean, summary, text_of
from aggregator.clean.shape import ALLOWED
from aggregator.model import Picture, RawHtml, SafeHtml

BASE = "https://blog.example/2024/post/"
KEY = "0123456789abcdef0123456789abcdef"
HELD = {
    url: Picture(key=KEY, width=640, height=400)
    for url in (
        "https://blog.example/a?b=1&copy=2%3C;",
        "https://x.example/",
        "https://e.example:9/",
        "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg",
    )
}
NAMES = [
    *("a", "b", "i", "em", "p", "div", "span", "section", "h1", "h2", "h3", "h5", "ul", "ol", "li"),
    *("table", "tr", "td", "th", "tbody", "caption", "pre", "code", "br", "hr", "img", "iframe"),
    *("object", "embed", "video", "source", "audio", "figure", "figcaption", "dl", "dt", "dd"),
    *("details", "summary", "blockquote", "script", "style", "svg", "math", "mtext", "title"),
    *("template", "noscript", "form", "select", "option", "textarea", "ruby", "rt", "font"),
    *("button", "x-y", "html", "body", "frameset", "plaintext", "xmp", "nav", "time", "abbr"),
]
VALUES = st.sampled_from(
    [
        *(
            "#top",
            "/a?b=1&copy=2&lt;",
            "javascript:alert(1)",
            "java&#9;script:alert(1)",
            "http://[",
            "1",
        ),
        *(
            "data:text/html,<script>",
            "mailto:a@b.example",
            "https://youtu.be/dQw4w9WgXcQ",
            "//x.example",
        ),
        *(
            '"><script>',
            "display:none",
            "en",
            "rtl",
            "",
            "x y",
            "http://a b/\u202e",
            "https://e.example:9/",
            f"picture:{KEY}",
        ),
    ]
)
ATTRIBUTES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *(
                    "href",
                    "src",
                    "data-src",
                    "onclick",
                    "style",
                    "id",
                    "class",
                    "lang",
                    "dir",
                    "alt",
                ),
                *("width", "title", "colspan", "srcset", "data", "name", "is", "datetime", "start"),
            ]
        ),
        VALUES,
        st.sampled_from(['"', "'", ""]),
    ),
    max_size=3,
)
PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [" ", "\n", "\r\n", "&nbsp;", "&lt;", "&#0;", "&#13;", "&#x80;", "&amp;lt;", "&copy"]
    ),
    st.sampled_from(
        ["<!--", "-->", "<!", "<![CDATA[", "]]>", "<", ">", "</", "<?", '"', "=", "&#"]
    ),
    st.builds(
        lambda name, attributes, close: (
            f"<{name}{''.join(f' {n}={q}{v}{q}' for n, v, q in attributes)}{close}"
        ),
        st.sampled_from(NAMES),
        ATTRIBUTES,
        st.sampled_from([">", "/>", ">", " "]),
    ),
    st.sampled_from(NAMES).map(lambda name: f"</{name}>"),
)
MARKUP = st.lists(PIECES, max_size=30).map("".join)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name == "href" and not re.match(r"https?://|mailto:", value or ""):
                self.faults.append(f"href {value}")
            if name not in ALLOWED.get(tag, frozenset()) | {"lang", "dir", "rel"}:
                self.faults.append(f"{tag} {name}")
        if tag not in ("br", "hr", "img", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.faults.append("comment")


@settings(max_examples=400, deadline=None)
@given(MARKUP, st.booleans(), st.sampled_from(["", "x"]))
def test_the_result_is_balanced_and_has_nothing_but_what_is_allowed(
    html: str, held: bool, title: str
) -> None:
    safe = clean(RawHtml(html), BASE, title=title, pictures=Pictures(HELD if held else {}))
    reader = Reader()
    reader.feed(safe)
    reader.close()
    assert isinstance(safe, SafeHtml)
    assert reader.faults == []
    assert reader.open == []
    assert text.allowed(safe) == safe


@settings(max_examples=400, deadline=None)
@given(MARKUP, st.sampled_from(["", BASE]), st.sampled_from([{}, HELD]))
def test_cleaning_again_changes_nothing(html: str, base: str, held: dict[str, Picture]) -> None:
    once = clean(RawHtml(html), base, pictures=Pictures(held))
    assert clean(RawHtml(once), base, pictures=Pictures(held)) == once


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_cleaned(html: str) -> None:
    once = clean(RawHtml(html), "")
    assert clean(RawHtml(once), "") == once


@settings(max_examples=300, deadline=None)
@given(MARKUP, st.integers(1, 300), st.text(max_size=5))
def test_a_summary_keeps_to_its_limit_and_to_one_line(html: str, limit: int, title: str) -> None:
    line = summary(html, limit, title=title)
    assert len(line) <= limit
    assert text.squeeze(line) == line
    assert text.squeeze(text_of(html)) == text_of(html)
