"""Fits the weights of the clues that tell recaps from other posts, and says how good they are.

::

    python -m tests.bench.fit_recognise JUDGED.jsonl [--write] [--strength 12]

A line of JUDGED is a post as ``aggregator recognise`` reads it, with what a person says it is under
"kind" ("recap" or "other"). A logistic regression is fitted whose weights are drawn towards what
was believed beforehand, so that a clue that is hardly seen keeps a sensible weight. Every post
counts in two views: with the registry, and with an empty one, because most events of the world are
in no registry. In a third one, as the excerpt that many feeds give of it, it is only judged; the
weight of that clue stays.

How good the weights are for blogs never seen is told by leaving blogs out: for each of ten groups
of blogs they are fitted to the others. A blog is the part of a post's id before the first colon.
"""

from __future__ import annotations

import argparse
import html
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from aggregator.assets import folder
from aggregator.model import Post, RawHtml
from aggregator.recognise import catalogue, judged, kind, reading, talks
from aggregator.recognise.weights import START, WEIGHTS

_FOLDS = 10
_VIEWS = ("registry", "no registry", "excerpt")
_EXCERPT = 300  # characters
_HELD = "text.excerpt"
# What was believed of the clues before any post was counted: the weights are drawn towards it.
_BELIEF = {
    "date.ahead": -2.3, "date.early": -0.8, "date.over": 1.5, "date.season": 0.3,
    "end.farewell": 0.4, "event.many": -1.5, "event.none": -1.9, "event.throughout": 0.6,
    "lead.ahead": -0.9, "lead.attended": 1.5, "lead.been": 0.9, "lead.recent": 0.3,
    "lead.silent": -0.8,
    "tags.genre": 0.8, "tags.other": -0.8, "text.absent": -1.0, "text.agenda": -0.8,
    "text.calls": -1.5, "text.code": -1.2, "text.course": -0.2, "text.excerpt": 0.5,
    "text.future": -1.5, "text.many": 0.2, "text.own": -0.4, "text.past": 1.2,
    "text.sessions": 0.8, "text.short": -0.6, "text.talks": 0.6, "text.told": 0.4,
    "text.tool": -0.2, "text.wares": -1.0, "title.account": 2.0, "title.advice": -1.5,
    "title.at": 0.2, "title.call": -2.7, "title.dated": 0.8, "title.event": 0.4,
    "title.kind": 0.5, "title.media": -2.2, "title.only": 0.3, "title.perhaps": 0.8,
    "title.periodical": -2.0, "title.product": -1.1, "title.routine": -3.0, "title.talk": -1.6,
}  # fmt: skip
_START = -2.4
_NAMES = sorted(_BELIEF)
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Example:
    """A judged post as numbers."""

    blog: str
    recap: bool
    clues: Array
    view: str


def examples(lines: Sequence[str]) -> Iterator[Example]:
    """Yield the judged posts, each with the registry and without."""
    registry, nothing = catalogue.load(folder("config")), catalogue.empty()
    for line in lines:
        row = json.loads(line)
        post = _post(row)
        lead = reading.read(post).lead[:_EXCERPT]
        excerpt = replace(post, html=RawHtml(f"<p>{html.escape(lead)}</p>"))
        for view, one, book in zip(
            _VIEWS, (post, post, excerpt), (registry, nothing, registry), strict=True
        ):
            ready = reading.read(one)
            told = len(talks.find(ready))
            clues = np.zeros(len(_NAMES))
            for clue in (*judged(ready, book)[1], *kind.of_talks(told)):
                clues[_NAMES.index(clue.name)] += clue.times
            yield Example(post.id.partition(":")[0], row["kind"] == "recap", clues, view)


def _post(row: dict[str, Any]) -> Post:
    published = row.get("published")
    return Post(
        id=row["id"],
        url=row.get("url") or "",
        title=row.get("title") or "",
        published=datetime.fromisoformat(published[:10]) if published else None,
        tags=tuple(row.get("tags") or ()),
        html=RawHtml(row.get("html") or ""),
        authors=tuple(row.get("authors") or ()),
    )


def fitted(chosen: Sequence[Example], strength: float) -> Array:
    """Return start and weights, by Newton's method; `strength` draws them to the belief."""
    old = np.array([_START, *(_BELIEF[name] for name in _NAMES)])
    whole = [example for example in chosen if example.view != "excerpt"]
    x = np.array([[1.0, *example.clues] for example in whole])
    y = np.array([example.recap for example in whole], dtype=float)
    pull = np.array([strength, *(1e9 if name == _HELD else strength for name in _NAMES)])
    now = old.copy()
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ now, -30, 30)))
        slope = x.T @ (y - p) - pull * (now - old)
        curve = (x.T * (p * (1 - p))) @ x + np.diag(pull)
        step = np.linalg.solve(curve, slope)
        now = now + step
        if float(np.abs(step).max()) < 1e-6:
            break
    return now


def report(found: Sequence[Example], scores: Sequence[float], title: str) -> None:
    """Print precision, recall and F1."""
    for view in _VIEWS:
        pairs = [(s >= 0.5, e.recap) for s, e in zip(scores, found, strict=True) if e.view == view]
        right = sum(a and b for a, b in pairs)
        said, is_so = sum(a for a, _ in pairs), sum(b for _, b in pairs)
        precision, recall = right / max(said, 1), right / max(is_so, 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        name = f"{title}, {view}"
        sys.stdout.write(f"{name:<32} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}\n")


def scored(chosen: Sequence[Example], weights: Array) -> list[float]:
    """Return the probabilities of a recap."""
    sums = [float(weights[0] + weights[1:] @ example.clues) for example in chosen]
    return [1 / (1 + float(np.exp(-min(max(s, -30.0), 30.0)))) for s in sums]


def main() -> None:
    """Fit, report, and write if told so."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("judged", type=Path, nargs="+")
    parser.add_argument(
        "--write", action="store_true", help="write aggregator/recognise/weights.py"
    )
    parser.add_argument("--strength", type=float, default=12.0)
    given = parser.parse_args()
    lines = [line for path in given.judged for line in path.read_text("utf-8").splitlines()]
    found = list(examples(lines))
    old = np.array([START, *(WEIGHTS[name] for name in _NAMES)])
    report(found, scored(found, old), "weights in force")
    unseen = [0.0] * len(found)
    for fold in range(_FOLDS):
        out = [i for i, e in enumerate(found) if zlib.crc32(e.blog.encode()) % _FOLDS == fold]
        others = [e for i, e in enumerate(found) if i not in set(out)]
        weights = fitted(others, given.strength)
        for i, score in zip(out, scored([found[i] for i in out], weights), strict=True):
            unseen[i] = score
    report(found, unseen, "blogs left out")
    final = fitted(found, given.strength)
    report(found, scored(found, final), "fitted to all")
    seen = sum(example.clues != 0 for example in found)
    for name, before, after, times in zip(_NAMES, old[1:], final[1:], seen, strict=True):
        sys.stdout.write(f"{name:<18} {before:6.2f} -> {after:6.2f}  ({times} times)\n")
    if given.write:
        _write(final)


def _write(weights: Array) -> None:
    path = Path(kind.__file__).with_name("weights.py")
    head = path.read_text("utf-8").partition("START =")[0]
    body = "".join(f'    "{n}": {w:.2f},\n' for n, w in zip(_NAMES, weights[1:], strict=True))
    start = f"START = {weights[0]:.2f}  # before anything is known\n"
    path.write_text(f"{head}{start}WEIGHTS = {{\n{body}}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
