"""Writes what a sample blog serves: its feed in one of four formats, and its pages."""

from __future__ import annotations

import json
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree as ET

from aggregator.sample.blogs import Blog, Post

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS1 = "http://purl.org/rss/1.0/"
_XML = "http://www.w3.org/XML/1998/namespace"
for _prefix, _space in (("atom", _ATOM), ("content", _CONTENT), ("dc", _DC), ("rdf", _RDF)):
    ET.register_namespace(_prefix, _space)

# ------------------------------------------------------------------------------------------- feeds


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _written(root: ET.Element) -> bytes:
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _rss(blog: Blog) -> bytes:
    root = ET.Element("rss", version="2.0")
    channel = _add(root, "channel")
    _add(channel, "title", blog.title)
    _add(channel, "link", blog.url)
    _add(channel, "description", blog.description)
    _add(channel, "language", blog.language)
    _add(channel, "lastBuildDate", format_datetime(blog.changed))
    _add(channel, f"{{{_ATOM}}}link", rel="self", type="application/rss+xml", href=blog.feed_url)
    for post in blog.posts:
        item = _add(channel, "item")
        _add(item, "title", post.title)
        _add(item, "link", post.link)
        _add(item, "guid", post.url, isPermaLink="true" if post.link == post.url else "false")
        _add(item, f"{{{_DC}}}creator", post.author)
        _add(item, "pubDate", post.date_text or format_datetime(post.published))
        for tag in post.tags:
            _add(item, "category", tag)
        more = f' … <a href="{escape(post.link)}">Continue reading →</a>'
        _add(item, "description", post.summary + (more if blog.summary_only else ""))
        if not blog.summary_only:
            _add(item, f"{{{_CONTENT}}}encoded", post.absolute_html())
    return _written(root)


def _atom(blog: Blog) -> bytes:
    root = ET.Element(f"{{{_ATOM}}}feed", {f"{{{_XML}}}lang": blog.language})

    def add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
        return _add(parent, f"{{{_ATOM}}}{tag}", text, **attributes)

    add(root, "id", blog.url)
    add(root, "title", blog.title)
    add(root, "subtitle", blog.description)
    add(root, "updated", blog.changed.isoformat())
    add(root, "link", rel="alternate", type="text/html", href=blog.url)
    add(root, "link", rel="self", type="application/atom+xml", href=blog.feed_url)
    for post in blog.posts:
        entry = add(root, "entry")
        add(entry, "id", post.url)
        add(entry, "title", post.title)
        add(entry, "link", rel="alternate", type="text/html", href=post.link)
        add(add(entry, "author"), "name", post.author)
        add(entry, "published", post.published.isoformat())
        add(entry, "updated", post.updated.isoformat())
        for tag in post.tags:
            add(entry, "category", term=tag)
        add(entry, "summary", post.summary)
        content = add(entry, "content", post.html, type="html")
        content.set(f"{{{_XML}}}base", post.url)
    return _written(root)


def _rdf(blog: Blog) -> bytes:
    root = ET.Element(f"{{{_RDF}}}RDF")
    about = f"{{{_RDF}}}about"

    def add(parent: ET.Element, tag: str, text: str | None = None) -> ET.Element:
        return _add(parent, f"{{{_RSS1}}}{tag}", text)

    channel = add(root, "channel")
    channel.set(about, blog.feed_url)
    add(channel, "title", blog.title)
    add(channel, "link", blog.url)
    add(channel, "description", blog.description)
    _add(channel, f"{{{_DC}}}language", blog.language)
    order = _add(add(channel, "items"), f"{{{_RDF}}}Seq")
    for post in blog.posts:
        _add(order, f"{{{_RDF}}}li").set(f"{{{_RDF}}}resource", post.url)
        item = add(root, "item")
        item.set(about, post.url)
        add(item, "title", post.title)
        add(item, "link", post.link)
        add(item, "description", post.summary)
        _add(item, f"{{{_DC}}}creator", post.author)
        _add(item, f"{{{_DC}}}date", post.published.isoformat())
        for tag in post.tags:
            _add(item, f"{{{_DC}}}subject", tag)
        _add(item, f"{{{_CONTENT}}}encoded", post.absolute_html())
    return _written(root)


