"""What was recorded: changes of single things, and which CIs changed since a revision."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from neo4j import ManagedTransaction

from cmdb.model.ci import CI, CiId, Pool, Relation, plain
from cmdb.store.checks import TOUCHED
from cmdb.store.neo4j import queries
from cmdb.store.neo4j.read import head, known, moment, past_cis, past_pools, past_relations, recorded
from cmdb.store.neo4j.stored import Row, StoredGraph, rows, storable
from cmdb.store.port import Change, Touched

Entity = Literal["ci", "relation", "pool"]
Recorded = tuple[datetime, str, str, str]
"""When, who, source and message of a revision."""


class Version(NamedTuple):
    """What a thing was from one revision to another; `until` is None while it still is. `order` sorts the entities."""

    order: int
    values: Row
    since: int
    until: int | None


ENTITIES: tuple[tuple[Entity, type[CI] | type[Relation] | type[Pool], int], ...] = (
    ("ci", CI, 1),
    ("relation", Relation, 4),
    ("pool", Pool, 2),
)
"""Entities in the order they are told in, and how many of their first columns are the key."""


def history(tx: ManagedTransaction, ids: Sequence[CiId], first: int, before: int | None) -> list[Change]:
    """Changes of these CIs, newest revision first: CIs, then relations, then pools, each by key."""
    versions = list(_versions(tx, storable(ids)))
    numbers = {n for version in versions for n in version[2:] if n is not None and (before is None or n < before)}
    revisions = _revisions(tx, sorted(numbers, reverse=True)[: max(first, 0)])
    sides: dict[tuple[int, int, Row], list[Row | None]] = {}
    for version in versions:
        key = version.values[: ENTITIES[version.order][2]]
        for side, revision in ((0, version.until), (1, version.since)):
            if revision in revisions:
                sides.setdefault((-revision, version.order, key), [None, None])[side] = version.values
    return [
        Change(-newest, *revisions[-newest], ENTITIES[order][0], told(order, old), told(order, new))
        for (newest, order, _), (old, new) in sorted(sides.items(), key=lambda side: side[0])
    ]


def _versions(tx: ManagedTransaction, ids: Sequence[CiId]) -> Iterator[Version]:
    graph = StoredGraph(tx)
    current = graph.cis(ids), dict.fromkeys(graph.relations_at(ids)), graph.pools_of(ids)
    past = past_cis(tx, ids), dict.fromkeys(past_relations(tx, ids)), past_pools(tx, ids)
    for order in range(len(ENTITIES)):
        yield from (Version(order, tuple(row[:-1]), row[-1], None) for row in current[order])
        yield from (Version(order, tuple(row[:-2]), row[-2], row[-1]) for row in past[order])


def _revisions(tx: ManagedTransaction, numbers: Iterable[int]) -> dict[int, Recorded]:
    found = rows(tx, queries.REVISIONS, "numbers", numbers)
    return {number: (moment(at), who, source, message) for number, at, who, source, message in found}


def told(order: int, row: Row | None) -> Mapping[str, Any] | None:
    """A version as `Change` tells it."""
    if row is None:
        return None
    return plain(ENTITIES[order][1]._make(row))


def changes(tx: ManagedTransaction, after: int, until: int | None) -> Touched:
    """The CIs touched after revision `after` up to `until`; None for them when they are many or not known."""
    past = known(tx, until)
    at = head(tx) if past is None else recorded(tx, past)
    if not 0 <= after <= at.revision:
        return Touched(at, None)
    found: set[CiId] = set()
    for part in tx.run(queries.TOUCHED, after=after, until=at.revision).value():
        if part is None:
            return Touched(at, None)
        found.update(part)
        if len(found) > TOUCHED:
            return Touched(at, None)
    return Touched(at, frozenset(found))
