"""Whether a changeset may be applied to what a store holds, and what it then comes to. Knows no database."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, Protocol, TypeVar

import orjson

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.model.record import RECORD_KINDS, Record, RecordKey
from cmdb.reconcile.validate import dependent, named, references, validate
from cmdb.store.port import Applied, Conflict, Head, Moved, RecordConflict

T = TypeVar("T", CI, Relation, Pool, Record)
TOUCHED = 20_000
"""The most touched CIs a revision lists; beyond, a reader had better load everything anew."""


MAX_NAME = 200
"""The most characters in the source or the number of a record."""
NOT_ENCODABLE = Problem("ENCODING_INVALID", "changeset", "a lone surrogate", "valid Unicode text")
RESERVED = frozenset({"kind", "source", "number"})
"""What stands beside the body of a record, and so not in it."""


class Stored(Protocol):
    """What a store holds, as seen from inside the transaction that is to write."""

    def revisions(self, ids: Collection[CiId]) -> Mapping[CiId, int]:
        """The revision that last changed each of the CIs that exist."""

    def kinds(self, ids: Collection[CiId]) -> Mapping[CiId, str]:
        """The kind of each of the CIs that exist."""

    def rules(self, owners: Collection[CiId]) -> list[Pool]:
        """The pools of these CIs."""

    def at(self, ids: Collection[CiId]) -> list[Relation]:
        """The relations that start or end at these CIs."""

    def record_revisions(self, keys: Collection[RecordKey]) -> Mapping[RecordKey, int]:
        """The revision that last changed each of the records that exist."""


@dataclass
class Delta(Generic[T]):
    """Things to create, pairs of stored and new thing to change, things to remove."""

    created: list[T] = field(default_factory=list)
    changed: list[tuple[T, T]] = field(default_factory=list)
    removed: list[T] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.created or self.changed or self.removed)

    def things(self) -> Iterator[T]:
        """Every touched thing, once."""
        yield from self.created
        yield from (new for _, new in self.changed)
        yield from self.removed

    def ended(self) -> Iterator[T]:
        """Every stored thing that stands no more as it was."""
        yield from (old for old, _ in self.changed)
        yield from self.removed


def check(stored: Stored, model: Model, changeset: Changeset, at: Head) -> None:
    """Whether the changeset may be applied. Raises `Moved`, `Conflict`, `RecordConflict` and `InvalidInput`."""
    check_base(changeset, at)
    found = stored.revisions(list(changeset.expected))
    for ci, expected in sorted(changeset.expected.items()):
        if (actual := found.get(ci, 0)) != expected:
            raise Conflict(ci, expected, actual)
    check_expected(changeset, stored.record_revisions(list(changeset.expected_records)))
    check_records(changeset.put_records)
    if at.revision:
        check_kinds(stored, model, changeset)
    if changeset.base == at.revision:
        return
    kinds = stored.kinds(references(changeset))
    pooled = {dependent(model, relation) for relation in changeset.put_relations if relation.pool}
    rules = [pool.key for pool in stored.rules(pooled)]
    if problems := list(validate(model, changeset, kinds, rules)):
        raise InvalidInput(problems)


def check_base(changeset: Changeset, at: Head) -> None:
    """Whether the store is where a changeset insists on it to be. Raises `Moved`."""
    if changeset.only_at is not None and changeset.only_at != at.revision:
        raise Moved(changeset.only_at, at.revision)


def check_expected(changeset: Changeset, found: Mapping[RecordKey, int]) -> None:
    """Whether records stand at the revisions expected, given those that they stand at. Raises `RecordConflict`."""
    for key, expected in sorted(changeset.expected_records.items()):
        if (actual := found.get(key, 0)) != expected:
            raise RecordConflict(key, expected, actual)


def check_records(records: Iterable[Record]) -> None:
    """Whether records are of a form that every store keeps and gives back. Raises `InvalidInput`, and
    `UnicodeEncodeError` for a lone surrogate."""
    problems = [problem for record in records for problem in _faults(record)]
    if problems:
        raise InvalidInput(problems)


def _faults(record: Record) -> Iterator[Problem]:
    "".join(record).encode()
    place = f"record {shown(str(record.key))}"
    if record.kind not in RECORD_KINDS:
        yield Problem("UNKNOWN_KIND", place, shown(record.kind), "one of " + ", ".join(RECORD_KINDS))
    for name in (record.source, record.number):
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            yield Problem("BAD_NUMBER", place, shown(name), f"1 to {MAX_NAME} visible characters")
    if not _is_body(record.body_json):
        accepted = "a JSON object with sorted keys, without kind, source and number; in its cis objects with a ci"
        yield Problem("BAD_RECORD", place, shown(record.body_json), accepted)


def _is_body(text: str) -> bool:
    """Whether it is canonical JSON, so that one value has one form, of an object whose `cis` name CIs."""
    try:
        body = orjson.loads(text)
        canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode() == text
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return False
    if not canonical or not isinstance(body, dict) or not RESERVED.isdisjoint(body):
        return False
    parts = body.get("cis", [])
    return isinstance(parts, list) and all(isinstance(p, dict) and isinstance(p.get("ci"), str) for p in parts)


def check_kinds(stored: Stored, model: Model, changeset: Changeset) -> None:
    """Whether what stays related to a CI that changes its kind may still be. Raises `InvalidInput`."""
    before = stored.kinds([ci.id for ci in changeset.put_cis])
    after = {ci.id: ci.kind for ci in changeset.put_cis if before.get(ci.id, ci.kind) != ci.kind}
    if not after:
        return
    gone = {tuple(key) for key in changeset.remove_relations}
    kept = [relation for relation in stored.at(list(after)) if tuple(relation.key) not in gone]
    ends = {end for relation in kept for end in (relation.from_id, relation.to_id)}.difference(changeset.delete)
    kinds = {**stored.kinds(ends), **after}
    problems = [
        Problem("RELATION_NOT_ALLOWED", named(r), f"{kinds[r.from_id]} {r.type} {kinds[r.to_id]}", "the kind it had")
        for r in kept
        if {r.from_id, r.to_id} <= kinds.keys() and (kinds[r.from_id], r.type, kinds[r.to_id]) not in model.allowed
    ]
    if problems:
        raise InvalidInput(problems)


def check_rules(stored: Stored, model: Model, removed: Sequence[Pool]) -> None:
    """Whether no stored relation still names a removed pool. Raises `InvalidInput` POOL_WITHOUT_RULE."""
    keys = {pool.key for pool in removed}
    problems = [
        Problem("POOL_WITHOUT_RULE", named(r), shown(r.pool), f"a pool rule named {shown(r.pool)} for {owner}")
        for r in sorted(stored.at({pool.ci for pool in removed}))
        if r.pool and PoolKey(owner := dependent(model, r), r.pool) in keys
    ]
    if problems:
        raise InvalidInput(problems)


def check_encodable(changeset: Changeset) -> None:
    """Whether all text can be stored. Raises `InvalidInput` ENCODING_INVALID."""
    texts = chain(
        (changeset.who, changeset.source, changeset.message, changeset.key),
        chain.from_iterable(changeset.put_cis),
        chain.from_iterable(changeset.put_relations),
        chain.from_iterable(changeset.put_pools),
        chain.from_iterable(changeset.remove_relations),
        chain.from_iterable(changeset.remove_pools),
        changeset.retire,
        changeset.delete,
        changeset.expected,
        chain.from_iterable(changeset.put_records),
        chain.from_iterable(changeset.expected_records),
    )
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        raise InvalidInput([NOT_ENCODABLE]) from None


def check_twice(name: str, keys: Iterable[tuple[str, ...]]) -> None:
    """Whether no two things have the same key. Raises `InvalidInput` DUPLICATE_KEY."""
    seen: set[tuple[str, ...]] = set()
    problems = []
    for key in keys:
        if key in seen:
            told = shown(" ".join(key).strip())
            problems.append(Problem("DUPLICATE_KEY", f"{name} {told}", told, "each thing once in a changeset"))
        seen.add(key)
    if problems:
        raise InvalidInput(problems)


def retired(changeset: Changeset, stored: Iterable[CI]) -> list[CI]:
    """The CIs to put, with those to retire among them in their last form; `stored` are those not put as well."""
    if not changeset.retire:
        return list(changeset.put_cis)
    retire = set(changeset.retire)
    return [
        ci._replace(lifecycle="retired") if ci.id in retire else ci for ci in chain(changeset.put_cis, stored)
    ]  # fmt: skip


def applied(
    changeset: Changeset, revision: int, cis: Delta[CI], relations: Delta[Relation], pools: Delta[Pool],
    records: Delta[Record],
) -> Applied:  # fmt: skip
    """What the differences come to. A CI that is retired counts as removed."""
    retire = set(changeset.retire)
    withdrawn = sum(new.id in retire and old.lifecycle != "retired" for old, new in cis.changed)
    return Applied(
        revision,
        len(cis.created) + len(relations.created) + len(pools.created) + len(records.created),
        len(cis.changed) + len(relations.changed) + len(pools.changed) + len(records.changed) - withdrawn,
        len(cis.removed) + len(relations.removed) + len(pools.removed) + withdrawn,
    )


def touched(cis: Delta[CI], relations: Delta[Relation], pools: Delta[Pool]) -> list[CiId] | None:
    """The CIs of which a record, relation or pool is written, or None when there are too many to list."""
    if len(cis.created) > TOUCHED:
        return None
    found: set[CiId] = set()
    ends = (end for relation in relations.things() for end in (relation.from_id, relation.to_id))
    for ci in chain((c.id for c in cis.things()), (p.ci for p in pools.things()), ends):
        found.add(ci)
        if len(found) > TOUCHED:
            return None
    return sorted(found)
