"""Service graphs, as tracing tools measure them: who calls whom, by the labels of a Prometheus counter."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from cmdb.model.errors import ValueFault, shown
from cmdb.model.text import parse_id
from importers.kit.findings import Cell, Findings
from importers.observed.evidence import Observed, series_of, turns

METRIC = "traces_service_graph_request_total"
NAMES = (METRIC,)
"""The metrics that are read."""
THROUGH_A_QUEUE = "messaging_system"
"""The `connection_type` of calls that pass a queue: neither side waits for the other."""
MOST_SERIES = 1_000
"""Series that a pair of names may have."""


class Graph:
    """Gathers samples of the counter. Names are checked once each; what is at fault goes to `problems`, what is left
    out to `warnings`."""

    def __init__(self, problems: Findings, warnings: Findings) -> None:
        self._problems, self._warnings = problems, warnings
        self._names: dict[str, str | ValueFault] = {}
        self._series: dict[str, tuple[str, str, list[tuple[datetime, int]]]] = {}
        self._count = Counter[tuple[str, str]]()

    def add(self, labels: Mapping[str, str], samples: Iterable[tuple[datetime, int]], at: Cell) -> None:
        """Take one series, or some samples of one."""
        ends = self._ends(labels, at)
        if ends is None:
            return
        series = series_of(*(part for label in sorted(labels.items()) for part in label))
        if series not in self._series:
            self._count[ends] += 1
            if self._count[ends] > MOST_SERIES:
                if self._count[ends] == MOST_SERIES + 1:
                    found = f"more than {MOST_SERIES} series from {shown(ends[0])} to {shown(ends[1])}"
                    accepted = f"at most {MOST_SERIES} of a pair; sum them by client and server"
                    self._problems.add("TOO_MANY", at, found, accepted)
                return
            self._series[series] = (*ends, [])
        self._series[series][2].extend(samples)

    def observed(self) -> Iterator[Observed]:
        """What was seen: of each counter the readings that matter, also at 0."""
        for series, (from_, to, samples) in self._series.items():
            for at, calls in turns(samples):
                yield Observed(from_, to, series, calls, at, at, True)

    def _ends(self, labels: Mapping[str, str], at: Cell) -> tuple[str, str] | None:
        """The names of client and server; None where the series is left out."""
        found = [labels.get(name, "").strip() for name in ("client", "server")]
        if not all(found):
            missing = " and ".join(n for n, text in zip(("client", "server"), found, strict=True) if not text)
            self._warnings.add("IGNORED_VALUE", at, f"a series without {missing}", "both a client and a server")
            return None
        if labels.get("connection_type") == THROUGH_A_QUEUE:
            told = f"{shown(found[0])} to {shown(found[1])} through a queue"
            self._warnings.add("IGNORED_VALUE", at, told, "calls that the caller waits for")
            return None
        ends = [self._name(text, at) for text in found]
        return (ends[0], ends[1]) if all(ends) else None

    def _name(self, text: str, at: Cell) -> str:
        if text not in self._names:
            try:
                self._names[text] = parse_id(text)
            except ValueFault as fault:
                self._names[text] = fault
        found = self._names[text]
        if isinstance(found, ValueFault):
            self._problems.add_fault(found, at)
            return ""
        return found
