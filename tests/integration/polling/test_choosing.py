"""What is due is read from indexes, however many feeds there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from aggregator.store import Connection, Database, feeds
from tests.bench.bench_due import NOW, fill

SHARES = feeds.Shares(8, {"host1.example": 8})
SOON = NOW + timedelta(minutes=1)
LEASE = timedelta(minutes=10)


def plans(database: Database, work: Callable[[Connection], object]) -> str:
    """Run `work`, and return how the database went about its queries of what is due."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if "next_poll_at <=" in statement:
            seen.append((statement, parameters))

    with database.writing() as c:
        c.execute(text("ANALYZE"))
        event.listen(database.engine, "before_cursor_execute", note)
        work(c)
        event.remove(database.engine, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
        return "\n".join(
            str(row[-1])
            for statement, parameters in seen
            for row in c.exec_driver_sql(f"{explain} {statement}", parameters)
        )


@pytest.mark.parametrize(
    ("work", "index"),
    [
        (lambda c: feeds.claim(c, SOON, lease=LEASE, limit=64, shares=SHARES), "ix_feeds_due"),
        (lambda c: feeds.claim(c, SOON, lease=LEASE, limit=64), "ix_feeds_due"),
        (lambda c: feeds.due_count(c, SOON), "ix_feeds_due"),
        (lambda c: feeds.due_hosts(c, SOON), "ix_feeds_"),
        (lambda c: feeds.due_of(c, "host3.example", SOON), "ix_feeds_host_due"),
    ],
)
def test_what_is_due_is_found_by_an_index(
    database: Database, work: Callable[[Connection], object], index: str
) -> None:
    fill(database, 2_000)
    plan = plans(database, work)
    assert index in plan, plan
    assert "Seq Scan on feeds" not in plan, plan
    scans = [line for line in plan.splitlines() if line.startswith("SCAN feeds")]
    assert all("INDEX" in line for line in scans), plan


def test_one_host_gets_no_more_than_its_share(database: Database) -> None:
    fill(database, 400)
    late = NOW + timedelta(days=2)
    with database.writing() as c:
        taken = feeds.claim(c, late, lease=LEASE, limit=400, shares=feeds.Shares(3, {}))
        by_host: dict[str, int] = {}
        for feed in taken:
            by_host[feed.host] = by_host.get(feed.host, 0) + 1
        assert {by_host[f"host{n}.example"] for n in range(10)} == {3}
        again = feeds.claim(c, late, lease=LEASE, limit=400, shares=feeds.Shares(3, by_host))
        assert again == ()


def test_all_feeds_are_taken_host_by_host_in_turns(database: Database) -> None:
    fill(database, 60)
    with database.reading() as c:
        hosts = {feed.id: feed.url.split("/")[2] for feed in feeds.all_feeds(c)}
        order = [hosts[one] for one in feeds.polled(c)]
    first_round = order[: len(set(order))]
    assert len(set(first_round)) == len(first_round)
    assert sorted(order) == sorted(hosts.values())
