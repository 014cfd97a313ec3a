"""Nothing that readers see is left untranslated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment

from aggregator.assets import folder
from tests.messages import extracted

TEMPLATES = sorted(folder("templates").glob("*.html"))
TRANSLATIONS = sorted((folder("templates") / "translations").glob("*.po"))
# What is the same in every language.
NAMES = {"BibTeX", "CSL", "JSON", "CFF"}


def read(path: Path) -> Catalog:
    with path.open("rb") as opened:
        return read_po(opened, locale=path.stem)


def forms(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The English forms of a message and its translated ones."""
    english, own = message.id, message.string
    return (
        (english,) if isinstance(english, str) else tuple(english),
        (own,) if isinstance(own, str) else tuple(own or ()),
    )


def holes(said: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|\{\w+\}", said))


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)
def test_a_translation_has_every_message_and_no_other(path: Path) -> None:
    wanted = {message.id for message in extracted() if message.id}
    translated = {m.id for m in read(path) if m.id and not m.fuzzy and all(forms(m)[1])}
    assert wanted - translated == set()
    assert translated - wanted == set()


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)
def test_a_translation_fills_in_what_the_english_does(path: Path) -> None:
    for message in read(path):
        if message.id:
            english, own = forms(message)
            assert {frozenset(holes(said)) for said in own} == {
                frozenset(holes(said)) for said in english
            }, message.id
            tags = [sorted(re.findall(r"</?\w+", said)) for said in (*english, *own)]
            assert all(some == tags[0] for some in tags), message.id


def pieces(source: str) -> Iterator[str]:
    """Yield a template's own text; a mark stands where it fills something in."""
    translated = False
    tokens = list(Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).lex(source))
    for place, (_, kind, said) in enumerate(tokens):
        if kind == "name" and said in ("trans", "endtrans"):
            begins = [k for _, k, _ in tokens[max(0, place - 3) : place] if k != "whitespace"]
            if begins[-1:] == ["block_begin"]:
                translated = said == "trans"
        if kind == "data" and not translated:
            yield said
        elif kind in ("variable_begin", "block_begin"):
            yield "\x00"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_word_of_a_template_is_marked_for_translation(path: Path) -> None:
    source = "".join(pieces(path.read_text(encoding="utf-8")))
    source = re.sub(r"<(code|kbd)>.*?</\1>", "", source, flags=re.DOTALL)
    said = re.findall(r'(?:aria-label|title|placeholder|alt|data-\w+)="([^"]*)"', source)
    said += re.findall(r'name="description" content="([^"]*)"', source)
    said.append(re.sub(r'<[^>]*>|[\w-]+="[^"]*"', " ", source))
    words = {
        word
        for text in said
        for word in re.findall(r"[^\W\d_]{2,}", re.sub(r"https?://\S+", "", text))
    }
    assert words <= NAMES


def test_counted_words_have_a_form_for_one_and_for_many() -> None:
    for message in extracted():
        if isinstance(message.id, tuple):
            assert len(message.id) == 2
            assert all(holes(form) == holes(message.id[0]) for form in message.id)
