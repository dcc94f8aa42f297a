"""Applying a changeset inside an open transaction that holds the lock of the head."""

from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from neo4j import ManagedTransaction

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey
from cmdb.model.record import Record, RecordKey
from cmdb.store.checks import Delta, applied, check_twice, retired, touched
from cmdb.store.neo4j import queries, records
from cmdb.store.neo4j.read import marked
from cmdb.store.neo4j.stored import BATCH, Row, StoredGraph, kept_key, run, storable
from cmdb.store.neo4j.vocabulary import Vocabulary, quoted, record, relationship
from cmdb.store.port import Applied, Head, KeyReused

BULK = 5_000
"""From this many things on, reading all that is stored is the cheaper way to compare."""


class Differences(NamedTuple):
    """What a changeset really changes, and since when the things stood that it ends."""

    cis: Delta[CI]
    relations: Delta[Relation]
    pools: Delta[Pool]
    records: Delta[Record]
    since: Mapping[tuple[str, ...], int]

    def __bool__(self) -> bool:
        return bool(self.cis or self.relations or self.pools or self.records)


def replay(tx: ManagedTransaction, key: str, digest: str, attempt: str) -> Applied | None:
    """What the request with this key did when it came first. Raises `KeyReused` when that was another one."""
    for stored, revision, created, changed, removed, by in tx.run(queries.REQUEST, key=key).values():
        if stored != digest:
            raise KeyReused(key)
        return Applied(revision, created, changed, removed, replayed=by != attempt)
    return None


def attempted(tx: ManagedTransaction, attempt: str) -> Applied | None:
    """What this very attempt did, when its commit happened and the answer was lost."""
    for row in tx.run(queries.ATTEMPTED, attempt=attempt).values():
        return Applied(*row)
    return None


def remember(tx: ManagedTransaction, key: str, digest: str, attempt: str, done: Applied) -> None:
    """Keep what the request with this key did, for `replay`."""
    request = {
        "key": key, "digest": digest, "revision": done.revision, "created": done.created, "changed": done.changed,
        "removed": done.removed, "attempt": attempt,
    }  # fmt: skip
    tx.run(queries.RECORD_REQUEST, request=request).consume()


def compare(tx: ManagedTransaction, changeset: Changeset) -> Differences:
    """What the changeset changes. Raises `InvalidInput` DUPLICATE_KEY."""
    check_twice("ci", ((ci.id,) for ci in changeset.put_cis))
    check_twice("relation", (relation.key for relation in changeset.put_relations))
    check_twice("pool", (pool.key for pool in changeset.put_pools))
    check_twice("record", (thing.key for thing in changeset.put_records))
    graph = StoredGraph(tx)
    since: dict[tuple[str, ...], int] = {}
    written = _records(graph, changeset, since)
    if not graph.count(queries.CI_COUNT):
        new = Delta(retired(changeset, ())), Delta(list(changeset.put_relations)), Delta(list(changeset.put_pools))
        return Differences(*new, written, since)
    cis, relations = _cis(graph, changeset, since), _relations(graph, changeset, since)
    return Differences(cis, relations, _pools(graph, changeset, since), written, since)


def _cis(graph: StoredGraph, changeset: Changeset, since: dict[tuple[str, ...], int]) -> Delta[CI]:
    given = {ci.id for ci in changeset.put_cis}
    kept = set(changeset.retire).difference(given, changeset.delete)
    gone = [ci for ci in dict.fromkeys(changeset.delete) if ci not in given]
    ids = [*given, *kept, *gone]
    if _whole(len(ids), graph.count(queries.CI_COUNT)):
        found, _ = graph.every_ci(queries.EVER)
    else:
        found = graph.cis(storable(ids))
    before = {row[0]: row for row in found}
    wanted = retired(changeset, (CI._make(before[ci][:-1]) for ci in kept if ci in before))
    delta: Delta[CI] = Delta()
    for ci in wanted:
        old = before.get(ci.id)
        if old is None:
            delta.created.append(ci)
        elif tuple(old[:-1]) != ci:
            delta.changed.append((CI._make(old[:-1]), ci))
    delta.removed += [CI._make(before[ci][:-1]) for ci in gone if ci in before]
    since.update(((ci.id,), before[ci.id][-1]) for ci in delta.ended())
    return delta


