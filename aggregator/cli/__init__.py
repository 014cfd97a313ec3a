"""The command line; each command lives in a module that is imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING

import click

from aggregator import __version__, log, settings
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.recognise.catalogue import Catalogue
    from aggregator.store import Database

# command -> module, attribute, and the line that `--help` shows without importing anything
_COMMANDS = {
    "serve": ("serving", "serve", "Run the web site and the poller."),
    "worker": ("working", "worker", "Take poll jobs from the queue (PostgreSQL)."),
    "poll": ("polling", "poll", "Poll feeds once, and end."),
    "feeds": ("feeds", "feeds", "Add, list, pause, import and export feeds."),
    "entries": ("reading", "entries", "List and show entries."),
    "events": ("events", "events", "List, merge, rename, accept and reject events."),
    "decisions": ("events", "decisions", "What people have decided, and taking it back."),
    "recognise": ("recognising", "recognise", "Judge posts, or what is stored again."),
    "user": ("accounts", "user", "Accounts of the admin pages."),
    "db": ("database", "db", "Upgrade, check, back up and restore the database."),
    "export": ("serving", "export", "Write the whole reading site as static files."),
    "settings": ("database", "show_settings", "Print the settings in force."),
}


class Box:
    """What commands share, each part opened when first asked for."""

    @cached_property
    def settings(self) -> settings.Settings:
        """The settings in force."""
        found = settings.load(os.environ)
        log.configure(found.log_level if self.verbose else "error", found.log_style)
        return found

    verbose = False

    @cached_property
    def database(self) -> Database:
        """The database, created or upgraded where needed."""
        store = importlib.import_module("aggregator.store")
        upkeep = importlib.import_module("aggregator.store.upkeep")
        opened: Database = store.open_database(self.settings.database)
        if not upkeep.is_current(opened):
            upkeep.upgrade(opened)
        return opened

    def close(self) -> None:
        """Close the database where it was opened."""
        if "database" in vars(self):
            self.database.close()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The registry of series and tags."""
        module = importlib.import_module("aggregator.recognise.catalogue")
        found: Catalogue = module.load(self.settings.config_dir)
        return found


def lazy(table: dict[str, tuple[str, str, str]]) -> type[click.Group]:
    """Return a kind of group whose commands in `table` are imported only when they are called.

    Args:
        table: for each command its module in this package, its name there, and its line of help.
    """

    class Lazy(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:
            return [*super().list_commands(ctx), *table]

        def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
            if name not in table:
                return super().get_command(ctx, name)
            module, attribute, _ = table[name]
            found: click.Command = getattr(
                importlib.import_module(f"aggregator.cli.{module}"), attribute
            )
            return found

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            rows = [(name, row[2]) for name, row in table.items()]
            here = [(name, one.get_short_help_str(90)) for name, one in self.commands.items()]
            with formatter.section("Commands"):
                formatter.write_dl(here + rows)

    return Lazy


@click.command(
    cls=lazy(_COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start here: `aggregator serve --sample`, then open http://127.0.0.1:8000",
)
@click.version_option(__version__, prog_name="aggregator")
@click.option("-v", "--verbose", is_flag=True, help="Show log lines (by the setting log_level).")
@click.pass_context
def cli(ctx: click.Context, *, verbose: bool) -> None:
    """Follow the blogs of research software teams and collect their event recaps.

    Feeds are polled, posts that recap an event are recognised, and a web site shows them by event
    and tag, with RSS, Atom and JSON feeds of everything.
    """
    ctx.obj = Box()
    ctx.obj.verbose = verbose
    ctx.call_on_close(ctx.obj.close)


def main() -> None:
    """Run the command line; what goes wrong is one line on standard error and an exit code."""
    try:
        code = cli.main(prog_name="aggregator", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.UsageError as error:
        where = f" (see: {error.ctx.command_path} --help)" if error.ctx else ""
        _complain(f"{error.format_message()}{where}")
        sys.exit(2)
    except click.ClickException as error:
        _complain(error.format_message())
        sys.exit(1)
    except AggregatorError as error:
        _complain(str(error))
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        _complain("stopped")
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _complain(message: str) -> None:
    click.echo(f"aggregator: {' '.join(message.split())}", err=True)
