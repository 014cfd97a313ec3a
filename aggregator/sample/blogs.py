"""Reads the sample blogs from their folder."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aggregator.errors import SettingsError
from aggregator.model import NewSource

_FORMATS = ("rss", "atom", "rdf", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post of a sample blog."""

    slug: str
    url: str  # its page here
    link: str  # what the feed links to: its page, or the original of a cross-post
    title: str
    author: str
    published: datetime
    updated: datetime
    date_text: str | None  # written into the feed in place of `published`
    tags: tuple[str, ...]
    summary: str
    html: str  # pictures relative to `url`

    def absolute_html(self) -> str:
        """Return the HTML for feeds that have no way to say what addresses are relative to."""
        return self.html.replace('src="../', f'src="{self.url.rsplit("/", 2)[0]}/')


@dataclass(frozen=True, slots=True, kw_only=True)
class Blog:
    """A sample blog with all its posts."""

    name: str  # of its folder
    url: str  # home page
    title: str
    description: str
    format: str  # one of _FORMATS
    author: str
    language: str
    summary_only: bool  # the feed has summaries, the pages the text
    broken: bool  # the feed is not well-formed
    source: NewSource
    posts: tuple[Post, ...]  # newest first
    pictures: tuple[Path, ...]

    @property
    def feed_url(self) -> str:
        """Where its feed is."""
        return f"{self.url}feed.{'json' if self.format == 'json' else 'xml'}"

    @property
    def changed(self) -> datetime:
        """When the newest change was made."""
        return max(post.updated for post in self.posts)


def _read_post(path: Path, blog_url: str, author: str) -> Post:
    text = path.read_text(encoding="utf-8")
    if not text.startswith("<!--\n") or "\n-->\n" not in text:
        raise SettingsError([f"{path}: a sample post begins with a comment that holds its head"])
    head_text, html = text.removeprefix("<!--\n").split("\n-->\n", 1)
    try:
        head = tomllib.loads(head_text)
        published = head["published"].astimezone(UTC)
        slug = path.stem[11:]  # after the date
        url = f"{blog_url}{slug}/"
        root = blog_url.removesuffix("/").rsplit("/", 1)[0]
        return Post(
            slug=slug,
            url=url,
            link=f"{root}{head['canonical']}" if "canonical" in head else url,
            title=head["title"],
            author=head.get("author", author),
            published=published,
            updated=head.get("updated", published).astimezone(UTC),
            date_text=head.get("date_text"),
            tags=tuple(head.get("tags", ())),
            summary=head["summary"],
            html=html.strip() + "\n",
        )
    except (tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        raise SettingsError([f"{path}: the head of this sample post is wrong: {error}"]) from error


def read_blog(place: Path, base: str) -> Blog:
    """Return the blog of the folder `place`, as served under the address `base`.

    Raises:
        SettingsError: when blog.toml or a post is not as it should be.
    """
    try:
        about = tomllib.loads((place / "blog.toml").read_text(encoding="utf-8"))
        url = f"{base}/{place.name}/"
        posts = [_read_post(path, url, about["author"]) for path in place.glob("*.html")]
        blog = Blog(
            name=place.name,
            url=url,
            title=about["title"],
            description=about["description"],
            format=about["format"],
            author=about["author"],
            language=about["language"],
            summary_only=about.get("summary_only", False),
            broken=about.get("broken", False),
            source=NewSource(
                title=about["title"],
                site_url=url,
                organisation=about.get("organisation"),
                country=about.get("country"),
                category=about.get("category"),
                licence=about.get("licence"),
                language=about["language"],
                sample=True,
            ),
            posts=tuple(sorted(posts, key=lambda post: post.published, reverse=True)),
            pictures=tuple(sorted(place.glob("*.png"))),
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise SettingsError([f"the sample blog {place} cannot be read: {error}"]) from error
    if blog.format not in _FORMATS or not blog.posts:
        known = ", ".join(_FORMATS)
        raise SettingsError([f"the sample blog {place} needs a post and a format of {known}"])
    return blog
