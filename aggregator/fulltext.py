"""The article within a web page, and what the page says of itself.

trafilatura finds the article's words but drops players, captions and one link in twelve. So it is
only the judge: the smallest element that holds nearly all of its words is the article, and that
element's own markup is returned without the furniture in it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import trafilatura
from lxml import etree
from lxml import html as lxml_html
from w3lib.encoding import html_to_unicode

from aggregator import urls
from aggregator.model import RawHtml
from aggregator.text import allowed, fold, shorten, squeeze

_MAX_BYTES = 3_000_000  # of a page; a longer one is read as far as that
_MOST_ELEMENTS = 20_000  # trafilatura takes half a minute for 200,000
_FEWEST_WORDS = 25  # a shorter find is no article
_COVERS = 0.93  # share of the judge's words that the article's element holds
_DEEPEST = 40  # levels of boxes within boxes, and furniture that is measured
_BOXES = ("body", "div", "main", "article", "section", "center", "table", "tbody", "tr", "td")
_MARKED = (  # where many sites put the article; asked when the judge finds nothing
    "//*[@itemprop='articleBody']",
    "//*[contains(concat(' ', @class, ' '), ' entry-content ')]",
    "//*[contains(concat(' ', @class, ' '), ' e-content ')]",
    "//*[contains(concat(' ', @class, ' '), ' post-content ')]",
    "//*[contains(concat(' ', @class, ' '), ' post-body ')]",
    "//article",
    "//main",
)
_FURNITURE_TAGS = (
    *("nav", "aside", "form", "footer", "script", "style", "template", "button", "input"),
    *("select", "textarea", "dialog", "link", "meta", "noscript"),
)
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|sharedaddy|addtoany|addthis|social(?:-?links|-?icons|-?media)?"
    r"|related(?:-?posts?)?|jp-relatedposts|comments?(?:-area|-list|-form)?|respond|disqus"
    r"|newsletter|subscribe|subscription|breadcrumbs?|pagination|pager|post-?nav(?:igation)?"
    r"|nav(?:bar|igation|-links)?|prev-?next|next-?prev|sidebar|widget(?:-area)?|cookie(?:-?\w+)?"
    r"|advert\w*|promo|byline|post-?meta|entry-?meta|post-?info|entry-?footer|post-?footer"
    r"|author-?(?:box|bio|card)|skip-?link|screen-reader-text|sr-only|visually-hidden|print-?only)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What a page says of itself; what it does not say is None or empty."""

    canonical: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None


def extract(page: bytes, url: str, content_type: str = "") -> RawHtml | None:
    """Return the article of a page as HTML, relative links kept; None when there is none.

    Never raises.
    """
    tree = _tree(page, content_type)
    if tree is None:
        return None
    judged = _judge(tree, url)
    wanted = Counter(_words(judged))
    box = _box_of(tree, wanted) if wanted.total() >= _FEWEST_WORDS else _marked_box(tree)
    if box is None:
        return None
    title = fold(_title(tree) or "")
    _strip(box, wanted)
    _drop_title(box, title)
    if len(_words(_text(box))) < _FEWEST_WORDS:
        return None
    parts = [lxml_html.tostring(child, encoding="unicode") for child in box]
    return RawHtml(allowed(_escaped(box.text or "") + "".join(parts)).strip())


def beginning(article: RawHtml, *, limit: int = 600) -> RawHtml:
    """Return an article's first paragraph, at most `limit` characters, as HTML; never raises."""
    tree = _tree(article.encode("utf-8", "replace"), "text/html; charset=utf-8")
    if tree is None:
        return RawHtml("")
    texts = (squeeze(_text(element)) for element in tree.iter("p", "li", "div"))
    first = next((text for text in texts if len(text) >= 40), squeeze(_text(tree)))
    return RawHtml(f"<p>{_escaped(shorten(first, limit))}</p>") if first else RawHtml("")


# ---------------------------------------------------------------------------------- the article


