"""The wheel runs with no checkout beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    (wheel,) = place.glob("*.whl")
    target = place / "installed"
    zipfile.ZipFile(wheel).extractall(target)
    return target


def run(installed: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environ = {name: text for name, text in os.environ.items() if "AGGREGATOR_" not in name}
    return subprocess.run(
        [sys.executable, "-P", *words],
        cwd=installed.parent,
        env=environ | {"PYTHONPATH": str(installed)},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_carries_pages_settings_migrations_and_samples(installed: Path) -> None:
    for name in (
        "templates/base.html",
        "templates/translations/de.po",
        "config/default.toml",
        "config/feeds.toml",
        "config/planet-python.toml",
        "config/series.toml",
        "config/sample",
        "store/migrations/versions",
    ):
        assert (installed / "aggregator" / name).exists(), name


def test_commands_run_from_the_wheel_alone(installed: Path) -> None:
    where = run(installed, "-c", "import aggregator; print(aggregator.__file__)")
    assert where.stdout.startswith(str(installed))
    post = json.dumps({"id": "1", "title": "Recap of ResearchSoftCon 2025", "html": ""})
    done = run(installed, "-m", "aggregator", "recognise", stdin=post)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["events"][0]["year"] == 2025
    done = run(installed, "-m", "aggregator", "db", "upgrade")
    assert done.returncode == 0, done.stderr
    assert (installed.parent / "var" / "aggregator.sqlite3").exists()


def test_the_site_answers_from_the_wheel_alone(installed: Path) -> None:
    code = (
        "from aggregator.web import create_app; "
        "a = create_app().test_client().get('/'); print(a.status_code, len(a.text) > 500)"
    )
    done = run(installed, "-c", code)
    assert done.stdout.strip() == "200 True", done.stderr
