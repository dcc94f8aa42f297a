"""What stands in the graph now, by key or all of it, inside an open transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, TypeVar, cast

import orjson
from neo4j import ManagedTransaction

from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey
from cmdb.model.record import Record, RecordKey
from cmdb.store.neo4j import queries
from cmdb.store.neo4j.vocabulary import relation_type, relationship

T = TypeVar("T", CI, Relation, Pool, Record)
BATCH = 10_000
"""Rows sent with one query."""
Row = tuple[Any, ...]
WITHOUT_CLAIMS = len(CI._fields)
"""Values in the record of a CI that a single source knows, its revision among them."""


def typed(kind: type[T], rows: Iterable[Row]) -> list[T]:
    """Rows as the tuples they stand for; without a Python call for each, since a dump has a million."""
    make = cast("type[tuple[object, ...]]", tuple)
    return list(map(make.__new__, repeat(kind), rows))


def storable(ids: Iterable[CiId]) -> list[CiId]:
    """Each id once, without those that are no valid Unicode text: they cannot be stored, nor asked for."""
    return [i for i in dict.fromkeys(ids) if i.isascii() or not any("\ud800" <= c <= "\udfff" for c in i)]


def rows(tx: ManagedTransaction, query: str, name: str, values: Iterable[Any], **more: Any) -> Iterator[list[Any]]:
    """The rows that `query` answers, asked in batches of `values`, which it takes as `$name`."""
    listed = list(values)
    for at in range(0, len(listed), BATCH):
        parameters = {name: listed[at : at + BATCH], **more}
        yield from tx.run(query, parameters).values()


def run(tx: ManagedTransaction, query: str, name: str, values: Sequence[Any], **more: Any) -> None:
    """Run `query` on batches of `values`, which it takes as `$name`."""
    for at in range(0, len(values), BATCH):
        tx.run(query, {name: values[at : at + BATCH], **more}).consume()


def unpacked(records: Iterable[str]) -> list[Row]:
    """The rows that CI records stand for: CI columns and `since`."""
    found = orjson.loads(f"[{','.join(records)}]")
    for row in found:
        if len(row) == WITHOUT_CLAIMS:
            row.insert(WITHOUT_CLAIMS - 1, "")
    return cast(list[Row], found)


def relation_rows(found: Iterable[list[Any]]) -> list[Row]:
    """Rows that begin with the columns of a relation, its type given as the graph has it."""
    return [(start, relation_type(type_), *rest) for start, type_, *rest in found]


class StoredGraph:
    """The graph as one transaction sees it; `cmdb.store.checks.Stored`."""

    def __init__(self, tx: ManagedTransaction) -> None:
        self._tx = tx

    def count(self, query: str) -> int:
        """What a counting query answers."""
        (number,) = self._tx.run(query).single(strict=True)
        return int(number)

    def revisions(self, ids: Collection[CiId]) -> Mapping[CiId, int]:
        return dict(rows(self._tx, queries.CI_REVISIONS, "ids", ids))

    def kinds(self, ids: Collection[CiId]) -> Mapping[CiId, str]:
        return dict(rows(self._tx, queries.CI_KINDS, "ids", ids))

    def record_revisions(self, keys: Collection[RecordKey]) -> Mapping[RecordKey, int]:
        found = rows(self._tx, queries.RECORD_REVISIONS, "keys", map(list, keys))
        return {RecordKey(kind, source, number): since for kind, source, number, since in found}

    def records(self, keys: Collection[RecordKey]) -> list[Row]:
        """Record columns and `since` of the records that exist among these."""
        return [tuple(row) for row in rows(self._tx, queries.RECORDS, "keys", map(list, keys))]

    def numbers(self, ids: Collection[CiId]) -> dict[CiId, int]:
        """The numbers of the nodes of these CIs, which find them without an index, in this transaction."""
        return dict(rows(self._tx, queries.CI_NUMBERS, "ids", ids))

    def rules(self, owners: Collection[CiId]) -> list[Pool]:
        return typed(Pool, (row[:-1] for row in self.pools_of(owners)))

    def at(self, ids: Collection[CiId]) -> list[Relation]:
        return typed(Relation, (row[:-1] for row in self.relations_at(ids)))

    def cis(self, ids: Collection[CiId]) -> list[Row]:
        """CI columns and `since` of the CIs that exist."""
        return unpacked(record for (record,) in rows(self._tx, queries.CIS, "ids", ids))

    def relations_at(self, ids: Collection[CiId]) -> list[Row]:
        """Relation columns and `since` of the relations at these CIs."""
        found = relation_rows(rows(self._tx, queries.RELATIONS_AT_CIS, "ids", ids))
        return found if len(ids) <= BATCH else list(dict.fromkeys(found))

    def relations(self, keys: Collection[RelationKey]) -> list[Row]:
        """Relation columns and `since` of the relations that exist among these."""
        return relation_rows(rows(self._tx, queries.RELATIONS, "keys", map(kept_key, keys)))

    def pools_of(self, ids: Collection[CiId]) -> list[Row]:
        """Pool columns and `since` of the pools of these CIs."""
        return [tuple(row) for row in rows(self._tx, queries.POOLS_OF_CIS, "ids", ids)]

    def pools(self, keys: Collection[PoolKey]) -> list[Row]:
        """Pool columns and `since` of the pools that exist among these."""
        wanted = frozenset(keys)
        return [row for row in self.pools_of({key.ci for key in keys}) if PoolKey(row[0], row[1]) in wanted]

    def every_ci(self, at: int) -> tuple[list[Row], dict[int, CiId]]:
        """CI columns and `since` of all CIs unchanged since revision `at`, and the id of every node by its number."""
        numbers: list[int] = self._tx.run(queries.ALL_NUMBERS).single(strict=True)[0]
        found: list[Row] = []
        names: dict[int, CiId] = {}
        for known, records in rows(self._tx, queries.ALL_CIS, "numbers", numbers):
            part = unpacked(records)
            names.update(zip(known, (row[0] for row in part), strict=True))
            found += part if all(row[-1] <= at for row in part) else [row for row in part if row[-1] <= at]
        return found, names

    def every_relation(self, at: int, names: Mapping[int, CiId]) -> list[Row]:
        """Relation columns and `since` of all relations between these nodes that are unchanged since `at`."""
        found: list[Row] = []
        for columns in rows(self._tx, queries.ALL_RELATIONS, "numbers", names, at=at):
            starts, types, ends, *rest = columns
            told = {type_: relation_type(type_) for type_ in set(types)}
            ids = map(names.get, starts), map(told.get, types), map(names.get, ends)
            part = list(zip(*ids, *rest, strict=True))
            found += part if names.keys() >= set(ends) else [row for row in part if row[2] is not None]
        return found

    def every_pool(self, at: int) -> list[Row]:
        """Pool columns and `since` of all pools unchanged since revision `at`."""
        return [tuple(row) for row in self._tx.run(queries.ALL_POOLS, at=at).values()]


def kept_key(key: Sequence[str]) -> list[str]:
    """A relation's key with its type as the graph has it."""
    start, type_, end, pool = key
    return [start, relationship(type_), end, pool]
