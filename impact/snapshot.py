"""From the inventory to an estate and on: loads a revision, then patches it with what was committed since.

The only module of this room that reads `cmdb`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import repeat
from operator import itemgetter
from threading import Lock
from typing import Any, Protocol

import numpy as np
import orjson

from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.claims import claims_of
from cmdb.model.model import Model
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Around, Dump, Head, Store, StoredCI, StoreUnavailable
from impact.adjacency import Adjacency
from impact.estate import NUMBERS, UNKNOWN, Estate
from impact.graph import Dependencies, Rule, compile_graph, patch_graph
from impact.kept import Keep, KeptEstate
from impact.kernels.types import B1, I32, U8
from impact.origins import Origins, Sources
from impact.past import PastEstates
from impact.register import Register
from impact.states import Level
from impact.vocabulary import LIVE, Vocabulary

FLOWS = {"to_from": 1, "from_to": -1, "none": 0}
EFFECTS = {"down": 3, "degraded": 2, "at_risk": 1}
ATTEMPTS = 20
MANY = 5_000
"""Touched CIs beyond which reading everything anew is cheaper than patching."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An estate, and when it was last known to be the newest; `live` says whether that is now.

    `as_of` says that it is a past one that was asked for: right now, and not the newest.
    """

    estate: Estate
    checked_at: datetime
    live: bool
    as_of: bool = False


class Readable(Protocol):
    """The part of a store that a patch reads."""

    def get(self, ids: Iterable[CiId]) -> Mapping[CiId, StoredCI]: ...
    def around(self, ids: Iterable[CiId]) -> Around: ...


class Snapshot:
    """The newest estate of a store, kept in memory. Safe to use from any thread; an estate never changes.

    With `keep`, the estate is kept on disk as well: a restart answers at once, also while the store is away.
    """

    def __init__(self, store: Store, model: Model, keep: Keep | None = None) -> None:
        self._store = store
        self._vocabulary = vocabulary(model)
        self._kept = KeptEstate(keep, self._vocabulary) if keep else None
        self._lock, self._swap = Lock(), Lock()
        self._past = PastEstates()
        self._seen: Seen | None = None
        if self._kept and (estate := self._kept.load()) is not None:
            self.start_from(estate)

    def start_from(self, estate: Estate) -> None:
        """Take `estate`, which was this store's newest once, to follow from. Not yet known to be the newest."""
        self._seen = Seen(estate, estate.recorded_at, False)

    @property
    def seen(self) -> Seen | None:
        """The newest estate seen so far, without asking the store."""
        return self._seen

    def current(self) -> Seen:
        """The newest revision; the last one seen, marked not live, while the store is away.

        Raises `StoreUnavailable` when nothing was ever seen.
        """
        seen, now = self._seen, datetime.now(UTC)
        try:
            head = self._store.head()
            if seen is None or not seen.live or head.revision != seen.estate.revision:
                with self._lock:
                    return self._put(Seen(self._follow(self._seen), now, True))
            return self._put(Seen(seen.estate, now, True), seen)
        except StoreUnavailable:
            if seen is None:
                raise
            return self._put(replace(seen, live=False), seen)

    def _put(self, new: Seen, old: Seen | None = None) -> Seen:
        """Take `new`, but in the place of `old` only if no other thread was quicker; what is there then."""
        with self._swap:
            if old is None or self._seen is old or self._seen is None:
                self._seen = new
            return self._seen

    def save(self) -> None:
        """Keep the newest estate on disk, unless it is there. A full disk is no error: the next save may fit."""
        if self._kept and self._seen:
            with suppress(OSError):
                self._kept.save(self._seen.estate)

    def share(self) -> None:
        """Keep the newest estate on disk, and go on from what is in the file, which all processes have in common.

        What another process has kept meanwhile is taken instead: of many, one writes. A full disk or a store that is
        away is no error: the next time may do. Raises `BlockingIOError` while another process writes.
        """
        kept, seen = self._kept, self._seen
        if kept is None or seen is None or kept.holds(seen.estate):
            return
        try:
            estate = kept.load_newer()
            if estate is not None and self._store.head(estate.recorded_at) != estate.head:
                estate = None  # of this store before it was replaced, or restored to an earlier time
            if estate is None and kept.save(seen.estate):
                estate = kept.load()
            if estate is not None:
                self._go_on_from(estate)
        except BlockingIOError:
            raise
        except (OSError, StoreUnavailable):
            return

    def _go_on_from(self, kept: Estate) -> None:
        """The newest estate again, but followed on from `kept`; not if reading everything anew were cheaper."""
        with self._lock:
            now, touched = datetime.now(UTC), self._store.changes(kept.revision)
            if touched.cis is not None and len(touched.cis) <= min(MANY, kept.register.room):
                self._put(Seen(self._follow(Seen(kept, kept.recorded_at, False)), now, True))

    def _follow(self, seen: Seen | None) -> Estate:
        """The newest estate: the one seen, patched if little changed, or one compiled anew."""
        estate = seen.estate if seen else None
        if (
            seen
            and estate
            and not seen.live
            and self._store.head(estate.recorded_at) != Head(estate.revision, estate.recorded_at)
        ):
            estate = None  # the store was replaced, or restored to an earlier time, while it was away
        for _ in range(ATTEMPTS):
            if estate is None or estate.graph.wasted:
                break
            touched = self._store.changes(estate.revision)
            if touched.head.revision == estate.revision:
                return estate
            if touched.cis is None or len(touched.cis) > min(MANY, estate.register.room):
                break
            newer = patched(self._vocabulary, self._store, estate, touched.head, touched.cis)
            if self._store.head().revision == touched.head.revision:
                return newer
        with collector_paused():
            return compile_estate(self._vocabulary, self._store.dump())

    def as_of(self, at: Head) -> Seen:
        """The estate as it was recorded at a revision; the newest one is that of `current`.

        Raises `StoreUnavailable`, also while an estate of that revision is in memory, since nobody can tell then
        whether it is the newest.
        """
        if self._store.head() == at and (seen := self.current()).estate.head == at:
            return seen
        newest, now = self._seen, datetime.now(UTC)
        if newest is not None and newest.estate.head == at:
            return Seen(newest.estate, now, True, True)
        return Seen(self._past.get(at, lambda: self._recorded(at.revision)), now, True, True)

    def _recorded(self, revision: int) -> Estate:
        with collector_paused():
            return compile_estate(self._vocabulary, self._store.dump(revision))


