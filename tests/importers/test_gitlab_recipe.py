"""The GitLab recipe: a small catalogue of the same shape becomes an estate that imports, the same every time."""

import csv
from pathlib import Path

import pytest

from cmdb.store.sqlite.store import SqliteStore
from examples.gitlab.catalogue import BadCatalogue, read_catalogue
from examples.gitlab.convert import main
from importers.runner import apply_plan
from tests.importers.estate import plan_of

FIXTURE = Path(__file__).parent / "gitlab_fixture"
FILES = ("cis.csv", "relations.csv", "pools.csv")


def converted(folder: Path, *options: str) -> Path:
    assert main([str(FIXTURE), str(folder), *options]) == 0
    return folder


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def links(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Effect and pool of every dependency."""
    found = rows(folder, "relations")
    return {(r["from"], r["to"]): (r["effect"], r["pool"]) for r in found if r["type"] == "depends_on"}


def test_tiers_become_kinds_and_two_of_one_name_can_be_told_apart(tmp_path: Path) -> None:
    found = {row["id"]: row for row in rows(converted(tmp_path), "cis")}
    assert {ci: row["kind"] for ci, row in found.items()} == {
        "shop": "business_service", "basket": "business_service", "labels": "business_service",
        "edge": "technical_service", "lookup": "technical_service", "probe": "technical_service",
        "ledger": "database", "cache": "database",
        "team-storefront": "team", "team-spare": "team", "team-ghosts": "team",
        "clients-shoppers": "client_group", "internal-users": "client_group",
    }  # fmt: skip
    assert (found["cache"]["name"], found["probe"]["name"]) == ("Cache (cache)", "Cache (probe)")
    assert [found[ci]["criticality"] for ci in ("shop", "basket", "labels")] == ["critical", "high", ""]
    assert found["shop"]["description"] == "Sells things."
    assert found["team-storefront"]["description"] == "Slack #shop-talk; https://rota.example/storefront"


def test_people_use_what_is_offered_and_teams_support_what_they_are_named_for(tmp_path: Path) -> None:
    found = [(r["from"], r["to"]) for r in rows(converted(tmp_path), "relations") if r["type"] != "depends_on"]
    assert found == [
        ("basket", "team-storefront"), ("clients-shoppers", "basket"), ("clients-shoppers", "edge"),
        ("clients-shoppers", "shop"), ("internal-users", "shop"), ("shop", "team-ghosts"), ("shop", "team-storefront"),
    ]  # fmt: skip


def test_the_metrics_list_counts_in_full_and_the_hand_written_one_as_risk(tmp_path: Path) -> None:
    assert links(converted(tmp_path)) == {
        ("shop", "ledger"): ("", ""),
        ("shop", "lookup"): ("degraded", ""),
        ("shop", "cache"): ("at_risk", ""),
        ("shop", "labels"): ("degraded", ""),
        ("labels", "shop"): ("", ""),
        ("basket", "ledger"): ("", ""),
        ("edge", "shop"): ("", "backends"),
        ("edge", "basket"): ("", "backends"),
    }
    assert rows(tmp_path, "pools") == [{"ci": "edge", "pool": "backends", "required": "1", "full": "100%"}]


@pytest.mark.parametrize(
    ("prefer", "cache", "edge_basket"), [("catalogue", "", ("at_risk", "")), ("either", "", ("", "backends"))]
)
def test_another_list_may_be_preferred(tmp_path: Path, prefer: str, cache: str, edge_basket: tuple[str, str]) -> None:
    found = links(converted(tmp_path, "--prefer", prefer))
    assert found["shop", "cache"] == (cache, "")
    assert found["edge", "basket"] == edge_basket
    assert found["shop", "ledger"] == ("", ""), "named by the catalogue as postgres, by the metrics list as itself"


def test_what_is_left_out_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    converted(tmp_path)
    assert capsys.readouterr().err.splitlines() == [
        "taken as ledger: shop depends on postgres",
        "left out: basket depends on basket, which is itself",
        "left out: probe depends on graphite, which is not in the catalogue",
        "left out: probe depends on postgres, which is not in the catalogue",
        "named by services, not in teams.yml: ghosts; kept by name alone",
        "written: 13 cis, 15 relations, 1 pools",
    ]


def test_an_alias_brings_a_link_back(tmp_path: Path) -> None:
    assert links(converted(tmp_path, "--alias", "postgres=ledger"))["probe", "ledger"] == ("at_risk", "")


def test_the_same_folder_gives_the_same_bytes_and_imports_once(tmp_path: Path, scratch: SqliteStore) -> None:
    first, second = converted(tmp_path / "a"), converted(tmp_path / "b")
    assert [(first / name).read_bytes() for name in FILES] == [(second / name).read_bytes() for name in FILES]
    planned = plan_of(first, scratch, "gitlab")
    assert planned.warnings == ()
    apply_plan(scratch, planned, "test")
    assert plan_of(second, scratch, "gitlab").empty


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("services.csv", "id,tier\n", "services.csv: no column friendly_name"),
        ("services.csv", "id,friendly_name,tier,teams,customers,business_value,sla_weight\nx,X,moon,,,,\n", "'moon'"),
        ("services.csv", "id,friendly_name,tier,teams,customers,business_value,sla_weight\nteam-spare,X,sv,,,,\n",
         "team-spare"),
        ("teams.yml", "teams: [spare]\n", "teams.yml: accepted"),
        ("teams.yml", "teams: [", "teams.yml"),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_catalogue_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, content: str, said: str
) -> None:
    for name in ("services.csv", "edges.csv", "teams.yml"):
        (tmp_path / name).write_bytes((FIXTURE / name).read_bytes())
    (tmp_path / file).write_text(content)
    assert main([str(tmp_path), str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue, match=r"services\.csv"):
        read_catalogue(tmp_path)
