"""The command line as its users run it: a process, a real server, a real database."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from aggregator.cli import main
from tests.feeds import Item, page, recap, rss
from tests.site import Answer, Request, Site, redirect


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]
ENTRY_KEYS = set(
    """id guid url title feed_url source authors published updated fetched language kind kind_score
    events tags talks enclosures summary content_html duplicate_of""".split()  # noqa: SIM905
)
LATER = "2030-01-01T00:00:00Z"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    plain = {name: text for name, text in os.environ.items() if "AGGREGATOR_" not in name}
    return plain | {
        "AGGREGATOR_DATA_DIR": str(tmp_path / "data"),
        "AGGREGATOR_FETCH_ALLOW_PRIVATE": "true",
        "AGGREGATOR_FEEDS_FILES": "[]",
        "AGGREGATOR_POLL_PROCESSES": "1",
    }


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """Run a command line as `aggregator` would, in this process, which is many times faster."""

    def call(*words: str, stdin: str = "", **more: str) -> Done:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        source = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
        code = 0
        with (
            patch.dict(os.environ, environ | more, clear=True),
            patch.object(sys, "argv", ["aggregator", *words]),
            patch.multiple(sys, stdin=source, stdout=out, stderr=err),
        ):
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        texts = [stream.buffer.getvalue().decode() for stream in (out, err)]
        return Done(code, *texts)

    return call


def polled(run: Run, *words: str) -> dict[str, Any]:
    done = run("poll", "--json", *words)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def listed(run: Run, *words: str) -> list[dict[str, Any]]:
    done = run(*words, "--json")
    assert done.returncode == 0, done.stderr
    answer: list[dict[str, Any]] = json.loads(done.stdout)
    return answer


def test_a_feed_is_added_polled_and_its_recap_is_listed(run: Run, site: Site) -> None:
    tagged = replace(recap(), tags=("testing",))
    url = site.set("/feed.xml", Answer(body=rss(tagged, Item("Release"))))
    assert run("feeds", "add", url).returncode == 0
    report = polled(run)
    assert (report["polled"], report["new"], report["failed"]) == (1, 2, 0)
    entries = listed(run, "entries", "list")
    assert [entry["title"] for entry in entries] == ["Highlights from ResearchSoftCon 2025"]
    entry = entries[0]
    assert entry["kind"] == "recap"
    assert [(e["name"], e["year"]) for e in entry["events"]] == [("ResearchSoftCon 2025", 2025)]
    assert [talk["title"] for talk in entry["talks"]] == [
        "Testing numerical code without tears",
        "Carbon budgets for clusters",
    ]
    assert [talk["speakers"] for talk in entry["talks"]] == [["Ines Albrecht"], ["Tomas Okafor"]]
    assert entry["talks"][0]["kind"] == "video"
    assert entry["authors"] == ["Ada Example"]
    assert entry["published"] == "2025-10-21T09:00:00Z"
    assert "<h1" not in entry["content_html"]
    assert set(entry) >= ENTRY_KEYS
    other = [e for e in listed(run, "entries", "list", "--kind", "all") if e["kind"] == "other"]
    assert [e["content_html"] for e in other] == [None]
    events = listed(run, "events", "list")
    assert [event["slug"] for event in events] == ["researchsoftcon-2025"]


def test_an_unchanged_feed_is_asked_conditionally_and_brings_nothing(run: Run, site: Site) -> None:
    tag = {"ETag": '"one"', "Last-Modified": "Mon, 06 Oct 2025 10:00:00 GMT"}
    url = site.set("/feed.xml", Answer(body=rss(recap()), headers=tag))
    run("feeds", "add", url)
    polled(run)
    second = polled(run, "--all")
    assert (second["unchanged"], second["new"], second["updated"]) == (1, 0, 0)
    assert second["feeds"][0]["http_status"] == 304
    asked = site.asked("/feed.xml")[-1].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == tuple(tag.values())


def test_only_what_is_due_is_polled(run: Run, site: Site) -> None:
    run("feeds", "add", site.set("/feed.xml", Answer(body=rss(recap()))))
    assert polled(run)["polled"] == 1
    assert polled(run)["polled"] == 0
    assert polled(run, "--now", LATER)["polled"] == 1
    feed = listed(run, "feeds", "list")[0]
    assert feed["last_polled"] == LATER
    assert feed["next_poll"] > LATER


def test_a_changed_entry_keeps_its_id(run: Run, site: Site) -> None:
    longer = recap(title="Highlights from ResearchSoftCon 2025, corrected")
    site.set("/feed.xml", Answer(body=rss(recap())), Answer(body=rss(longer)))
    run("feeds", "add", site.url("/feed.xml"))
    polled(run)
    before = listed(run, "entries", "list")
    assert polled(run, "--all")["updated"] == 1
    after = listed(run, "entries", "list")
    assert [e["id"] for e in before] == [e["id"] for e in after]
    assert after[0]["title"].endswith("corrected")


def test_a_page_leads_to_its_feed_with_one_request_for_each(run: Run, site: Site) -> None:
    site.set("/feed.xml", Answer(body=rss(recap())))
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    site.set("/", Answer(body=f"<html><head>{link}</head></html>", content_type="text/html"))
    run("feeds", "add", site.url("/"))
    assert polled(run)["new"] == 1
    assert listed(run, "feeds", "list")[0]["url"] == site.url("/feed.xml")
    assert [r.path for r in site.requests] == ["/", "/feed.xml"]


def test_nothing_is_added_twice(run: Run) -> None:
    assert run("feeds", "add", "https://blog.example/feed.xml").returncode == 0
    again = run("feeds", "add", "http://www.blog.example/feed.xml/")
    assert again.returncode == 1
    assert "followed already" in again.stderr


def test_a_summary_only_feed_gets_its_talks_from_the_page(run: Run, site: Site) -> None:
    whole = recap()
    short = Item(
        whole.title,
        html="<p>Four of us went to ResearchSoftCon 2025 last month.</p>",
        link=site.url("/recap-1/"),
        guid="recap-1",
        summary_only=True,
    )
    aside = "<aside><h2>Related</h2><a href='/x'>Recap of OtherConf 2024</a></aside>"
    site.set("/recap-1/", Answer(body=page(whole, after=aside), content_type="text/html"))
    run("feeds", "add", site.set("/feed.xml", Answer(body=rss(short))))
    polled(run)
    entry = listed(run, "entries", "list")[0]
    assert len(entry["talks"]) == 2
    assert [event["slug"] for event in entry["events"]] == ["researchsoftcon-2025"]
    # the page's text is another's: only what the feed gave is shown
    assert "last month" in entry["content_html"]
    assert "coffee queue" not in entry["content_html"]


def short(site: Site, number: int) -> Item:
    """Return an item that has only a summary; its page stays to be set."""
    return Item(
        f"Highlights {number} from ResearchSoftCon 2025",
        html="<p>Four of us went to ResearchSoftCon 2025 last month.</p>",
        link=site.url(f"/recap-{number}/"),
        guid=f"recap-{number}",
        summary_only=True,
    )


def test_items_that_share_one_guid_are_told_apart_by_their_addresses(run: Run, site: Site) -> None:
    items = [
        Item(f"Post {number}", link=f"https://x.example/{number}", guid="1") for number in "ab"
    ]
    run("feeds", "add", site.set("/feed.xml", Answer(body=rss(*items, items[0]))))
    assert polled(run)["new"] == 2
    titles = [entry["title"] for entry in listed(run, "entries", "list", "--kind", "all")]
    assert sorted(titles) == ["Post a", "Post b"]


def test_a_page_that_fails_is_tried_once_more(run: Run, site: Site) -> None:
    article = Answer(body=page(recap()), content_type="text/html")
    site.set("/recap-1/", Answer(status=503), article)
    site.set("/recap-2/", Answer(status=500))
    run("feeds", "add", site.set("/feed.xml", Answer(body=rss(short(site, 1), short(site, 2)))))
    assert polled(run)["new"] == 2
    assert polled(run, "--all")["updated"] > 0
    assert sorted(len(entry["talks"]) for entry in listed(run, "entries", "list")) == [0, 2]
    assert polled(run, "--all")["unchanged"] == 1
    assert [len(site.asked(f"/recap-{number}/")) for number in (1, 2)] == [2, 2]


def test_pages_beyond_the_limit_are_fetched_by_later_polls(run: Run, site: Site) -> None:
    items = [short(site, number) for number in range(3)]
    for number in range(3):
        site.set(f"/recap-{number}/", Answer(body=page(recap()), content_type="text/html"))
    run("feeds", "add", site.set("/feed.xml", Answer(body=rss(*items), headers={"ETag": '"1"'})))
    for polls in range(1, 4):
        run("poll", "--all", AGGREGATOR_PAGES_PER_POLL="1")
        found = listed(run, "entries", "list")
        assert [len(entry["talks"]) for entry in found].count(2) == polls
    assert polled(run, "--all")["feeds"][0]["http_status"] == 304


def test_robots_txt_keeps_us_from_pages(run: Run, site: Site) -> None:
    site.set(
        "/robots.txt", Answer(body="User-agent: *\nDisallow: /recap", content_type="text/plain")
    )
    short = Item(
        "Highlights from ResearchSoftCon 2025",
        html="<p>Four of us went to ResearchSoftCon 2025 last month.</p>",
        link=site.url("/recap-1/"),
        summary_only=True,
    )
    run("feeds", "add", site.set("/feed.xml", Answer(body=rss(short))))
    polled(run)
    assert not site.asked("/recap-1/")
    assert listed(run, "entries", "list", "--kind", "all")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(body="<html><body>Hello</body></html>", content_type="text/html"), "not a feed"),
        (Answer(body=""), "empty"),
        (Answer(body=b"\x00\xff\xfe garbage"), ""),
        (Answer(status=404, body="no"), "404"),
        (Answer(status=500, body="no"), "500"),
        (redirect("/feed.xml"), "redirect"),
    ],
    ids=["page", "empty", "garbage", "404", "500", "loop"],
)
def test_a_feed_that_fails_is_named_with_the_reason(
    run: Run, site: Site, answer: Answer, said: str
) -> None:
    run("feeds", "add", site.set("/feed.xml", answer))
    run("feeds", "add", site.set("/good.xml", Answer(body=rss(recap()))))
    done = run("poll")
    assert done.returncode == 0
    assert "1 failed" in done.stdout
    assert site.url("/feed.xml") in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    by_url = {feed["url"]: feed for feed in listed(run, "feeds", "list")}
    assert by_url[site.url("/feed.xml")]["status"] == "failing"
    assert by_url[site.url("/feed.xml")]["error"]
    assert by_url[site.url("/good.xml")]["entries"] == 1


def test_what_was_stored_survives_a_failing_feed(run: Run, site: Site) -> None:
    site.set("/feed.xml", Answer(body=rss(recap())), Answer(status=500), Answer(body="<rss"))
    run("feeds", "add", site.url("/feed.xml"))
    polled(run)
    for _ in range(2):
        assert polled(run, "--all")["failed"] == 1
        assert len(listed(run, "entries", "list")) == 1


def test_private_addresses_are_refused_by_default(run: Run, site: Site) -> None:
    run("feeds", "add", site.set("/feed.xml", Answer(body=rss(recap()))))
    done = run("poll", AGGREGATOR_FETCH_ALLOW_PRIVATE="false")
    assert "1 failed" in done.stdout
    assert "private" in done.stderr
    assert not site.requests


@pytest.mark.parametrize("ids", [True, False])
def test_a_feed_is_shown_paused_resumed_and_removed(run: Run, site: Site, ids: bool) -> None:
    url = site.set("/feed.xml", Answer(body=rss(recap())))
    run("feeds", "add", url, "--title", "Example lab")
    polled(run)
    name = str(listed(run, "feeds", "list")[0]["id"]) if ids else url
    assert "Example lab" in run("feeds", "show", name).stdout
    run("feeds", "pause", name)
    assert listed(run, "feeds", "list")[0]["status"] == "paused"
    assert polled(run, "--all")["polled"] == 0
    run("feeds", "resume", name)
    assert polled(run)["polled"] == 1
    assert run("feeds", "remove", name).returncode == 0
    assert listed(run, "feeds", "list") == []
    assert len(listed(run, "entries", "list")) == 1


def test_removing_a_feed_with_its_entries_leaves_none(run: Run, site: Site) -> None:
    url = site.set("/feed.xml", Answer(body=rss(recap())))
    run("feeds", "add", url)
    polled(run)
    run("feeds", "remove", url, "--delete-entries")
    assert listed(run, "entries", "list", "--kind", "all") == []
    assert listed(run, "events", "list") == []


def test_opml_goes_out_and_comes_in(run: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run("feeds", "add", f"https://{name}.example/feed.xml", "--title", name)
    file = tmp_path / "feeds.opml"
    assert run("feeds", "export", str(file)).returncode == 0
    other = {"AGGREGATOR_DATA_DIR": str(tmp_path / "other")}
    assert "2 added" in run("feeds", "import", str(file), **other).stdout
    assert "0 added, 2 already there" in run("feeds", "import", str(file), **other).stdout


def test_a_wrong_opml_file_is_an_error_in_words(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text("this is no OPML")
    done = run("feeds", "import", str(file))
    assert done.returncode == 1
    assert "OPML" in done.stderr
    assert "Traceback" not in done.stderr


def test_discovery_shows_what_a_page_announces(run: Run, site: Site) -> None:
    link = '<link rel="alternate" type="application/atom+xml" title="News" href="/atom.xml">'
    site.set("/", Answer(body=f"<html><head>{link}</head></html>", content_type="text/html"))
    done = run("feeds", "discover", site.url("/"))
    assert done.stdout.split("\t") == [site.url("/atom.xml"), "application/atom+xml", "News\n"]
    assert run("feeds", "discover", site.url("/none")).returncode == 1


def test_older_pages_are_walked_back_to_the_last(run: Run, site: Site) -> None:
    for number, query in enumerate(("", "?paged=2", "?paged=3")):
        items = [replace(recap(), guid=f"{number}-{n}", link=f"/{number}-{n}/") for n in range(2)]
        site.set(f"/feed/{query}", Answer(body=rss(*items), headers={"ETag": f'"{number}"'}))
    url = site.url("/feed/")
    run("feeds", "add", url)
    assert polled(run)["new"] == 2
    before = listed(run, "feeds", "list")[0]
    done = run("feeds", "backfill", url)
    assert (done.returncode, done.stdout) == (0, "read 2 older pages, 4 new entries\n"), done.stderr
    after = listed(run, "feeds", "list")[0]
    assert (after["entries"], after["next_poll"]) == (6, before["next_poll"])
    assert polled(run, "--all")["feeds"][0]["http_status"] == 304
    assert run("feeds", "backfill", url).stdout == "read 1 older pages, 0 new entries\n"


def test_archives_are_followed_by_their_links(run: Run, site: Site) -> None:
    def atom(number: int, older: str) -> str:
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>Lab</title><id>tag:x,2026:f</id>'
            f"<updated>2026-01-01T00:00:00Z</updated>{older}<entry><id>tag:x,2026:{number}</id>"
            f"<title>Post {number}</title><updated>2026-01-0{number + 1}T00:00:00Z</updated>"
            f'<link href="/{number}/"/><content>x</content></entry></feed>'
        )

    for number in range(3):
        link = f'<link rel="prev-archive" href="/{number + 1}.xml"/>' if number < 2 else ""
        site.set(f"/{number}.xml", Answer(body=atom(number, link)))
    run("feeds", "add", site.url("/0.xml"))
    polled(run)
    assert run("feeds", "backfill", "1").stdout == "read 2 older pages, 2 new entries\n"
    assert len(listed(run, "entries", "list", "--kind", "all")) == 3


def test_posts_are_judged_without_a_database(run: Run, tmp_path: Path) -> None:
    post = {
        "id": "a",
        "url": "",
        "title": "Highlights from ResearchSoftCon 2025",
        "published": "2025-10-21",
        "tags": [],
        "html": recap().html,
    }
    lines = "\n".join([json.dumps(post), json.dumps({"id": "b", "title": "x"})])
    done = run("recognise", "--explain", stdin=lines)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["a", "b"]
    assert [row["kind"] for row in rows] == ["recap", "other"]
    assert rows[0]["why"]
    assert "why" not in json.loads(run("recognise", stdin=json.dumps(post)).stdout)
    assert not (tmp_path / "data").exists()
    broken = run("recognise", stdin="{")
    assert (broken.returncode, "line 1" in broken.stderr) == (1, True)


def test_accounts_come_and_go(run: Run) -> None:
    assert run("user", "add", "alex", "--password-stdin", stdin="short\n").returncode == 1
    word = "correct horse battery\n"
    assert run("user", "add", "alex", "--password-stdin", stdin=word).returncode == 0
    assert run("user", "add", "alex", "--password-stdin", stdin=word).returncode == 1
    assert "alex  admin" in run("user", "list").stdout
    assert run("user", "set-password", "alex", "--password-stdin", stdin=word).returncode == 0
    assert run("user", "remove", "alex").returncode == 0
    assert run("user", "remove", "alex").returncode == 1


def test_the_database_is_checked_backed_up_and_restored(
    run: Run, site: Site, tmp_path: Path
) -> None:
    run("feeds", "add", site.set("/feed.xml", Answer(body=rss(recap()))))
    polled(run)
    assert "already" in run("db", "upgrade").stdout
    assert run("db", "check").returncode == 0
    copy = tmp_path / "copy.sqlite3"
    assert run("db", "backup", str(copy)).returncode == 0
    other = {"AGGREGATOR_DATA_DIR": str(tmp_path / "other")}
    assert run("db", "restore", str(copy), **other).returncode == 0
    rows = json.loads(run("entries", "list", "--json", **other).stdout)
    assert rows == listed(run, "entries", "list")
    assert run("db", "restore", str(copy), **other).returncode == 1
    junk = tmp_path / "junk"
    junk.write_text("junk")
    assert run("db", "restore", str(junk), "--force", **other).returncode == 1


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("poll", "--all", "--due"),
        ("poll", "--now", "yesterday"),
        ("feeds", "add"),
        ("feeds", "show"),
        ("entries", "list", "--limit", "-1"),
        ("user", "add", "alex"),
        ("serve", "--port", "99999"),
    ],
    ids=" ".join,
)
def test_usage_errors_exit_2_with_one_line(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("feeds", "show", "99"),
        ("feeds", "add", "gopher://x.example/"),
        ("feeds", "remove", "https://nobody.example/feed"),
        ("poll", "--feed", "99"),
        ("entries", "show", "99"),
        ("entries", "list", "--event", "none"),
        ("events", "merge", "a", "b"),
        ("worker",),
    ],
    ids=" ".join,
)
def test_failures_exit_1_with_one_line(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_a_wrong_setting_is_an_error_in_words(run: Run) -> None:
    done = run("feeds", "list", AGGREGATOR_PAGE_SIZE="lots")
    assert done.returncode == 1
    assert "page_size" in done.stderr


def test_the_program_runs_as_a_process_of_its_own(environ: dict[str, str], site: Site) -> None:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "aggregator", *words],
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert call("feeds", "add", site.set("/feed.xml", Answer(body=rss(recap())))).returncode == 0
    done = call("poll")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 polled, 0 unchanged, 1 new")
    assert call("nonsense").returncode == 2
    assert call("feeds", "show", "99").returncode == 1
    assert "Usage: aggregator" in call("--help").stdout


def test_a_poll_that_is_killed_loses_and_doubles_nothing(
    environ: dict[str, str], run: Run, site: Site
) -> None:
    def killed(request: Request) -> Answer:
        os.kill(victim.pid, signal.SIGKILL)
        return Answer(body=rss(recap()))

    others = [f"/{number}.xml" for number in range(3)]
    for number, path in enumerate(others):
        site.set(path, Answer(body=rss(recap(number, title=f"Recap {number} of HackDays 2025"))))
    for path in (*others, "/trap.xml"):
        run("feeds", "add", site.url(path))
    site.set("/trap.xml", killed, Answer(body=rss(recap(9, title="Recap 9 of HackDays 2025"))))
    command = [sys.executable, "-m", "aggregator", "poll"]
    victim = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    assert victim.wait(60) == -signal.SIGKILL
    assert polled(run)["failed"] == 0
    entries = listed(run, "entries", "list")
    assert sorted(entry["guid"] for entry in entries) == [
        "recap-0",
        "recap-1",
        "recap-2",
        "recap-9",
    ]
    assert all(feed["last_polled"] for feed in listed(run, "feeds", "list"))
    assert run("db", "check").returncode == 0
