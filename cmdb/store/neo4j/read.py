"""Reading the inventory, as it is or as it was, inside an open transaction."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from itertools import chain
from typing import Any, TypeVar, cast

from neo4j import ManagedTransaction

from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.model.record import Record
from cmdb.reconcile.validate import dependent
from cmdb.store.neo4j import queries
from cmdb.store.neo4j.stored import Row, StoredGraph, rows, storable, typed, unpacked
from cmdb.store.port import Around, CiFilter, Dump, Head, StoredCI

T = TypeVar("T", CI, Relation, Pool, Record)


def marked(newest: Head) -> str:
    """A head as one property: Neo4j reads one as it was at one moment, but not two."""
    return f"{newest.revision} {newest.recorded_at.isoformat()}"


def mark(tx: ManagedTransaction) -> Head:
    """The newest revision, which may still be half visible: whoever reads on has to wait until it is whole."""
    number, _, recorded_at = str(tx.run(queries.MARK).single(strict=True)[0]).partition(" ")
    return Head(int(number), datetime.fromisoformat(recorded_at))


def head(tx: ManagedTransaction) -> Head:
    """The newest revision. Raises `LookupError` while it is only half visible."""
    return _head(tx.run(queries.HEAD).values())


def recorded(tx: ManagedTransaction, revision: int) -> Head:
    """A revision that there is."""
    return _head(tx.run(queries.REVISION, number=revision).values())


def head_at(tx: ManagedTransaction, moment: datetime) -> Head:
    """The newest revision recorded at or before `moment`, else revision 0."""
    found = tx.run(queries.REVISION_AT, moment=in_utc(moment)).values()
    return _head(found) if found else recorded(tx, 0)


def in_utc(moment: datetime) -> datetime:
    """The same instant in UTC, as far as the calendar goes: Neo4j tells equal instants of two zones apart."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def _head(found: list[list[Any]]) -> Head:
    number, recorded_at = found[0]
    return Head(number, moment(recorded_at))


def moment(told: Any) -> datetime:
    """A time as the driver tells it, in UTC."""
    return cast(datetime, told.to_native()).astimezone(UTC)


def known(tx: ManagedTransaction, at: int | None) -> int | None:
    """`at`, or None where that is the newest revision, which is read faster. Raises `InvalidInput`."""
    if at is None:
        return None
    newest = head(tx).revision
    check_known(at, newest)
    return None if at == newest else at


def check_known(at: int, newest: int) -> None:
    """Raises `InvalidInput` UNKNOWN_REVISION for a revision that is not recorded."""
    if not 0 <= at <= newest:
        problem = Problem("UNKNOWN_REVISION", "revision", shown(str(at)), f"a revision from 0 to {newest}")
        raise InvalidInput([problem])


def standing(current: Iterable[Row], past: Iterable[Row], at: int | None) -> list[Row]:
    """The rows, less their `since` (and `until` in the past), that stood at the end of revision `at`."""
    if at is None:
        return [row[:-1] for row in current]
    return [
        *(row[:-1] for row in current if row[-1] <= at),
        *(row[:-2] for row in past if row[-2] <= at < row[-1]),
    ]


def past_cis(tx: ManagedTransaction, ids: Collection[CiId]) -> list[Row]:
    """CI columns, `since` and `until` of what these CIs once were."""
    found = list(rows(tx, queries.PAST_CIS_OF, "ids", ids))
    return [(*row, until) for row, (_, until) in zip(unpacked(r for r, _ in found), found, strict=True)]


def past_relations(tx: ManagedTransaction, ids: Collection[CiId]) -> list[Row]:
    """Relation columns, `since` and `until` of the relations that these CIs once had."""
    return [tuple(row) for row in rows(tx, queries.PAST_RELATIONS_OF, "ids", ids)]


def past_pools(tx: ManagedTransaction, ids: Collection[CiId]) -> list[Row]:
    """Pool columns, `since` and `until` of the pools that these CIs once had."""
    return [tuple(row) for row in rows(tx, queries.PAST_POOLS_OF, "ids", ids)]


def get(tx: ManagedTransaction, ids: Iterable[CiId], at: int | None) -> dict[CiId, StoredCI]:
    """The CIs that exist among `ids`."""
    asked = storable(ids)
    past = known(tx, at)
    found = [row for row in StoredGraph(tx).cis(asked) if past is None or row[-1] <= past]
    if past is not None:
        found += [row[:-1] for row in past_cis(tx, asked) if row[-2] <= past < row[-1]]
    return {row[0]: StoredCI(CI._make(row[:-1]), row[-1]) for row in found}


def around(tx: ManagedTransaction, model: Model, ids: Iterable[CiId], at: int | None) -> Around:
    """Relations at these CIs; pools of these CIs and of these relations."""
    asked, past, graph = storable(ids), known(tx, at), StoredGraph(tx)
    before = [] if past is None else past_relations(tx, asked)
    stood = dict.fromkeys(standing(graph.relations_at(asked), before, past))
    relations = sorted(typed(Relation, stood))
    used = {(dependent(model, r), r.pool) for r in relations if r.pool}
    owners = list(dict.fromkeys([*asked, *(ci for ci, _ in used)]))
    ended = [] if past is None else past_pools(tx, owners)
    owned = sorted(typed(Pool, standing(graph.pools_of(owners), ended, past)))
    wanted = frozenset(asked)
    return Around(relations, [pool for pool in owned if pool.ci in wanted or pool.key in used])


