"""Proposals and conflicts of a store are kept while nothing changes, and brought up to date where little does."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api import identity_held
from api.identity_held import Findings
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.claims import Claim, claims_json
from cmdb.model.model import standard_model
from cmdb.reconcile.claims import joined_voices
from cmdb.store.port import StoredCI
from cmdb.store.sqlite.store import SqliteStore


class Stopwatch:
    """Each look at it is a step later."""

    def __init__(self) -> None:
        self.now, self.step = 0.0, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Counting(SqliteStore):
    """The embedded store, which counts how often CIs were read by id."""

    reads = 0

    def get(self, ids: Iterable[CiId], at: int | None = None) -> dict[CiId, StoredCI]:
        self.reads += 1
        return super().get(ids, at)


def ci(id_: str, **attributes: Any) -> CI:
    return CI(CiId(id_), "server", id_, "shared", "live", attributes_json(attributes), "a")


def shared(id_: str, rto: int, said: int, lifecycle: str = "live") -> CI:
    claims = [
        Claim(source, CiId(id_), "server", id_, "shared", lifecycle, {"rto": value})
        for source, value in (("a", rto), ("b", said))
    ]
    found = ci(id_, rto=rto)._replace(lifecycle=lifecycle)
    return found._replace(claims_json=claims_json(found.id, claims))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Counting]:
    with closing(Counting(tmp_path / "cmdb.db", standard_model())) as opened:
        pairs = [ci(f"{letter}{n}", serial=f"XK000{n}9Q") for n in range(3) for letter in "xy"]
        opened.apply(Changeset("ann", "a", put_cis=pairs))
        yield opened


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def findings(store: SqliteStore, watch: Stopwatch) -> Findings:
    return Findings(store, standard_model(), watch)


def pairs(findings: Findings) -> list[str]:
    return sorted(" ".join(sorted(one.proposal.cis)) for one in findings.likely().every)


def test_pairs_follow_every_change_while_that_is_quick(store: SqliteStore, findings: Findings) -> None:
    assert pairs(findings) == ["x0 y0", "x1 y1", "x2 y2"]
    store.apply(Changeset("ann", "a", put_cis=[ci("x0", serial="MNB76543"), ci("z", serial="MNB76543")]))
    found = findings.likely()
    assert pairs(findings) == ["x0 z", "x1 y1", "x2 y2"]
    assert (found.revision, found.left_out) == (2, 0)


def test_where_it_takes_long_changed_cis_are_left_out_for_a_while(
    store: SqliteStore, findings: Findings, watch: Stopwatch
) -> None:
    watch.step = identity_held.SHORT + 1
    assert len(findings.likely().every) == 3
    watch.step = 0.0
    store.apply(Changeset("ann", "a", put_cis=[ci("x0", serial="MNB76543"), ci("z", serial="MNB76543")]))
    found = findings.likely()
    assert (found.revision, found.left_out, pairs(findings)) == (1, 2, ["x1 y1", "x2 y2"])
    watch.now += identity_held.PAUSE * found.seconds
    found = findings.likely()
    assert (found.revision, found.left_out) == (2, 0)
    assert "x0 z" in pairs(findings)


def test_during_the_pause_changed_cis_are_read_once_for_each_revision(
    store: Counting, findings: Findings, watch: Stopwatch
) -> None:
    watch.step = identity_held.SHORT + 1
    findings.likely()
    watch.step = 0.0
    store.apply(Changeset("ann", "a", put_cis=[ci("x0", serial="MNB76543")]))
    told, reads = findings.likely(), store.reads
    assert reads > 0
    assert [findings.likely() for _ in range(3)] == [told] * 3
    assert store.reads == reads
    store.apply(Changeset("ann", "a", put_cis=[ci("x1", serial="MNB76543")]))
    assert (findings.likely().left_out, pairs(findings)) == (2, ["x2 y2"])
    assert store.reads > reads
    store.apply(Changeset("ann", "a", put_cis=[ci(name, serial=f"XK000{name[1]}9Q") for name in ("x0", "x1")]))
    told = findings.likely()
    assert (told.revision, told.left_out, len(told.every)) == (4, 0, 3), "as they were when all were compared"


def test_conflicts_follow_every_change(store: SqliteStore, findings: Findings) -> None:
    assert list(findings.spots()[1]) == []
    store.apply(Changeset("ann", "a", put_cis=[shared("x0", 60, 30), shared("y1", 60, 60), shared("y2", 5, 9)]))
    told = [(spot.ci, spot.attribute, *sorted(spot.sources)) for spot in findings.spots()[1]]
    assert told == [("x0", "rto", "a", "b"), ("y2", "rto", "a", "b")]
    store.apply(Changeset("ann", "a", put_cis=[shared("x0", 60, 60), shared("y1", 1, 2)], delete=[CiId("y2")]))
    revision, spots = findings.spots()
    assert (revision, [spot.ci for spot in spots]) == (3, ["y1"])
    store.apply(Changeset("ann", "a", put_cis=[shared("y1", 1, 2, "retired")]))
    assert list(findings.spots()[1]) == []
    assert list(Findings(store, standard_model()).spots()[1]) == []


def depends(start: str, end: str, **effects: str) -> Relation:
    said = [Relation(CiId(start), "depends_on", CiId(end), "", effect, of) for of, effect in effects.items()]
    return joined_voices(standard_model(), said, "a")


def rule(**required: str) -> Pool:
    said = [Pool(CiId("x1"), "p", number, "", "", source) for source, number in required.items()]
    return joined_voices(standard_model(), said, "a")


def test_conflicts_about_relations_and_pools_follow_every_change(store: SqliteStore, findings: Findings) -> None:
    def told() -> list[str]:
        every = findings.spots()[1]
        assert every == Findings(store, standard_model()).spots()[1]
        assert all(spot.sources == {"a", "b"} for spot in every)
        return [f"{spot.ci} {spot.told.subject if spot.told else ''}, {spot.attribute}" for spot in every]

    assert told() == []
    changed = [
        depends("x0", "x1", a="down", b="at_risk"),
        depends("x2", "x1", a="down", b=""),
        depends("y0", "y1", a=""),
    ]
    store.apply(Changeset("ann", "a", put_relations=changed, put_pools=[rule(a="1", b="2")]))
    assert told() == ["x0 depends_on x1, effect", "x1 pool p, required"]
    store.apply(Changeset("ann", "a", put_cis=[ci("x1", rto=5), shared("x0", 60, 30)]))
    assert told() == ["x0 , rto", "x0 depends_on x1, effect", "x1 pool p, required"]
    changed = [depends("x0", "x1", a="down", b="down"), depends("x2", "x1", a="down", b="degraded")]
    store.apply(Changeset("ann", "a", put_relations=changed, put_pools=[rule(a="2", b="2")]))
    assert told() == ["x0 , rto", "x2 depends_on x1, effect"]
    store.apply(Changeset("ann", "a", retire=[CiId("x2")], delete=[CiId("x0")]))
    assert told() == []
