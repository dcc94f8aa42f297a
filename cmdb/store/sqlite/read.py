"""Reading the current inventory inside an open transaction."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import repeat
from typing import TypeVar, cast

import apsw
import orjson

from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.model import Model
from cmdb.reconcile.validate import dependent
from cmdb.store.port import Around, CiFilter, Dump, Head, StoredCI
from cmdb.store.sqlite.schema import CIS, POOLS, RELATIONS, Row

T = TypeVar("T", CI, Relation, Pool)
LISTED = "IN (SELECT value FROM json_each(?))"


def typed(kind: type[T], rows: Iterable[Row]) -> list[T]:
    """Rows as the tuples they stand for; without a Python call for each, since a dump has a million."""
    make = cast("type[tuple[object, ...]]", tuple)
    return list(map(make.__new__, repeat(kind), rows))


def listed(ids: Iterable[str]) -> str:
    """Ids as a parameter for `LISTED`; what is no valid Unicode text cannot be stored and is left out."""
    return orjson.dumps([str(i) for i in ids if i.isascii() or _storable(i)]).decode()


def _storable(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


def head(connection: apsw.Connection) -> Head:
    """The newest revision."""
    sql = "SELECT number, recorded_at FROM revision ORDER BY number DESC LIMIT 1"
    number, recorded_at = next(connection.execute(sql))
    return Head(number, datetime.fromisoformat(recorded_at))


def stored(rows: Iterable[Row]) -> Iterator[StoredCI]:
    """Rows of CI columns and `since`."""
    return (StoredCI(CI._make(row[:-1]), row[-1]) for row in rows)


def get(connection: apsw.Connection, ids: Iterable[CiId]) -> dict[CiId, StoredCI]:
    """The CIs that exist among `ids`."""
    sql = f"SELECT {CIS.listed}, since FROM ci WHERE id {LISTED}"
    return {found.ci.id: found for found in stored(connection.execute(sql, (listed(ids),)))}


def naming(connection: apsw.Connection, ci: CiId, pool: str) -> list[Relation]:
    """Relations at either end of `ci` that name `pool`."""
    sql = " UNION ".join(
        f"SELECT {RELATIONS.listed} FROM relation WHERE {end} = ?1 AND pool = ?2" for end in ("from_id", "to_id")
    )
    return typed(Relation, connection.execute(sql, (ci, pool)))


def around(connection: apsw.Connection, model: Model, ids: Iterable[CiId]) -> Around:
    """Relations at these CIs; pools of these CIs and of these relations."""
    asked = set(ids)
    sql = " UNION ".join(
        f"SELECT {RELATIONS.listed} FROM relation WHERE {end} {LISTED.replace('?', '?1')}"
        for end in ("from_id", "to_id")
    )
    relations = typed(Relation, connection.execute(sql + " ORDER BY 1, 2, 3, 4", (listed(asked),)))
    used = {(dependent(model, r), r.pool) for r in relations if r.pool}
    sql = f"SELECT {POOLS.listed} FROM pool WHERE ci {LISTED} ORDER BY ci, name"
    owned = typed(Pool, connection.execute(sql, (listed(asked.union(ci for ci, _ in used)),)))
    return Around(relations, [pool for pool in owned if pool.ci in asked or pool.key in used])


def restriction(where: CiFilter) -> tuple[str, list[str]]:
    """The condition that `where` states, and its parameters."""
    parts = {
        "kind": where.kinds, "sector": where.sectors, "lifecycle": where.lifecycles, "source": where.sources,
    }  # fmt: skip
    used = {column: values for column, values in parts.items() if values}
    return " AND ".join(f"{c} {LISTED}" for c in used) or "1", [listed(v) for v in used.values()]


def count(connection: apsw.Connection, where: CiFilter) -> int:
    """How many CIs match."""
    condition, values = restriction(where)
    return int(next(connection.execute(f"SELECT count(*) FROM ci WHERE {condition}", values))[0])


def some(connection: apsw.Connection, where: CiFilter, limit: int, after: CiId | None) -> list[StoredCI]:
    """At most `limit` CIs that match, by id, from the one behind `after`."""
    condition, values = restriction(where)
    sql = f"SELECT {CIS.listed}, since FROM ci WHERE {condition} AND id > ? ORDER BY id LIMIT ?"
    return list(stored(connection.execute(sql, (*values, after or "", limit))))


def dump(connection: apsw.Connection) -> Dump:
    """Everything current."""
    at = head(connection)
    cis = typed(CI, connection.execute(f"SELECT {CIS.listed} FROM ci"))
    cis.sort()
    relations = connection.execute(f"SELECT {RELATIONS.listed} FROM relation ORDER BY from_id, type, to_id, pool")
    pools = connection.execute(f"SELECT {POOLS.listed} FROM pool ORDER BY ci, name")
    return Dump(at, cis, typed(Relation, relations), typed(Pool, pools))
