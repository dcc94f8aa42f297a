"""The demo province: the committed files are what the tables say, and the estate keeps its promises."""

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.durations import parse_minutes
from cmdb.model.errors import ValueFault
from cmdb.model.model import standard_model
from cmdb.model.text import folded, parse_id
from cmdb.reconcile.validate import validate
from examples.province.build import files

FOLDER = Path("examples/province")
FIXED = {"id", "kind", "name", "sector", "lifecycle"}
SERVICES = {"business_service", "technical_service", "service_offering"}
STALE_BEFORE = "2026-05-26"


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    with (Path(__file__).parents[2] / FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def cis() -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in rows("cis")}


def live(kind: str) -> list[str]:
    return [ci for ci, row in cis().items() if row["kind"] == kind and row["lifecycle"] == "live"]


def targets(start: str, relation: str) -> set[str]:
    return {r["to"] for r in rows("relations") if (r["from"], r["type"]) == (start, relation)}


def linked(relation: str) -> set[str]:
    return {r["from"] for r in rows("relations") if r["type"] == relation}


def array_of(database: str) -> str:
    (volume,) = targets(database, "stores_data_on")
    (array,) = targets(volume, "part_of")
    return array


def test_rebuild_equals_the_committed_files() -> None:
    for name, content in files().items():
        assert (Path(__file__).parents[2] / FOLDER / name).read_bytes() == content, name


def test_ids_are_clean_and_distinct() -> None:
    assert len(cis()) == len(rows("cis")) == len({folded(ci) for ci in cis()})
    assert all(parse_id(ci) == ci for ci in cis())
    keys = [(r["from"], r["type"], r["to"], r["pool"]) for r in rows("relations")]
    assert len(keys) == len(set(keys))


def test_every_relation_and_pool_fits_the_model() -> None:
    changeset = Changeset(
        "test",
        "province",
        put_cis=[
            CI(CiId(r["id"]), r["kind"], r["name"], r["sector"], r["lifecycle"], "{}", "province") for r in rows("cis")
        ],
        put_relations=[
            Relation(CiId(r["from"]), r["type"], CiId(r["to"]), r["pool"], r["effect"], "province")
            for r in rows("relations")
        ],
        put_pools=[
            Pool(CiId(r["ci"]), r["pool"], r["required"], r["full"], r["effect"], "province") for r in rows("pools")
        ],
    )
    assert list(validate(standard_model(), changeset, {}, [])) == []


def test_every_value_is_declared_for_its_kind_and_parses() -> None:
    attributes, faults = standard_model().attributes, []
    for row in rows("cis"):
        for column, text in row.items():
            if column not in FIXED and text:
                try:
                    attributes[row["kind"]][column].parse(text)
                except (KeyError, ValueFault) as fault:
                    faults.append((row["id"], column, text, repr(fault)))
    assert faults == []


def test_every_pool_has_a_sensible_rule_but_one() -> None:
    members = Counter(
        (r["from"], r["pool"]) for r in rows("relations") if r["pool"] and cis()[r["to"]]["lifecycle"] == "live"
    )
    rules = {(r["ci"], r["pool"]): r for r in rows("pools")}
    assert set(members) == set(rules)
    beyond = [
        key
        for key, rule in rules.items()
        for value in (rule["required"], rule["full"])
        if value and not value.endswith("%") and not 1 <= int(value) <= members[key]
    ]
    assert beyond == [("app-bridge", "web")]


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("business_service", 40, 45),
        ("technical_service", 20, 26),
        ("application", 95, 115),
        ("database", 85, 115),
        ("virtual_machine", 450, 500),
        ("hypervisor", 45, 55),
        ("server", 75, 90),
        ("person", 115, 155),
        ("team", 25, 30),
        ("supplier", 12, 20),
    ],
)
def test_sizes(kind: str, least: int, most: int) -> None:
    assert least <= len(live(kind)) <= most


def test_catalogue_has_20_business_and_12_enabling_categories() -> None:
    for kind, count in (("business_service", 20), ("technical_service", 12)):
        assert len({cis()[ci]["category"] for ci in live(kind)}) == count


