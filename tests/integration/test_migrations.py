"""The tables that migrations make are those that the code declares."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from aggregator.errors import StoreError
from aggregator.store import Database, coverage, open_database, upkeep, versions
from aggregator.store.schema import metadata

# Made by hand in the migration, and read by `search` alone.
FULL_TEXT = ("searched_fts", "alembic_version", "ix_searched_vector", "vector")


def _described(c: Connection) -> dict[str, Any]:
    """Describe all tables down to each default, constraint and condition of an index."""
    inspector = inspect(c)
    found: dict[str, Any] = {}
    for table in inspector.get_table_names():
        if table.startswith(FULL_TEXT):
            continue
        found[table] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
                if column["name"] not in FULL_TEXT
            },
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "foreign": sorted(
                (key["name"], key["referred_table"], tuple(key["constrained_columns"]),
                 key["options"].get("ondelete"))
                for key in inspector.get_foreign_keys(table)
            ),
            "unique": sorted(
                (one["name"], tuple(one["column_names"]))
                for one in inspector.get_unique_constraints(table)
            ),
            "checks": sorted(
                (one["name"], one["sqltext"]) for one in inspector.get_check_constraints(table)
            ),
            "indexes": sorted(
                (index["name"], tuple(index["column_names"]), index["unique"],
                 str(sorted((k, str(v)) for k, v in index.get("dialect_options", {}).items())))
                for index in inspector.get_indexes(table)
                if index["name"] not in FULL_TEXT
            ),
        }  # fmt: skip
    return found


def test_the_migrated_tables_are_those_of_the_code(empty_database: Database) -> None:
    upkeep.upgrade(empty_database)
    with empty_database.writing() as c:
        migrated = _described(c)
        context = MigrationContext.configure(
            c,
            opts={
                "compare_type": True,
                "include_name": lambda name, _kind, _parents: (
                    name is None or not name.startswith(FULL_TEXT)
                ),
            },
        )
        assert compare_metadata(context, metadata) == []
        if empty_database.dialect == "postgresql":
            c.execute(text("DROP TABLE alembic_version"))
        else:
            c.execute(text("DROP TABLE searched_fts"))
        metadata.drop_all(c)
        metadata.create_all(c)
        assert _described(c) == migrated


def test_every_foreign_key_says_what_happens_on_delete() -> None:
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            assert key.ondelete in ("CASCADE", "SET NULL"), (table.name, key.parent.name)


def test_upgrading_twice_changes_nothing(empty_database: Database) -> None:
    assert not upkeep.is_current(empty_database)
    before, after = upkeep.upgrade(empty_database)
    assert before is None
    assert upkeep.upgrade(empty_database) == (after, after)
    assert upkeep.is_current(empty_database)
    with empty_database.reading() as c:
        assert upkeep.version(c) == after


def test_the_newest_step_is_the_one_that_the_files_name(empty_database: Database) -> None:
    _, newest = upkeep.upgrade(empty_database)
    assert ScriptDirectory.from_config(versions.config()).get_current_head() == newest
    assert upkeep.is_current(empty_database)


def test_an_upgrade_keeps_what_is_there_already(empty_database: Database) -> None:
    with empty_database.writing() as c:
        command.upgrade(versions.config(c), "0001")
        c.execute(
            text(
                "INSERT INTO sources (id, slug, title, created_at)"
                " VALUES (1, 'a', 'A', '2026-01-01')"
            )
        )
        c.execute(
            text(
                "INSERT INTO feeds (id, source_id, url, url_key, host, interval_s, next_poll_at,"
                " created_at) VALUES (1, 1, 'https://a.example/', 'a', 'a.example', 60,"
                " '2026-01-01', '2026-01-01')"
            )
        )
        c.execute(text(
            "INSERT INTO entries (id, uid, feed_id, source_id, guid, url, url_key, title,"
            " title_key, published_at, first_seen_at, changed_at, sorted_at, content_hash, kind,"
            " kind_score) VALUES (1, 'u', 1, 1, 'g', '', '', 'T', 't', '2026-01-01', '2026-01-01',"
            " '2026-01-01', '2026-01-01', 'h', 'other', 0)"
        ))  # fmt: skip
    assert upkeep.upgrade(empty_database)[0] == "0001"
    with empty_database.reading() as c:
        assert c.scalar(text("SELECT count(*) FROM entries")) == 1


def test_what_was_recognised_and_decided_before_is_kept(empty_database: Database) -> None:
    when = "'2026-01-01'"
    with empty_database.writing() as c:
        command.upgrade(versions.config(c), "0003")
        for table, columns, values in (
            ("sources", "id, slug, title, created_at", f"1, 'a', 'A', {when}"),
            ("feeds", "id, source_id, url, url_key, host, interval_s, next_poll_at, created_at",
             f"1, 1, 'https://a.example/', 'a', 'a.example', 60, {when}, {when}"),
            ("entries", "id, uid, feed_id, source_id, guid, url, url_key, title, title_key,"
             " published_at, first_seen_at, changed_at, sorted_at, content_hash, kind, kind_score",
             f"1, 'u', 1, 1, 'g', '', '', 'T', 't', {when}, {when}, {when}, {when}, 'h',"
             " 'recap', 1"),
            ("series", "id, slug, name", "1, 's', 'S'"),
            ("events", "id, series_id, slug, name, year, place, starts_on, fixed",
             f"1, 1, 's-2026', 'S 2026', 2026, 'Leeds', {when}, '[\"homepage\", \"name\"]'"),
            ("events", "id, series_id, slug, name, year", "2, 1, 's-2025', 'S 2025', 2025"),
            ("mentions", "entry_id, event_id, evidence, score", "1, 2, 'body', 0.5"),
            ("mentions", "entry_id, event_id, evidence, score", "1, 1, 'title', 1"),
            ("corrections", "id, entry_id, what, value, made_at", f"7, 1, 'kind', 'recap', {when}"),
        ):  # fmt: skip
            c.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"))  # noqa: S608
        c.execute(text("UPDATE entries SET main_event_id = 1"))
    upkeep.upgrade(empty_database)
    with empty_database.reading() as c:
        named = c.execute(text("SELECT event_id, position, score FROM namings ORDER BY 2")).all()
        facts = c.execute(
            text("SELECT fact, value, origin FROM event_facts ORDER BY fact, origin")
        ).all()
        fixes = c.execute(text("SELECT id, what, value FROM corrections")).all()
        card = coverage.event_card(c, "s-2026")
    assert [tuple(row) for row in named] == [(1, 0, 1.0), (2, 1, 0.5)]
    assert [tuple(row) for row in facts] == [
        ("dates", "2026-01-01/", "post"),
        ("homepage", "", "person"),
        ("place", "Leeds", "post"),
    ]
    assert [tuple(row) for row in fixes] == [(7, "kind", "recap")]
    assert (card.place, card.rejected, card.hashtag) == ("Leeds", False, None)


def test_a_database_of_a_newer_program_is_refused(database: Database) -> None:
    with database.writing() as c:
        ours = upkeep.version(c)
        c.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        assert not upkeep.is_current(database)
        with pytest.raises(StoreError, match="newer"):
            upkeep.upgrade(database)
        assert upkeep.check(database) != []
    finally:
        with database.writing() as c:
            c.execute(text("UPDATE alembic_version SET version_num = :ours"), {"ours": ours})


def _upgrade(url: str, found: multiprocessing.Queue[str | None]) -> None:
    database = open_database(url)
    found.put(upkeep.upgrade(database)[0])
    database.close()


def test_processes_that_upgrade_at_once_wait_for_each_other(empty_database: Database) -> None:
    url = empty_database.engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue[str | None] = context.Queue()
    workers = [context.Process(target=_upgrade, args=(url, found)) for _ in range(3)]
    for worker in workers:
        worker.start()
    before = [found.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    with empty_database.reading() as c:
        ours = upkeep.version(c)
    assert sorted(before, key=str) == [ours, ours, None]
    assert upkeep.check(empty_database) == []
