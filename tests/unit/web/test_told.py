"""What other parts of the program say is translated where it is shown, all of it."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.assets import folder
from aggregator.web import language, told
from aggregator.web.language import Languages

PACKAGE = folder("templates").parent / "aggregator"
# Where messages are made that are kept with feeds and polls, or that refuse what an admin asks.
SPEAKERS = [
    *sorted((PACKAGE / "fetch").glob("*.py")),
    # only commands read sitemaps
    *sorted(path for path in (PACKAGE / "parse").glob("*.py") if path.name != "sitemap.py"),
    *(PACKAGE / name for name in ("identity/sites.py", "ingest.py", "poll.py", "pool.py")),
    *(
        PACKAGE / f"store/{name}.py"
        for name in (
            *("accounts", "coverage", "decisions", "entries", "feeds", "fixes", "following"),
            *("moderation", "ruling", "topics"),
        )
    ),
]
# What has words in it that nobody is shown.
MUTE = {
    "'\0' is no address",  # a ValueError that becomes another message
    "Got more than",
    "Too many headers",
    "a Fetcher is used within 'async with'",
    "nobody has this password",
    "too long",
    "unknown status",  # stands in place of a phrase of HTTP, which is not translated either
}
# Lists of words that posts are searched for; of these files only what is filled in is a message.
LISTS = ("dates.py", "media.py", "said.py", "vocabulary.py", "wording.py", "sites.py")
WORDS = re.compile(r"[a-z]{2,}[ ,]+(?:\0 ?)?[a-z]{2,}")


@pytest.fixture(scope="module", autouse=True)
def in_german() -> Iterator[None]:
    tongue = Languages([folder("templates")], "en").tongues["de"]
    token = language._spoken.set(tongue)
    yield
    language._spoken.reset(token)


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts in a module's code; \\0 stands where something is filled in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            parts.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            parts.update(map(id, node.values))
    for node in ast.walk(tree):
        if id(node) in parts:
            continue
        if isinstance(node, ast.JoinedStr):
            texts = [v.value if isinstance(v, ast.Constant) else "\0" for v in node.values]
            yield node.lineno, "".join(map(str, texts))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and (path.name not in LISTS or "{}" in node.value or node.value.startswith("it"))
        ):
            yield node.lineno, re.sub(r"\{\w*\}", "\0", node.value)


def said_by(path: Path) -> Iterator[tuple[str, int, str]]:
    for line, text in literals(path):
        bare = text.strip("\0 :;,()“”")
        words = WORDS.search(bare) and len(bare) < 300 and not bare.startswith("<")
        if words and ";q=" not in bare and bare not in MUTE:
            yield path.name, line, bare


def is_known(text: str) -> bool:
    # what is filled in may be words of ours, too, which stand in the pattern then
    shape = re.compile(re.escape(text).replace("\0", ".*?"), re.DOTALL)
    patterns = [*told.FAULTS, *(one for some in told.DECISIONS.values() for one in some)]
    return any(shape.search(re.sub(r"%\(\w+\)s", "\0", pattern)) for pattern in patterns)


def test_every_message_of_the_program_has_a_pattern() -> None:
    found = [one for path in SPEAKERS for one in said_by(path)]
    assert len(found) > 100
    assert [one for one in found if not is_known(one[2])] == []


def test_a_new_message_is_noticed(tmp_path: Path) -> None:
    module = tmp_path / "new.py"
    module.write_text('raise FetchError(f"{name} has fallen asleep: {why}", url=url)\n')
    assert [text for _, _, text in said_by(module)] == ["has fallen asleep"]
    assert not is_known("has fallen asleep")


def test_everything_that_may_be_missing_has_a_pattern() -> None:
    kinds = set()
    for path in [*SPEAKERS, *sorted((PACKAGE / "web/admin").glob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in ("NotFound", "Moved") and isinstance(first, ast.Constant):
                    kinds.add(first.value)
    assert {"feed", "event", "tag", "account"} <= kinds
    for kind in kinds:
        assert told.told(f"there is no {kind!s} 7").language == "de", kind


def test_every_kind_of_decision_has_patterns() -> None:
    kinds = set()
    for name in ("moderation", "ruling"):
        for _, text in literals(PACKAGE / f"store/{name}.py"):
            kinds.update(re.findall(r"^(?:entry|event|tag)\.[a-z]+$", text))
    assert kinds == set(told.DECISIONS)


SAMPLES = {"num": "12", "all": "3.5", "status": "503"}


def filled(pattern: str) -> tuple[str, dict[str, str]]:
    names = re.findall(r"%\((\w+)\)s", pattern)
    values = {name: SAMPLES.get(name, f"Q{at}") for at, name in enumerate(names)}
    return (pattern % values if values else pattern), values


@pytest.mark.parametrize("pattern", told.FAULTS)
def test_each_fault_is_taken_for_what_it_is(pattern: str) -> None:
    said, values = filled(pattern)
    wanted = language.gettext(pattern, **values)
    assert told.told(said) == told.Told(wanted, "de")
    assert wanted != said or pattern == "in %(num)s s"  # the same in both


@pytest.mark.parametrize(
    ("action", "pattern"),
    [(action, one) for action, some in told.DECISIONS.items() for one in some],
)
def test_each_decision_is_taken_for_what_it_is(action: str, pattern: str) -> None:
    said, values = filled(pattern)
    assert told.decided(action, said).words == language.gettext(pattern, **values)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "https://a.example/feed (redirected to https://b.example/) answered 503 (service"
            " unavailable): it is overloaded or under repair and asks to be left alone, try again"
            " in 120 s",
            "https://a.example/feed (weitergeleitet zu https://b.example/) antwortete mit 503"
            " (service unavailable): der Server ist überlastet oder wird gewartet und will in Ruhe"
            " gelassen werden; noch einmal versuchen: in 120 s",
        ),
        (
            "https://a.example/ is a page, not a feed; it offers https://a.example/feed",
            "https://a.example/ ist eine Seite, kein Feed; sie bietet https://a.example/feed an",
        ),
        (
            "it is not well-formed XML (Premature end; sorry); what could be read was taken; its"
            " last entry is cut off and was left out",
            "das XML ist nicht wohlgeformt (Premature end; sorry); was zu lesen war, wurde"
            " übernommen; der letzte Eintrag ist abgeschnitten und wurde weggelassen",
        ),
        (
            "this seems to be another site now: none of its known entries is left, its title was"
            " “Lab, its notes” and is “Slots”, its links lead to x.example and no more to"
            " y.example, it failed before; to accept what it brings now: aggregator feeds resume 3",
            "das scheint jetzt eine andere Website zu sein: Von den bekannten Einträgen ist keiner"
            " mehr da, der Titel war „Lab, its notes“ und ist „Slots“, die Links führen zu"
            " x.example und nicht mehr zu y.example, zuvor gab es Fehlschläge; um den neuen Inhalt"
            " anzunehmen: aggregator feeds resume 3",
        ),
        (
            "https://a.example/ has no secure connection: certificate has expired",
            "https://a.example/ bietet keine sichere Verbindung: certificate has expired",
        ),
    ],
)
def test_what_is_put_together_is_translated_whole(english: str, german: str) -> None:
    assert told.told(english) == told.Told(german, "de")


@pytest.mark.parametrize(
    ("action", "english", "german"),
    [
        (
            "event.change",
            "ExConf 2026: first day 2026-05-01, place Bergen, Norway, hashtag not known",
            "ExConf 2026: erster Tag 2026-05-01, Ort Bergen, Norway, Hashtag nicht bekannt",
        ),
        ("event.change", "ExConf 2026: is right", "ExConf 2026: stimmt so"),
        ("event.merge", "“Ex Days 2026” means ExConf 2026", "„Ex Days 2026“ meint ExConf 2026"),
        (
            "entry.correct",
            "“A week away” tells of “Fats” is “Fast”, by Ada, Ben, https://v.example/1",
            "„A week away“ erzählt von „Fats“ ist „Fast“, von: Ada, Ben, https://v.example/1",
        ),
        (
            "entry.correct",
            "“A week away” tells of “Round”, by nobody named, https://v.example/1",
            "„A week away“ erzählt von „Round“, von: niemand genannt, https://v.example/1",
        ),
    ],
)
def test_a_decision_is_told_in_the_readers_language(action: str, english: str, german: str) -> None:
    assert told.decided(action, english).words == german


def test_what_fits_no_pattern_stays_and_says_its_language() -> None:
    assert told.told("Das war nichts; sorry") == told.Told("Das war nichts; sorry", "en")
    assert told.decided("no.such", "x is y") == told.Told("x is y", "en")


def test_a_message_made_to_be_slow_is_not() -> None:
    began = time.perf_counter()
    told.told("x is no address; " * 60 + "?")
    told.told(("x is no address; " * 7)[:-2] + "%")
    assert time.perf_counter() - began < 0.5
