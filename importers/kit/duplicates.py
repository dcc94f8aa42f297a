"""Records that say the same thing twice, and records that contradict each other."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

import polars as pl

from cmdb.model.errors import shown
from importers.kit.findings import Findings
from importers.kit.table import Table

R = TypeVar("R")


def repeated(columns: Sequence[pl.Series]) -> dict[Hashable, list[int]]:
    """Positions of every key that stands more than once; a key is one text of each column."""
    table = pl.DataFrame([column.alias(str(at)) for at, column in enumerate(columns)])
    hashes = table.hash_rows()
    if hashes.n_unique() == len(hashes):
        return {}
    seen: dict[Hashable, list[int]] = {}
    some = hashes.is_duplicated().arg_true()
    for position, key in zip(some.to_list(), table[some].rows(), strict=True):
        seen.setdefault(key, []).append(position)
    return {key: places for key, places in seen.items() if len(places) > 1}


def without_repeats(
    table: Table, keys: Sequence[pl.Series], records: Sequence[R], problems: Findings, warnings: Findings,
    column: str = "", unread: pl.Series | None = None,
) -> tuple[Sequence[R], Sequence[int]]:  # fmt: skip
    """`records` with equal ones kept once (DUPLICATE_ROW), and their rows; one key with two values is a problem.

    `keys` are columns that together identify a record. When a record is identified by one `column` of the table,
    texts that are the same key only once trimmed or brought to one Unicode form are DUPLICATE_KEY. `unread` is what
    rows say beside their records, since it could not be read.
    """
    extra, written = set[int](), table.column(column) if column else None
    for first, *others in repeated(keys).values():
        told = False
        for other in others if keys[0][first] else ():
            extra.add(other)
            same = records[first] == records[other] and (written is None or written[first] == written[other])
            same = same and (unread is None or unread[first] == unread[other])
            told = told or not same
            at, also = table.cell(other, column), f"the same as in row {table.rows[first]}"
            if written is not None and written[first] != written[other]:
                problems.add("DUPLICATE_KEY", at, f"{shown(written[other])}, {also}", "every id once")
            elif same:
                warnings.add("DUPLICATE_ROW", at, f"all values {also}", "every row once; the copy is left out")
            else:
                found = f"other values than in row {table.rows[first]}"
                problems.add("CONFLICT_IN_FILE", at, found, "one row, or equal rows")
        if told and keys[0][first]:
            _implicate(table, [first, *others], column, problems)
    if not extra:
        return records, table.rows
    kept = [index for index in range(len(records)) if index not in extra]
    return [records[index] for index in kept], [table.rows[index] for index in kept]


def _implicate(table: Table, group: Sequence[int], column: str, problems: Findings) -> None:
    """Mark all rows of one key that are not all equal: which of them is right is not known."""
    for position in group:
        found = "one of several rows that differ"
        problems.implicate("CONFLICT_IN_FILE", table.cell(position, column), found, "one row, or equal rows")
