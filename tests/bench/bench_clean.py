"""What cleaning costs: a post of 3 kB and one of 20 kB, beside bleach and nh3 alone, and floods.

Run: ``python -m tests.bench.bench_clean``. Take the ratios; figures differ from machine to machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import bleach
import nh3

from aggregator.clean import clean, summary
from aggregator.model import RawHtml
from tests.unit.test_clean_hostile import FLOODS

PART = (
    "<h2>Day {n}</h2><p>We heard a <a href='/talk/{n}'>talk about testing</a> &amp; <em>much</em> "
    "more: how a team of four keeps its <code>pytest</code> suite fast, and why it pays.</p>"
    "<figure><img src='/pictures/{n}.jpg' alt='The hall'><figcaption>Day {n}</figcaption></figure>"
    "<ul><li>One <strong>thing</strong><li>Another, which takes a whole line of text</ul>"
    "<pre><code>assert a &lt; b\nassert c</code></pre>\n"
)


def post(size: int) -> RawHtml:
    """Return an article of about `size` characters."""
    parts: list[str] = []
    while sum(map(len, parts)) < size:
        parts.append(PART.format(n=len(parts) + 1))
    return RawHtml("".join(parts))


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the CPU seconds of one call, the best of five series."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            work()
        best = min(best, (time.process_time() - began) / rounds)
    return best


def main() -> None:
    """Print the table."""
    out = sys.stdout.write
    alone = bleach.Cleaner(tags={"p", "a", "em", "code", "h2", "ul", "li", "pre"}, strip=True)
    base = "https://blog.example/"
    for size, rounds in ((3_000, 30), (20_000, 5)):
        html = post(size)
        ours = seconds(lambda html=html: clean(html, base), rounds)  # type: ignore[misc]
        lead = seconds(lambda html=html: summary(html), rounds)  # type: ignore[misc]
        bare = seconds(lambda html=html: alone.clean(html), rounds)  # type: ignore[misc]
        rust = seconds(lambda html=html: nh3.clean(html), rounds)  # type: ignore[misc]
        out(
            f"{len(html):>6} characters: clean {ours * 1e3:.2f} ms, {ours / bare:.2f} of bleach"
            f" alone, {ours / rust:.1f} of nh3 alone; summary {lead * 1e3:.2f} ms\n"
        )
    for name, flood in FLOODS.items():
        big = RawHtml((flood * (1_000_000 // len(flood) + 1))[:1_000_000])
        began = time.process_time()
        clean(big, base)
        out(f"{name:>30}: {time.process_time() - began:.2f} s for a megabyte\n")


if __name__ == "__main__":
    main()
