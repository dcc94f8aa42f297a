"""Metrics as text, as a scrape shows them: the Prometheus format, and OpenMetrics."""

import re
from collections.abc import Mapping
from datetime import datetime

from cmdb.model.errors import ValueFault
from importers.kit.findings import Cell, Findings
from importers.observed.evidence import Observed, count_of, moment_of
from importers.observed.service_graph import METRIC, Graph

_BEGIN = re.compile(rf"\s*+{METRIC}(?![A-Za-z0-9_:])\s*+")
_LABEL = re.compile(r'\s*+([A-Za-z_][A-Za-z0-9_]*+)\s*+=\s*+"((?:[^"\\]++|\\.)*+)"\s*+(,?)', re.ASCII)
_REST = re.compile(r"\s*+(\S++)(?:\s++(-?[0-9.]++(?:e[+-]?[0-9]++)?))?\s*+(?:#.*+)?", re.ASCII | re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "\\": "\\", '"': '"'}
ACCEPTED = f'a line such as {METRIC}{{client="web",server="db"}} 42'


def read_exposition(
    text: str, file: str, at: datetime, now: datetime, problems: Findings, warnings: Findings
) -> list[Observed]:
    """What the samples of the service graph in `text` say. A sample without a time of its own was read `at`.

    Lines of other metrics are passed over.
    """
    graph, found = Graph(problems, warnings), False
    lines = text.split("\n")
    unit = 1.0 if any(line.strip() == "# EOF" for line in lines[-3:]) else 1000.0
    for row, line in enumerate(lines, 1):
        begin = _BEGIN.match(line)
        if begin is None:
            continue
        found = True
        try:
            labels, end = _labels(line, begin.end())
            count, moment = _sample(line[end:], at, unit, now)
        except ValueFault as fault:
            problems.add_fault(fault, Cell(file, row))
        else:
            graph.add(labels, [(moment, count)], Cell(file, row))
    if not found:
        problems.add("MISSING_KEY", Cell(file), "no such metric", f"samples of {METRIC}")
    return list(graph.observed())


def _labels(line: str, at: int) -> tuple[Mapping[str, str], int]:
    """The labels that begin at a place of the line, and where they end. Raises `ValueFault`."""
    labels: dict[str, str] = {}
    if line[at : at + 1] != "{":
        return labels, at
    at += 1
    while (label := _LABEL.match(line, at)) is not None:
        name, value, comma = label.groups()
        if name in labels:
            raise ValueFault("DUPLICATE_KEY", name, "each label once")
        labels[name] = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), value) if "\\" in value else value
        at = label.end()
        if not comma:
            break
    end = line[at:].lstrip()
    if not end.startswith("}"):
        raise ValueFault("BAD_SAMPLE", line, ACCEPTED)
    return labels, len(line) - len(end) + 1


def _sample(text: str, at: datetime, unit: float, now: datetime) -> tuple[int, datetime]:
    """Count and time behind the labels. Raises `ValueFault`."""
    found = _REST.fullmatch(text)
    if found is None:
        raise ValueFault("BAD_SAMPLE", text, ACCEPTED)
    count, stamp = found.groups()
    try:
        return count_of(count), at if stamp is None else moment_of(float(stamp) / unit, now)
    except ValueError as fault:
        if isinstance(fault, ValueFault):
            raise
        raise ValueFault("BAD_DATE", stamp, "a time in milliseconds, or in seconds before # EOF") from None
