"""Any number of sources, people and decisions in any order: nothing that was said gets lost, and nothing flaps."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, attributes_json
from cmdb.model.claims import Claim, claim_of, claims_of, voices
from cmdb.model.errors import InvalidInput
from cmdb.model.model import standard_model
from cmdb.model.precedence import Precedence
from cmdb.move.hashing import content_hash
from cmdb.reconcile.edit import Draft
from cmdb.reconcile.plan import Plan, plan
from cmdb.reconcile.validate import dependent
from cmdb.records.keeper import BookKeeper
from cmdb.records.matching import MatchDesk
from cmdb.records.undoing import plan_undo, undo
from cmdb.records.writing import Writer
from cmdb.service import Inventory, Signed
from cmdb.store.sqlite.store import SqliteStore, utc_now

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
    edits: dict[CiId, dict[str, Any]] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()
    """Sources that imported since somebody last decided on a match."""
    overwritten: frozenset[str] = frozenset()
    """Sources in whose name somebody edited since they last imported."""

    def with_edit(self, ci: CiId, **fields: Any) -> "Expected":
        edits = {**self.edits, ci: {**self.edits.get(ci, {}), **fields}}
        return replace(self, edits=edits)


def words(claim: Claim) -> tuple[Any, ...]:
    """What a claim says."""
    return claim.id, claim.kind, claim.name, claim.sector, claim.lifecycle, claim.attributes


class Sources(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self._folder = Path(mkdtemp())
        self.store = SqliteStore(self._folder / "cmdb.db", MODEL)
        self.inventory = Inventory(self.store, MODEL)
        self.desk = MatchDesk(self.store, MODEL, Writer(self.store, BookKeeper(self.store)), utc_now)
        self.past = [Expected()]
        """What was expected after each revision, from revision 0 on."""

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self._folder)

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
        return plan(self.store.dump(), said, source, MODEL, partial)

    @rule(statement=statements(), partial=st.booleans())
    def imports(self, statement: tuple[str, Said], partial: bool) -> None:
        source, said = statement
        planned = self.planned(source, said, partial)
        assert not planned.clashes
        rules = {pool.key for pool in (*self.store.dump().pools, *planned.changeset.put_pools)}
        named = {(r.from_id, r.pool) for r in planned.changeset.put_relations if r.pool}
        assume(named <= rules)
        self.store.apply(replace(planned.changeset, who="import", only_at=planned.changeset.base))
        before = self.now.last.get(source, ([], [], []))
        last = merged_statements(before, said) if partial else said
        overwritten = self.now.overwritten if partial else self.now.overwritten - {source}
        self.expect(
            replace(
                self.now, last={**self.now.last, source: last}, settled=self.now.settled | {source},
                overwritten=overwritten,
            )
        )  # fmt: skip
        assert self.planned(source, said, partial).empty

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
        before = self.store.get([ci.id])[ci.id].ci
        self.inventory.upsert([Draft(ci.id, name=fields.get("name"), attributes=given)], Signed(who, who))
        after = self.store.get([ci.id])[ci.id].ci
        assert after.lifecycle == before.lifecycle
        self.expect(self.now.with_edit(ci.id, **fields) if after != before else self.now)

    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def withdraws(self, data: st.DataObject, who: str) -> None:
        ci = self._any(data)
        before = self.store.get([ci.id])[ci.id].ci
        with suppress(InvalidInput):
            self.inventory.withdraw(ci.id, who, (), Signed(who, who))
            assert not [c for c in claims_of(self.store.get([ci.id])[ci.id].ci) if c.edited and c.source == who]
            assert before != self.store.get([ci.id])[ci.id].ci
            self.expect(replace(self.now, edits={id_: e for id_, e in self.now.edits.items() if id_ != ci.id}))

    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def retires(self, data: st.DataObject, who: str) -> None:
        ci = self._any(data)
        self.inventory.retire([ci.id], Signed(who, who))
        if ci.lifecycle != "retired":
            self.expect(self.now.with_edit(ci.id, lifecycle="retired"))

    @rule(data=st.data(), source=st.sampled_from(SOURCES))
    def edits_as_a_source(self, data: st.DataObject, source: str) -> None:
        ci = self._any(data)
        self.inventory.upsert([Draft(ci.id, attributes={"cpus": 3})], Signed("ann", source))
        self.expect(replace(self.now, overwritten=self.now.overwritten | {source}))

    @rule(data=st.data())
    def merges(self, data: st.DataObject) -> None:
        keep, gone = self._any(data), self._any(data)
        assume(keep.id != gone.id)
        self.desk.merge(keep.id, gone.id, Signed("ann", "console"))
        edits = {id_: said for id_, said in self.now.edits.items() if id_ != gone.id}
        if gone.id in self.now.edits:
            edits[keep.id] = {**self.now.edits[gone.id], **self.now.edits.get(keep.id, {})}
            if keep.lifecycle != gone.lifecycle:
                edits[keep.id].pop("lifecycle", None)
        self.expect(replace(self.now, edits=edits, settled=frozenset()))

    @rule(data=st.data())
    def parts(self, data: st.DataObject) -> None:
        ci = self._any(data)
        claim = data.draw(st.sampled_from([claim for claim in claims_of(ci) if not claim.edited]))
        others = {c.id for c in self.store.dump().cis if c.id != ci.id}
        with suppress(InvalidInput):
            decided = self.desk.part(ci.id, claim.source, Signed("ann", "console"), claim.id)
            assert decided.cis[1].id not in others
            self.expect(replace(self.now, settled=frozenset()))

    @rule(data=st.data())
    def says_that_two_are_two(self, data: st.DataObject) -> None:
        one, other = self._any(data), self._any(data)
        assume(one.id != other.id)
        self.desk.distinguish(one.id, other.id, Signed("ann", "console"))
        self.expect(self.now)

    @precondition(lambda self: self.store.head().revision > 0)
    @rule()
    def undoes(self) -> None:
        newest = self.store.head().revision
        try:
            found = plan_undo(self.store, MODEL, newest)
        except InvalidInput as refused:
            assert [problem.code for problem in refused.problems] == ["NOTHING_TO_UNDO"]
            return
        undo(self.store, MODEL, found, Signed("ann", "console"), utc_now)
        things = [
            replace_records(self.store.dump(at)) for at in (newest - 1, newest + 1)
        ]  # fmt: skip
        assert things[0] == things[1]
        self.expect(self.past[newest - 1])

    def _any(self, data: st.DataObject) -> CI:
        cis = self.store.dump().cis
        assume(cis)
        return data.draw(st.sampled_from(cis))

    @invariant()
    def nothing_dangles(self) -> None:
        found = self.store.dump()
        ids, rules = {ci.id for ci in found.cis}, {pool.key for pool in found.pools}
        assert len(ids) == len(found.cis)
        assert {end for r in found.relations for end in (r.from_id, r.to_id)} <= ids
        assert all(r.from_id != r.to_id for r in found.relations)
        assert {pool.ci for pool in found.pools} <= ids
        assert {PoolKey(dependent(MODEL, r), r.pool) for r in found.relations if r.pool} <= rules

    @invariant()
    def every_statement_is_kept(self) -> None:
        told: dict[tuple[str, CiId], list[tuple[CI, Claim]]] = {}
        for ci in self.store.dump().cis:
            for claim in claims_of(ci):
                if not claim.edited:
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
            lifted = {ci.id for ci in self.store.dump().cis if "lifecycle" in self.now.edits.get(ci.id, {})}
            assert stands - lifted <= {ci.id for ci in cis}

    @invariant()
    def every_edit_stands(self) -> None:
        found = {ci.id: ci for ci in self.store.dump().cis}
        for id_, said in self.now.edits.items():
            values: Mapping[str, Any] = {**found[id_].attributes, **found[id_]._asdict()}
            for name, value in said.items():
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


def replace_records(dump: Any) -> Any:
    return dump.cis, dump.relations, dump.pools


def merged_statements(before: Said, said: Said) -> Said:
    """What a source says once it said more."""
    parts = []
    for old, new in zip(before, said, strict=True):
        width = 1 if new and isinstance(new[0], CI) or old and isinstance(old[0], CI) else None
        known = {thing[:1] if width else thing.key: thing for thing in (*old, *new)}
        parts.append(list(known.values()))
    return parts[0], parts[1], parts[2]


TestSources = Sources.TestCase
TestSources.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)  # fmt: skip
