"""What was recorded: changes of single things, and which CIs changed since a revision."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import apsw
import orjson

from cmdb.model.ci import CI, CiId, Pool, Relation, plain
from cmdb.store.port import Change, Touched
from cmdb.store.sqlite.read import LISTED, head, known, listed, recorded
from cmdb.store.sqlite.schema import CIS, POOLS, RELATIONS, Key, Row, Table

Entity = Literal["ci", "relation", "pool"]
Sides = dict[tuple[int, int, Key], list[Row | None]]
"""Before and after, by revision (newest first, so negated), place in `HELD` and key."""


class Held(NamedTuple):
    """Where versions of an entity are kept, and the columns that tie them to a CI."""

    entity: Entity
    table: Table
    owners: tuple[str, ...]


HELD = (
    Held("ci", CIS, ("id",)),
    Held("relation", RELATIONS, ("from_id", "to_id")),
    Held("pool", POOLS, ("ci",)),
)


def history(connection: apsw.Connection, ids: Sequence[CiId], first: int, before: int | None) -> Iterator[Change]:
    """Changes of these CIs, newest revision first: CIs, then relations, then pools, each by key."""
    asked = listed(ids)
    revisions = _revisions(connection, asked, first, before)
    sides: Sides = {}
    for order, held in enumerate(HELD):
        for row in _versions(connection, held, asked, revisions):
            _place(sides, order, held.table.width, row, revisions)
    for (newest, order, _), (old, new) in sorted(sides.items(), key=lambda side: side[0]):
        told = HELD[order].entity
        yield Change(-newest, *revisions[-newest], told, _told(told, old), _told(told, new))


def _sources(held: Held) -> Iterator[str]:
    """The parts of a query for versions of the CIs in `?1`: since, until (NULL while current) and columns."""
    for owner in held.owners:
        for table, until in ((held.table.name, "NULL AS until"), (f"{held.table.name}_past", "until")):
            where = f"{owner} {LISTED.replace('?', '?1')}"
            yield f"SELECT {held.table.listed}, since, {until} FROM {table} WHERE {where}"


def _revisions(
    connection: apsw.Connection, asked: str, first: int, before: int | None
) -> dict[int, tuple[datetime, str, str, str]]:
    """The newest `first` revisions that touched these CIs: when, who, source and message of each."""
    numbers = " UNION ".join(
        f"SELECT {column} AS at FROM ({source})"
        for held in HELD
        for source in _sources(held)
        for column in ("since", "until")
    )
    sql = f"""SELECT number, recorded_at, who, source, message FROM revision
        WHERE number IN ({numbers}) AND (?2 IS NULL OR number < ?2) ORDER BY number DESC LIMIT ?3"""
    rows = connection.execute(sql, (asked, before, max(first, 0)))
    return {number: (datetime.fromisoformat(at), *rest) for number, at, *rest in rows}


def _versions(connection: apsw.Connection, held: Held, asked: str, revisions: Iterable[int]) -> Iterator[Row]:
    union = " UNION ".join(_sources(held))
    numbers = LISTED.replace("?", "?2")
    sql = f"SELECT * FROM ({union}) WHERE since {numbers} OR until {numbers}"
    return connection.execute(sql, (asked, orjson.dumps(list(revisions)).decode()))


def _place(sides: Sides, order: int, width: int, row: Row, revisions: Mapping[int, object]) -> None:
    """Put a version after the revision that began it and before the one that ended it."""
    *values, since, until = row
    for side, revision in ((0, until), (1, since)):
        if revision in revisions:
            sides.setdefault((-revision, order, row[:width]), [None, None])[side] = tuple(values)


def _told(entity: Entity, row: Row | None) -> Mapping[str, Any] | None:
    if row is None:
        return None
    kinds: dict[Entity, type[CI] | type[Relation] | type[Pool]] = {"ci": CI, "relation": Relation, "pool": Pool}
    return plain(kinds[entity]._make(row))


def changes(connection: apsw.Connection, after: int, until: int | None, limit: int) -> Touched:
    """The CIs touched after revision `after` up to `until`; None for them when they are over `limit` or not known."""
    past = known(connection, until)
    at = head(connection) if past is None else recorded(connection, past)
    if not 0 <= after <= at.revision:
        return Touched(at, None)
    touched: set[CiId] = set()
    sql = "SELECT touched FROM revision WHERE number > ? AND number <= ?"
    for (part,) in connection.execute(sql, (after, at.revision)):
        if part is None:
            return Touched(at, None)
        touched.update(orjson.loads(part))
        if len(touched) > limit:
            return Touched(at, None)
    return Touched(at, frozenset(touched))
