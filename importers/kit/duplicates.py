"""Records that say the same thing twice, and records that contradict each other."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

from cmdb.model.errors import shown
from importers.kit.findings import Findings
from importers.kit.table import Table

R = TypeVar("R")


def repeated(columns: Sequence[Sequence[str]]) -> dict[Hashable, list[int]]:
    """Positions of every key that stands more than once; a key is one text of each column."""
    if len(set(map(hash, zip(*columns, strict=True)))) == len(columns[0]):
        return {}
    seen: dict[Hashable, list[int]] = {}
    for position, key in enumerate(zip(*columns, strict=True)):
        seen.setdefault(key, []).append(position)
    return {key: places for key, places in seen.items() if len(places) > 1}


def without_repeats(
    table: Table, keys: Sequence[Sequence[str]], records: list[R], problems: Findings, warnings: Findings,
    column: str = "",
) -> tuple[list[R], Sequence[int]]:  # fmt: skip
    """`records` with equal ones kept once (DUPLICATE_ROW), and their rows; one key with two values is a problem.

    `keys` are columns that together identify a record. When a record is identified by one `column` of the table,
    texts that are the same key only once trimmed or brought to one Unicode form are DUPLICATE_KEY.
    """
    extra, written = set[int](), table.column(column) if column else ()
    for first, *others in repeated(keys).values():
        for other in others if keys[0][first] else ():
            extra.add(other)
            at, also = table.cell(other, column), f"the same as in row {table.rows[first]}"
            if written and written[first] != written[other]:
                problems.add("DUPLICATE_KEY", at, f"{shown(written[other])}, {also}", "every id once")
            elif records[first] == records[other]:
                warnings.add("DUPLICATE_ROW", at, f"all values {also}", "every row once; the copy is left out")
            else:
                found = f"other values than in row {table.rows[first]}"
                problems.add("CONFLICT_IN_FILE", at, found, "one row, or equal rows")
    if not extra:
        return records, table.rows
    kept = [index for index in range(len(records)) if index not in extra]
    return [records[index] for index in kept], [table.rows[index] for index in kept]
