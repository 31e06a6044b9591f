"""What the gateway shows of itself: metrics, JSON logs, optional traces; never a payload or key."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from sensorium.models.errors import FailedPrecondition
from sensorium.models.pool import LocalModels

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_FIELDS = ("id", "method", "transport", "status", "seconds", "owner", "engine")
log = logging.getLogger("sensorium.access")


class JsonFormatter(logging.Formatter):
    """Write a record as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's time, level, message and those extra fields that are known safe."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        known = {name: getattr(record, name, None) for name in _FIELDS}
        line |= {name: value for name, value in known.items() if value not in (None, "")}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()

    def formatException(self, ei: Any) -> str:
        """Return where exceptions came from and their types, not their texts: they quote inputs."""
        error: BaseException | None = ei[1]
        told: list[str] = []
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            told.append(f"{frames}{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(reversed(told))


def configure_logging(level: str) -> None:
    """Send every log record to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines carry whole URLs


class Metrics:
    """Requests and their latency, beside what `collectors` (the engines) tell of themselves."""

    def __init__(self, *collectors: Collector) -> None:
        self.registry = CollectorRegistry()
        for collector in collectors:
            self.registry.register(collector)
        self._requests = Counter(
            "sensorium_requests",
            "Requests answered.",
            ("method", "transport", "status"),
            registry=self.registry,
        )
        self._latency = Histogram(
            "sensorium_request_seconds",
            "Time from the last byte in to the answer.",
            ("method", "transport"),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def answered(self, answer: Answer) -> None:
        """Count a finished request and write its line in the log."""
        seconds = time.perf_counter() - answer.started
        self._requests.labels(answer.method, answer.transport, answer.status).inc()
        self._latency.labels(answer.method, answer.transport).observe(seconds)
        if log.isEnabledFor(logging.INFO):
            log.info(
                "answered",
                extra={
                    "id": answer.request_id,
                    "method": answer.method,
                    "transport": answer.transport,
                    "status": answer.status,
                    "seconds": round(seconds, 4),
                    "owner": answer.owner,
                },
            )

    def page(self) -> bytes:
        """Return the Prometheus text of everything counted."""
        return generate_latest(self.registry)


class EngineMetrics(Collector):
    """What the pool tells of each engine, read when Prometheus asks."""

    def __init__(self, models: LocalModels) -> None:
        self._models = models

    def collect(self) -> Iterator[Metric]:
        """Yield queue depth, memory, refusals, failures and batch sizes of each engine."""
        labels = ("engine", "task")
        queue = GaugeMetricFamily("sensorium_engine_queue", "Callers waiting.", labels=labels)
        memory = GaugeMetricFamily(
            "sensorium_engine_memory_bytes", "Memory of loaded engines.", labels=labels
        )
        shed = CounterMetricFamily("sensorium_engine_shed", "Callers refused.", labels=labels)
        failures = CounterMetricFamily("sensorium_engine_failures", "Runs failed.", labels=labels)
        batches = HistogramMetricFamily(
            "sensorium_engine_batch_items", "Items that ran together.", labels=labels
        )
        for state in self._models.states():
            key, done = (state.name, state.task), state.activity
            queue.add_metric(key, state.queued)
            memory.add_metric(key, state.memory if state.loaded else 0)
            shed.add_metric(key, done.shed)
            failures.add_metric(key, done.failures)
            batches.add_metric(key, _cumulative(done.sizes), sum_value=done.items)
        yield from (queue, memory, shed, failures, batches)


def _cumulative(sizes: Mapping[int, int]) -> list[tuple[str, float]]:
    """Return how many runs had at most so many items, as a histogram's buckets."""
    rows = [
        (str(bound), float(sum(runs for size, runs in sizes.items() if size <= bound)))
        for bound in _BATCHES
    ]
    return [*rows, ("+Inf", float(sum(sizes.values())))]


class Answer:
    """A request being answered, for the log and the metrics."""

    __slots__ = ("method", "owner", "request_id", "started", "status", "transport")

    def __init__(self, method: str, transport: str, request_id: str) -> None:
        self.method = method
        self.transport = transport
        self.request_id = request_id
        self.owner = ""
        self.status = "OK"
        self.started = time.perf_counter()


class Tracer:
    """Spans through OpenTelemetry where it is installed and asked for, else nothing."""

    def __init__(self, endpoint: str) -> None:
        self._tracer: Any = _otlp(endpoint) if endpoint else None

    @contextmanager
    def span(self, answer: Answer) -> Iterator[None]:
        """Trace one request under its RPC's name."""
        if self._tracer is None:
            yield
            return
        with self._tracer.start_as_current_span(answer.method) as span:
            span.set_attribute("rpc.system", answer.transport)
            span.set_attribute("sensorium.request_id", answer.request_id)
            try:
                yield
            finally:
                span.set_attribute("rpc.status", answer.status)


def _otlp(endpoint: str) -> Any:
    """Return a tracer that exports to an OTLP/HTTP endpoint.

    Raises FailedPrecondition without the `tracing` extra.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise FailedPrecondition(
            "Tracing needs OpenTelemetry, which is not installed.",
            hint="pip install 'sensorium[tracing]', or leave SENSORIUM_TRACING empty.",
        ) from None
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider.get_tracer("sensorium")
