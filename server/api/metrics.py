"""`/metrics`: metrics for Prometheus, served to this machine and to requests with the token.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import hmac
import platform
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask import Blueprint, Request, Response, abort, request

from server.config.site import is_loopback
from server.current.services import Services, services
from server.ops.version import version
from server.web.environ_keys import FORWARDED
from server.web.public_views import open_to_all

if TYPE_CHECKING:
    from prometheus_client.core import Metric

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
@open_to_all
def show() -> Response:
    """Return all metrics. Without permission, the answer is 404."""
    if not may_read(request, services().config.site_config.metrics_token):
        abort(404)
    return _exposition(services())


def may_read(asked: Request, token: str) -> bool:
    """Tell whether a request has the token, or comes from this machine without a proxy."""
    given = asked.headers.get("Authorization", "").encode("latin-1", "replace")
    if token and hmac.compare_digest(given, f"Bearer {token}".encode()):
        return True
    forwarded = FORWARDED in asked.environ or "X-Forwarded-For" in asked.headers or "Forwarded" in asked.headers
    return is_loopback(asked.remote_addr or "") and not forwarded


def _exposition(app: Services) -> Response:
    """Write the metrics. The library is loaded on the first request, and does no counting itself."""
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Collector(app))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class Collector:
    """Collects our metrics at the time of the request."""

    def __init__(self, app: Services) -> None:
        self._app = app

    def collect(self) -> "Iterator[Metric]":
        """Yield each metric with its labels."""
        yield from self._turns()
        yield from self._providers()
        yield from self._now()

    def _turns(self) -> "Iterator[Metric]":
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        stats = self._app.turn_stats
        turns = CounterMetricFamily("g4f_lite_turns", "Turns that ended.", labels=("form", "outcome"))
        for labels, count in stats.turns.copy().items():
            turns.add_metric(labels, count)
        yield turns
        tokens = CounterMetricFamily("g4f_lite_tokens", "Tokens asked and answered with.", labels=("direction",))
        for direction in ("input", "output"):
            tokens.add_metric((direction,), stats.tokens[direction])
        yield tokens
        times = HistogramMetricFamily("g4f_lite_first_token_seconds", "From the question to the first of the answer.")
        times.add_metric((), stats.first_tokens.cumulative(), stats.first_tokens.sum_s)
        yield times

    def _providers(self) -> "Iterator[Metric]":
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        errors = CounterMetricFamily(
            "g4f_lite_provider_errors", "Calls of a provider that failed.", labels=("provider", "code")
        )
        waiting = GaugeMetricFamily(
            "g4f_lite_provider_waiting", "Replies that wait until fewer are given.", labels=("provider",)
        )
        for name, provider in self._app.catalog.providers.items():
            waiting.add_metric((name,), provider.waiting)
            for code, count in provider.health.errors.copy().items():
                errors.add_metric((name, code), count)
        yield errors
        yield waiting

    def _now(self) -> "Iterator[Metric]":
        from prometheus_client.core import GaugeMetricFamily

        app = self._app
        for name, text, value in (
            ("g4f_lite_running_turns", "Turns that are being answered.", len(app.engine.running)),
            ("g4f_lite_open_streams", "Answers that are being sent.", app.streams.count + app.relay.in_flight.count),
            ("g4f_lite_open_websockets", "Pages that hear of news.", app.notifications.listeners),
        ):
            yield GaugeMetricFamily(name, text, value)
        build = GaugeMetricFamily("g4f_lite_build_info", "What runs.", labels=("version", "python"))
        build.add_metric((version(), platform.python_version()), 1)
        yield build
