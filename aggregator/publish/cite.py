"""An entry as a citation. Names are taken as they stand: how to split them is not known."""

from __future__ import annotations

import json
import re
from datetime import UTC

from aggregator import text
from aggregator.model import EntryCard
from aggregator.publish.document import authors_of, title_of

_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{char: f"\\{char}" for char in "#$%&_"},
    }
)
_IN_ADDRESS = str.maketrans({char: f"%{ord(char):02X}" for char in "{}\\ "})


def _key(entry: EntryCard) -> str:
    first = text.slug(authors_of(entry)[0].split()[-1] if authors_of(entry)[0].split() else "")
    word = next((w for w in text.slug(title_of(entry)).split("-") if len(w) > 3), "post")
    key = f"{first}{entry.published_at.astimezone(UTC).year}{word}"
    return re.sub(r"[^a-z0-9]", "", key.encode("ascii", "ignore").decode()) or f"entry{entry.id}"


def bibtex(entry: EntryCard, site: str) -> str:
    """Return an entry as BibTeX; `site` is our title, named in the note."""
    day = entry.published_at.astimezone(UTC)
    url = entry.url.translate(_IN_ADDRESS)
    # Doubled braces: BibTeX neither splits such a name nor lowers such a title.
    fields = {
        "author": " and ".join(f"{{{_tex(name)}}}" for name in authors_of(entry)),
        "title": f"{{{_tex(title_of(entry))}}}",
        "year": str(day.year),
        "month": day.strftime("%m").lstrip("0"),
        "howpublished": _tex(entry.source.name),
        "url": url,
        "note": _tex(f"Blog post, listed by {site}"),
    }
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{_key(entry)},\n{body}\n}}\n"


def _tex(plain: str) -> str:
    return text.squeeze(plain).translate(_TEX)


def csl_json(entry: EntryCard, site: str) -> str:
    """Return an entry as CSL-JSON, a list of one item; `site` is our title."""
    day = entry.published_at.astimezone(UTC)
    item = {
        "id": _key(entry),
        "type": "post-weblog",
        "title": title_of(entry),
        "author": [{"literal": text.squeeze(name)} for name in authors_of(entry)],
        "container-title": text.squeeze(entry.source.name),
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "URL": entry.url or None,
        "language": entry.language,
        "archive": text.squeeze(site),
    }
    kept = {name: value for name, value in item.items() if value is not None}
    return json.dumps([kept], ensure_ascii=False, indent=2) + "\n"


def cff(entry: EntryCard, site: str) -> str:
    """Return an entry as the Citation File Format 1.2.0; `site` is our title.

    The format is for software and data; a post is what such a file says to cite in its place.
    """
    day = entry.published_at.astimezone(UTC).date()
    authors = [f"      - name: {_yaml(name)}" for name in authors_of(entry)]
    lines = [
        "cff-version: 1.2.0",
        f"message: {_yaml(f'Please cite this post, listed by {site}, as below.')}",
        f"title: {_yaml(title_of(entry))}",
        "authors:",
        *(line[4:] for line in authors),
        "preferred-citation:",
        "  type: blog",
        f"  title: {_yaml(title_of(entry))}",
        "  authors:",
        *(line[2:] for line in authors),
        f"  year: {day.year}",
        f"  month: {day.month}",
        f"  date-published: {day.isoformat()}",
        f"  publisher:\n    name: {_yaml(entry.source.name)}",
        *([f"  url: {_yaml(entry.url)}"] if entry.url else []),
    ]
    return "\n".join(lines) + "\n"


def _yaml(plain: str) -> str:
    # Every JSON string is a YAML string (YAML 1.2 section 1.3).
    return json.dumps(text.squeeze(plain), ensure_ascii=False)