def _whole(wanted: int, stored: int) -> bool:
    return wanted >= BULK and stored <= 4 * wanted


def _relations(graph: StoredGraph, changeset: Changeset, since: dict[tuple[str, ...], int]) -> Delta[Relation]:
    wanted = {relation.key: relation for relation in changeset.put_relations}
    gone = [RelationKey(*key) for key in changeset.remove_relations if key not in wanted]
    keys = [*wanted, *gone]
    if _whole(len(keys), graph.count(queries.RELATION_COUNT)):
        _, names = graph.every_ci(queries.EVER)
        found = graph.every_relation(queries.EVER, names)
    else:
        found = graph.relations(keys)
    before = {RelationKey(*row[:4]): row for row in found}
    lost = {RelationKey(*row[:4]): row for row in graph.relations_at(storable(changeset.delete))}
    before.update(lost)
    ending = dict.fromkeys([*gone, *(key for key in lost if key not in wanted)])
    return _delta(Relation._make, wanted, before, ending, since)


def _pools(graph: StoredGraph, changeset: Changeset, since: dict[tuple[str, ...], int]) -> Delta[Pool]:
    wanted = {pool.key: pool for pool in changeset.put_pools}
    gone = [PoolKey(*key) for key in changeset.remove_pools if key not in wanted]
    keys = [*wanted, *gone]
    whole = _whole(len(keys), graph.count(queries.POOL_COUNT))
    found = graph.every_pool(queries.EVER) if whole else graph.pools(keys)
    before = {PoolKey(row[0], row[1]): row for row in found}
    lost = {PoolKey(row[0], row[1]): row for row in graph.pools_of(storable(changeset.delete))}
    before.update(lost)
    ending = dict.fromkeys([*gone, *(key for key in lost if key not in wanted)])
    return _delta(Pool._make, wanted, before, ending, since)


def _records(graph: StoredGraph, changeset: Changeset, since: dict[tuple[str, ...], int]) -> Delta[Record]:
    wanted = {thing.key: thing for thing in changeset.put_records}
    before = {RecordKey(*row[:3]): row for row in graph.records(wanted)}
    return _delta(Record._make, wanted, before, (), since)


def _delta(
    make: Any, wanted: Mapping[Any, Any], before: Mapping[Any, Row], gone: Iterable[Any],
    since: dict[tuple[str, ...], int],
) -> Delta[Any]:  # fmt: skip
    delta: Delta[Any] = Delta()
    for key, thing in wanted.items():
        old = before.get(key)
        if old is None:
            delta.created.append(thing)
        elif old[:-1] != thing:
            delta.changed.append((make(old[:-1]), thing))
    delta.removed += [make(before[key][:-1]) for key in gone if key in before]
    since.update((tuple(thing.key), before[thing.key][-1]) for thing in delta.ended())
    return delta


def write(
    tx: ManagedTransaction, vocabulary: Vocabulary, changeset: Changeset, found: Differences, new: Head, attempt: str
) -> Applied:
    """Write the differences and the revision that holds them, what was before everything else."""
    _keep(tx, found, new.revision)
    losing = records.losing(tx, found.cis.removed)
    _delete(tx, found)
    numbers = _write_cis(tx, vocabulary, found.cis, new.revision)
    _create(tx, found, numbers, new.revision)
    records.write(tx, found.records, losing, found.cis.created, new.revision)
    done = applied(changeset, new.revision, found.cis, found.relations, found.pools, found.records)
    revision = {
        "number": new.revision, "recorded_at": new.recorded_at, "who": changeset.who, "source": changeset.source,
        "message": changeset.message, "created": done.created, "changed": done.changed, "removed": done.removed,
        "touched": touched(found.cis, found.relations, found.pools), "attempt": attempt,
        "records": records.listed(found.records),
    }  # fmt: skip
    if new.revision == 1:
        tx.run(queries.BEGUN, moment=new.recorded_at).consume()
    tx.run(queries.RECORD_REVISION, revision=revision, mark=marked(new)).consume()
    return done


