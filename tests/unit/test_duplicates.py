"""Duplicates are proposed, with reasons, and never what only looks alike; an import joins nothing wrongly."""

from functools import cache

import pytest

from benchmarks.duplicates import PRECISION, RECALL, Found, halves, judged, wrongly_joined
from benchmarks.servers import Servers, servers
from cmdb.model.ci import CI, CiId, attributes_json
from cmdb.model.claims import Claim, claims_json
from cmdb.model.model import standard_model
from cmdb.reconcile.duplicates import Proposal, proposals

MODEL = standard_model()
SEEDS = (1, 2, 3, 4)


@cache
def made(seed: int) -> Servers:
    return servers(5_000, seed)


def ci(id_: str, name: str, kind: str = "server", sector: str = "shared", **attributes: object) -> CI:
    return CI(CiId(id_), kind, name, sector, "live", attributes_json(attributes), "estate")


def only(*cis: CI) -> Proposal:
    (found,) = proposals(MODEL, cis)
    return found


def test_proposals_among_dirty_records() -> None:
    found = Found(
        *map(sum, zip(*(judged(made(seed), proposals(MODEL, made(seed).cis)) for seed in SEEDS), strict=True))
    )
    assert found.precision >= PRECISION
    assert found.recall >= RECALL


@pytest.mark.parametrize("seed", SEEDS)
def test_no_silent_wrong_join(seed: int) -> None:
    found = halves(MODEL, made(seed))
    assert len(found.joined) >= 10
    assert wrongly_joined(made(seed), found) == []


def test_the_order_of_the_records_makes_no_difference() -> None:
    cis = made(1).cis
    assert proposals(MODEL, cis) == proposals(MODEL, cis[::-1])


def test_reasons_and_what_to_keep() -> None:
    found = only(
        ci("a", "web01", serial="CZJ1234567", model="DL380"),
        ci("b", "wbe01", serial="czj-123 4567", model="DL380", os="RHEL 9", cpus=8),
    )
    assert found.cis == ("b", "a")
    assert found.reasons == ("same serial number", "names differ in one letter", "same model")
    assert found.kept == "4 attributes are recorded of it, of the other 2"
    assert found.score == 100


def test_the_one_that_more_sources_know_is_kept() -> None:
    known = claims_json(CiId("b"), [Claim(s, CiId("b"), "server", "web01", "shared", "live", {}) for s in "xy"])
    found = only(
        ci("a", "web01", serial="CZJ1234567", os="x"), ci("b", "web01", serial="CZJ1234567")._replace(claims_json=known)
    )
    assert (found.cis, found.kept) == (("b", "a"), "2 sources know it, the other 1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ci("a", "web01"), ci("b", "web02")),
        (ci("a", "web01", hostname="web01.a.example"), ci("b", "web01", hostname="web01.b.example")),
        (ci("a", "web01", serial="CZJ1234567"), ci("b", "web01", serial="HX99812")),
        (ci("a", "web01", environment="test"), ci("b", "web01", environment="production")),
        (ci("a", "web01"), ci("b", "web01", sector="health")),
        (ci("a", "web01", serial="To be filled by O.E.M."), ci("b", "db07", serial="To be filled by O.E.M.")),
        (ci("a", "R101", "facility"), ci("b", "R101", "facility")),
        (ci("a", "Gold", "service_offering"), ci("b", "Gold", "service_offering")),
        (ci("a", "Payroll 1", "application"), ci("b", "Payroll 2", "application")),
        (ci("a", "Payroll", "application"), ci("b", "Payroll", "team")),
        (ci("a", "Ann Smith", "person", email="a@x.example"), ci("b", "Ann Smith", "person", email="b@x.example")),
    ],
)
def test_what_only_looks_alike(one: CI, other: CI) -> None:
    assert proposals(MODEL, [one, other]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ci("a", "web01"), ci("b", "WEB-1")),
        (ci("a", "web01", hostname="web01.a.example"), ci("b", "web01.a.example.")),
        (ci("a", "web01"), ci("b", "web01", "virtual_machine")),
        (ci("a", "Payroll", "application"), ci("b", "Payrol", "application")),
        (ci("a", "Payroll Service", "application"), ci("b", "Service Payroll", "application")),
        (ci("a", "Ann Smith", "person", email="ann@x.example"), ci("b", "A. Smith", "person", email="Ann@X.example")),
        (ci("a", "Ann Smith", "person", email="ann@x.example"), ci("b", "Ann Smyth", "person")),
        (ci("a", "Équipe réseau", "team"), ci("b", "equipe reseau", "team")),
        (ci("a", "array 7", "storage", serial="SN-4711-A"), ci("b", "san07", "storage", serial="sn4711a")),
    ],
)
def test_what_a_person_should_look_at(one: CI, other: CI) -> None:
    assert set(only(one, other).cis) == {"a", "b"}


def test_what_was_decided_and_what_is_retired_is_not_proposed() -> None:
    one, other = ci("a", "web01"), ci("b", "web01")
    assert proposals(MODEL, [one, other], {frozenset((CiId("a"), CiId("b")))}) == []
    assert proposals(MODEL, [one, other._replace(lifecycle="retired")]) == []


def test_the_likeliest_come_first() -> None:
    cis = made(2).cis
    every = proposals(MODEL, cis)
    assert [p.score for p in every] == sorted((p.score for p in every), reverse=True)
    assert proposals(MODEL, cis, limit=7) == every[:7]
    assert proposals(MODEL, [], limit=7) == []
