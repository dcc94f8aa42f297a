"""Answers of Prometheus' HTTP API to a query of the service graph: a vector, or a matrix."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cmdb.model.errors import ValueFault, shown
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import mapping_of
from importers.observed.evidence import Observed, count_of, moment_of
from importers.observed.service_graph import METRIC, NAMES, Graph

SAMPLES = {"vector": "value", "matrix": "values"}
"""Where a series keeps its samples, by type of result."""
ACCEPTED = 'an answer such as {"status": "success", "data": {"resultType": "vector", "result": […]}}'


def read_answer(document: Any, file: str, now: datetime, problems: Findings, warnings: Findings) -> list[Observed]:
    """What an answer says. Series of other metrics are passed over; one without a name is the sum of ours."""
    if not isinstance(document, dict) or document.get("status") != "success":
        told = shown(str(document.get("error") or document.get("status"))) if isinstance(document, dict) else "a list"
        problems.add("BAD_TYPE", Cell(file), told, ACCEPTED)
        return []
    data = mapping_of(document, "data")
    kind, result = data.get("resultType"), data.get("result")
    if not isinstance(kind, str) or kind not in SAMPLES or not isinstance(result, list):
        problems.add("BAD_CHOICE", Cell(f"{file} data"), shown(str(kind)), "resultType vector or matrix, and a result")
        return []
    graph = Graph(problems, warnings)
    found = [_add(graph, one, kind, Cell(f"{file} result[{at}]"), now, problems) for at, one in enumerate(result)]
    if not any(found):
        problems.add("MISSING_KEY", Cell(file), "no such series", f"series of {METRIC}")
    return list(graph.observed())


def _add(graph: Graph, one: Any, kind: str, at: Cell, now: datetime, problems: Findings) -> bool:
    """Take one series; whether it is of the service graph, or would be if it were not at fault."""
    if not isinstance(one, dict):
        problems.add("BAD_TYPE", at, type(one).__name__, ACCEPTED)
        return True
    labels = mapping_of(one, "metric")
    if labels.get("__name__", METRIC) not in NAMES:
        return False
    try:
        told = one.get(SAMPLES[kind])
        samples = [told] if kind == "vector" else told
        if not isinstance(samples, list):
            raise ValueFault("BAD_TYPE", type(samples).__name__, f"a list of {SAMPLES[kind]}")
        graph.add(_texts(labels), [_sample(sample, now) for sample in samples], at)
    except ValueFault as fault:
        problems.add_fault(fault, at)
    return True


def _texts(labels: Mapping[str, Any]) -> Mapping[str, str]:
    if not all(isinstance(text, str) for text in labels.values()):
        raise ValueFault("BAD_TYPE", "a label that is no text", "labels that are texts")
    return labels


def _sample(sample: Any, now: datetime) -> tuple[datetime, int]:
    """A time and a count: `[1732243200.5, "42"]`. Raises `ValueFault`."""
    match sample:
        case [int() | float() as seconds, str() as count] if not isinstance(seconds, bool):
            return moment_of(seconds, now), count_of(count)
    raise ValueFault("BAD_TYPE", str(sample)[:80], 'a sample such as [1732243200.5, "42"]')