def _keep(tx: ManagedTransaction, found: Differences, until: int) -> None:
    since = found.since
    cis = [
        (c.id, c.kind, c.name, c.sector, c.lifecycle, c.source, since[c.id,], record(c, since[c.id,]))
        for c in found.cis.ended()
    ]
    relations = [(*relation[:-1], relation[-1] or None, since[relation.key]) for relation in found.relations.ended()]
    pools = [(*pool[:-1], pool[-1] or None, since[pool.key]) for pool in found.pools.ended()]
    bodies = [(*thing, since[thing.key]) for thing in found.records.ended()]
    for query, kept in (
        (queries.KEEP_CIS, cis), (queries.KEEP_RELATIONS, relations), (queries.KEEP_POOLS, pools),
        (queries.KEEP_RECORDS, bodies),
    ):  # fmt: skip
        run(tx, query, "rows", sorted(kept), until=until)


def _delete(tx: ManagedTransaction, found: Differences) -> None:
    run(tx, queries.DELETE_RELATIONS, "keys", sorted(kept_key(r.key) for r in found.relations.ended()))
    run(tx, queries.DELETE_POOLS, "keys", sorted(list(pool.key) for pool in found.pools.ended()))
    run(tx, queries.DELETE_RECORDS, "keys", sorted(list(thing.key) for thing in found.records.ended()))
    run(tx, queries.DELETE_CIS, "ids", sorted(ci.id for ci in found.cis.removed))


def _write_cis(tx: ManagedTransaction, vocabulary: Vocabulary, cis: Delta[CI], since: int) -> dict[CiId, int]:
    """Write CIs; returns the numbers of the new nodes."""
    changed = sorted(new for _, new in cis.changed)
    run(tx, queries.CHANGE_CIS, "rows", [vocabulary.properties(ci, since) for ci in changed])
    moved = sorted((new.kind, new.id) for old, new in cis.changed if old.kind != new.kind)
    for kind, group in groupby(moved, key=itemgetter(0)):
        query = queries.CHANGE_LABELS.format(
            others=vocabulary.unlabelled[kind], labels=vocabulary.labelled[kind]
        )  # fmt: skip
        run(tx, query, "ids", [ci for _, ci in group])
    numbers: dict[CiId, int] = {}
    created = sorted(cis.created, key=itemgetter(1, 0))
    for kind, of_kind in groupby(created, key=itemgetter(1)):
        listed = list(of_kind)
        query = queries.CREATE_CIS.replace("{labels}", vocabulary.labelled[kind])
        for at in range(0, len(listed), BATCH):
            batch = listed[at : at + BATCH]
            made = tx.run(query, rows=[vocabulary.properties(ci, since) for ci in batch])
            numbers.update(zip((ci.id for ci in batch), made.single(strict=True)[0], strict=True))
    return numbers


def _create(tx: ManagedTransaction, found: Differences, numbers: dict[CiId, int], since: int) -> None:
    """Write relations and pools, the changed ones anew."""
    relations = sorted([*found.relations.created, *(new for _, new in found.relations.changed)], key=_by_type)
    pools = sorted([*found.pools.created, *(new for _, new in found.pools.changed)])
    ends = {end for r in relations for end in (r[0], r[2])}.union(pool.ci for pool in pools)
    numbers |= StoredGraph(tx).numbers(sorted(ends.difference(numbers)))
    for type_, group in groupby(relations, key=itemgetter(1)):
        query = queries.CREATE_RELATIONS.format(type=quoted(relationship(type_)))
        between = [[numbers[r[0]], numbers[r[2]], *r[3:-1], r[-1] or None] for r in group]
        run(tx, query, "rows", between, since=since)
    owned = [[numbers[pool.ci], *pool[:-1], pool[-1] or None] for pool in pools]
    run(tx, queries.CREATE_POOLS, "rows", owned, since=since)


def _by_type(relation: Relation) -> tuple[str, Relation]:
    return relation.type, relation


def size(changeset: Changeset) -> int:
    """How many things the changeset names."""
    parts: tuple[Collection[object], ...] = (
        changeset.put_cis, changeset.put_relations, changeset.put_pools, changeset.remove_relations,
        changeset.remove_pools, changeset.retire, changeset.delete, changeset.put_records,
    )  # fmt: skip
    return sum(map(len, parts))
