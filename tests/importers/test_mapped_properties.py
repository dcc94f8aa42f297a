"""Mapped tables worked on by columns give what they give row by row, and tell the same faults at the same cells."""

import csv
import io
from datetime import datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.attributes import parse_text
from cmdb.model.ci import CI, CiId, attributes_json
from cmdb.model.errors import ValueFault
from cmdb.model.text import parse_id
from cmdb.progress import Silent
from importers.kit.precision import refuse_exponent
from importers.sources.mapped.importer import read
from tests.importers.estate import MODEL

quick = settings(max_examples=150, deadline=None, database=None)
HEADER = ("Ref", "Class", "Name", "Text", "Alias", "RTO", "Mail", "Day", "Needs")
WORDS = {"s": "server", "t": "team"}
ATTRIBUTES = {"description": "Text", "aliases": "Alias", "rto": "RTO", "email": "Mail", "verified_at": "Day"}
MAPPING = """
tables:
  - file: t.csv
    cis:
      - id: "{Ref}"
        kind: {column: Class, values: {S: server, T: team}}
        name: "{Name}"
        attributes:
          description: "{Text}"
          aliases: "{Alias}"
          rto: "{RTO}"
          email: "{Mail}"
          verified_at: {column: Day, date: "%d/%m/%Y"}
    relations:
      - {from: "{Ref}", type: {value: depends_on}, to: {column: Needs, split: "|"}}
"""
PIECES = ["a", "é", "e\u0301", " ", "\u00a0", "\t", '"', "\\", ";", ",", "+", "1E+5", "\n", "\u200b", "\0", "x" * 250,
          "\u202e", "\x1c", "т"]  # fmt: skip
CLASSES, DURATIONS = ["S", "s ", "T", "T", "", "u"], ["", "4h", " 1d ", "soon"]
DAYS, NEEDS = ["", "24/12/2025", "31/02/2025", " 01/01/2026 "], ["", "a|b", " a | |é", "|"]
odd = st.lists(st.sampled_from(PIECES), max_size=3).map("".join)
classes, durations, days, needs = map(st.sampled_from, (CLASSES, DURATIONS, DAYS, NEEDS))
rows = st.lists(st.tuples(odd, classes, odd, odd, odd, durations, odd, days, needs), min_size=1, max_size=8)
Faults = set[tuple[str, str, str]]


class Row:
    """One row of the table, looked at cell by cell."""

    def __init__(self, number: int, cells: tuple[str, ...]) -> None:
        self.cells, self.place = dict(zip(HEADER, cells, strict=True)), f"t.csv row {number}"
        self.faults: Faults = set()

    def fault(self, code: str, column: str) -> str:
        self.faults.add((code, self.place, column))
        return ""

    def text(self, column: str) -> str:
        return self.cells[column].strip()

    def id(self) -> str:
        try:
            refuse_exponent(self.text("Ref"))
            return parse_id(self.text("Ref"))
        except ValueFault as fault:
            return self.fault(fault.code, "Ref")

    def kind(self) -> str:
        word = self.text("Class")
        return WORDS.get(word.casefold()) or self.fault("BAD_CHOICE" if word else "MISSING_VALUE", "Class")

    def name(self) -> str:
        text = self.text("Name")
        if not text:
            return self.fault("MISSING_VALUE", "Name")
        try:
            refuse_exponent(text)
            return self.fault("BAD_CHARACTER", "Name") if any(mark in text for mark in "\r\n\t") else parse_text(text)
        except ValueFault as fault:
            return self.fault(fault.code, "Name")

    def day(self) -> str:
        try:
            return datetime.strptime(self.text("Day"), "%d/%m/%Y").date().isoformat() if self.text("Day") else ""
        except ValueError:
            return self.fault("BAD_DATE", "Day")

    def attributes(self, kind: str) -> str:
        found = {}
        for name, column in ATTRIBUTES.items():
            text = self.day() if column == "Day" else self.text(column)
            attribute = MODEL.attributes[kind].get(name) if kind else None
            if not text or not kind:
                continue
            if attribute is None:
                self.fault("UNKNOWN_ATTRIBUTE", column)
                continue
            try:
                if attribute.type == "text":
                    refuse_exponent(text)
                found[name] = attribute.parse(text)
            except ValueFault as fault:
                self.fault(fault.code, column)
        return attributes_json({name: value for name, value in found.items() if value not in ("", [])})

    def ci(self) -> CI:
        id_, kind, name = CiId(self.id()), self.kind(), self.name()
        return CI(id_, kind, name, "shared", "live", self.attributes(kind), "test")


def _written(folder: Path, table: list[tuple[str, ...]], quoting: int, ending: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator=ending).writerows([HEADER, *table])  # type: ignore[arg-type]
    (folder / "t.csv").write_bytes(text.getvalue().encode())
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")


@quick
@given(given=rows, quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), ending=st.sampled_from(["\n", "\r\n"]))
def test_by_columns_as_by_rows(given: list[tuple[str, ...]], quoting: int, ending: str, folder: Path) -> None:
    table = [(f"{at}{row[0]}", *row[1:]) for at, row in enumerate(given)]
    _written(folder, table, quoting, ending)
    found = read(folder, MODEL, "test", Silent())
    starts = _starts((folder / "t.csv").read_bytes().decode())
    naive = [Row(start, row) for start, row in zip(starts[1:], table, strict=True)]
    made = [row.ci() for row in naive]
    assert found.cis == [ci for ci in made if ci.id]
    told = {(p.code, *p.place.split(", column ")) for p in found.problems.problems}
    assert told == set().union(*(row.faults for row in naive))
    cells = ((ci.id, row.cells["Needs"]) for ci, row in zip(made, naive, strict=True) if ci.id)
    needs = {(id_, need.strip()) for id_, cell in cells for need in cell.split("|") if need.strip()}
    assert {relation[0:3:2] for relation in found.relations} == needs


def _starts(text: str) -> list[int]:
    """The row that each record starts at."""
    reader = csv.reader(io.StringIO(text, newline=""))
    return [1, *(reader.line_num + 1 for _ in reader)][:-1]
