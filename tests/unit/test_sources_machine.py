"""Any number of sources, people and decisions in any order: nothing that was said gets lost, and nothing flaps."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, attributes_json
from cmdb.model.claims import Claim, claim_of, claims_of
from cmdb.model.errors import InvalidInput
from cmdb.model.model import standard_model
from cmdb.model.precedence import Precedence
from cmdb.reconcile.edit import Draft
from cmdb.reconcile.plan import Plan, plan
from cmdb.reconcile.validate import dependent
from cmdb.records.keeper import BookKeeper
from cmdb.records.matching import MatchDesk
from cmdb.records.undoing import plan_undo, undo
from cmdb.records.writing import Writer
from cmdb.service import Inventory, Signed
from cmdb.store.port import Dump, Store
from cmdb.store.sqlite.store import SqliteStore, utc_now
from tests.importers.planning import assert_same_plan

MODEL = replace(standard_model(), precedence=Precedence(("b",), {"os": ("c", "a")}))
SOURCES, PEOPLE = ("a", "b", "c"), ("ann", "bob")
KEYS = ("x", "y", "z", "own")
VALUES = {
    "os": st.sampled_from(["linux", "windows"]), "rto": st.sampled_from([60, 240]), "serial": st.sampled_from("st"),
    "verified_at": st.sampled_from(["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]),
}  # fmt: skip
Said = tuple[list[CI], list[Relation], list[Pool]]


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, Said]:
    """All that a source says: servers under common keys and one of its own, and who needs whom, some in pools."""
    source = draw(st.sampled_from(SOURCES))
    kinds, names = st.sampled_from(["server", "virtual_machine"]), st.sampled_from(["", "Box"])
    cis = []
    for key in draw(st.lists(st.sampled_from(KEYS), unique=True)):
        id_ = CiId(f"{key}-{source}" if key == "own" else key)
        told = attributes_json(draw(st.fixed_dictionaries({}, optional=VALUES)))
        sector = draw(st.sampled_from([MODEL.sectors[0], MODEL.sectors[1]]))
        cis.append(CI(id_, draw(kinds), draw(names) or id_, sector, "live", told, source))
    ends = [(one.id, other.id) for one in cis for other in cis if one != other]
    relations: dict[Any, Relation] = {}
    for start, end in draw(st.lists(st.sampled_from(ends), unique=True, max_size=4)) if ends else ():
        pool, effect = draw(st.sampled_from(["", "", "p", "q"])), draw(st.sampled_from(["", "degraded"]))
        relation = Relation(start, "depends_on", end, pool, effect, source)
        relations[relation.key] = relation
    owners = sorted({(r.from_id, r.pool) for r in relations.values() if r.pool})
    silent = draw(st.sets(st.sampled_from(owners))) if owners else set()
    pools = [
        Pool(ci, name, draw(st.sampled_from("12")), "", "down", source)
        for ci, name in owners
        if (ci, name) not in silent
    ]
    return source, (cis, list(relations.values()), pools)


@dataclass
class Expected:
    """What was said, as the inventory has to keep it after one revision."""

    last: dict[str, Said] = field(default_factory=dict)
    edits: dict[CiId, dict[str, tuple[str, Any]]] = field(default_factory=dict)
    """What was set by hand of each CI, by whom last and to what."""
    settled: frozenset[str] = frozenset()
    """Sources that said everything since somebody last decided on a match."""
    overwritten: frozenset[str] = frozenset()
    """Sources in whose name somebody edited since they last imported."""

    def with_edit(self, ci: CiId, who: str, **fields: Any) -> "Expected":
        told = {name: (who, value) for name, value in fields.items()}
        return replace(self, edits={**self.edits, ci: {**self.edits.get(ci, {}), **told}})


def words(claim: Claim) -> tuple[Any, ...]:
    """What a claim says."""
    return claim.id, claim.kind, claim.name, claim.sector, claim.lifecycle, claim.attributes


class Sources(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self._folder = Path(mkdtemp())
        self.store = self.open(self._folder)
        self.inventory = Inventory(self.store, MODEL)
        self.desk = MatchDesk(self.store, MODEL, Writer(self.store, BookKeeper(self.store)), utc_now)
        self._read: Dump | None = None
        self.plans = 0
        self.past = [Expected()]
        """What was expected after each revision, from revision 0 on."""

    def open(self, folder: Path) -> Store:
        """An empty inventory."""
        return SqliteStore(folder / "cmdb.db", MODEL)

    def close(self, folder: Path) -> None:
        """What is to be seen at the end."""

    def teardown(self) -> None:
        if hasattr(self, "store"):
            try:
                self.close(self._folder)
            finally:
                self.store.close()
                shutil.rmtree(self._folder)

    def found(self) -> Dump:
        """The inventory as it stands."""
        head = self.store.head()
        if self._read is None or self._read.head != head:
            self._read = self.store.dump()
        return self._read

    @property
    def now(self) -> Expected:
        return self.past[-1]

    def expect(self, expected: Expected) -> None:
        """What holds if a revision was made since."""
        if self.store.head().revision == len(self.past):
            self.past.append(expected)
        else:
            assert self.store.head().revision == len(self.past) - 1
            self.past[-1] = expected

    def planned(self, source: str, said: Said, partial: bool = False) -> Plan:
        """The plan; now and then it is held against that of what is left once all that stands just so is set aside."""
        self.plans += 1
        if self.plans % 4 or not self.store.head().revision:
            return plan(self.found(), said, source, MODEL, partial)
        return assert_same_plan(self.store, said, source, MODEL, partial, self.found())

    @rule(statement=statements(), partial=st.booleans())
    def imports(self, statement: tuple[str, Said], partial: bool) -> None:
        source, said = statement
        planned = self.planned(source, said, partial)
        assert not planned.clashes
        rules = {pool.key for pool in (*self.found().pools, *planned.changeset.put_pools)}
        named = {(r.from_id, r.pool) for r in planned.changeset.put_relations if r.pool}
        if not named <= rules:
            return
        self.store.apply(replace(planned.changeset, who="import", only_at=planned.changeset.base))
        before = self.now.last.get(source, ([], [], []))
        last = merged_statements(before, said) if partial else said
        overwritten = self.now.overwritten if partial else self.now.overwritten - {source}
        self.expect(
            replace(
                self.now, last={**self.now.last, source: last}, overwritten=overwritten,
                settled=self._settled(source, partial),
            )
        )  # fmt: skip
        assert self.planned(source, said, partial).empty

    def _settled(self, source: str, partial: bool) -> frozenset[str]:
        """Sources that are to change nothing after this one was imported: a part of what a source says of a CI that it
        knows by two keys may bring up what the rest overrules."""
        if not partial:
            return self.now.settled | {source}
        told = ([c.source for c in claims_of(ci) if not c.edited] for ci in self.found().cis)
        return self.now.settled - {source} if any(found.count(source) > 1 for found in told) else self.now.settled

    @precondition(lambda self: len(self.found().cis) >= 1)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def edits(self, data: st.DataObject, who: str) -> None:
        ci = self._any(data)
        fields = data.draw(
            st.fixed_dictionaries(
                {},
                optional={"os": st.sampled_from(["aix", None]), "rto": st.sampled_from([5, 7, None]),
                          "verified_at": st.none(), "name": st.sampled_from(["Mine", "Yours"])},
            )
        )  # fmt: skip
        given = {name: value for name, value in fields.items() if name != "name"}
        name = fields.get("name")
        before = self.store.get([ci.id])[ci.id].ci
        self.inventory.upsert(
            [Draft(ci.id, name=None if name is None else str(name), attributes=given)], Signed(who, who)
        )
        after = self.store.get([ci.id])[ci.id].ci
        assert after.lifecycle == before.lifecycle
        self.expect(self.now.with_edit(ci.id, who, **fields) if after != before else self.now)

    @precondition(lambda self: len(self.found().cis) >= 1)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def withdraws(self, data: st.DataObject, who: str) -> None:
        ci = self._any(data)
        before = self.store.get([ci.id])[ci.id].ci
        with suppress(InvalidInput):
            self.inventory.withdraw(ci.id, who, (), Signed(who, who))
            assert not [c for c in claims_of(self.store.get([ci.id])[ci.id].ci) if c.edited and c.source == who]
            assert before != self.store.get([ci.id])[ci.id].ci
            left = {name: said for name, said in self.now.edits.get(ci.id, {}).items() if said[0] != who}
            self.expect(replace(self.now, edits={**self.now.edits, ci.id: left}))

    @precondition(lambda self: len(self.found().cis) >= 1)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def retires(self, data: st.DataObject, who: str) -> None:
        ci = self._any(data)
        self.inventory.retire([ci.id], Signed(who, who))
        if ci.lifecycle != "retired":
            kept = all(claim.edited or claim.lifecycle is not None for claim in claims_of(ci))
            settled = self.now.settled if kept else frozenset[str]()
            self.expect(replace(self.now.with_edit(ci.id, who, lifecycle="retired"), settled=settled))

    @precondition(lambda self: len(self.found().cis) >= 1)
    @rule(data=st.data(), source=st.sampled_from(SOURCES))
    def edits_as_a_source(self, data: st.DataObject, source: str) -> None:
        ci = self._any(data)
        self.inventory.upsert([Draft(ci.id, attributes={"cpus": 3})], Signed("ann", source))
        self.expect(replace(self.now, overwritten=self.now.overwritten | {source}))

    @precondition(lambda self: len(self.found().cis) >= 2)
    @rule(data=st.data())
    def merges(self, data: st.DataObject) -> None:
        keep, gone = self._two(data)
        self.desk.merge(keep.id, gone.id, Signed("ann", "console"))
        edits = {id_: said for id_, said in self.now.edits.items() if id_ != gone.id}
        if gone.id in self.now.edits:
            theirs = {name: value for name, value in self.now.edits[gone.id].items() if name != "lifecycle"}
            edits[keep.id] = {**theirs, **self.now.edits.get(keep.id, {})}
        self.expect(replace(self.now, edits=edits, settled=frozenset()))

    @precondition(lambda self: len(self.found().cis) >= 1)
    @rule(data=st.data())
    def parts(self, data: st.DataObject) -> None:
        ci = self._any(data)
        claim = data.draw(st.sampled_from([claim for claim in claims_of(ci) if not claim.edited]))
        others = {c.id for c in self.found().cis if c.id != ci.id}
        with suppress(InvalidInput):
            decided = self.desk.part(ci.id, claim.source, Signed("ann", "console"), claim.id)
            assert decided.cis[1].id not in others
            self.expect(replace(self.now, settled=frozenset()))

    @precondition(lambda self: len(self.found().cis) >= 2)
    @rule(data=st.data())
    def says_that_two_are_two(self, data: st.DataObject) -> None:
        one, other = self._two(data)
        self.desk.distinguish(one.id, other.id, Signed("ann", "console"))
        self.expect(self.now)

    @precondition(lambda self: self.store.head().revision > 0)
    @rule()
    def undoes(self) -> None:
        newest = self.store.head().revision
        before, after = (self._inventory(at) for at in (newest - 1, newest))
        if before == after:
            return
        found = plan_undo(self.store, MODEL, newest)
        undo(self.store, MODEL, found, Signed("ann", "console"), utc_now)
        assert self._inventory(newest + 1) == before
        self.expect(self.past[newest - 1])

    def _inventory(self, at: int) -> tuple[list[CI], list[Relation], list[Pool]]:
        found = self.store.dump(at)
        return found.cis, found.relations, found.pools

    def _any(self, data: st.DataObject) -> CI:
        return data.draw(st.sampled_from(self.found().cis))

    def _two(self, data: st.DataObject) -> tuple[CI, CI]:
        one = self._any(data)
        return one, data.draw(st.sampled_from([ci for ci in self.found().cis if ci != one]))

    @invariant()
    def nothing_dangles(self) -> None:
        found = self.found()
        ids, rules = {ci.id for ci in found.cis}, {pool.key for pool in found.pools}
        assert len(ids) == len(found.cis)
        assert {end for r in found.relations for end in (r.from_id, r.to_id)} <= ids
        assert all(r.from_id != r.to_id for r in found.relations)
        assert {pool.ci for pool in found.pools} <= ids
        assert {PoolKey(dependent(MODEL, r), r.pool) for r in found.relations if r.pool} <= rules

    @invariant()
    def every_statement_is_kept(self) -> None:
        told: dict[tuple[str, CiId], list[tuple[CI, Claim]]] = {}
        for ci in self.found().cis:
            for claim in claims_of(ci):
                if not claim.edited and claim.lifecycle is not None:
                    told.setdefault((claim.source, claim.id), []).append((ci, claim))
        for (source, key), found in told.items():
            assert len(found) == 1, (source, key)
        for source, (cis, _, _) in self.now.last.items():
            if source in self.now.overwritten:
                continue
            for stated in cis:
                ((ci, claim),) = told[source, stated.id]
                assert words(claim) == words(claim_of(stated))
                if "lifecycle" not in self.now.edits.get(ci.id, {}):
                    assert ci.lifecycle == "live"
            stands = {key for (of, key), ((ci, _),) in told.items() if of == source and ci.lifecycle != "retired"}
            lifted = {ci.id for ci in self.found().cis if "lifecycle" in self.now.edits.get(ci.id, {})}
            assert stands - lifted <= {ci.id for ci in cis}

    @invariant()
    def every_edit_stands(self) -> None:
        found = {ci.id: ci for ci in self.found().cis}
        for id_, said in self.now.edits.items():
            values: Mapping[str, Any] = {**found[id_].attributes, **found[id_]._asdict()}
            for name, (_, value) in said.items():
                assert values.get(name) == value, (id_, name)

    @invariant()
    def saying_it_again_changes_nothing(self) -> None:
        for source in self.now.settled - self.now.overwritten:
            said = self.now.last[source]
            again = self.planned(source, said)
            assert not again.clashes
            mine = {pool.key for pool in said[2]}
            again = plan_without(again, mine)
            assert again.empty, again.changes(3)


def plan_without(planned: Plan, stated: set[PoolKey]) -> Plan:
    """A plan without what takes away rules that only stayed for the sake of relations which have gone since."""
    kept = [key for key in planned.changeset.remove_pools if key in stated]
    return replace(planned, changeset=replace(planned.changeset, remove_pools=kept))


def merged_statements(before: Said, said: Said) -> Said:
    """What a source says once it said more."""
    cis = {ci.id: ci for ci in (*before[0], *said[0])}
    relations = {relation.key: relation for relation in (*before[1], *said[1])}
    pools = {pool.key: pool for pool in (*before[2], *said[2])}
    return list(cis.values()), list(relations.values()), list(pools.values())


def run(machine: type[Sources], examples: int, steps: int) -> None:
    """Put a machine to work, from the beginning each time."""
    unhurried = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=unhurried
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)


def test_nothing_is_lost_and_nothing_flaps() -> None:
    run(Sources, 25, 15)


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_flaps_in_very_many_orders() -> None:
    run(Sources, 200, 30)
