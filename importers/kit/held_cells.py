"""The cells of files with rows that were held back: what is marked in them, and how they are read again."""

from collections.abc import Mapping

import polars as pl

from cmdb.model.errors import shown
from importers.kit.findings import Findings
from importers.kit.table import Table

PROBLEM, STOOD_AT = "problem", "stood_at"
HELD_COLUMNS = (PROBLEM, STOOD_AT)
"""What was wrong with a row, and where it stood: for people; not read."""
MARK = "?? "
"""What a cell begins with that has to be corrected."""
INERT = "'"
"""What a cell begins with that a spreadsheet would compute, or that only looks marked."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MADE_INERT = r"^'('*(?:[=+\-@\t\r]|\?\? ))"


def inert(text: str) -> str:
    """A text as it may stand in a cell: it computes nothing and is not marked. `corrected` gives it back."""
    return INERT + text if text.lstrip(INERT).startswith((*_FORMULA, MARK)) else text


def corrected(table: Table | None, problems: Findings) -> Table | None:
    """What the cells of a table say; of rows that were held back, one that is still marked is a problem."""
    if table is None:
        return table
    columns = {name: texts for name, texts in table.columns.items() if name not in HELD_COLUMNS}
    if STOOD_AT not in table.columns:
        quoted = _quoted(columns)
        if not quoted and len(columns) == len(table.columns):
            return table
        return Table(table.file, {n: _plain(t) if n in quoted else t for n, t in columns.items()}, table.rows)
    for name, texts in columns.items():
        for at in texts.str.starts_with(MARK).arg_true():
            accepted = f"a value instead, without {MARK.strip()}"
            problems.add("NOT_CORRECTED", table.cell(at, name), shown(texts[at]), accepted)
    return Table(table.file, {name: _plain(texts) for name, texts in columns.items()}, table.rows)


def _quoted(columns: Mapping[str, pl.Series]) -> frozenset[str]:
    """The columns in which a text begins with what makes it inert; all are asked at once."""
    if not columns:
        return frozenset()
    found = pl.DataFrame(dict(columns)).select(pl.all().str.starts_with(INERT).any()).row(0, named=True)
    return frozenset(name for name, any_ in found.items() if any_)


def _plain(texts: pl.Series) -> pl.Series:
    return texts.str.replace(_MADE_INERT, "${1}")
