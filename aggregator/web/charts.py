"""Small bar charts as numbers: where each bar stands; the templates draw and name them.

Pure. Nothing here makes markup, so nothing here can forget to escape it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aggregator.model import EventCard, MonthCount

_WIDTH = 296.0  # of the drawing; the same as the sidebar's column, so that its text keeps its size
_HEIGHT = 92.0
_BASE = 74.0  # where the bars stand
_TOP = 6.0
_MOST_EDITIONS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A place in the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar, and its row in the table behind it."""

    box: Box
    count: int
    year: int
    month: int = 0  # 0: it stands for an edition
    name: str = ""  # of the edition
    slug: str = ""
    now: bool = False  # the one that the page is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Words under the bars."""

    x: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of recaps."""

    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    width: float = _WIDTH
    height: float = _HEIGHT
    base: float = _BASE

    @property
    def total(self) -> int:
        """Recaps of all bars."""
        return sum(bar.count for bar in self.bars)

    @property
    def most(self) -> Bar:
        """The highest bar."""
        return max(self.bars, key=lambda bar: bar.count)


def months(counts: Iterable[MonthCount], until: tuple[int, int], *, span: int = 24) -> Chart | None:
    """Return recaps a month over the `span` months up to `until` (year, month).

    None when there is nothing to see in that time.
    """
    recaps = {count.year * 12 + count.month - 1: count.recaps for count in counts}
    last = until[0] * 12 + until[1] - 1
    rows = [(place, recaps.get(place, 0)) for place in range(last - span + 1, last + 1)]
    most = max(count for _, count in rows)
    if not most:
        return None
    step = _WIDTH / span
    bars = []
    labels = []
    for position, (place, count) in enumerate(rows):
        year, month = place // 12, place % 12 + 1
        box = _box(position * step, step * 0.74, count, most)
        bars.append(Bar(box=box, count=count, year=year, month=month, now=place == last))
        if month == 1 or (position == 0 and month < 9):
            labels.append(Label(x=round(position * step, 1), text=str(year)))
    return Chart(bars=tuple(bars), labels=tuple(labels))


def editions(events: Iterable[EventCard], current: str = "") -> Chart | None:
    """Return recaps of each edition of a series, oldest first; the newest 14 at most.

    Args:
        events: of one series.
        current: slug of the edition that the page is about.
    """
    rows = sorted(events, key=lambda event: (event.year, event.edition))[-_MOST_EDITIONS:]
    most = max((event.recaps for event in rows), default=0)
    if len(rows) < 2 or not most:
        return None
    step = _WIDTH / len(rows)
    bars = []
    labels = []
    for position, event in enumerate(rows):
        left = position * step
        bars.append(
            Bar(
                box=_box(left, min(step * 0.74, 40), event.recaps, most),
                name=event.name,
                count=event.recaps,
                slug=event.slug,
                year=event.year,
                now=event.slug == current,
            )
        )
        same = position > 0 and rows[position - 1].year == event.year
        if not same and (len(rows) <= 8 or (len(rows) - position) % 2):
            labels.append(Label(x=round(left, 1), text=str(event.year)))
    return Chart(bars=tuple(bars), labels=tuple(labels))


def _box(x: float, width: float, count: int, most: int) -> Box:
    height = max((_BASE - _TOP) * count / most, 1.5) if count else 0.0
    return Box(
        x=round(x, 1),
        y=round(_BASE - height, 1),
        width=round(width, 1),
        height=round(height, 1),
    )
