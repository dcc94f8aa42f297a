"""What /metrics shows: requests, questions, and how fresh the estate in memory is; and what `cmdb sync` writes."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, write_to_textfile

from cmdb.model.errors import InvalidInput, Problem
from impact.question import Question

if TYPE_CHECKING:  # the service itself imports nothing
    from importers.schedule.loop import Outcome

SIZES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The instruments of one running service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("cmdb_requests", "Requests.", ("route", "method", "status"), registry=self.registry)
        self.seconds = Histogram(
            "cmdb_request_seconds",
            "From request to end of answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.question_seconds = Histogram(
            "cmdb_question_seconds", "Settling a scenario on the graph.", buckets=SECONDS, registry=self.registry
        )
        self.affected = Histogram(
            "cmdb_question_affected", "CIs a scenario reached.", buckets=SIZES, registry=self.registry
        )
        self.revision = Gauge("cmdb_revision", "Revision last answered on.", registry=self.registry)
        self.checked = Gauge(
            "cmdb_checked_timestamp_seconds", "When that revision was last known to be the newest.",
            registry=self.registry,
        )  # fmt: skip
        self.subscribers = Gauge("cmdb_subscribers", "Open subscriptions.", ("transport",), registry=self.registry)
        self.events = Counter("cmdb_events_sent", "Events sent to them.", ("transport",), registry=self.registry)
        self.answers = Counter(
            "cmdb_event_answers", "Answers to events; each is sent to all who ask the same.", registry=self.registry
        )
        self.dropped = Counter(
            "cmdb_subscriptions_dropped", "Subscriptions ended by the service, and why.", ("reason",),
            registry=self.registry,
        )  # fmt: skip

    def answered(self, question: Question, seconds: float) -> None:
        """Count a settled question; one put to a past revision says nothing of the newest."""
        self.question_seconds.observe(seconds)
        self.affected.observe(len(question.walk))
        if not question.as_of:
            self.revision.set(question.estate.revision)
            self.checked.set(question.checked_at.timestamp())

    def text(self) -> bytes:
        """All of it in the Prometheus text format."""
        return generate_latest(self.registry)


class SyncMetrics:
    """The instruments of scheduled imports, in a registry of their own; written to a file for a collector to read.

    `confirmed` says when each source was last confirmed before this process began.
    """

    def __init__(self, confirmed: Mapping[str, datetime]) -> None:
        self.registry = CollectorRegistry()
        self.success = Gauge(
            "cmdb_sync_last_success_timestamp_seconds",
            "When a source was last confirmed.",
            ("source",),
            registry=self.registry,
        )
        self.due = Gauge(
            "cmdb_sync_next_timestamp_seconds", "When a source is due next.", ("source",), registry=self.registry
        )
        self.seconds = Gauge(
            "cmdb_sync_last_run_seconds", "How long its last run took.", ("source",), registry=self.registry
        )
        self.good = Gauge(
            "cmdb_sync_last_run_good", "Whether its last run was good: 1 or 0.", ("source",), registry=self.registry
        )
        self.runs = Counter(
            "cmdb_sync_runs", "Runs by what came of them.", ("source", "outcome"), registry=self.registry
        )
        self.changes = Counter(
            "cmdb_sync_changes",
            "CIs, relations and pools changed.",
            ("source", "action", "entity"),
            registry=self.registry,
        )
        for source, moment in confirmed.items():
            self.success.labels(source).set(moment.timestamp())

    def ran(self, outcome: "Outcome") -> None:
        """Count a run."""
        name, run = outcome.source, outcome.run
        self.runs.labels(name, run.outcome.value if run else "unrecorded").inc()
        self.seconds.labels(name).set((outcome.finished_at - outcome.started_at).total_seconds())
        self.good.labels(name).set(1 if outcome.good else 0)
        self.due.labels(name).set(outcome.next_at.timestamp())
        if outcome.good and not (run and run.partial):
            self.success.labels(name).set(outcome.finished_at.timestamp())
        for count in run.counts if run else ():
            self.changes.labels(name, count.action, count.entity).inc(count.number)

    def write(self, path: Path) -> None:
        """Write all of it in the Prometheus text format; the file is replaced whole. Raises `InvalidInput`."""
        try:
            write_to_textfile(str(path), self.registry)
        except OSError as fault:
            found = fault.strerror or "an input error"
            raise InvalidInput([Problem("UNWRITABLE_FILE", path.name, found, "a file that can be written")]) from None
