"""The command line's way to decide about events, and to take that back."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest

from aggregator.cli import main
from aggregator.model import Correction, Fix, RawHtml
from aggregator.store import Database, coverage, entries
from tests import once
from tests.desk import ARTICLE
from tests.integration.store_samples import NOW, about, follow, recap, save


@pytest.fixture
def database(tmp_path: Path) -> Database:
    found = once.database_at(tmp_path / "aggregator.sqlite3")
    feed = follow(found)
    strange = about("Strange Days", known=False)
    save(found, feed, recap("a", about()), recap("b", strange), recap("c", about("PyConDE")))
    return found


def run(tmp_path: Path, *words: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, {"AGGREGATOR_DATA_DIR": str(tmp_path)}),
        patch.object(sys, "argv", ["aggregator", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return int(ended.value.code or 0), out.getvalue() or err.getvalue()


def slugs(database: Database) -> set[str]:
    with database.reading() as c:
        return {event.slug for event in coverage.events(c)}


def test_events_are_decided_about_and_each_decision_is_undone(
    database: Database, tmp_path: Path
) -> None:
    assert run(tmp_path, "events", "list", "--new")[1].endswith("(strange-days-2026)\n")
    for words in (
        ("merge", "pyconde-2026", "pydata-london-2026"),
        ("alias", "pydata-london-2026", "London Days"),
        ("rename", "pydata-london-2026", "PyData LDN 2026"),
        ("accept", "strange-days-2026"),
        ("reject", "strange-days-2026"),
        ("split", "london-days-2026"),
    ):
        assert run(tmp_path, "events", *words)[0] == 0
    assert slugs(database) == {"pydata-london-2026"}
    code, said = run(tmp_path, "decisions", "list", "--json")
    made = json.loads(said)
    assert [one["action"] for one in reversed(made)] == [
        "event.merge",
        "event.merge",
        "event.change",
        "event.accept",
        "event.reject",
    ]
    assert {one["by"] for one in made} == {"command line"}
    assert "(undone by command line)" in run(tmp_path, "decisions", "list")[1]
    for one in made:
        if one["undone"] is None:
            assert run(tmp_path, "decisions", "undo", str(one["id"]))[0] == 0
    assert slugs(database) == {"pydata-london-2026", "pyconde-2026", "strange-days-2026"}
    assert "(strange-days-2026)" in run(tmp_path, "events", "list", "--new")[1]
    code, said = run(tmp_path, "decisions", "undo", str(made[0]["id"]))
    assert (code, said) == (1, "aggregator: that was undone already\n")


def test_an_undone_correction_lets_the_recogniser_speak_again(
    database: Database, tmp_path: Path
) -> None:
    with database.writing() as c:
        feed = entries.get(c, 1).feed_id
    one = recap("d", title="What we brought home from FjordSoftCon 2026", html=ARTICLE)
    [entry] = save(database, feed, one).new
    with database.writing() as c:
        coverage.correct(c, entry, Correction(what=Fix.EVENT, value="pyconde-2026"), NOW)
    assert run(tmp_path, "decisions", "undo", "1")[0] == 0
    with database.reading() as c:
        assert [e.slug for e in entries.get(c, entry).events] == ["fjordsoftcon-2026"]
        assert entries.file(c, entry).post.html == RawHtml(ARTICLE)


@pytest.mark.parametrize(
    "words",
    [
        ("events", "merge", "nothing", "pyconde-2026"),
        ("events", "reject", "nothing"),
        ("events", "split", "pyconde-2026"),
        ("decisions", "undo", "99"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    database: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    code, said = run(tmp_path, *words)
    assert code == 1
    assert said.startswith("aggregator: ")
    assert said.count("\n") == 1
