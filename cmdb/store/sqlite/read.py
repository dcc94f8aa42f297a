"""Reading the inventory, as it is or as it was, inside an open transaction."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import repeat
from typing import TypeVar, cast

import apsw
import orjson

from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.model.record import Record
from cmdb.reconcile.validate import dependent
from cmdb.store.port import Around, CiFilter, Columns, Dump, Head, StoredCI
from cmdb.store.slices import SLICE, THING, VALUE, Slice
from cmdb.store.sqlite.schema import CIS, POOLS, RECORDS, RELATIONS, Row, Table

T = TypeVar("T", CI, Relation, Pool, Record)
V = TypeVar("V")
LISTED = "IN (SELECT value FROM json_each(?))"
BEYOND = "\U0010ffff"
"""No id sorts behind it."""


def typed(kind: type[T], rows: Iterable[Row]) -> list[T]:
    """Rows as the tuples they stand for; without a Python call for each, since a dump has a million."""
    make = cast("type[tuple[object, ...]]", tuple)
    return list(map(make.__new__, repeat(kind), rows))


def listed(ids: Iterable[str]) -> str:
    """Ids as a parameter for `LISTED`; what is no valid Unicode text cannot be stored and is left out."""
    return orjson.dumps([str(i) for i in ids if storable(i)]).decode()


def storable(text: str) -> bool:
    """Whether it is valid Unicode text, which alone can be stored or asked for."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def head(connection: apsw.Connection) -> Head:
    """The newest revision."""
    sql = "SELECT number, recorded_at FROM revision ORDER BY number DESC LIMIT 1"
    number, recorded_at = next(connection.execute(sql))
    return Head(number, datetime.fromisoformat(recorded_at))


def recorded(connection: apsw.Connection, revision: int) -> Head:
    """A revision that there is."""
    sql = "SELECT number, recorded_at FROM revision WHERE number = ?"
    number, recorded_at = next(connection.execute(sql, (revision,)))
    return Head(number, datetime.fromisoformat(recorded_at))


def head_at(connection: apsw.Connection, moment: datetime) -> Head:
    """The newest revision recorded at or before `moment`, else revision 0. Times never run backwards."""
    revisions = range(head(connection).revision + 1)
    later = bisect_right(revisions, moment, key=lambda number: recorded(connection, number).recorded_at)
    return recorded(connection, max(later - 1, 0))


def known(connection: apsw.Connection, at: int | None) -> int | None:
    """`at`, or None where that is the newest revision, which is read faster. Raises `InvalidInput`."""
    if at is None:
        return None
    newest = head(connection).revision
    if not 0 <= at <= newest:
        problem = Problem("UNKNOWN_REVISION", "revision", shown(str(at)), f"a revision from 0 to {newest}")
        raise InvalidInput([problem])
    return None if at == newest else at


def stored(rows: Iterable[Row]) -> Iterator[StoredCI]:
    """Rows of CI columns and `since`."""
    return (StoredCI(CI._make(row[:-1]), row[-1]) for row in rows)


def get(connection: apsw.Connection, ids: Iterable[CiId], at: int | None) -> dict[CiId, StoredCI]:
    """The CIs that exist among `ids`."""
    sql = f"SELECT {CIS.listed}, since FROM {CIS.as_of(at)} WHERE id {LISTED}"
    return {found.ci.id: found for found in stored(connection.execute(sql, (listed(ids),)))}


def naming(connection: apsw.Connection, ci: CiId, pool: str) -> list[Relation]:
    """Relations at either end of `ci` that name `pool`."""
    sql = " UNION ".join(
        f"SELECT {RELATIONS.listed} FROM relation WHERE {end} = ?1 AND pool = ?2" for end in ("from_id", "to_id")
    )
    return typed(Relation, connection.execute(sql, (ci, pool)))


