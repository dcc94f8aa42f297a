"""Blind spots, of which readiness declares the rules, are those that plain loops over the answer find."""

from collections.abc import Callable

import pytest

from cmdb.store.port import Dump
from cmdb.store.sqlite.store import SqliteStore
from impact.analyses import completeness
from impact.analyses.completeness import RULES
from impact.blind import EXAMPLES
from impact.estate import Estate
from impact.question import Asked, Question, ask
from impact.readiness.needs import STALE_DAYS
from impact.snapshot import Snapshot
from tests.impact.estates import MODEL, NOW, states
from tests.impact.readiness_naive import Records, age
from tests.impact.test_snapshot import Inventory

CALLED = {"on_call", "supported_by", "has_expert", "managed_by", "owned_by"}


class Region:
    """An answer, and the records it is about."""

    def __init__(self, question: Question, dump: Dump) -> None:
        self.records = Records(dump.cis, dump.relations, dump.pools, NOW.date())
        self.cis = {str(c.id): c for c in dump.cis}
        self.states = states(question)
        self.assumed = {a.ci for a in question.assumptions}

    def role(self, ci: str) -> str:
        return MODEL.roles[self.cis[ci].kind]

    def carries(self, ci: str) -> bool:
        return self.cis[ci].kind in MODEL.carriers

    def live(self, ci: str) -> bool:
        return self.cis[ci].lifecycle == "live"

    def used(self, ci: str) -> bool:
        return any(provider == ci for _, provider, _ in self.records.dependencies())

    def age(self, ci: str) -> int | None:
        return age(self.records, self.cis[ci])

    def called(self, ci: str) -> bool:
        return any(r.from_id == ci and r.type in CALLED and self.live(r.to_id) for r in self.records.relations)

    def hit(self) -> set[str]:
        return {c for c, state in self.states.items() if self.role(c) == "service" and state in ("down", "degraded")}


NAIVE: dict[str, Callable[[Region], set[str]]] = {
    "NOT_IN_SERVICE": lambda r: {c for c in r.assumed if not r.live(c)},
    "NEVER_CARRIES_IMPACT": lambda r: {c for c in r.assumed if not r.carries(c)},
    "NOTHING_RECORDED": lambda r: {c for c in r.assumed if r.live(c) and r.carries(c) and not r.used(c)},
    "DEAD_END": lambda r: {
        c for c in r.states if c not in r.assumed and r.role(c) not in ("client", "service") and not r.used(c)
    },
    "SERVICE_WITHOUT_CLIENTS": lambda r: {c for c in r.states if r.role(c) == "service" and not r.used(c)},
    "NEVER_VERIFIED": lambda r: {c for c in r.states if r.age(c) is None},
    "NOT_VERIFIED_LATELY": lambda r: {c for c in r.states if (r.age(c) or 0) > STALE_DAYS},
    "UNKNOWN_RTO": lambda r: {c for c in r.states if r.role(c) == "service" and "rto" not in r.cis[c].attributes},
    "UNKNOWN_HEAD_COUNT": lambda r: {
        c for c in r.states if r.role(c) == "client" and "head_count" not in r.cis[c].attributes
    },
    "NOBODY_TO_CALL": lambda r: {c for c in r.assumed | r.hit() if not r.called(c)},
}


def told(estate: Estate, question: Question) -> dict[str, tuple[int, list[str]]]:
    spots = completeness(question).blind_spots
    return {s.code: (s.count, [ref.id for ref in s.examples]) for s in spots if s.code in NAIVE}


@pytest.mark.parametrize("seed", range(8))
def test_they_are_what_plain_loops_find(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    store = SqliteStore(tmp_path_factory.mktemp("spots") / "cmdb.db", MODEL)
    snapshot, inventory, found = Snapshot(store, MODEL), Inventory(seed), set[str]()
    while store.head().revision < 12:
        store.apply(inventory.change())
        if not inventory.known:
            continue
        estate = snapshot.current().estate
        question = ask(estate, inventory.scenario(), Asked(NOW))
        region = Region(question, store.dump())
        expected = {code: sorted(rule(region)) for code, rule in NAIVE.items()}
        spots = told(estate, question)
        assert spots == {code: (len(cis), cis[:EXAMPLES]) for code, cis in expected.items() if cis}
        found |= spots.keys()
    store.close()
    assert found


def test_every_rule_has_a_twin() -> None:
    assert {code for code, *_ in RULES} == set(NAIVE)
