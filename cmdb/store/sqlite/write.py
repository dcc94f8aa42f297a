"""Applying a changeset inside an open transaction."""

from collections.abc import Iterable, Iterator
from itertools import chain

import apsw
import orjson

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, PoolKey
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.reconcile.validate import dependent, named, references, validate
from cmdb.store.checks import check_base, check_expected, check_records
from cmdb.store.port import Applied, Conflict, Head, KeyReused
from cmdb.store.sqlite import search
from cmdb.store.sqlite.delta import Delta, delta, write
from cmdb.store.sqlite.read import around, naming
from cmdb.store.sqlite.records import revisions
from cmdb.store.sqlite.schema import CIS, POOLS, RECORDS, RELATIONS, Key, Row

Deltas = tuple[Delta, Delta, Delta, Delta]
"""What changes among CIs, relations, pools and records."""
TOUCHED = 20_000
"""The most touched CIs a revision lists; beyond, a reader had better load everything anew."""
BEGUN = "UPDATE revision SET recorded_at = ?1 WHERE number = 0 AND recorded_at > ?1"
"""A first revision copied from another store may be older than this store."""


def replay(connection: apsw.Connection, key: str, digest: str) -> Applied | None:
    """What the request with this key did when it came first. Raises `KeyReused` when that was another one."""
    row = connection.execute(
        "SELECT digest, revision, created, changed, removed FROM request WHERE key = ?", (key,)
    ).fetchone()
    if row is None:
        return None
    if row[0] != digest:
        raise KeyReused(key)
    return Applied(row[1], row[2], row[3], row[4], replayed=True)


def remember(connection: apsw.Connection, key: str, digest: str, applied: Applied) -> None:
    """Keep what the request with this key did, for `replay`."""
    values = (key, digest, applied.revision, applied.created, applied.changed, applied.removed)
    connection.execute("INSERT INTO request VALUES(?, ?, ?, ?, ?, ?)", values)


def check(connection: apsw.Connection, model: Model, changeset: Changeset, at: Head) -> None:
    """Whether it may be applied to what is stored. Raises `Moved`, `Conflict`, `RecordConflict`, `InvalidInput`."""
    check_base(changeset, at)
    for ci, expected in sorted(changeset.expected.items()):
        row = connection.execute("SELECT since FROM ci WHERE id = ?", (ci,)).fetchone()
        if (actual := row[0] if row else 0) != expected:
            raise Conflict(ci, expected, actual)
    check_expected(changeset, revisions(connection, changeset.expected_records))
    check_records(changeset.put_records)
    check_kinds(connection, model, changeset)
    if changeset.base == at.revision:
        return
    kinds: dict[CiId, str] = dict(_each(connection, "SELECT id, kind FROM ci WHERE id = ?", references(changeset)))
    pooled = {dependent(model, relation) for relation in changeset.put_relations if relation.pool}
    rules = [PoolKey(*row) for row in _each(connection, "SELECT ci, name FROM pool WHERE ci = ?", pooled)]
    if problems := list(validate(model, changeset, kinds, rules)):
        raise InvalidInput(problems)


def check_kinds(connection: apsw.Connection, model: Model, changeset: Changeset) -> None:
    """Whether what stays related to a CI that changes its kind may still be. Raises `InvalidInput`."""
    if connection.execute("SELECT 1 FROM ci LIMIT 1").fetchone() is None:
        return
    before: dict[CiId, str] = dict(
        _each(connection, "SELECT id, kind FROM ci WHERE id = ?", (ci.id for ci in changeset.put_cis))
    )
    after = {ci.id: ci.kind for ci in changeset.put_cis if before.get(ci.id, ci.kind) != ci.kind}
    if not after:
        return
    gone = {tuple(key) for key in changeset.remove_relations}
    kept = [relation for relation in around(connection, model, after).relations if tuple(relation.key) not in gone]
    ends = {end for relation in kept for end in (relation.from_id, relation.to_id)}.difference(changeset.delete)
    kinds = {**dict(_each(connection, "SELECT id, kind FROM ci WHERE id = ?", ends)), **after}
    problems = [
        Problem("RELATION_NOT_ALLOWED", named(r), f"{kinds[r.from_id]} {r.type} {kinds[r.to_id]}", "the kind it had")
        for r in kept
        if {r.from_id, r.to_id} <= kinds.keys() and (kinds[r.from_id], r.type, kinds[r.to_id]) not in model.allowed
    ]
    if problems:
        raise InvalidInput(problems)


