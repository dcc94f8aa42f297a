"""A snapshot that followed any number of changes answers like one compiled anew from what is recorded."""

from pathlib import Path
from random import Random

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.record import Record
from cmdb.store.port import Dump, StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore
from impact.analyses import affected, call, client_groups, completeness, notify, scenario, summarize, why, why_not
from impact.estate import Estate
from impact.question import Asked, ask
from impact.snapshot import Snapshot, compile_estate
from impact.states import STATES, Assumption
from tests.impact.estates import MODEL, NOW, WORDS, asked, ci, rel, rule, states

KINDS = ("server", "application", "business_service", "client_group", "team")
IDS = [f"{kind[:2]}-{n}" for kind in KINDS for n in range(4)]
KIND_OF = {name: kind for kind in KINDS for name in IDS if name.startswith(kind[:2] + "-")}
TYPES = ("depends_on", "uses", "part_of", "connects_through", "has_member", "supported_by", "owned_by")
ALLOWED = [
    (a, type_, b) for a in IDS for b in IDS for type_ in TYPES
    if a != b and (KIND_OF[a], type_, KIND_OF[b]) in MODEL.allowed
]  # fmt: skip
POOLS = ("", "", "", "p", "q")


class Inventory:
    """Makes changesets that fit what is recorded, remembering which CIs exist and which rules."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.known: set[str] = set()
        self.rules: set[tuple[str, str]] = set()

    def change(self) -> Changeset:
        """A few things put, removed, retired or deleted at once."""
        pick = self.random
        put = [self._ci(name) for name in pick.sample(IDS, pick.randint(0, 4))]
        here = self.known | {c.id for c in put}
        idle = sorted(self.known - {c.id for c in put})
        gone = pick.sample(idle, 1) if idle and pick.random() < 0.2 else []
        here -= set(gone)
        arrows = [arrow for arrow in ALLOWED if arrow[0] in here and arrow[2] in here]
        chosen = pick.sample(arrows, min(len(arrows), pick.randint(0, 6)))
        relations = [self._relation(arrow) for arrow in chosen]
        pools = [self._rule(r.from_id, r.pool) for r in relations if r.pool]
        pools += [self._rule(*key) for key in sorted(self.rules) if key[0] in here and pick.random() < 0.1]
        removed = [self._relation(arrow).key for arrow in pick.sample(ALLOWED, 4)]
        kept = {r.key for r in relations}
        retired = [CiId(name) for name in pick.sample(sorted(here), 1)] if here and pick.random() < 0.2 else []
        self.known, self.rules = here, {k for k in self.rules | {(p.ci, p.name) for p in pools} if k[0] in here}
        return Changeset(
            "ada", "test", put_cis=put, put_relations=relations, put_pools=list({p.key: p for p in pools}.values()),
            remove_relations=[key for key in removed if key not in kept], retire=retired,
            delete=[CiId(name) for name in gone],
        )  # fmt: skip

    def scenario(self) -> list[Assumption]:
        """One to three assumptions about what exists."""
        names = self.random.sample(sorted(self.known), min(len(self.known), self.random.randint(1, 3)))
        return [Assumption(name, self.random.choice(STATES)) for name in names]

    def _ci(self, name: str) -> CI:
        pick, kind = self.random, KIND_OF[name]
        attributes: dict[str, object] = {"verified_at": pick.choice([None, "2026-11-01", "2020-01-01"])}
        if kind == "client_group":
            attributes["head_count"] = pick.choice([None, 3, 10])
        elif kind != "team":
            attributes["rto"] = pick.choice([None, 60, 600])
        lifecycle = pick.choice(["live", "live", "live", "planned", "retired"])
        found = ci(name, kind, pick.choice(["shared", "health"]), lifecycle, **attributes)
        return found._replace(source=pick.choice(["test", "other"]))

    def _relation(self, arrow: tuple[str, str, str]) -> Relation:
        impact = MODEL.relations[arrow[1]].impact != "none"
        pool = self.random.choice(POOLS) if impact else ""
        return rel(" ".join(arrow), pool, self.random.choice(["", "", "degraded", "at_risk"]))

    def _rule(self, owner: str, name: str) -> Pool:
        pick = self.random
        return rule(owner, name, pick.choice(["1", "2", "50%", "9"]), pick.choice(["", "", "2", "100%"]),
                    pick.choice(["down", "down", "degraded"]))  # fmt: skip


def answers(estate: Estate, assumptions: list[Assumption]) -> dict[str, object]:
    """Everything an answer holds that is told by id, not by index or by the order of the arrays."""
    question = ask(estate, assumptions, Asked(NOW))
    register = estate.register
    every = sorted(register.ids[at] for at in range(register.size) if register.find(register.ids[at]) is not None)
    at = [i for name in every if (i := register.find(name)) is not None]
    return {
        "cis": [(register.ids[i], register.name(i), register.attributes_of(i), bool(estate.live[i])) for i in at],
        "sources": [estate.origins.sets[estate.origins.of[i]] for i in at],
        "affected": affected(question, None).nodes,
        "summary": summarize(question),
        "groups": client_groups(question, None).nodes,
        "scenario": scenario(question),
        "call": call(question),
        "notify": notify(question),
        "blind spots": completeness(question).blind_spots,
        "why": [why(question, i) for i in at],
        "why not": [why_not(question, i) for i in at],
    }  # fmt: skip


def follow(folder: Path, seed: int, turns: int) -> int:
    """Change an inventory `turns` times, comparing after each; how many CIs were affected in all."""
    store = SqliteStore(folder / f"{seed}.db", MODEL)
    try:
        snapshot, inventory, seen = Snapshot(store, MODEL), Inventory(seed), 0
        for _ in range(turns):
            store.apply(inventory.change())
            followed = snapshot.current().estate
            anew = compile_estate(WORDS, store.dump())
            assert followed.revision == anew.revision
            for _ in range(3):
                assumptions = inventory.scenario()
                expected = answers(anew, assumptions)
                assert answers(followed, assumptions) == expected, (seed, assumptions)
                seen += len(expected["affected"])  # type: ignore[arg-type]
    finally:
        store.close()
    return seen


@pytest.mark.parametrize("seed", range(5))
def test_following_is_the_same_as_reading_anew(tmp_path: Path, seed: int) -> None:
    assert follow(tmp_path, seed, 30) > 50, "the random changes must leave something to compare"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 140))
def test_following_for_long_is_the_same_as_reading_anew(tmp_path: Path, seed: int) -> None:
    assert follow(tmp_path, seed, 100) > 200


def test_an_estate_in_hand_does_not_change(store: SqliteStore) -> None:
    snapshot = Snapshot(store, MODEL)
    store.apply(Changeset("ada", "test", put_cis=[ci("a"), ci("b")], put_relations=[rel("b depends_on a")]))
    before = snapshot.current().estate
    store.apply(
        Changeset("ada", "test", put_cis=[ci("c"), ci("a", os="new")], put_relations=[rel("c depends_on b")], delete=[])
    )
    after = snapshot.current().estate
    store.apply(Changeset("ada", "test", delete=[CiId("b")]))
    assert states(asked(before, "a")) == {"a": "down", "b": "down"}
    assert states(asked(after, "a")) == {"a": "down", "b": "down", "c": "down"}
    assert states(asked(snapshot.current().estate, "a")) == {"a": "down"}
    assert (before.register.find("c"), before.register.find("b")) == (None, 1)


def test_while_the_store_is_away_the_last_estate_answers(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = Snapshot(store, MODEL)
    store.apply(Changeset("ada", "test", put_cis=[ci("a")]))
    first = snapshot.current()

    def away() -> Dump:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store, "head", away)
        seen = snapshot.current()
        assert (seen.live, seen.estate, seen.checked_at) == (False, first.estate, first.checked_at)
        with pytest.raises(StoreUnavailable):
            Snapshot(store, MODEL).current()
    assert snapshot.current().live


def test_a_revision_of_records_alone_keeps_the_graph(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "cmdb.db", MODEL)
    snapshot = Snapshot(store, MODEL)
    store.apply(Changeset("ada", "test", put_cis=[ci("a"), ci("b")], put_relations=[rel("a depends_on b")]))
    before = snapshot.current().estate
    body = '{"cis":[{"ci":"b","state":"down"}]}'
    assert store.apply(Changeset("ada", "test", put_records=[Record("incident", "x", "1", body)])).revision == 2
    after = snapshot.current().estate
    assert (after.revision, after.recorded_at) == store.head()
    assert after.graph is before.graph
    assert after.register is before.register
    store.close()