def patched(words: Vocabulary, inventory: Readable, estate: Estate, head: Head, touched: frozenset[CiId]) -> Estate:
    """`estate` as it is at `head`, given the CIs touched since: their records, relations and pools are read anew.

    Its register must be the newest value of that register, or a branch (see `Register.branch`).
    """
    if not touched:  # incidents and changes were written: what was worked out of the graph stays good
        return replace(estate, revision=head.revision, recorded_at=head.recorded_at)
    records = {ci: stored.ci for ci, stored in inventory.get(touched).items()}
    around = inventory.around(touched)
    texts: dict[str, tuple[str, str]] = {c.id: (c.name, c.attributes_json) for c in records.values()}
    register = estate.register.updated(texts, touched - records.keys())
    known: dict[str, int] = {ci: at for ci in touched if (at := register.place(ci)) is not None}
    changed = np.array(sorted(known.values()), np.int32)
    columns = _patched_columns(words, estate, register, changed, records)
    flipped = any(i >= estate.size or columns.live[i] != estate.live[i] for i in changed.tolist())
    others = {end for r in around.relations for end in (r.from_id, r.to_id)} - touched if flipped else set()
    if others:
        around = inventory.around([*touched, *others])
    ends = {end for r in around.relations for end in (r.from_id, r.to_id)} | {p.ci for p in around.pools} | others
    find = register.finder(len(ends))
    known |= {ci: at for ci in ends - touched if (at := find(ci)) is not None}
    relations = [r for r in around.relations if r.from_id in known and r.to_id in known]
    pools = [p for p in around.pools if p.ci in known]
    rebuilt = np.array(sorted({known[c] for c in others if c in known}.union(changed.tolist())), np.int32)
    arrows = Arrows.of(words, known, relations)
    found = arrows.dependencies(words, known, columns.live, pools, rebuilt)
    owner, rows = arrows.links(words, columns.live, rebuilt)
    links = estate.links
    if register.size > estate.size or not _same_rows(links, rebuilt, owner, rows):
        links = links.replaced(rebuilt, owner, rows, register.size)
    return Estate(
        head.revision, head.recorded_at, words, register,
        columns.kind, columns.sector, columns.live, columns.verified, columns.numbers,
        patch_graph(estate.graph, register.size, rebuilt, found), links,
        estate.origins.placed(register.size, *_origins_at(register, records)),
    )  # fmt: skip


