"""What people are told of the state of a feed: on the command line and in the admin pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.store import Database, feeds
from tests import desk
from tests.desk import Visitor, account
from tests.polls import DAY, HOUR, Polls, dated
from tests.site import Answer, Site

BODY = dated(HOUR, 9 * HOUR)
START = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = desk.database_in(desk.settings_in(tmp_path))
    yield database
    database.close()


@pytest.fixture
def past(polls: Polls) -> Polls:
    """Polls of some weeks ago, so that the pages of today look back on them."""
    return replace(polls, now=START)


@pytest.fixture
def admin(tmp_path: Path, database: Database) -> Visitor:
    account(database, "ada")
    visitor = Visitor(desk.app_of(desk.settings_in(tmp_path), database))
    assert visitor.log_in("ada").status_code == 303
    return visitor


@dataclass(frozen=True)
class Command:
    """The program as a process of its own, on the same database."""

    database: Database

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        url = self.database.engine.url.render_as_string(hide_password=False)
        return subprocess.run(
            [sys.executable, "-m", "aggregator", *words],
            env={
                **os.environ,
                "AGGREGATOR_DATABASE_URL": url,
                "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
                "AGGREGATOR_FEEDS_FILES": "[]",
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def command(database: Database) -> Command:
    return Command(database)


def test_a_feed_that_fails_for_weeks_is_named_with_the_day_it_began(
    past: Polls, site: Site, admin: Visitor, command: Command
) -> None:
    ill, well = past.follow(
        site.set("/ill", Answer(status=404)), site.set("/well", Answer(body=BODY))
    )
    for _ in range(3):
        past.all(ill, well, after=DAY)
    began = f"{START + DAY:%Y-%m-%d}"
    assert f"since {began}" in command("feeds", "list").stdout
    assert "failing since" in command("feeds", "show", str(ill)).stdout
    table = admin.get("/admin/feeds/").text
    assert "Failing for more than 14 days" in table
    assert f'datetime="{began}' in table
    assert f'datetime="{began}' in admin.get(f"/admin/feeds/{ill}/").text
    assert "failing since" in admin.get("/admin/").text
    [row] = [r for r in json.loads(command("feeds", "list", "--json").stdout) if r["id"] == ill]
    assert (row["status"], row["failures"]) == ("failing", 3)
    past.now = datetime.now(UTC)
    site.set("/ill", Answer(body=BODY))
    past.one(ill)
    assert "Failing for more than" not in admin.get("/admin/feeds/").text


def test_a_feed_that_is_gone_is_listed_as_gone(polls: Polls, site: Site, command: Command) -> None:
    [feed] = polls.follow(site.set("/gone", Answer(status=410)))
    polls.one(feed)
    said = command("feeds", "list").stdout
    assert " gone " in said
    assert "gone for good" in said


def test_a_held_feed_is_accepted_by_command_or_button(
    polls: Polls, site: Site, admin: Visitor, command: Command
) -> None:
    [feed] = polls.follow(site.set("/feed", Answer(body=BODY)))
    for accept in (
        lambda: command("feeds", "resume", str(feed)),
        lambda: admin.post(f"/admin/feeds/{feed}/resume"),
    ):
        with polls.database.writing() as c:
            feeds.hold(c, feed, "it writes about casinos now", polls.now)
        [row] = json.loads(command("feeds", "list", "--json").stdout)
        assert row["status"] == "paused"
        assert row["error"].startswith("it writes about casinos now")
        refused = command("poll", "--feed", str(feed))
        assert refused.returncode == 1
        assert f"feeds resume {feed}" in refused.stderr
        assert "it writes about casinos now" in command("feeds", "show", str(feed)).stdout
        page = admin.get(f"/admin/feeds/{feed}/").text
        assert "It writes about casinos now." in page
        assert "Accept what it brings now" in page
        assert "It writes about casinos now." in admin.get("/admin/").text
        accept()
        assert polls.feed(feed).held is None
    assert site.requests == []


def test_a_move_is_told_in_the_history(
    polls: Polls, site: Site, admin: Visitor, command: Command
) -> None:
    site.set("/new", Answer(body=BODY))
    [feed] = polls.follow(site.set("/old", Answer(status=301, headers={"Location": "/new"})))
    for _ in range(3):
        polls.one(feed)
    assert "moved for good" in command("feeds", "show", str(feed)).stdout
    assert "moved for good" in admin.get(f"/admin/feeds/{feed}/").text


def test_feeds_that_were_not_asked_are_told_of_but_did_not_fail(
    polls: Polls, site: Site, command: Command
) -> None:
    full = Answer(status=429, headers={"Retry-After": "7200"}, delay=0.2)
    polls.follow(*(site.set(f"/{number}", full) for number in range(6)))
    done = command("poll", "--json")
    report = json.loads(done.stdout)
    assert report["rested"] > 0
    assert report["polled"] + report["rested"] == 6
    assert report["failed"] == report["polled"] == len(report["feeds"])
    again = command("poll", "--all")
    assert "want to be left alone" in again.stderr
    assert again.returncode == 0