def compare(connection: apsw.Connection, changeset: Changeset) -> Deltas:
    """What the changeset changes; removals come before additions."""
    deleted = [(ci,) for ci in dict.fromkeys(changeset.delete)]
    return (
        delta(connection, CIS, _retired(connection, changeset), deleted),
        delta(connection, RELATIONS, changeset.put_relations, _gone_relations(connection, changeset)),
        delta(connection, POOLS, changeset.put_pools, _gone_pools(connection, changeset)),
        delta(connection, RECORDS, changeset.put_records, ()),
    )


def _retired(connection: apsw.Connection, changeset: Changeset) -> list[CI]:
    """The CIs to put, with those to retire among them in their last form."""
    if not changeset.retire:
        return list(changeset.put_cis)
    retire = set(changeset.retire)
    given = {ci.id for ci in changeset.put_cis}
    stored = _each(connection, f"SELECT {CIS.listed} FROM ci WHERE id = ?", retire.difference(given, changeset.delete))
    return [
        ci._replace(lifecycle="retired") if ci.id in retire else ci
        for ci in chain(changeset.put_cis, map(CI._make, stored))
    ]


def _gone_relations(connection: apsw.Connection, changeset: Changeset) -> set[Key]:
    gone: set[Key] = {tuple(key) for key in changeset.remove_relations}
    for end in ("from_id", "to_id"):
        sql = f"SELECT from_id, type, to_id, pool FROM relation WHERE {end} = ?"
        gone.update(_each(connection, sql, changeset.delete))
    return gone


def _gone_pools(connection: apsw.Connection, changeset: Changeset) -> set[Key]:
    gone: set[Key] = {tuple(key) for key in changeset.remove_pools}
    gone.update(_each(connection, "SELECT ci, name FROM pool WHERE ci = ?", changeset.delete))
    return gone


def record(connection: apsw.Connection, changeset: Changeset, deltas: Deltas, new: Head) -> Applied:
    """Write the differences and the revision that holds them."""
    cis, relations, pools, records = deltas
    moved = search.leave(connection, cis)
    write(connection, CIS, cis, new.revision)
    search.enter(connection, cis, moved)
    write(connection, RELATIONS, relations, new.revision)
    write(connection, POOLS, pools, new.revision)
    write(connection, RECORDS, records, new.revision)
    retired = _count_retired(changeset, cis)
    applied = Applied(
        new.revision,
        sum(len(part.created) for part in deltas),
        sum(len(part.changed) for part in deltas) - retired,
        sum(len(part.removed) for part in deltas) + retired,
    )
    touched = _touched(cis, relations, pools)
    recorded_at = new.recorded_at.isoformat(timespec="microseconds")
    if new.revision == 1:
        connection.execute(BEGUN, (recorded_at,))
    connection.execute(
        "INSERT INTO revision VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.revision, recorded_at, changeset.who, changeset.source, changeset.message,
            applied.created, applied.changed, applied.removed, touched, _keys(records),
        ),
    )  # fmt: skip
    return applied


def _count_retired(changeset: Changeset, cis: Delta) -> int:
    retire = set(changeset.retire)
    return sum(new[0] in retire and CI._make(old[:-1]).lifecycle != "retired" for old, new in cis.changed)


def _touched(cis: Delta, relations: Delta, pools: Delta) -> str | None:
    if len(cis.created) > TOUCHED:
        return None
    touched: set[str] = set()
    for row, ends in chain(_ends(cis, 0), _ends(pools, 0), _ends(relations, 0, 2)):
        touched.update(row[end] for end in ends)
        if len(touched) > TOUCHED:
            return None
    return orjson.dumps(sorted(touched)).decode()


def _keys(records: Delta) -> str:
    return orjson.dumps(sorted(row[: RECORDS.width] for row in records.rows())).decode()


def _ends(part: Delta, *columns: int) -> Iterator[tuple[Row, tuple[int, ...]]]:
    return ((row, columns) for row in part.rows())


def check_rules(connection: apsw.Connection, model: Model, removed: Iterable[Row]) -> None:
    """Whether no stored relation still names a removed pool. Raises `InvalidInput` POOL_WITHOUT_RULE."""
    problems = []
    for row in removed:
        pool = Pool._make(row[:-1])
        for relation in naming(connection, pool.ci, pool.name):
            if dependent(model, relation) == pool.ci:
                accepted = f"a pool rule named {shown(pool.name)} for {pool.ci}"
                problems.append(Problem("POOL_WITHOUT_RULE", named(relation), shown(pool.name), accepted))
    if problems:
        raise InvalidInput(problems)


def _each(connection: apsw.Connection, sql: str, ids: Iterable[CiId]) -> Iterator[Row]:
    return connection.executemany(sql, [(ci,) for ci in ids])
