"""A progress bar on a terminal; loaded only where one is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def shown(total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar; call what is given for each step, with "" or what is done now."""
    with Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        bar = progress.add_task("polling", total=total)

        def step(doing: str) -> None:
            if doing:
                progress.update(bar, description=doing)
            else:
                progress.advance(bar)

        yield step
