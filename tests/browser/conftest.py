"""A real browser before the real site."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from aggregator import settings as configuration
from aggregator.store import Database
from tests import once, web_site, world

_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True)
class Running:
    """A site that answers on loopback."""

    url: str
    database: Database


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("browser")
    settings = configuration.load({"AGGREGATOR_DATA_DIR": str(folder), "AGGREGATOR_CACHE_S": "0"})
    database = once.database_at(folder / "aggregator.sqlite3")
    world.build(database, recaps=240, others=30)
    server = make_server("127.0.0.1", 0, web_site.app_of(settings, database), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Running(f"http://127.0.0.1:{server.server_port}", database)
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


@pytest.fixture(scope="module")  # no longer: while it is open, an event loop counts as running
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
    if not Path(path).is_file():
        why = "NO BROWSER: Chromium was not found, so no page was looked at (apt install chromium)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    """A page of a desktop's size whose faults in the console fail the test."""
    context = browser.new_context(
        base_url=running.url, viewport={"width": 1280, "height": 900}, bypass_csp=False
    )
    context.set_default_timeout(10_000)
    tab = context.new_page()
    faults: list[str] = []
    tab.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    yield tab
    context.close()
    assert not faults
