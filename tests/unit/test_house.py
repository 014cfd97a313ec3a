"""Rules of the house that no linter sees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from aggregator.assets import folder
from aggregator.cli import cli
from aggregator.settings import Settings

PACKAGE = Path(__file__).parents[2] / "aggregator"
MODULES = sorted(PACKAGE.rglob("*.py"))
# Reading the clock and the environment belongs to the outermost parts.
EDGES = (
    *("cli/", "fetch/", "log.py", "pool.py", "queue.py", "scheduler.py", "serving.py"),
    *("store/migrations/", "web/"),
)
# What takes long to load and is seldom needed is loaded when it is.
LAZY = ("__main__.py", "ingest.py", "store/versions.py")


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_no_template_switches_escaping_off() -> None:
    for path in folder("templates").rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert "|safe" not in re.sub(r"\s", "", source), path
        assert "autoescape false" not in source, path


def test_templates_hold_nothing_that_the_content_policy_forbids() -> None:
    for path in folder("templates").rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"<[^>]*\sstyle=", source), path
        assert not re.search(r"<[^>]*\son\w+=", source), path
        assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*ld\+json)", source), path
        assert "<style" not in source, path


def test_safe_html_is_made_in_few_places() -> None:
    makers = {
        _name(path) for path in MODULES if re.search(r"\bSafeHtml\(", path.read_text("utf-8"))
    } - {"model.py"}
    # `pictures` puts addresses of our own into what was clean before.
    assert all(name.startswith(("clean", "store/", "pictures")) for name in makers), makers


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_the_edges_read_the_clock_and_the_environment(path: Path) -> None:
    if _name(path).startswith(EDGES):
        return
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"datetime\.now\(|time\.time\(|date\.today\(|os\.environ", source)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_nothing_is_imported_inside_a_function(path: Path) -> None:
    if _name(path) in LAZY:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = [n for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not inside, f"line {inside[0].lineno}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_files_stay_small_enough_to_be_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST.get(_name(path), 460)


LONGEST = {
    "model.py": 950,  # one list of all values is easier to read than five
    "store/schema.py": 850,  # all tables in one place
    "store/migrations/versions/0001_first.py": 700,  # the same tables, as they were at first
}


def _commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(_commands(cli))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "port":
            assert parameter.help, parameter.name


def test_the_promised_commands_are_there() -> None:
    promised = """serve, worker, poll, feeds add, feeds list, feeds show, feeds remove, feeds pause,
    feeds resume, feeds discover, feeds backfill, feeds import, feeds export, entries list,
    entries show, events list, events merge, recognise, user add, user list, user remove,
    user set-password,
    db upgrade, db check, db backup, db restore, export"""
    for name in promised.split(","):
        assert name.strip() in COMMANDS


def test_the_readme_names_only_settings_that_exist() -> None:
    readme = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", readme, re.M))
    assert named
    assert named <= set(Settings.model_fields)
    for variable in re.findall(r"AGGREGATOR_([A-Z_]+)=", readme):
        assert variable.lower() in Settings.model_fields
