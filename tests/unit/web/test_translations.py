"""Nothing that readers and admins see is left untranslated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment

from aggregator.assets import folder
from tests.messages import extracted

TEMPLATES = sorted(folder("templates").rglob("*.html"))
TRANSLATIONS = sorted((folder("templates") / "translations").glob("*.po"))
# What is the same in every language.
NAMES = {"BibTeX", "CSL", "JSON", "CFF", "HTTP", "kB", "ms"}
# A text in an expression that people may read: several words, or one with a capital.
_READ = re.compile(r"[^\W\d_]{2,}[.:,]? [^\W\d_]|^[^\w{}]*[A-Z][a-z]+$")
_CALL = re.compile(r"^(?:_|gettext|ngettext)$")


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


def words_in(text: str) -> set[str]:
    """The words of a template's own text and of its attributes that people read."""
    source = "".join(pieces(text))
    source = re.sub(r"<(code|kbd)>.*?</\1>", "", source, flags=re.DOTALL)
    said = re.findall(r'(?:aria-label|title|placeholder|alt|data-\w+)="([^"]*)"', source)
    said += re.findall(r'name="description" content="([^"]*)"', source)
    said.append(re.sub(r'<[^>]*>|[\w-]+="[^"]*"', " ", source))
    return {
        word
        for text in said
        for word in re.findall(r"[^\W\d_]{2,}", re.sub(r"https?://\S+", "", text))
    }


def texts_in(source: str) -> set[str]:
    """The texts in a template's expressions that people may read and no translation gets."""
    found = set()
    callers = [""]  # the function whose arguments these are
    before = ""
    for _, kind, said in Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).lex(source):
        if kind == "whitespace":
            continue
        if said == "(" and kind == "operator":
            callers.append(before)
        elif said == ")" and kind == "operator":
            callers.pop()
        elif kind == "string" and not _CALL.match(callers[-1]) and _READ.search(said[1:-1]):
            found.add(said[1:-1])
        before = said
    return found


def template_of(path: Path) -> str:
    return path.relative_to(folder("templates")).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=template_of)
def test_every_word_of_a_template_is_marked_for_translation(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert words_in(source) <= NAMES
    assert texts_in(source) == set()


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("<p>Save it</p>", {"Save", "it"}),
        ('<p title="Save">{{ x }}</p>', {"Save"}),
        ('<input placeholder="{{ x }} Name">', {"Name"}),
        ('{% if x %}<b aria-label="Feeds"></b>{% endif %}', {"Feeds"}),
        ('{{ ui.act(url, "Save") }}', {"Save"}),
        ('{{ "on trial" if x else _("active") }}', {"on trial"}),
        ('{{ _("Save %(name)s", name="Nobody there") }}', set()),
        ('<p class="Save">{{ _("Save") }}</p>{% trans %}Save it{% endtrans %}', set()),
        ('{{ ngettext("%(num)s post here", "%(num)s posts here", n) }}', set()),
    ],
)
def test_a_word_that_is_not_marked_is_found(source: str, left: set[str]) -> None:
    assert words_in(source) | texts_in(source) == left


def test_counted_words_have_a_form_for_one_and_for_many() -> None:
    for message in extracted():
        if isinstance(message.id, tuple):
            assert len(message.id) == 2
            assert all(holes(form) == holes(message.id[0]) for form in message.id)


# ------------------------------------------------------------------------------------------- code

CODE = [
    *sorted((folder("templates").parent / "aggregator/web/admin").glob("*.py")),
    *(folder("templates").parent / f"aggregator/web/{name}.py" for name in ("faults", "login")),
]
# Of headers, and what a reason of the recogniser begins with.
NOT_SHOWN = {"Refresh", "Lax", "corrected by"}


def texts_of(source: str) -> set[str]:
    """The texts of a module that people may read and no translation gets."""
    tree = ast.parse(source)
    marked: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            marked.add(id(node.value))  # a docstring
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("gettext", "ngettext", "N_"):
                marked.update(id(inner) for inner in ast.walk(node))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("re.", "_LOG")):
            marked.update(id(inner) for inner in ast.walk(node))
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in marked
    }
    return {text for text in texts if _READ.search(re.sub("<[^>]*>", "", text))} - NOT_SHOWN


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.stem)
def test_every_word_in_the_code_of_the_admin_is_marked_for_translation(path: Path) -> None:
    assert texts_of(path.read_text(encoding="utf-8")) == set()


def test_a_word_in_code_that_is_not_marked_is_found() -> None:
    source = '"""All fine."""\nflash("Saved", k)\ndone(f"{x} is gone now")\ngettext("Well done.")\n'
    assert texts_of(source) == {"Saved", " is gone now"}
