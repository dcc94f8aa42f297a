"""An .xlsx workbook to tables: checked as an archive, then as XML, then scanned, and only then read for values."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from cmdb.model.attributes import ACCEPTED_TEXT
from cmdb.model.errors import shown
from importers.kit.archive import Refusal, repack, unpack
from importers.kit.findings import Cell, Findings
from importers.kit.merged import values_behind
from importers.kit.precision import ACCEPTED as WHOLE_NUMBER
from importers.kit.sheet_scan import percent_styles, report, scan
from importers.kit.table import Layout, Table, table_of_records

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
_XML = (".xml", ".rels", ".vml")
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']+)""")
_WORKBOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_LINK_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CORRUPT = (ElementTree.ParseError, CalamineError, KeyError, ValueError, OSError)
_EXACT = 10**15

type_of_value = str | float | int | bool | date | time | datetime | timedelta


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook that is safe to read. `sheets` maps lower-case names to their parts, `hidden` are those not shown."""

    file: str
    parts: Mapping[str, bytes]
    sheets: Mapping[str, str]
    titles: Mapping[str, str]
    hidden: frozenset[str]
    reader: CalamineWorkbook

    @classmethod
    def open(cls, data: bytes, file: str, findings: Findings) -> "Workbook | None":
        """Check and open; None with a finding when that is not safe or not possible."""
        parts = unpack(data, file, findings)
        if parts is None:
            return None
        try:
            _check_parts(parts)
            links = _links(parts)
            found = [(s.get("name", ""), s.get("state", ""), links[s.get(_LINK_ID, "")]) for s in _sheets(parts)]
            if missing := [part for *_, part in found if part not in parts]:
                raise KeyError(missing[0])
            if len({title.casefold() for title, *_ in found}) < len(found):
                raise Refusal("CORRUPT_WORKBOOK", "two sheets of the same name", "every sheet once")
            return cls(
                file, parts, {title.casefold(): part for title, _, part in found},
                {title.casefold(): title for title, *_ in found},
                frozenset(title.casefold() for title, state, _ in found if state not in {"", "visible"}),
                CalamineWorkbook.from_filelike(io.BytesIO(repack(dict(parts)))),
            )  # fmt: skip
        except Refusal as refusal:
            findings.add(refusal.code, Cell(file), refusal.found, refusal.accepted)
        except _CORRUPT:
            findings.add("CORRUPT_WORKBOOK", Cell(file), "parts that do not fit together", "a workbook saved anew")
        return None

    def note_ignored(self, names: Iterable[str], warnings: Findings) -> None:
        """Say which sheets are not read."""
        for name in self.sheets:
            if name not in names:
                code, what = ("HIDDEN_DATA", "a hidden sheet") if name in self.hidden else ("IGNORED_SHEET", "a sheet")
                found = f"{what} {shown(self.titles[name])} that is not read"
                warnings.add(code, Cell(self.file), found, "the sheets " + ", ".join(names))

    def table(self, name: str, layout: Layout, problems: Findings, warnings: Findings) -> Table | None:
        """The table on a sheet; None with findings when it cannot be read as one."""
        file = f"{self.file} sheet {self.titles[name]}"
        problems.enter(file)
        try:
            facts = scan(self.parts[self.sheets[name]], percent_styles(self.parts.get("xl/styles.xml")))
            if facts.too_large:
                accepted = "a sheet without far-off cells; delete the rows and columns beyond the data"
                problems.add("SHEET_TOO_LARGE", Cell(file), facts.too_large, accepted)
                return None
            values = self.reader.get_sheet_by_name(self.titles[name]).to_python(skip_empty_area=False)
        except _CORRUPT:
            problems.add("CORRUPT_WORKBOOK", Cell(file), "parts that do not fit together", "a workbook saved anew")
            return None
        if name in self.hidden:
            warnings.add("HIDDEN_DATA", Cell(file), "a hidden sheet", "read all the same; show it if it is meant")
        starts = [index for index, row in enumerate(values, 1) if any(value != "" for value in row)]
        if not starts:
            problems.add("EMPTY_FILE", Cell(file), "no values", "a header row, and rows below it")
            return None
        header = [str(value).strip() for value in values[starts[0] - 1]]
        report(facts, header, file, problems, warnings)
        for row, column in values_behind(facts.merged, values):
            accepted = "read all the same; delete it if it is not meant"
            warnings.add("HIDDEN_DATA", Cell(file, row, header[column - 1]), "a value behind merged cells", accepted)
        records = [_texts(values[s - 1], s, header, file, facts.percents, problems) for s in starts]
        return table_of_records(file, records, starts, layout, problems)


def _check_parts(parts: Mapping[str, bytes]) -> None:
    if "[Content_Types].xml" not in parts:
        raise Refusal("NOT_AN_XLSX", "an archive of another kind", "an .xlsx workbook")
    if (
        any(name.lower().endswith("vbaproject.bin") for name in parts)
        or b"macroEnabled" in parts["[Content_Types].xml"]
    ):
        raise Refusal("MACRO_FORBIDDEN", "a workbook with macros", "a workbook saved as .xlsx, without macros")
    for name, content in parts.items():
        if name.lower().endswith(_XML):
            _check_xml(name, content)


def _check_xml(name: str, content: bytes) -> None:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Refusal("XML_DTD_FORBIDDEN", f"a document type in {shown(name)}", "XML without one")
    declared = _ENCODING.search(content, 0, 200)
    encoding = declared.group(1).lower() if declared else b"utf-8"
    if encoding not in {b"utf-8", b"us-ascii"} or b"\0" in content[:200]:
        raise Refusal("CORRUPT_WORKBOOK", f"{shown(name)} in another encoding", "XML in UTF-8")


def _links(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Part names by link id, of the workbook."""
    found = {}
    for link in ElementTree.fromstring(parts[_LINKS]):
        target = link.get("Target", "")
        found[link.get("Id", "")] = target[1:] if target.startswith("/") else "xl/" + target
    return found


def _sheets(parts: Mapping[str, bytes]) -> Iterable[ElementTree.Element]:
    root = ElementTree.fromstring(parts[_WORKBOOK])
    return (element for element in root.iter() if element.tag.rpartition("}")[2] == "sheet")


def _texts(
    values: Sequence[type_of_value], row: int, header: list[str], file: str, percents: set[tuple[int, int]],
    problems: Findings,
) -> list[str]:  # fmt: skip
    texts = []
    for column, value in enumerate(values, 1):
        at = Cell(file, row, header[column - 1])
        if isinstance(value, date) and value.isoformat()[:10] < "1900-03-01":
            problems.add("BAD_DATE", at, "a date before March 1900", ACCEPTED_TEXT["time"])
            texts.append("")
        elif isinstance(value, float | int) and abs(value) >= _EXACT:
            problems.add_text("PRECISION_LOST", at, f"{value:.6g}", WHOLE_NUMBER)
            texts.append("")
        else:
            texts.append(_text(value, (row, column) in percents))
    return texts


def _text(value: type_of_value, percent: bool) -> str:
    """What a person would have typed for a cell's value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        number = round(value * 100, 10) if percent else value
        return (str(int(number)) if number == int(number) else repr(number)) + ("%" if percent else "")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat()
