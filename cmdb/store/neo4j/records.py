"""Records, as they are or as they were, what each revision did, and how records hang on CIs, in an open transaction.

A record hangs on every CI that it names and that is there: one that comes back is found by what is kept unlinked.
"""

from collections.abc import Collection, Iterable, Set
from itertools import groupby
from operator import attrgetter
from typing import Any

import orjson
from neo4j import ManagedTransaction

from cmdb.model.ci import CI, CiId
from cmdb.model.record import Record, RecordKey
from cmdb.store.checks import Delta
from cmdb.store.neo4j import queries
from cmdb.store.neo4j.read import head, known, moment, recorded
from cmdb.store.neo4j.stored import StoredGraph, rows, run, storable
from cmdb.store.neo4j.vocabulary import RECORD_LABELS, RECORD_LINKS, record_properties, single_values
from cmdb.store.port import Change, Logged, Records, StoredRecord

BESIDE = frozenset({"ci"})
"""What a relationship tells by its end."""


def records(tx: ManagedTransaction, after: int, at: int | None) -> Records:
    """Records whose version as of `at` was written after revision `after`, by key."""
    past = known(tx, at)
    told = head(tx) if past is None else recorded(tx, past)
    found = tx.run(queries.RECORDS_SINCE, after=after, at=told.revision).values()
    if past is not None:
        query = queries.PAST_RECORDS_SINCE if after > 0 else queries.PAST_RECORDS_AT
        found += tx.run(query, after=after, at=past).values()
    return Records(told, [StoredRecord(Record._make(row[:-1]), row[-1]) for row in sorted(found)])


def history(tx: ManagedTransaction, key: RecordKey, first: int, before: int | None) -> list[Change]:
    """Changes of one record, newest first."""
    if storable(map(CiId, key)) != list(dict.fromkeys(key)):
        return []
    versions = tx.run(queries.RECORD_VERSIONS, key=list(key)).values()
    begun = {since: body for body, since, _ in versions}
    ended = {until: body for body, _, until in versions}
    numbers = sorted((n for n in begun if before is None or n < before), reverse=True)[: max(first, 0)]
    revisions = {number: rest for number, *rest in rows(tx, queries.REVISIONS, "numbers", numbers)}
    changes = []
    for number in numbers:
        at, who, source, message = revisions[number]
        sides = (_side(key, bodies.get(number)) for bodies in (ended, begun))
        changes.append(Change(number, moment(at), who, source, message, "record", *sides))
    return changes


def _side(key: RecordKey, body: str | None) -> dict[str, Any] | None:
    return None if body is None else {**orjson.loads(body), **key._asdict()}


def log(tx: ManagedTransaction, after: int, first: int) -> list[Logged]:
    """Revisions after `after`, oldest first."""
    return [
        Logged(number, moment(at), who, source, message, tuple(map(_key, keys)), cis)
        for number, at, who, source, message, keys, cis in tx.run(
            queries.LOG, after=after, first=max(first, 0)
        ).values()
    ]


def listed(delta: Delta[Record]) -> list[str]:
    """The keys of the records that are written, as a revision lists them."""
    return [orjson.dumps(key).decode() for key in sorted(list(thing.key) for thing in delta.things())]


def _key(text: str) -> RecordKey:
    return RecordKey(*orjson.loads(text))


def losing(tx: ManagedTransaction, removed: Iterable[CI]) -> list[RecordKey]:
    """The records that hang on CIs which are about to go."""
    return [RecordKey(*key) for key in rows(tx, queries.RECORDS_OF_CIS, "ids", [ci.id for ci in removed])]


def gaining(tx: ManagedTransaction, created: Collection[CiId]) -> list[RecordKey]:
    """The records that name CIs which have just come."""
    found = tx.run(queries.UNLINKED).values() if created else []
    return [RecordKey(*key) for *key, names in found if not set(names).isdisjoint(created)]


def write(
    tx: ManagedTransaction, delta: Delta[Record], losing: Iterable[RecordKey], created: Iterable[CI], since: int
) -> None:
    """Write new records and hang them on their CIs; hang others on the CIs that came, and note those that went."""
    written = sorted([*delta.created, *(new for _, new in delta.changed)])
    for kind, group in groupby(written, key=attrgetter("kind")):
        query = queries.CREATE_RECORDS.format(label=RECORD_LABELS[kind])
        run(tx, query, "rows", [record_properties(thing, since) for thing in group])
    came = {ci.id for ci in created}
    moved = {*losing, *gaining(tx, came)}.difference(thing.key for thing in written)
    others = sorted(Record._make(row[:-1]) for row in StoredGraph(tx).records(moved))
    there = _there(tx, written)
    _link(tx, written, there)
    _note(tx, [(thing, missing) for thing in written if (missing := _missing(thing, there))])
    _link(tx, others, came)
    still = _there(tx, others)
    _note(tx, [(thing, _missing(thing, still)) for thing in others])


def _there(tx: ManagedTransaction, kept: Iterable[Record]) -> Set[CiId]:
    return StoredGraph(tx).kinds({ci for thing in kept for ci in thing.cis}).keys()


def _missing(record: Record, there: Set[CiId]) -> list[CiId]:
    return [ci for ci in record.cis if ci not in there]


def _link(tx: ManagedTransaction, kept: Iterable[Record], ends: Set[CiId]) -> None:
    """Hang records on those of their CIs that are among `ends`."""
    for kind, group in groupby(kept, key=attrgetter("kind")):
        links = [
            [*thing.key, part["ci"], single_values(part, BESIDE)]
            for thing in group
            for part in thing.body.get("cis", ())
            if part["ci"] in ends
        ]
        run(tx, queries.LINK.format(type=RECORD_LINKS[kind]), "rows", links)


def _note(tx: ManagedTransaction, missing: Iterable[tuple[Record, list[CiId]]]) -> None:
    """Keep which CIs that a record names are not there."""
    told = [[*thing.key, len(ids) or None, ids or None] for thing, ids in missing]
    run(tx, queries.NOTE_UNLINKED, "rows", told)