def _json(blog: Blog) -> bytes:
    items = [
        {
            "id": post.url,
            "url": post.link,
            "title": post.title,
            "summary": post.summary,
            "content_html": post.absolute_html(),
            "date_published": post.published.isoformat(),
            "date_modified": post.updated.isoformat(),
            "authors": [{"name": post.author}],
            "tags": list(post.tags),
        }
        for post in blog.posts
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": blog.title,
        "description": blog.description,
        "home_page_url": blog.url,
        "feed_url": blog.feed_url,
        "language": blog.language,
        "authors": [{"name": blog.author}],
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


_FORMATS = {
    "rss": (_rss, "application/rss+xml; charset=utf-8"),
    "atom": (_atom, "application/atom+xml; charset=utf-8"),
    "rdf": (_rdf, "application/rdf+xml; charset=utf-8"),
    "json": (_json, "application/feed+json; charset=utf-8"),
}


def feed(blog: Blog) -> tuple[str, bytes]:
    """Return the media type of the feed and the feed; broken where the blog says so."""
    make, content_type = _FORMATS[blog.format]
    return content_type, _spoil(make(blog)) if blog.broken else make(blog)


def _spoil(document: bytes) -> bytes:
    """Return `document` with the faults of a home-made generator; no XML parser takes it."""
    bare = document.replace(b"&amp; ", b"& ")  # in titles and text
    controls = bare.replace(b"</title>", b"\x0b</title>", 3)
    return controls.replace(b"</channel>\n</rss>\n", b"<!-- end of feed")


# ------------------------------------------------------------------------------------------- pages


def _page(blog: Blog, title: str, head: str, body: str) -> bytes:
    return f"""<!DOCTYPE html>
<html lang="{escape(blog.language)}">
<head>
<meta charset="utf-8">
<title>{escape(title)}</title>
{head}</head>
<body>
<header><p><a href="{blog.url}">{escape(blog.title)}</a></p>
<nav><ul><li><a href="{blog.url}">Home</a></li>
<li><a href="{blog.url}#posts">Archive</a></li></ul></nav></header>
{body}
<footer><p>{escape(blog.title)}: an invented blog, a sample for trying things out.</p></footer>
</body>
</html>
""".encode()


def home(blog: Blog) -> bytes:
    """Return the home page, which announces the feed and lists the posts."""
    kind = _FORMATS[blog.format][1].partition(";")[0]
    announced = (
        f'<link rel="alternate" type="{kind}" title="{escape(blog.title)}"'
        f' href="{blog.feed_url}">\n'
    )
    rows = "".join(
        f'<li><time datetime="{post.published:%Y-%m-%d}">{post.published:%d %b %Y}</time>'
        f' <a href="{post.url}">{escape(post.title)}</a></li>\n'
        for post in blog.posts
    )
    text = f"<h1>{escape(blog.title)}</h1>\n<p>{escape(blog.description)}</p>\n"
    return _page(blog, blog.title, announced, f'<main>{text}<ul id="posts">\n{rows}</ul></main>')


def article(blog: Blog, post: Post) -> bytes:
    """Return the page of a post, with the furniture that pages have around their text."""
    others = [other for other in blog.posts if other is not post][:4]
    related = "".join(
        f'<li><a href="{other.url}">{escape(other.title)}</a></li>' for other in others
    )
    tags = ", ".join(escape(tag) for tag in post.tags)
    body = f"""<div class="cookie-banner" role="dialog"><p>We use cookies to count our readers.
<button type="button">Accept</button> <button type="button">Decline</button></p></div>
<main><article>
<h1>{escape(post.title)}</h1>
<p class="byline">By <span class="author">{escape(post.author)}</span>,
<time datetime="{post.published.isoformat()}">{post.published:%d %B %Y}</time></p>
<div class="post-content">
{post.html}</div>
</article></main>
<aside class="related"><h2>Related posts</h2><ul>{related}</ul></aside>
<p class="share">Share this post · Filed under {tags} · 0 comments</p>"""
    head = (
        f'<link rel="canonical" href="{escape(post.link)}">\n'
        f'<meta name="author" content="{escape(post.author)}">\n'
        f'<meta property="article:published_time" content="{post.published.isoformat()}">\n'
    )
    return _page(blog, f"{post.title} – {blog.title}", head, body)


def front(blogs: tuple[Blog, ...]) -> bytes:
    """Return the page that lists the blogs."""
    rows = "".join(f'<li><a href="{blog.url}">{escape(blog.title)}</a></li>\n' for blog in blogs)
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Sample blogs</title></head>
<body><h1>Sample blogs</h1>
<ul>
{rows}</ul></body>
</html>
""".encode()
