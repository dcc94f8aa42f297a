"""CSV text to a table. What is proved to be plain, nearly every file, polars splits; the csv module the rest."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

import polars as pl

from cmdb.model.errors import shown
from importers.kit.encoding import decode
from importers.kit.findings import Cell, Findings
from importers.kit.table import MOST_COLUMNS, Layout, Table, table_of, table_of_records
from importers.kit.texts import longest_of

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LONGEST = 131_072
"""Characters in a cell, the csv module's own limit."""
_FIRST_LINE = re.compile(r"[^\r\n]+|\Z")
_QUOTED_CELL = rb'"(?<![^%b\n]")[^"\r\n]*+(?:""[^"\r\n]*+)*+"(?=[%b\r\n]|\Z)'
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')


def read_csv(
    data: bytes, file: str, layout: Layout, findings: Findings, delimiter: str = ","
) -> Table | None:  # fmt: skip
    """The table in `data`, or None when it cannot be read as one; either way all faults are in `findings`."""
    findings.enter(file)
    if (split := _split(data.removeprefix(codecs.BOM_UTF8), layout, delimiter)) is not None:
        header, body, rows = split
        return table_of(file, header, body.get_columns(), rows, layout, findings)
    text = decode(data, file, findings)
    if text is None or _other_delimiter(text, file, layout, findings, delimiter):
        return None
    try:
        records, starts = _records(text, delimiter)
    except csv.Error:
        _diagnose(text, file, findings, delimiter)
        return None
    filled = [index for index, record in enumerate(records) if any(record)]
    if not filled:
        findings.add("EMPTY_FILE", Cell(file), "only empty cells", "a header row, and rows below it")
        return None
    return table_of_records(
        file, [records[i] for i in filled], [starts[i] for i in filled], layout, findings
    )  # fmt: skip


def _other_delimiter(text: str, file: str, layout: Layout, findings: Findings, delimiter: str) -> bool:
    first = _FIRST_LINE.search(text).group()  # type: ignore[union-attr]
    needed = set(layout.required)
    if needed and needed <= _names(first, delimiter):
        return False
    for other, name in DELIMITERS.items():
        names = _names(first, other)
        if (needed and needed <= names) or (delimiter not in first and len(names) > 1 and names & {*layout.names}):
            found = f"a header separated by {name}"
            findings.add("DELIMITER_MISMATCH", Cell(file, 1), found, f"columns separated by {DELIMITERS[delimiter]}")
            return True
    return False


def _names(line: str, delimiter: str) -> set[str]:
    return {name.strip().strip('"').strip().casefold() for name in line.split(delimiter)}


def _split(
    data: bytes, layout: Layout, delimiter: str
) -> tuple[list[str], pl.DataFrame, Sequence[int]] | None:  # fmt: skip
    """The header, the columns and the rows of UTF-8 with the right header and rows all of one width, one line each."""
    ending, quotes = b"\r\n" if b"\r" in data else b"\n", b'"' in data
    end, width = data.find(ending), _width(data, delimiter.encode(), ending)
    marked = data.startswith(codecs.BOM_UTF8, end + len(ending))
    if end < 0 or not 2 <= width <= MOST_COLUMNS or 0 in data[:64] or marked:
        return None
    try:
        header = next(csv.reader([data[:end].decode()], strict=True, delimiter=delimiter))
        body = pl.read_csv(
            data, has_header=False, skip_lines=1, separator=delimiter, empty_string_is_null=False,
            quote_char='"' if quotes else None, schema={str(at): pl.String for at in range(width)},
        )  # fmt: skip
    except (UnicodeDecodeError, csv.Error, pl.exceptions.PolarsError):
        return None
    usable = _names(delimiter.join(header), delimiter).issuperset(layout.required)
    if not usable or not any(header) or (quotes and max(map(longest_of, body)) > LONGEST):
        return None
    return header, *_filled(body)


def _width(data: bytes, mark: bytes, ending: bytes) -> int:
    """How many cells every row has; 0 where rows differ, or quotes or line ends are not as in a plain table."""
    bare = re.sub(_QUOTED_CELL % (mark, mark), b"", data) if b'"' in data else data
    marks = bare.translate(None, bytes(byte for byte in range(256) if byte not in mark + b'"\r\n'))
    row = marks[: marks.find(b"\n") + 1]
    marks += b"" if data.endswith(b"\n") else ending
    width = row.count(mark) + 1
    same = row == mark * (width - 1) + ending and marks == row * (len(marks) // len(row))
    return width if same else 0


def _filled(body: pl.DataFrame) -> tuple[pl.DataFrame, Sequence[int]]:
    """The rows that have a filled cell, and their numbers."""
    if (body[:, 0] != "").all():
        return body, range(2, body.height + 2)
    filled = body.select(pl.any_horizontal(pl.all() != "")).to_series()
    if filled.all():
        return body, range(2, body.height + 2)
    return body.filter(filled), (filled.arg_true() + 2).to_list()


def _lines(text: str) -> Iterable[str]:
    if text.count("\r") != text.count("\r\n"):
        return io.StringIO(text, newline="")
    return map(str.__add__, text.rstrip("\r\n").split("\n"), repeat("\n"))


def _records(text: str, delimiter: str) -> tuple[list[list[str]], Sequence[int]]:
    """All records with the rows they start at. Raises `csv.Error`."""
    reader = csv.reader(_lines(text), strict=True, delimiter=delimiter)
    records = list(reader)
    if reader.line_num == len(records):
        return records, range(1, len(records) + 1)
    return records, list(_starts(text, delimiter))


def _starts(text: str, delimiter: str) -> Iterator[int]:
    reader = csv.reader(_lines(text), strict=True, delimiter=delimiter)
    start = 1
    for _ in reader:
        yield start
        start = reader.line_num + 1


def _diagnose(text: str, file: str, findings: Findings, delimiter: str) -> None:
    """Report what the csv module refused: a quote, at the row where it opens, or a field that is too long."""
    at, mark = 0, re.escape(delimiter)
    whole = re.compile(rf'{_QUOTED.pattern}(?:{mark}|\r\n?|\n|\Z)|(?!")[^{mark}\r\n]*+(?:{mark}|\r\n?|\n|\Z)')
    while at < len(text) and (cell := whole.match(text, at)) is not None and cell.end() - at <= LONGEST:
        at = cell.end()
    place = Cell(file, len(re.findall(r"\r\n?|\n", text[:at])) + 1)
    if text[at : at + 1] != '"' or whole.match(text, at) is not None:
        found = f"a cell of more than {LONGEST} characters"
        findings.add("FIELD_TOO_LONG", place, found, f"at most {LONGEST} characters")
        return
    quoted = _QUOTED.match(text, at)
    if quoted is None or "\n" in quoted.group():
        findings.add("CSV_UNCLOSED_QUOTE", place, shown(text[at : at + 80]), "a cell closed by a second quote")
    else:
        accepted = 'a comma or the end of the row behind a closing quote; a quote inside a cell as ""'
        findings.add("CSV_BAD_QUOTE", place, shown(text[at : quoted.end() + 20]), accepted)
