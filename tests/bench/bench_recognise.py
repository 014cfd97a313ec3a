"""Prints what recognising a post costs: CPU milliseconds by size, for made-up posts.

"other" is a post that names no event, as nine of ten in feeds are; "told" is one that is no recap
but begins like one, so that all of it is read.

Run it as ``python -m tests.bench.bench_recognise``; it never fails for time.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from statistics import median

from aggregator import recognise
from aggregator.assets import folder
from aggregator.model import Post, RawHtml
from aggregator.recognise import catalogue

_PARAGRAPH = (
    "<p>Mira Halvorsen gave a talk on “Tending a garden of small libraries” "
    '(<a href="https://www.youtube.com/watch?v=aaaaaaaaaa{n}">video</a>), and the audience asked '
    "about funding, testing and the people behind the code. It was one of the sessions that we "
    "had looked forward to since the programme was published, and nobody left early.</p>\n"
    "<p>In the afternoon the room was full again. We learned how others pack their software, what "
    "they measure and why they stopped measuring it; there was a panel, a poster session and a "
    "long walk along the river with colleagues from Delft, Leipzig and Manchester.</p>\n"
)
_PLAIN = (
    "<p>The new release of the library makes the solver faster and the documentation shorter. You "
    "can install it as before. The old interface stays for a year, then it goes away for good; "
    "read the notes on migration, which we wrote with some care over the last weeks.</p>\n"
)


_TITLES = {
    "recap": "Highlights from PyData London 2024",
    "other": "Version 3 of the solver",
    "told": "Notes on the solver after our workshop",
}


def _post(size: int, kind: str) -> Post:
    text, number = "", 0
    while len(text) < size:
        text += _PARAGRAPH.format(n=number % 10) if kind == "recap" else _PLAIN
        number += 1
    title = _TITLES[kind]
    published = datetime(2024, 7, 22, tzinfo=UTC)
    return Post(id="bench", title=title, published=published, html=RawHtml(text[:size]))


def main() -> None:
    """Print one line for each size and kind of post."""
    known = catalogue.load(folder("config"))
    recognise.recognise(_post(1000, "recap"), known)
    sys.stdout.write(f"{'kB':>6}" + "".join(f" {kind + ' ms':>10}" for kind in _TITLES) + "\n")
    for size in (3_000, 10_000, 30_000, 100_000, 1_000_000):
        costs = []
        for kind in _TITLES:
            post = _post(size, kind)
            times = []
            for _ in range(3 if size > 100_000 else 15):
                start = time.process_time()
                recognise.recognise(post, known)
                times.append((time.process_time() - start) * 1000)
            costs.append(median(times))
        sys.stdout.write(f"{size / 1000:>6.0f}" + "".join(f" {c:>10.2f}" for c in costs) + "\n")


if __name__ == "__main__":
    main()
