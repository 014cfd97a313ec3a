"""For machines that look after the site: health, metrics, what crawlers may visit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from werkzeug.wrappers import Response as BaseResponse

from aggregator import __version__
from aggregator.errors import AggregatorError
from aggregator.model import FeedStatus, Outcome, Totals
from aggregator.store import Connection, upkeep
from aggregator.web.guard import base, now, public, site

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
def health() -> BaseResponse:
    """Answer 200 when the database answers and its schema is current, else 503 with the reason."""
    reason = _trouble()
    response = jsonify({"status": "ok"} if not reason else {"status": "failing", "reason": reason})
    response.status_code = 503 if reason else 200
    return response


def _trouble() -> str:
    try:
        current = upkeep.is_current(site().database)
    except AggregatorError as error:
        return str(error)
    return "" if current else "the database is of another version; run: aggregator db upgrade"


@blueprint.get("/robots.txt")
@public
def robots(_c: Connection) -> BaseResponse:
    """Tell crawlers what is for people only."""
    lines = (
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /api/",
        "Disallow: /search",
        "Disallow: /suggest/",
        "Allow: /",
        "",
        f"Sitemap: {base()}/sitemap.xml",
        "",
    )
    return Response("\n".join(lines), mimetype="text/plain")


# ---------------------------------------------------------------------------------------- metrics


@blueprint.get("/metrics")
def metrics() -> BaseResponse:
    """Show figures in the text format of Prometheus, computed from the database just now."""
    with site().database.reading() as c:
        sizes = upkeep.totals(c, now())
        outcomes, seconds = upkeep.recent_polls(c, now() - timedelta(hours=1))
        size_bytes = upkeep.size_bytes(c)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(sizes, outcomes, seconds, size_bytes))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    """One reading of all figures."""

    def __init__(
        self, sizes: Totals, outcomes: Mapping[str, int], seconds: float, size_bytes: int
    ) -> None:
        self._sizes = sizes
        self._outcomes = outcomes
        self._seconds = seconds
        self._size_bytes = size_bytes

    def collect(self) -> Iterable[Metric]:
        """Return the families; names and units follow Prometheus' conventions."""
        sizes = self._sizes
        yield _family("build_info", "What is running", "version", {__version__: 1})
        statuses = {status.value: sizes.feeds.get(status.value, 0) for status in FeedStatus}
        yield _family("feeds", "Feeds by state", "status", statuses)
        yield _single("feeds_due", "Feeds whose time to be polled has come", sizes.due)
        yield _single("poll_lag_seconds", "Age of the most overdue feed", sizes.lag.total_seconds())
        last = sizes.last_poll_at.timestamp() if sizes.last_poll_at else 0
        yield _single("last_poll_timestamp_seconds", "When a poll last ended", last)
        polls = {outcome.value: self._outcomes.get(outcome.value, 0) for outcome in Outcome}
        yield _family("polls_last_hour", "Polls of the last hour by outcome", "outcome", polls)
        spent = "Duration of the polls of the last hour"
        yield _single("poll_seconds_last_hour_sum", f"{spent}, in sum", self._seconds)
        yield _single("poll_seconds_last_hour_count", f"{spent}, their number", sum(polls.values()))
        kinds = {"recap": sizes.recaps, "other": sizes.entries - sizes.recaps}
        yield _family("entries", "Entries by kind", "kind", kinds)
        yield _single("events", "Events with recaps", sizes.events)
        yield _single("talks", "Talks that recaps tell of", sizes.talks)
        yield _single("database_bytes", "Size of the database", self._size_bytes)


def _single(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"aggregator_{name}", words, value=value)


def _family(name: str, words: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"aggregator_{name}", words, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
