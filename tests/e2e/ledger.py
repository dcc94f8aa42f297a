"""Imports, and what must be recorded once they are in: the account that a store is held against."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count

from cmdb.model.ci import CiId
from cmdb.store.port import Change, Dump

Link = tuple[str, str]
"""A relation by its ends: every one here is `depends_on`, from a member of a group to its first CI."""
EFFECTS = ("down", "degraded", "at_risk")


@dataclass(frozen=True, slots=True)
class Batch:
    """One import, which is one revision or nothing: the `turn`-th of `what`, all of it new or different each time."""

    what: str
    turn: int
    names: Mapping[str, str] = field(default_factory=dict)
    effects: Mapping[Link, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its idempotency key; also its message, by which the history is searched."""
        return f"{self.what} {self.turn}"

    @property
    def sent(self) -> bool:
        """Whether it is of CIs or of relations alone, as the API takes them."""
        return not (self.names and self.effects)

    @property
    def size(self) -> int:
        """How many CIs and relations it writes."""
        return len(self.names) + len(self.effects)

    @property
    def cis(self) -> list[CiId]:
        """The CIs it is about, in order."""
        return sorted(map(CiId, {*self.names, *chain.from_iterable(self.effects)}))

    def written(self, changes: list[Change]) -> bool:
        """Whether `changes`, the newest of its CIs, hold all of it; False when none of it. Fails on a part."""
        mine = [change for change in changes if change.message == self.key]
        if not mine:
            return False
        assert Counter(change.entity for change in mine) == +Counter(ci=len(self.names), relation=len(self.effects))
        after = [change.after for change in mine if change.after is not None]
        assert {a["id"]: a["name"] for a in after if "id" in a} == self.names
        assert {(a["from_id"], a["to_id"]): a["effect"] for a in after if "from_id" in a} == self.effects
        assert len({change.revision for change in mine}) == 1
        return True


@dataclass(frozen=True, slots=True)
class Group:
    """So many CIs that are imported again and again, each time renamed, and related to the first with a new effect."""

    name: str
    size: int

    def id(self, number: int) -> str:
        """The id of one of its CIs."""
        return f"{self.name}-{number:04}"

    def batches(self) -> Iterator[Batch]:
        """One after another, without end: its CIs together with their relations."""
        for turn in count():
            names = {self.id(n): f"{self.name} {n} turn {turn}" for n in range(self.size)}
            effects = {(self.id(n), self.id(0)): EFFECTS[turn % len(EFFECTS)] for n in range(1, self.size)}
            yield Batch(self.name, turn, names, effects)

    def halves(self) -> Iterator[Batch]:
        """One after another, without end: its CIs, then their relations."""
        for whole in self.batches():
            yield Batch(f"{self.name} cis", whole.turn, whole.names)
            yield Batch(f"{self.name} relations", whole.turn, {}, whole.effects)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is recorded when exactly `revision` imports are in."""

    revision: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    effects: Mapping[Link, str] = field(default_factory=dict)
    past_cis: int = 0
    past_relations: int = 0

    def after(self, batch: Batch) -> "Ledger":
        """The same with one more import in."""
        return Ledger(
            self.revision + 1,
            {**self.names, **batch.names},
            {**self.effects, **batch.effects},
            self.past_cis + len(self.names.keys() & batch.names.keys()),
            self.past_relations + len(self.effects.keys() & batch.effects.keys()),
        )

    def difference(self, dump: Dump) -> dict[str, tuple[object, object]]:
        """What of the inventory is not as it is here: the value here and the one there, None where there is none."""
        here: dict[str, object] = {
            "revision": self.revision,
            **self.names,
            **{" ".join(k): e for k, e in self.effects.items()},
        }
        there: dict[str, object] = {"revision": dump.head.revision, **{ci.id: ci.name for ci in dump.cis}}
        there |= {f"{r.from_id} {r.to_id}": r.effect for r in dump.relations}
        return {k: (here.get(k), there.get(k)) for k in here.keys() | there.keys() if here.get(k) != there.get(k)}

    @property
    def rows(self) -> dict[str, int]:
        """How many of everything a store keeps; revision 0 is one too, and every import had a key."""
        return {
            "cis": len(self.names), "relations": len(self.effects), "past cis": self.past_cis,
            "past relations": self.past_relations, "revisions": self.revision + 1, "keys": self.revision,
        }  # fmt: skip
