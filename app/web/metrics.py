"""What the server and its prices do, in numbers, as Prometheus reads them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from typing import Any

import flask
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from app import __version__
from app.auth.dash_routes import CALLBACK
from app.market.freshness import freshness
from app.market.market import Market
from models.errors import AftershockError
from models.store.leading import current_leader
from models.store.pausing import pauses
from models.store.tallies import tallies

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 0.7, 1, 2, 5, 10)
# Addresses that hold a name are counted as their rule: anyone can type names.
_OTHER = "other"


class Measures:
    """The counts of this process, and at each question what the store and the disk hold."""

    kind = CONTENT_TYPE_LATEST

    def __init__(self, market: Market) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "aftershock_requests",
            "Answers by route and status.",
            ("route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "aftershock_callback_seconds",
            "Seconds until a callback was answered.",
            registry=self._registry,
            buckets=BUCKETS,
        )
        self._figures = Histogram(
            "aftershock_figure_seconds",
            "Seconds until a figure was answered.",
            registry=self._registry,
            buckets=BUCKETS,
        )
        self._registry.register(_Stored(market))

    def follow(self, server: flask.Flask) -> None:
        """Count every answer of the server."""

        @server.before_request
        def _begin() -> None:
            flask.g.began = time.perf_counter()

        @server.after_request
        def _end(answer: flask.Response) -> flask.Response:
            took = time.perf_counter() - flask.g.get("began", time.perf_counter())
            rule = flask.request.url_rule.rule if flask.request.url_rule else _OTHER
            self._requests.labels(rule, str(answer.status_code)).inc()
            if rule == CALLBACK:
                self._seconds.observe(took)
            elif rule.startswith("/figure/"):
                self._figures.observe(took)
            return answer

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)


class _Stored:
    """What is read at each question; a database that is away is a measure too."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def describe(self) -> list[Metric]:
        """Nothing ahead: naming the measures must not need the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("aftershock_build_info", "The build.", labels=("version",))
        build.add_metric([__version__], 1)
        yield build
        free = shutil.disk_usage(_existing(self._market)).free
        yield GaugeMetricFamily("aftershock_disk_free_bytes", "Room beside the data.", value=free)
        try:
            found, leader, resting = self._market.ask(
                lambda store: (tallies(store), current_leader(store), pauses(store))
            )
        except AftershockError:
            yield GaugeMetricFamily("aftershock_db_up", "Whether the database answers.", value=0)
            return
        yield GaugeMetricFamily("aftershock_db_up", "Whether the database answers.", value=1)
        yield from _of(found)
        writes = GaugeMetricFamily(
            "aftershock_leader", "Whether an ingester writes, by who.", labels=("holder",)
        )
        if leader is not None:
            writes.add_metric([leader.holder], float(leader.alive))
        yield writes
        breaker = GaugeMetricFamily("aftershock_breaker_open", "Sources left alone now.", labels=("source",))
        for source, pause in sorted(resting.items()):
            breaker.add_metric([source], float(pause.until > self._market.now()))
        yield breaker
        refused = self._market.troubles.refusal is not None
        yield GaugeMetricFamily(
            "aftershock_ingest_refused", "Whether the database refuses new prices.", value=float(refused)
        )
        yield from self._late()

    def _late(self) -> Iterator[Metric]:
        expected = GaugeMetricFamily(
            "aftershock_bars_expected", "Names with a last closed session, by exchange.", labels=("exchange",)
        )
        late = GaugeMetricFamily(
            "aftershock_bars_late", "Of them, names without a bar of it.", labels=("exchange",)
        )
        if not self._market.calendars_ready:
            return
        try:
            view = self._market.view()
        except AftershockError:
            return
        for state in freshness(view, self._market.cities, self._market.now()):
            expected.add_metric([state.city], state.names)
            late.add_metric([state.city], state.names if state.late_by else state.names - state.current)
        yield from (expected, late)


def _of(found: Any) -> Iterator[Metric]:
    yield GaugeMetricFamily("aftershock_bars_stored", "Bars in the database.", value=found.bars)
    yield GaugeMetricFamily("aftershock_bars_quarantined", "Rows held for a reason now.", value=found.held)
    asked = CounterMetricFamily("aftershock_source_requests", "Questions to the source.", labels=("class",))
    for name, count in sorted(found.answers.items()):
        asked.add_metric([name], count)
    yield asked
    done = CounterMetricFamily("aftershock_ingest_runs", "Runs by how they ended.", labels=("status",))
    for name, count in sorted(found.runs.items()):
        done.add_metric([name], count)
    yield done
    last = GaugeMetricFamily(
        "aftershock_ingest_last_success_timestamp_seconds", "The last answer.", labels=("exchange",)
    )
    for exchange, at in sorted(found.last_success.items()):
        last.add_metric([exchange], at.timestamp())
    yield last


def _existing(market: Market) -> str:
    folder = market.settings.data_dir
    return str(next(path for path in (folder, *folder.parents) if path.exists()))
