"""Reading observed dependencies in tests: what a file says, and the codes of what is wrong with it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from importers.kit.findings import Findings
from importers.observed.evidence import Observed
from importers.observed.reading import read_data, read_observed
from importers.records.cells import Clock

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
READ = datetime(2026, 11, 22, tzinfo=UTC)
METRIC = "traces_service_graph_request_total"


class Told:
    """What came of reading: what was observed, and codes with places of problems and warnings."""

    def __init__(self, observed: list[Observed], problems: Findings, warnings: Findings) -> None:
        self.observed = observed
        self.problems = [(problem.code, problem.place) for problem in problems.problems]
        self.warnings = [(problem.code, problem.place) for problem in warnings.problems]

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.problems]

    def calls(self) -> list[tuple[str, str, int]]:
        return [(one.from_, one.to, one.calls) for one in self.observed]


def metrics(text: str | bytes) -> Told:
    """What metrics say that were read at `READ`."""
    return content(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text, "m")


def content(data: bytes, name: str) -> Told:
    """What a file of that name and content says."""
    problems, warnings = Findings(), Findings()
    return Told(read_data(data, name, Clock(), READ, NOW, problems, warnings), problems, warnings)


def file(path: Path, clock: Clock | None = None) -> Told:
    """What a file says."""
    problems, warnings = Findings(), Findings()
    return Told(read_observed(path, clock or Clock(), NOW, problems, warnings), problems, warnings)


def at(minutes: float) -> datetime:
    return READ + timedelta(minutes=minutes)
