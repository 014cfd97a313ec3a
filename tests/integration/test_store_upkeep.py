"""Backups come back, checks find what is wrong, and faults are told in words."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from aggregator.errors import AggregatorError, Conflict, NotFound, StoreError
from aggregator.model import Correction, EntryQuery, Fix, Kind
from aggregator.store import (
    Database,
    accounts,
    coverage,
    entries,
    feeds,
    open_database,
    search,
    upkeep,
)
from aggregator.store.schema import entries as entries_table
from aggregator.store.schema import metadata
from tests.integration.store_samples import (
    HOUR,
    NOW,
    about,
    follow,
    listed,
    other,
    poll_of,
    recap,
    save,
    statements,
    talk,
)

GOOD = "a good password"


def _fill(database: Database) -> int:
    one, two = follow(database), follow(database, "https://b.example/")
    given = talk("T", "S", video="https://youtu.be/abcdefghijk")
    found = [recap(f"e{n}", about(year=2000 + n % 20), tags=("x",)) for n in range(40)]
    save(database, one, *found, recap("same", about("RSE-HPC", part_of="SC"), talks=(given,)))
    save(database, two, recap("same2", about("SC"), url="https://blog.example/same"), other("o"))
    with database.writing() as c:
        entry = entries.find(c, EntryQuery(limit=1)).items[0].id
        coverage.correct(c, entry, Correction(what=Fix.TAG, value="Ünï"), NOW)
        coverage.merge_events(c, "pydata-london-2000", "pydata-london-2001", NOW)
        accounts.create(c, "ada", GOOD, "admin", NOW)
        upkeep.set_state(c, "feeds_loaded", "yes")
    return one


def _everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as c:
        return {
            table.name: sorted((tuple(map(str, row)) for row in c.execute(select(table))), key=str)
            for table in metadata.sorted_tables
        }


def test_a_backup_comes_back_in_either_kind(
    database: Database, empty_database: Database, tmp_path: Path
) -> None:
    feed = _fill(database)
    last = follow(database, "https://last.example/")
    [gone] = save(database, last, recap("gone")).new
    with database.writing() as c:
        feeds.remove(c, last, keep_entries=False)
    path = tmp_path / "new folder" / "backup.sqlite3"
    upkeep.backup(database, path)
    assert [file.name for file in path.parent.iterdir()] == ["backup.sqlite3"]
    for target in (empty_database, open_database(f"sqlite:///{tmp_path / 'other.sqlite3'}")):
        upkeep.restore(target, path)
        assert _everything(target) == _everything(database)
        assert upkeep.check(target) == []
        assert len(listed(target, EntryQuery(words="liked", limit=0)).items) == 41
        again = save(target, feed, recap("new", about()))
        assert again.new[0] > gone
        with target.reading() as c:
            assert entries.deleted_at(c, gone)
        with pytest.raises(StoreError, match="holds entries"):
            upkeep.restore(target, path)
        upkeep.restore(target, path, force=True)
        assert _everything(target) == _everything(database)
        target.close()


def test_a_backup_is_not_written_over(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    path.write_text("precious")
    with pytest.raises(StoreError, match="exists"):
        upkeep.backup(database, path)
    assert path.read_text() == "precious"


def test_what_is_no_backup_is_refused_and_nothing_is_lost(
    database: Database, tmp_path: Path
) -> None:
    save(database, follow(database), recap("a"))
    wrong = tmp_path / "wrong"
    wrong.write_text("x" * 100)
    empty = tmp_path / "empty"
    sqlite3.connect(empty).execute("CREATE TABLE x (y)").connection.close()
    cut = tmp_path / "cut"
    upkeep.backup(database, tmp_path / "good")
    cut.write_bytes((tmp_path / "good").read_bytes()[:6000])
    for path in (wrong, empty, cut, tmp_path / "absent", tmp_path):
        with pytest.raises(StoreError):
            upkeep.restore(database, path, force=True)
    assert len(listed(database).items) == 1
    assert sorted(file.name for file in tmp_path.iterdir() if file.name.startswith(".")) == []


def test_a_check_finds_wrong_counters(database: Database) -> None:
    save(database, follow(database), recap("a", about(), tags=("x",)))
    assert upkeep.check(database) == []
    with database.writing() as c:
        c.execute(text("UPDATE tags SET recaps = 7"))
        c.execute(text("UPDATE events SET talks = 5"))
        c.execute(text("UPDATE mentions SET listed = (1 = 0)"))
    faults = " ".join(upkeep.check(database))
    assert "tags.recaps" in faults
    assert "events.talks" in faults
    assert "mentions.listed" in faults


def test_counters_equal_counting_after_much_has_happened(database: Database) -> None:
    _fill(database)
    assert upkeep.check(database) == []
    with database.reading() as c:
        for event in coverage.events(c):
            assert entries.count(c, EntryQuery(event_id=event.id)) == event.recaps
        for tag in coverage.tags(c):
            assert entries.count(c, EntryQuery(tag_id=tag.id)) == tag.recaps
        for source in coverage.sources(c):
            assert entries.count(c, EntryQuery(source_id=source.id)) == source.recaps
        for series in coverage.all_series(c):
            assert entries.count(c, EntryQuery(series_id=series.id)) == series.recaps
        for feed in feeds.all_feeds(c):
            query = EntryQuery(feed_id=feed.id, listed_only=False)
            assert entries.count(c, query) == feed.entries
        total = upkeep.totals(c, NOW)
        recaps = entries.count(c, EntryQuery())
    assert (total.recaps, total.entries, total.samples) == (recaps, 43, 0)


def test_totals_tell_what_is_due_and_since_when(database: Database) -> None:
    first = follow(database, now=NOW - 3 * HOUR)
    follow(database, "https://b.example/", now=NOW + HOUR)
    follow(database, "https://t.example/", trial=True, now=NOW + HOUR)
    with database.writing() as c:
        found = upkeep.totals(c, NOW)
        assert (found.feeds, found.due, found.lag, found.trials) == ({"active": 2}, 1, 3 * HOUR, 1)
        feeds.finish(c, [poll_of(first)], NOW)
        found = upkeep.totals(c, NOW)
        assert (found.due, found.lag, found.last_poll_at) == (0, timedelta(), NOW)
        assert upkeep.recent_polls(c, NOW - HOUR) == ({"not_modified": 1}, 0.12)
        assert upkeep.prune(c, NOW + HOUR, HOUR / 2) == 1
        assert upkeep.size_bytes(c) > 0


def test_facts_are_kept(database: Database) -> None:
    with database.writing() as c:
        assert upkeep.state(c, "x") is None
        upkeep.set_state(c, "x", "1")
        upkeep.set_state(c, "x", "2")
        assert upkeep.state(c, "x") == "2"


def test_only_what_is_shown_moves_the_number_of_changes(database: Database) -> None:
    feed = follow(database)
    seen = [_changes(database)]
    save(database, feed)
    assert _changes(database) == seen[0]
    save(database, feed, recap("a", about(), tags=("x",)))
    seen.append(_changes(database))
    with database.writing() as c:
        coverage.rename_tag(c, "x", "Y", NOW)
    seen.append(_changes(database))
    with database.writing() as c:
        feeds.remove(c, feed, keep_entries=False)
    seen.append(_changes(database))
    assert seen == sorted(set(seen))


def _changes(database: Database) -> int:
    with database.reading() as c:
        return upkeep.changes(c)


# -------------------------------------------------------------------------------------- accounts


def test_an_account_lets_its_owner_in(database: Database) -> None:
    with database.writing() as c:
        made = accounts.create(c, "ada", GOOD, "editor", NOW)
        found = accounts.verify(c, "ada", GOOD)
        assert found is not None
        assert (found.id, found.role) == (made, "editor")
        assert found == accounts.get(c, made)
        assert accounts.verify(c, "ada", "wrong") is None
        assert accounts.verify(c, "nobody", GOOD) is None
        accounts.set_password(c, "ada", "another password")
        accounts.set_role(c, "ada", "admin")
        assert accounts.all_accounts(c)[0].stamp not in ("", found.stamp)
        assert accounts.verify(c, "ada", GOOD) is None
        assert accounts.get(c, made) == accounts.all_accounts(c)[0]
        assert accounts.all_accounts(c)[0].role == "admin"
        with pytest.raises(Conflict):
            accounts.create(c, " ada ", GOOD, "admin", NOW)
        accounts.remove(c, "ada")
        assert accounts.get(c, made) is None
        for change in (accounts.remove, lambda c, n: accounts.set_password(c, n, GOOD)):
            with pytest.raises(NotFound):
                change(c, "ada")


def test_a_hash_of_older_parameters_is_renewed_at_the_next_login(database: Database) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    with database.writing() as c:
        accounts.create(c, "ada", GOOD, "admin", NOW)
        c.execute(text("UPDATE accounts SET password_hash = :old"), {"old": old})
        found = accounts.verify(c, "ada", GOOD)
        assert found == accounts.all_accounts(c)[0]
        assert c.scalar(text("SELECT password_hash FROM accounts")) != old
        assert accounts.verify(c, "ada", GOOD) is not None


@pytest.mark.parametrize(
    ("name", "password", "role"),
    [("ada", "short", "admin"), ("", GOOD, "admin"), ("ada", GOOD, "king"),
     ("ada", "x" * 9999, "admin")],
)  # fmt: skip
def test_an_account_that_cannot_be_is_refused(
    database: Database, name: str, password: str, role: str
) -> None:
    with database.writing() as c, pytest.raises(AggregatorError):
        accounts.create(c, name, password, role, NOW)


def test_failed_logins_are_counted_by_name_and_by_address(database: Database) -> None:
    with database.writing() as c:
        accounts.note_failure(c, "ada", "192.0.2.1", NOW - timedelta(days=2))
        accounts.note_failure(c, "ada", "192.0.2.1", NOW)
        accounts.note_failure(c, "bob", "192.0.2.1", NOW)
        assert accounts.failures(c, "eve", "192.0.2.1", NOW - HOUR) == 2
        assert accounts.failures(c, "ada", "192.0.2.9", NOW - timedelta(days=9)) == 1
        assert accounts.failures(c, "ada", "192.0.2.9", NOW + HOUR) == 0


# ---------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://x/y",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////proc/nowhere/x.sqlite3",
        "postgresql://nobody:secret@127.0.0.1:1/x",
    ],
)
def test_a_database_that_cannot_be_opened_is_told_in_words(url: str) -> None:
    with pytest.raises(StoreError) as refused:
        open_database(url)
    assert "secret" not in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("no database " * 100)
    with pytest.raises(StoreError, match="no SQLite database"):
        open_database(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="folder"):
        open_database(f"sqlite:///{tmp_path}")


def test_a_database_without_tables_says_what_to_do(empty_database: Database) -> None:
    with pytest.raises(StoreError, match="db upgrade"):
        listed(empty_database)


def test_a_full_disk_is_told_in_words(database: Database) -> None:
    if database.dialect != "sqlite":
        pytest.skip("SQLite alone can be told how large it may be")
    feed = follow(database)

    def write_too_much() -> None:
        with database.writing() as c:
            pages = c.execute(text("PRAGMA page_count")).scalar_one()
            c.execute(text(f"PRAGMA max_page_count = {pages}"))
            long = "".join(f"<p>{number}</p>" for number in range(90_000))
            feeds.finish(c, [poll_of(feed, recap("a", html=long))], NOW)

    with pytest.raises(StoreError, match="disk is full"):
        write_too_much()


def test_times_without_a_zone_are_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    with database.writing() as c, pytest.raises((StatementError, ValueError), match="zone"):
        feeds.add(c, "https://x.example/", now=naive, interval=HOUR)


def test_times_come_back_in_utc(database: Database) -> None:
    with database.writing() as c:
        feeds.add(c, "https://x.example/", now=NOW.astimezone(), interval=HOUR)
        assert feeds.next_due(c) == NOW
        assert feeds.next_due(c) is not None
        assert str(feeds.all_feeds(c)[0].created_at.tzinfo) == "UTC"


def test_a_process_that_is_killed_in_a_poll_leaves_no_trace_of_it(database: Database) -> None:
    feed = follow(database)
    url = database.engine.url.render_as_string(hide_password=False)
    code = (
        "import sys, time\n"
        "from aggregator.store import open_database, feeds\n"
        "from tests.integration.store_samples import NOW, HOUR, about, poll_of, recap\n"
        "database = open_database(sys.argv[1])\n"
        "with database.writing() as c:\n"
        "    feeds.finish(c, [poll_of(int(sys.argv[2]), recap('a', about()))], NOW)\n"
        "    print('saved', flush=True)\n"
        "    time.sleep(60)\n"
    )
    worker = subprocess.Popen(  # our own code
        [sys.executable, "-c", code, url, str(feed)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"saved\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    assert listed(database).items == ()
    save(database, feed, recap("a", about()))
    assert len(listed(database).items) == 1
    assert upkeep.check(database) == []


# ------------------------------------------------------------------------------------------ plans


def _plan(database: Database, statement: str) -> str:
    with database.reading() as c:
        rows = c.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {statement}", ("2026",) * statement.count("?")
        )
        return "\n".join(str(row[-1]) for row in rows)


def test_what_is_due_and_the_newest_groups_are_read_from_an_index(database: Database) -> None:
    if database.dialect != "sqlite":
        pytest.skip("plans are read on SQLite")
    with statements(database) as seen, database.writing() as c:
        feeds.claim(c, NOW, lease=HOUR, limit=9)
        feeds.due_of(c, "blog.example", NOW)
        coverage.groups(c)
    for number, index in ((0, "ix_feeds_due"), (1, "ix_feeds_host_due"), (2, "ix_events_grouped")):
        plan = _plan(database, seen[number])
        assert f"INDEX {index}" in plan, plan
        assert "SCAN feeds" not in plan.replace(f"SCAN feeds USING INDEX {index}", "")
    assert "INDEX ix_entries_event_listed" in _plan(database, seen[2])


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        (EntryQuery(), ["ix_entries_listed"]),
        (EntryQuery(source_id=1), ["ix_entries_source_listed"]),
        (EntryQuery(feed_id=1, listed_only=False), ["ix_entries_feed_id_sorted_at_id"]),
        (EntryQuery(kind=Kind.OTHER, listed_only=False), ["ix_entries_kind_sorted_at_id"]),
        (EntryQuery(event_id=1), ["mentions"]),
        (EntryQuery(tag_id=1), ["ix_entry_tags_listed"]),
        (EntryQuery(series_id=1), ["mentions"]),
        (EntryQuery(year=2026), ["ix_entries_listed"]),
    ],
)
def test_listings_scan_no_table(database: Database, query: EntryQuery, indexes: list[str]) -> None:
    if database.dialect != "sqlite":
        pytest.skip("plans are read on SQLite")
    with database.reading() as c:
        statement = (
            select(entries_table.c.id)
            .where(*search.conditions(c, query))
            .order_by(entries_table.c.sorted_at.desc(), entries_table.c.id.desc())
            .limit(31)
            .compile(database.engine, compile_kwargs={"literal_binds": True})
        )
    plan = _plan(database, str(statement))
    assert all(index in plan for index in indexes), plan
    assert not [
        line for line in plan.splitlines() if line.startswith("SCAN") and "INDEX" not in line
    ], plan


def test_now_is_what_tests_say_it_is(now: datetime) -> None:
    assert now == NOW == datetime(2026, 6, 1, 12, tzinfo=UTC)
