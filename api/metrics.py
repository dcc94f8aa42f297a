"""What /metrics shows: requests, questions, and how fresh the estate in memory is."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from impact.question import Question

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
