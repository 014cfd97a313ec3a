"""Feed documents for tests, of our own writing."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

RECAP = """<p>Four of us went to ResearchSoftCon 2025 in Tromsø last month. Three days, two tracks
and one very long coffee queue later, here is what we took home.</p>
<h2>Talks we liked</h2>
<ul>
<li><a href="https://video.example/w/kT4mR8sW2xYqZ9bL1cVn3d">Testing numerical code without
tears</a> by Ines Albrecht showed how property tests found a bug that was ten years old.</li>
<li><a href="https://video.example/w/pQ7nH5jK3mTgB6fD0sXw8a">Carbon budgets for
clusters</a> by Tomas Okafor was the most discussed talk of the second day.</li>
</ul>
<p>We enjoyed the hackathon as well, and we are looking forward to next year.</p>"""

OTHER = """<p>The package has a new release. It fixes three bugs and needs Python 3.11. Install it
with pip, and tell us when something breaks.</p>"""


@dataclass(frozen=True)
class Item:
    """One item of a feed."""

    title: str
    html: str = OTHER
    link: str = ""
    guid: str = ""
    date: str = "Tue, 21 Oct 2025 09:00:00 +0000"
    author: str = "Ada Example"
    tags: tuple[str, ...] = ()
    summary_only: bool = False


def recap(number: int = 1, **more: str) -> Item:
    """Return an item that recaps ResearchSoftCon 2025."""
    fields = {
        "title": "Highlights from ResearchSoftCon 2025",
        "html": RECAP,
        "link": f"https://blog.example/recap-{number}/",
        "guid": f"recap-{number}",
        **more,
    }
    return Item(**fields)  # type: ignore[arg-type]  # all given fields are strings


def rss(*items: Item, title: str = "Example team", link: str = "https://blog.example/") -> str:
    """Return an RSS 2.0 document."""
    rows = "".join(_item(item) for item in items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(title)}</title><link>{escape(link)}</link><description>x</description>"
        f"{rows}</channel></rss>"
    )


def _item(item: Item) -> str:
    tags = "".join(f"<category>{escape(tag)}</category>" for tag in item.tags)
    guid = f'<guid isPermaLink="false">{escape(item.guid)}</guid>' if item.guid else ""
    date = f"<pubDate>{item.date}</pubDate>" if item.date else ""
    field = "description" if item.summary_only else "content:encoded"
    return (
        f"<item><title>{escape(item.title)}</title><link>{escape(item.link)}</link>{guid}{date}"
        f"<dc:creator>{escape(item.author)}</dc:creator>{tags}"
        f"<{field}>{escape(item.html)}</{field}></item>"
    )


def page(item: Item, *, before: str = "", after: str = "") -> str:
    """Return the article page of an item, with a site's furniture around it."""
    return (
        f'<!doctype html><html lang="en"><head><title>{escape(item.title)} | Example team</title>'
        "</head><body><header><nav><ul><li><a href='/'>Home</a></li></ul></nav></header>"
        f"{before}<main><article><h1>{escape(item.title)}</h1>{item.html}</article></main>{after}"
        "<footer>Cookie settings. All rights reserved.</footer></body></html>"
    )