def _tree(page: bytes, content_type: str) -> lxml_html.HtmlElement | None:
    _, text = html_to_unicode(
        content_type or None, page[:_MAX_BYTES], auto_detect_fun=_guessed_encoding
    )
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True
    )
    source = allowed(text).encode("utf-8", "replace")
    try:
        return lxml_html.document_fromstring(source, parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _guessed_encoding(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _judge(tree: lxml_html.HtmlElement, url: str) -> str:
    """Return the words of the article as trafilatura sees them; empty when it sees none."""
    if sum(1 for _ in tree.iter()) > _MOST_ELEMENTS:
        return ""
    try:
        found = trafilatura.extract(
            lxml_html.tostring(tree, encoding="unicode"),
            url=url,
            favor_recall=True,
            include_comments=False,
            include_tables=True,
        )
    except Exception:  # it walks foreign markup by heuristics and has stumbled in many ways
        return ""
    return found or ""


def _text(element: etree._Element) -> str:
    return "".join(text for text in element.itertext() if isinstance(text, str))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _held(element: etree._Element, wanted: Counter[str]) -> int:
    return (Counter(_words(_text(element))) & wanted).total()


def _box_of(tree: lxml_html.HtmlElement, wanted: Counter[str]) -> etree._Element | None:
    """Return the smallest element that holds nearly all of the wanted words."""
    box: etree._Element = tree.find("body") if tree.find("body") is not None else tree
    needed = _held(box, wanted) * _COVERS
    for _ in range(_DEEPEST):
        inner = (child for child in box if child.tag in _BOXES)
        best = next((child for child in inner if _held(child, wanted) >= needed), None)
        if best is None:
            break
        box = best
    return box


def _marked_box(tree: lxml_html.HtmlElement) -> etree._Element | None:
    for path in _MARKED:
        found = [box for box in tree.xpath(path) if len(_words(_text(box))) >= _FEWEST_WORDS]
        if len(found) == 1:
            only: etree._Element = found[0]
            return only
    return None


def _strip(box: etree._Element, wanted: Counter[str]) -> None:
    """Take the furniture out; what holds much of the wanted words is none, whatever its name."""
    most = wanted.total() * 0.3
    spared = 0
    for element in list(box.iterdescendants()):
        if element.getparent() is None or not _is_furniture(element):
            continue
        measured = element.tag not in ("script", "style") and spared < _DEEPEST
        if measured and _held(element, wanted) > most:
            spared += 1
        elif isinstance(element, lxml_html.HtmlElement):
            element.drop_tree()


def _is_furniture(element: etree._Element) -> bool:
    if element.tag in _FURNITURE_TAGS:
        return True
    if element.tag in ("a", "p", "li", "figure", "figcaption", "img", "iframe", "blockquote"):
        return element.get("class") in ("skip-link", "more-link")
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return not len(element) or element.tag == "svg"
    said = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('role') or ''}"
    return bool(_FURNITURE.search(said)) or element.get("role") in ("navigation", "search")


def _drop_title(box: etree._Element, title: str) -> None:
    """Take the page's own heading out; the title is known otherwise."""
    first = next(box.iter("h1", "h2"), None)
    if not isinstance(first, lxml_html.HtmlElement):
        return
    heading = fold(squeeze(_text(first)))
    if not heading or title.startswith(heading) or (first.tag == "h1" and heading in title):
        first.drop_tree()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# -------------------------------------------------------------------------------------- the facts


def page_facts(page: bytes, url: str) -> PageFacts:
    """Return what a page says of itself in meta elements, JSON-LD and microformats.

    Dates only where they are marked as that of publication: a wrong one is worse than none. Never
    raises.
    """
    tree = _tree(page, "")
    if tree is None:
        return PageFacts()
    posting = _posting(tree)
    canonical = next(iter(_values(tree, "//link[@rel='canonical']/@href")), "")
    language = (tree.get("lang") or str(posting.get("inLanguage") or "")).replace("_", "-")
    return PageFacts(
        canonical=urls.absolute(url, canonical) or None,
        title=shorten(_title(tree) or _string(posting.get("headline")), 500) or None,
        authors=_authors(tree, posting),
        published=next((d for d in map(_moment, _dates(tree, posting)) if d), None),
        tags=_tags(tree, posting),
        language=language if re.fullmatch(r"[A-Za-z]{2,3}(-\w{2,8})*", language) else None,
    )


def _values(tree: lxml_html.HtmlElement, *paths: str) -> Iterator[str]:
    for path in paths:
        for found in tree.xpath(path):
            text = squeeze(found if isinstance(found, str) else _text(found))
            if text:
                yield text


def _meta(*names: str) -> tuple[str, ...]:
    """Return paths to the contents of meta elements with these names, in this order."""
    same = "translate({}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')='{}'"
    marks = ("@property", "@name", "@itemprop")
    either = (" or ".join(same.format(mark, name) for mark in marks) for name in names)
    return tuple(f"//meta[{test}]/@content" for test in either)


def _title(tree: lxml_html.HtmlElement) -> str | None:
    paths = (*_meta("og:title", "citation_title", "dc.title"), "//article//h1", "//h1", "//title")
    return next(_values(tree, *paths), None)


def _authors(tree: lxml_html.HtmlElement, posting: dict[str, Any]) -> tuple[str, ...]:
    said = posting.get("author")
    people = [_string(one) for one in (said if isinstance(said, list) else [said])]
    found = [name for name in people if name]
    if not found:
        marks = (
            *_meta("author", "citation_author", "dc.creator", "article:author"),
            "//*[@itemprop='author']//*[@itemprop='name']",
            "//*[contains(concat(' ', @class, ' '), ' p-author ')]",
            "//a[@rel='author']",
        )
        for path in marks:
            found = list(_values(tree, path))
            if found:
                break
    if len(found) == 1 and found[0].count(", ") and all(" " in p for p in found[0].split(", ")):
        found = found[0].split(", ")
    return _each_once(name for name in found if not urls.is_web(name) and len(name) <= 100)[:50]


def _dates(tree: lxml_html.HtmlElement, posting: dict[str, Any]) -> Iterator[str]:
    yield from _values(tree, *_meta("article:published_time", "datepublished"))
    yield _string(posting.get("datePublished"))
    yield from _values(
        tree,
        "//time[@itemprop='datePublished']/@datetime",
        "//time[@pubdate]/@datetime",
        "//time[contains(concat(' ', @class, ' '), ' dt-published ')]/@datetime",
        "//time[contains(concat(' ', @class, ' '), ' published ')]/@datetime",
        "//time[contains(concat(' ', @class, ' '), ' entry-date ')]/@datetime",
        *_meta("date", "dc.date", "dc.date.issued", "dcterms.created", "pubdate", "publish_date"),
    )
    times = list(_values(tree, "//article//time/@datetime"))
    if len(set(times)) == 1:  # one date alone in an article is the article's
        yield times[0]


def _tags(tree: lxml_html.HtmlElement, posting: dict[str, Any]) -> tuple[str, ...]:
    said = posting.get("keywords")
    words = said.split(",") if isinstance(said, str) else said if isinstance(said, list) else []
    found = [*_values(tree, *_meta("article:tag")), *map(_string, words)]
    found = found or list(_values(tree, "//a[contains(concat(' ', @rel, ' '), ' tag ')]"))
    found = found or [w for line in _values(tree, *_meta("keywords")) for w in line.split(",")]
    return _each_once(tag for tag in (t.strip(" #") for t in found) if 0 < len(tag) <= 60)[:30]


def _posting(tree: lxml_html.HtmlElement) -> dict[str, Any]:
    """Return the page's schema.org posting or article, as JSON-LD states it; empty when not."""
    for script in tree.xpath("//script[@type='application/ld+json']")[:20]:
        try:
            document = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        graph = document.get("@graph") if isinstance(document, dict) else document
        for thing in graph if isinstance(graph, list) else [document]:
            kinds = str(thing.get("@type")) if isinstance(thing, dict) else ""
            if re.search(r"Posting|Article", kinds):
                return dict(thing)
    return {}


def _string(value: object) -> str:
    """Return a JSON-LD value as text: itself, or the name of the thing that it is."""
    if isinstance(value, dict):
        value = value.get("name")
    return squeeze(value) if isinstance(value, str) else ""


def _each_once(said: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for text in said:
        found.setdefault(fold(text), text)
    return tuple(found.values())


def _moment(text: str) -> datetime | None:
    try:
        stated = datetime.fromisoformat(text)
        moment = stated.astimezone(UTC) if stated.tzinfo else stated.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= 1990 else None