def vocabulary(model: Model) -> Vocabulary:
    """The numbers the engine uses for the kinds, relation types and sectors of `model`."""
    types = model.relations.values()
    return Vocabulary(
        model.concrete,
        tuple(model.roles[k] for k in model.concrete),
        tuple(k in model.carriers for k in model.concrete),
        tuple(model.relations),
        tuple(FLOWS[r.impact] for r in types),
        tuple(EFFECTS[r.effect] for r in types),
        tuple(r.carries_data for r in types),
        model.sectors,
        tuple(map(model.ancestors, model.concrete)),
    )


def compile_estate(words: Vocabulary, dump: Dump) -> Estate:
    """The estate of a whole inventory."""
    cis = dump.cis
    ids: list[str] = [c[0] for c in cis]
    index = dict(zip(ids, range(len(ids)), strict=True))
    register = Register.of(ids, [c[2] for c in cis], [c[5] for c in cis])
    columns = Columns.of(words, cis)
    arrows = Arrows.of(words, index, dump.relations)
    everyone = np.arange(register.size, dtype=np.int32)
    found = arrows.dependencies(words, index, columns.live, dump.pools, everyone)
    owner, rows = arrows.links(words, columns.live, everyone)
    return Estate(
        dump.head.revision, dump.head.recorded_at, words, register,
        columns.kind, columns.sector, columns.live, columns.verified, columns.numbers,
        compile_graph(register.size, found), Adjacency.build(owner, register.size, rows[0], rows[1]),
        Origins().placed(register.size, everyone, [_sources(ci) for ci in cis]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """What the engine keeps of each CI as numbers."""

    kind: U8
    sector: U8
    live: B1
    verified: I32
    numbers: Mapping[str, I32]

    @classmethod
    def of(cls, words: Vocabulary, cis: Sequence[CI]) -> "Columns":
        size = len(cis)
        attributes = [orjson.loads(c[5]) if c[5] != "{}" else {} for c in cis]
        return cls(
            np.fromiter(map(words.kind_number.__getitem__, map(itemgetter(1), cis)), np.uint8, size),
            np.fromiter(map(words.sector_number.__getitem__, map(itemgetter(3), cis)), np.uint8, size),
            np.fromiter((c[4] == LIVE for c in cis), np.bool_, size),
            np.fromiter((_day(a.get("verified_at")) for a in attributes), np.int32, size),
            {
                name: np.fromiter((a.get(name, UNKNOWN) for a in attributes), np.int64, size)
                .clip(UNKNOWN, 2**31 - 1)
                .astype(np.int32)
                for name in NUMBERS
            },
        )


def _patched_columns(
    words: Vocabulary, estate: Estate, register: Register, changed: I32, records: Mapping[Any, CI]
) -> Columns:
    """The columns of `estate` with those of `changed` CIs replaced; a CI without a record was deleted."""
    kept = [i for i in changed.tolist() if register.ids[i] in records]
    new = Columns.of(words, [records[register.ids[i]] for i in kept])
    at = np.array(kept, np.int32)
    live = _placed(estate.live, register.size, at, new.live)
    gone = np.setdiff1d(changed, at)
    if len(gone) and live[gone].any():
        live = live.copy()
        live[gone] = False
    return Columns(
        _placed(estate.kind, register.size, at, new.kind),
        _placed(estate.sector, register.size, at, new.sector),
        live,
        _placed(estate.verified, register.size, at, new.verified),
        {name: _placed(estate.numbers[name], register.size, at, new.numbers[name]) for name in NUMBERS},
    )


def _placed(old: Any, size: int, at: I32, values: Any) -> Any:
    """`old` itself if nothing differs, else a copy of `size` values with `values` placed `at`."""
    if size == len(old) and np.array_equal(old[at], values):
        return old
    new = np.zeros(size, old.dtype)
    new[: len(old)] = old
    new[at] = values
    return new


@dataclass(frozen=True, slots=True)
class Arrows:
    """Relations as columns of indices, with pool names beside them."""

    start: I32
    end: I32
    type: I32
    effect: I32
    pool: list[str]

    @classmethod
    def of(cls, words: Vocabulary, index: Mapping[str, int], relations: Sequence[Relation]) -> "Arrows":
        count = len(relations)
        type_ = np.fromiter(map(words.relation_number.__getitem__, map(itemgetter(1), relations)), np.int32, count)
        stated = np.fromiter(map(EFFECTS.get, map(itemgetter(4), relations), repeat(0)), np.int32, count)
        return cls(
            np.fromiter(map(index.__getitem__, map(itemgetter(0), relations)), np.int32, count),
            np.fromiter(map(index.__getitem__, map(itemgetter(2), relations)), np.int32, count),
            type_,
            np.where(stated > 0, stated, np.array(words.effects, np.int32)[type_]).astype(np.int32),
            list(map(itemgetter(3), relations)),
        )

    def dependencies(
        self, words: Vocabulary, index: Mapping[str, int], live: B1, pools: Iterable[Pool], dependents: I32
    ) -> Dependencies:
        """The live dependencies of `dependents`."""
        flow = np.array(words.flows, np.int8)[self.type]
        forward = flow > 0
        dependent = np.where(forward, self.start, self.end)
        provider = np.where(forward, self.end, self.start)
        mine = np.zeros(len(live), np.bool_)
        mine[dependents] = True
        use = (flow != 0) & live[self.start] & live[self.end] & mine[dependent]
        rules: list[Rule] = []
        number: dict[tuple[int, str], int] = {}
        for ci, name, required, full, effect, *_ in pools:
            at = index[ci]
            if mine[at] and live[at]:
                number[at, name] = len(rules)
                rules.append(Rule(at, name, required, full, EFFECTS.get(effect, Level.DOWN)))
        rows = np.nonzero(use)[0]
        pool = np.full(len(rows), -1, np.int32)
        for row, at in enumerate(rows.tolist()):
            if self.pool[at]:
                pool[row] = number.get((int(dependent[at]), self.pool[at]), -1)
        meta = self.type[rows] << 2 | self.effect[rows]
        return Dependencies(
            dependent[rows].astype(np.int32), provider[rows].astype(np.int32), meta.astype(np.int32), pool, rules
        )

    def links(self, words: Vocabulary, live: B1, starts: I32) -> tuple[I32, I32]:
        """Relations without impact from `starts` to live CIs: (position in `starts`, rows of end and type)."""
        position = np.full(len(live), -1, np.int32)
        position[starts] = np.arange(len(starts), dtype=np.int32)
        use = (np.array(words.flows, np.int8)[self.type] == 0) & live[self.end] & (position[self.start] >= 0)
        return position[self.start[use]], np.stack([self.end[use], self.type[use]])


def _same_rows(links: Adjacency, keys: I32, owner: I32, rows: I32) -> bool:
    old_owner, old = links.gather(keys)
    order = np.argsort(owner, kind="stable")
    return old.shape == rows.shape and np.array_equal(old_owner, owner[order]) and np.array_equal(old, rows[:, order])


def _origins_at(register: Register, records: Mapping[CiId, CI]) -> tuple[I32, list[Sources]]:
    """The places of some recorded CIs, and the sources that describe each."""
    found = [(at, _sources(ci)) for name, ci in records.items() if (at := register.place(name)) is not None]
    return np.array([at for at, _ in found], np.int32), [sources for _, sources in found]


def _sources(ci: CI) -> Sources:
    """The sources that describe a CI; who only set some of its fields is none."""
    if not ci[7]:
        return (ci[6],)
    return tuple(sorted({claim.source for claim in claims_of(ci) if not claim.edited})) or (ci[6],)


def _day(text: str | None) -> int:
    return (date.fromisoformat(text[:10]) - date(1970, 1, 1)).days if text else UNKNOWN