def restriction(where: CiFilter) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """The conditions that `where` states, and their parameters."""
    parts = {name: storable(cast("frozenset[CiId]", getattr(where, name))) for name in queries.CONDITIONS}
    used = {name: [str(v) for v in values] for name, values in parts.items() if getattr(where, name)}
    return tuple(queries.CONDITIONS[name] for name in used), used


def count(tx: ManagedTransaction, where: CiFilter, at: int | None) -> int:
    """How many CIs match."""
    conditions, values = restriction(where)
    total = 0
    for node, extra in _nodes(at):
        query = queries.counted(node, *conditions, *extra)
        total += int(tx.run(query, {**values, "at": at}).single(strict=True)[0])
    return total


def some(tx: ManagedTransaction, where: CiFilter, limit: int, after: CiId | None, at: int | None) -> list[StoredCI]:
    """At most `limit` CIs that match, by id, from the one behind `after`."""
    conditions, values = restriction(where)
    behind = (queries.BEHIND,) if after else ()
    parameters = {**values, "at": at, "after": after, "limit": limit}
    found: list[Row] = []
    for node, extra in _nodes(at):
        query = queries.paged(node, *conditions, *extra, *behind)
        found += unpacked(tx.run(query, parameters).value())
    found.sort()
    return [StoredCI(CI._make(row[:-1]), row[-1]) for row in found[:limit]]


def _nodes(at: int | None) -> list[tuple[str, tuple[str, ...]]]:
    if at is None:
        return [(queries.CURRENT, ())]
    return [(queries.CURRENT, (queries.CURRENT_AT,)), (queries.PAST, (queries.PAST_AT,))]


class Parts:
    """The whole inventory at one revision, read in parts that `Door.follow` runs one after another.

    What a later commit has changed or taken away since is found among past things, by its own revision; whoever
    is read twice is the same twice.
    """

    def __init__(self, at: int | None) -> None:
        self._asked = at
        self._at = 0
        self._newest = True
        self.cis: list[CI] = []
        self.relations: list[Relation] = []
        self.pools: list[Pool] = []
        self.records: list[Record] = []
        self._head = Head(0, datetime.min.replace(tzinfo=UTC))

    def begin(self, tx: ManagedTransaction, _: bool) -> None:
        """Which revision it is."""
        newest = _newest(tx)
        self._at = newest if self._asked is None else self._asked
        check_known(self._at, newest)

    def current(self, tx: ManagedTransaction, _: bool) -> None:
        """What stands since then or before, and still does."""
        graph = StoredGraph(tx)
        self._newest = self._at == _newest(tx)
        self._head = recorded(tx, self._at)
        cis, names = graph.every_ci(self._at)
        self.cis = typed(CI, (row[:-1] for row in cis))
        self.relations = typed(Relation, (row[:-1] for row in graph.every_relation(self._at, names)))
        self.pools = typed(Pool, (row[:-1] for row in graph.every_pool(self._at)))
        records = tx.run(queries.RECORDS_SINCE, after=0, at=self._at).values()
        self.records = typed(Record, (tuple(row[:-1]) for row in records))

    def past(self, tx: ManagedTransaction, moved: bool) -> None:
        """What stood then and no more."""
        if moved or not self._newest:
            cis = unpacked(tx.run(queries.PAST_CIS_AT, at=self._at).value())
            self.cis = _joined(self.cis, typed(CI, (row[:-1] for row in cis)), 1)
            relations = tx.run(queries.PAST_RELATIONS_AT, at=self._at).values()
            self.relations = _joined(self.relations, typed(Relation, (tuple(row[:-1]) for row in relations)), 4)
            pools = tx.run(queries.PAST_POOLS_AT, at=self._at).values()
            self.pools = _joined(self.pools, typed(Pool, (tuple(row[:-1]) for row in pools)), 2)
            records = tx.run(queries.PAST_RECORDS_AT, after=0, at=self._at).values()
            self.records = _joined(self.records, typed(Record, (tuple(row[:-1]) for row in records)), 3)

    def whole(self) -> Dump:
        """All of it, ordered."""
        self.cis.sort()
        self.relations.sort()
        self.pools.sort()
        self.records.sort()
        return Dump(self._head, self.cis, self.relations, self.pools, self.records)


def _newest(tx: ManagedTransaction) -> int:
    return int(tx.run(queries.HEAD_NUMBER).single(strict=True)[0])


def _joined(current: list[T], past: list[T], width: int) -> list[T]:
    """Both, by key; what is past was kept whole, while the current one may have been read on its way out."""
    return list({thing[:width]: thing for thing in chain(current, past)}.values()) if past else current