def test_about_40_000_people_in_groups_that_nest_without_overflow() -> None:
    heads = {ci: int(cis()[ci]["head_count"]) for ci in live("client_group")}
    parent = {r["from"]: r["to"] for r in rows("relations") if r["type"] == "part_of" and r["from"] in heads}
    assert 39_000 <= sum(n for ci, n in heads.items() if ci not in parent) <= 41_000
    nested: Counter[str] = Counter()
    for group, above in parent.items():
        nested[above] += heads[group]
    assert [group for group, people in nested.items() if people > heads[group]] == []


def test_records_are_dated_2025_to_2026_with_stale_and_never_verified_ones() -> None:
    seen = Counter(row["verified_at"] for row in rows("cis") if row["lifecycle"] == "live")
    dates = [seen_at for seen_at in seen.elements() if seen_at]
    assert min(dates) >= "2025-01-01"
    assert max(dates) <= "2026-11-15"
    assert 20 < seen[""] < 200
    assert 100 < sum(day < STALE_BEFORE for day in dates) < 400


def test_some_services_and_applications_promise_nothing() -> None:
    unknown = {kind: [ci for ci in live(kind) if not cis()[ci]["rto"]] for kind in ("business_service", "application")}
    assert unknown["business_service"] == ["svc-inspections", "svc-open-data"]
    assert {"app-grants", "app-childcare", "app-inspect"} <= set(unknown["application"])
    assert [ci for ci in live("application") if not cis()[ci]["restore"]]


def test_some_owners_are_missing_and_some_cis_stand_alone() -> None:
    ownerless = {ci for kind in SERVICES - {"service_offering"} for ci in live(kind)} - linked("owned_by")
    assert ownerless == {"svc-surgery-scheduling", "svc-fleet", "svc-open-data", "svc-monitoring"}
    ends = {r["from"] for r in rows("relations")} | {r["to"] for r in rows("relations")}
    assert 5 <= len(set(cis()) - ends) <= 15


def test_planned_and_retired_cis_have_relations() -> None:
    for lifecycle in ("planned", "retired"):
        gone = {ci for ci, row in cis().items() if row["lifecycle"] == lifecycle}
        pooled = {r["to"] for r in rows("relations") if r["pool"]}
        assert len(gone & pooled) >= 3


def test_hidden_both_dispatch_databases_are_on_one_array() -> None:
    pair = {ci for ci in targets("inst-cad-prod", "depends_on") if cis()[ci]["lifecycle"] == "live"}
    assert len(pair) == 2
    assert {array_of(ci) for ci in pair} == {"san-gdc-01"}


def test_hidden_both_name_servers_are_on_one_cluster() -> None:
    machines = targets("app-dnsint", "runs_on")
    assert len(machines) == 2
    assert set().union(*(targets(ci, "hosted_on") for ci in machines)) == {"vmc-gdc-prod-02"}


def test_hidden_diverse_lines_share_a_duct() -> None:
    for pair, duct in (
        (("ckt-hososp-a", "ckt-hososp-b"), "duct-bridge"),
        (("ckt-dci-a", "ckt-dci-b"), "duct-causeway"),
    ):
        assert {place for line in pair for place in targets(line, "located_in")} == {duct}


def test_hidden_both_power_sides_of_the_health_data_centre_share_a_switch() -> None:
    assert targets("pwr-hdc-ups-a", "powered_by") == targets("pwr-hdc-ups-b", "powered_by") == {"pwr-hdc-ats-a"}


def test_sign_in_has_one_database_and_two_services_one_key_module() -> None:
    assert {ci for ci in targets("app-sso", "depends_on") if ci.startswith("db-")} == {"db-sso-01"}
    users = {r["from"] for r in rows("relations") if r["to"] == "srv-hsm-gdc-01" and r["type"] == "depends_on"}
    assert {"app-paygate", "app-pki"} <= users


def test_dispatch_promises_an_hour_and_its_database_four() -> None:
    assert parse_minutes(cis()["svc-dispatch"]["rto"]) == 60
    assert parse_minutes(cis()["db-cad-01"]["rto"]) == 240
    assert cis()["san-gdc-01"]["name"] == "SAN array GDC-01"
    assert cis()["san-gdc-01"]["kind"] == "storage"
