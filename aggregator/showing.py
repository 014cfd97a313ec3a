"""What readers see of an entry: which text, whole or excerpt, and its summary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aggregator import clean
from aggregator.model import EntryFile, Judged, Kind, Picture, RawHtml, SafeHtml
from aggregator.recognise import recognise
from aggregator.recognise.catalogue import Catalogue

_SUMMARY_CHARS = 280
# Licences that let others show a text in full with attribution; SPDX ids, by their beginning.
_OPEN = re.compile(
    r"^(CC0|CC-?BY|CC-?PDDC|PDDL|ODC-By|MIT|Apache|BSD|0BSD|ISC|Unlicense|GFDL|EUPL|public)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The visible part of an entry."""

    html: SafeHtml | None
    excerpt: bool
    summary: str
    pictures: tuple[str, ...] = ()  # addresses of those in `html`


def licence_allows(licence: str | None) -> bool:
    """Tell whether a source's licence lets us show in full what we fetched from its pages."""
    return bool(licence and _OPEN.match(licence.strip()))


def shown(  # noqa: PLR0913 - all that it depends on, by name
    kind: Kind,
    *,
    title: str,
    original: RawHtml,
    feed_html: RawHtml,
    base_url: str,
    licence: str | None,
    held: Mapping[str, Picture] | None = None,
) -> Shown:
    """Return what readers see.

    Args:
        kind: what is no recap is not cleaned, only summed up.
        title: of the entry; not repeated within the text.
        original: what was recognised.
        feed_html: what the feed gave, when `original` was fetched from the article's page; else
            empty. A fetched text is shown in full only where the licence allows it.
        base_url: what relative links are relative to.
        licence: of the source.
        held: the pictures that the site's cache holds, by address.
    """
    summary = clean.summary(original, _SUMMARY_CHARS, title=title)
    if kind is not Kind.RECAP:
        return Shown(html=None, excerpt=False, summary=summary)
    whole = not feed_html or licence_allows(licence)
    text = original if whole else feed_html
    pictures = clean.Pictures(held or {})
    html = clean.clean(text, base_url, title=title, pictures=pictures)
    return Shown(html=html, excerpt=not whole, summary=summary, pictures=tuple(pictures.met))


def judge_again(filed: EntryFile, catalogue: Catalogue, threshold: float) -> Judged:
    """Judge a stored entry again, with its corrections, and decide what readers see of it."""
    found = recognise(filed.post, catalogue, filed.corrections, threshold=threshold)
    visible = shown(
        found.kind,
        title=filed.card.title,
        original=filed.post.html,
        feed_html=filed.feed_html,
        base_url=filed.base_url,
        licence=filed.card.licence,
    )
    return Judged(
        entry_id=filed.card.id,
        recognition=found,
        html=visible.html,
        excerpt=visible.excerpt,
        summary=visible.summary,
        pictures=visible.pictures,
    )