def around(connection: apsw.Connection, model: Model, ids: Iterable[CiId], at: int | None = None) -> Around:
    """Relations at these CIs; pools of these CIs and of these relations."""
    asked = set(ids)
    sql = " UNION ".join(
        f"SELECT {RELATIONS.listed} FROM {RELATIONS.as_of(at)} WHERE {end} {LISTED.replace('?', '?1')}"
        for end in ("from_id", "to_id")
    )
    relations = typed(Relation, connection.execute(sql + " ORDER BY 1, 2, 3, 4", (listed(asked),)))
    used = {(dependent(model, r), r.pool) for r in relations if r.pool}
    sql = f"SELECT {POOLS.listed} FROM {POOLS.as_of(at)} WHERE ci {LISTED} ORDER BY ci, name"
    owned = typed(Pool, connection.execute(sql, (listed(asked.union(ci for ci, _ in used)),)))
    return Around(relations, [pool for pool in owned if pool.ci in asked or pool.key in used])


def restriction(where: CiFilter) -> tuple[str, list[str]]:
    """The condition that `where` states, and its parameters."""
    parts = {
        "kind": where.kinds, "sector": where.sectors, "lifecycle": where.lifecycles, "source": where.sources,
    }  # fmt: skip
    used = {column: values for column, values in parts.items() if values}
    return " AND ".join(f"{c} {LISTED}" for c in used) or "1", [listed(v) for v in used.values()]


def count(connection: apsw.Connection, where: CiFilter, at: int | None) -> int:
    """How many CIs match."""
    condition, values = restriction(where)
    return int(next(connection.execute(f"SELECT count(*) FROM {CIS.as_of(at)} WHERE {condition}", values))[0])


def some(
    connection: apsw.Connection, where: CiFilter, limit: int, after: CiId | None, at: int | None
) -> list[StoredCI]:
    """At most `limit` CIs that match, by id, from the one behind `after`."""
    condition, values = restriction(where)
    source = CIS.as_of(at)
    sql = f"SELECT {CIS.listed}, since FROM {source} WHERE {condition} AND id > ? ORDER BY id LIMIT ?"
    return list(stored(connection.execute(sql, (*values, after or "", limit))))


def dump(connection: apsw.Connection, at: int | None) -> Dump:
    """Everything."""
    told = head(connection) if at is None else recorded(connection, at)
    cis = typed(CI, connection.execute(f"SELECT {CIS.listed} FROM {CIS.as_of(at)}"))
    cis.sort()
    relations, pools, records = (
        connection.execute(f"SELECT {table.listed} FROM {table.as_of(at)} ORDER BY {table.key}")
        for table in (RELATIONS, POOLS, RECORDS)
    )
    return Dump(told, cis, typed(Relation, relations), typed(Pool, pools), typed(Record, records))


def columns(connection: apsw.Connection, told: Callable[[Slice], V]) -> Columns[V]:
    """Everything now: what `told` makes of slices."""
    pools, records = (
        connection.execute(f"SELECT {table.listed} FROM {table.name} ORDER BY {table.key}")
        for table in (POOLS, RECORDS)
    )
    return Columns(
        head(connection), list(map(told, _cis(connection))), list(map(told, _relations(connection))),
        typed(Pool, pools), typed(Record, records),
    )  # fmt: skip


def _cis(connection: apsw.Connection) -> Iterator[Slice]:
    last = next(connection.execute("SELECT max(number) FROM ci"))[0] or 0
    sql = f"SELECT {_joined(CIS)} FROM ci WHERE number > ? AND number <= ?"
    for begin in range(0, last, SLICE):
        (found,) = next(connection.execute(sql, (begin, begin + SLICE)))
        if found is not None:
            yield found


def _relations(connection: apsw.Connection) -> Iterator[Slice]:
    behind = f"SELECT {RELATIONS.key} FROM relation WHERE ({RELATIONS.key}) > (?, ?, ?, ?) ORDER BY {RELATIONS.key}"
    part = f"({RELATIONS.key}) > (?, ?, ?, ?) AND ({RELATIONS.key}) <= (?, ?, ?, ?)"
    sql = f"SELECT {_joined(RELATIONS)} FROM relation WHERE {part}"
    after = ("",) * RELATIONS.width
    while next(connection.execute(f"{behind} LIMIT 1", after), None):
        last = next(connection.execute(f"{behind} LIMIT 1 OFFSET {SLICE - 1}", after), (BEYOND,) * RELATIONS.width)
        yield next(connection.execute(sql, after + last))[0]
        after = last


def _joined(table: Table) -> str:
    value, thing = (f"x'{text.encode().hex()}'" for text in (VALUE, THING))
    return f"group_concat(concat_ws({value}, {table.listed}), {thing})"
