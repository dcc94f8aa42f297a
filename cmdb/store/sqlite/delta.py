"""What a changeset really changes in one table: wanted rows compared with stored ones, with history."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import apsw

from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.store.sqlite.schema import Key, Row, Table

BULK = 5_000
"""From this many rows on, a batch is worth a scan of the table and a pause of the garbage collector."""


@dataclass
class Delta:
    """Rows to create, pairs of stored and new row to change, rows to remove; stored rows end in `since`."""

    created: list[Row] = field(default_factory=list)
    changed: list[tuple[Row, Row]] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.created or self.changed or self.removed)

    def rows(self) -> Iterator[Row]:
        """Every touched row, once."""
        yield from self.created
        yield from (new for _, new in self.changed)
        yield from self.removed


def delta(connection: apsw.Connection, table: Table, wanted: Sequence[Row], gone: Collection[Key]) -> Delta:
    """Compare `wanted` rows and keys to be `gone` with the table; a row that is wanted is not gone.

    Raises `InvalidInput` when two wanted rows have the same key. Into an empty table everything is new, and
    there the table's own key finds such rows when they are written, at no cost.
    """
    if connection.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() is None:
        return Delta(created=list(wanted))
    rows = {row[: table.width]: row for row in wanted}
    if len(rows) < len(wanted):
        raise twice(table, wanted)
    gone_keys = [key for key in gone if key not in rows]
    for row in _stored(connection, table, wanted):
        del rows[row[: table.width]]
    before = {row[: table.width]: row for row in connection.executemany(table.select, list(rows))}
    return Delta(
        [row for key, row in rows.items() if key not in before],
        [(old, new) for key, old in before.items() if (new := rows[key]) != old[:-1]],
        list(connection.executemany(table.select, gone_keys)),
    )


def _stored(connection: apsw.Connection, table: Table, wanted: Sequence[Row]) -> Iterator[Row]:
    """The wanted rows that stand as they are in the table, when reading it whole is the cheap way to know."""
    if len(wanted) < BULK:
        return
    (count,) = connection.execute(f"SELECT count(*) FROM {table.name}").fetchone() or (0,)
    if count <= 4 * len(wanted):
        stored = set(connection.execute(f"SELECT {table.listed} FROM {table.name}"))
        yield from (row for row in wanted if row in stored)


def write(connection: apsw.Connection, table: Table, delta: Delta, revision: int) -> None:
    """Bring the table to its state as of `revision`, keeping what was. Raises `InvalidInput` like `delta`."""
    ended = [*delta.removed, *(old for old, _ in delta.changed)]
    if ended:
        connection.executemany(table.keep, [(*row, revision) for row in ended])
        connection.executemany(table.delete, [row[: table.width] for row in delta.removed])
        connection.executemany(table.replace(revision), [new for _, new in delta.changed])
    if delta.created:
        _insert(connection, table, delta, revision)


def _insert(connection: apsw.Connection, table: Table, delta: Delta, revision: int) -> None:
    delta.created.sort()
    anew = len(delta.created) >= BULK and connection.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() is None
    if anew:
        connection.execute(table.drop_indexes())
    try:
        connection.executemany(table.insert(revision), delta.created)
    except apsw.ConstraintError:
        raise twice(table, delta.created) from None
    if anew:
        connection.execute(table.create_indexes())


def twice(table: Table, wanted: Sequence[Row]) -> InvalidInput:
    """The problems of rows that have the same key."""
    seen: set[Key] = set()
    problems = []
    for row in wanted:
        key = row[: table.width]
        if key in seen:
            name = shown(" ".join(key).strip())
            problems.append(Problem("DUPLICATE_KEY", f"{table.name} {name}", name, "each thing once in a changeset"))
        seen.add(key)
    return InvalidInput(problems)
