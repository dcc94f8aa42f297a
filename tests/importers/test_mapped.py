"""Mapped tables: an identity mapping gives what the native format gives; every fault is told at its cell."""

import csv
import shutil
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from cmdb.model.ci import CI
from cmdb.store.sqlite.store import SqliteStore
from importers.runner import apply_plan
from importers.sources.mapped.document import POOL_FIELDS, RELATION_FIELDS
from tests.importers.estate import plan_of, problems_of, warnings_of

PROVINCE = Path(__file__).parents[2] / "examples" / "province"
ITEMS = """Ref;Name;Class;Depends On;Group;Checked;RTO
1;Pay;App;Pay DB, Web 1, Web 2;Desk;24/12/2025 08:30;4h
2;Pay DB;DB;;Desk;;1d
3;Web 1;Server;;;;
4;Web 2;Server;;;;
"""
MAPPING = """
tables:
  - file: items.csv
    delimiter: ";"
    cis:
      - id: "it-{Ref}"
        kind: {column: Class, values: {App: application, DB: database, Server: server}}
        name: "{Name}"
        sector: {value: health}
        attributes:
          rto: "{RTO}"
          verified_at: {column: Checked, date: "%d/%m/%Y %H:%M", zone: America/Halifax}
      - {id: "team-{Group}", once: true, kind: {value: team}, name: "{Group} team"}
    relations:
      - {from: "it-{Ref}", type: {value: supported_by}, to: "team-{Group}"}
      - from: "it-{Ref}"
        type: {value: depends_on}
        to: {column: Depends On, split: ",", find: name}
        pool: {column: Class, values: {App: web}, otherwise: ""}
    pools:
      - {ci: "it-{Ref}", pool: {value: web}, required: {value: "2"}, where: {column: Class, is: App}}
"""


def mapped(folder: Path, mapping: str = MAPPING, **files: str) -> Path:
    """A folder with a mapping and the tables it names."""
    folder.mkdir(exist_ok=True)
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    for name, content in (files or {"items": ITEMS}).items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return folder


def test_one_table_makes_cis_teams_relations_and_a_pool(tmp_path: Path, empty: SqliteStore) -> None:
    changes = plan_of(mapped(tmp_path), empty, "assyst").changeset
    cis = {str(ci.id): ci for ci in changes.put_cis}
    assert sorted(cis) == ["it-1", "it-2", "it-3", "it-4", "team-Desk"]
    assert cis["it-1"] == CI(
        cis["it-1"].id, "application", "Pay", "health", "live",
        '{"rto":240,"verified_at":"2025-12-24T12:30:00Z"}', "assyst",
    )  # fmt: skip
    assert cis["team-Desk"][1:4] == ("team", "Desk team", "shared")
    assert sorted(r[:4] for r in changes.put_relations) == [
        ("it-1", "depends_on", "it-2", "web"),
        ("it-1", "depends_on", "it-3", "web"),
        ("it-1", "depends_on", "it-4", "web"),
        ("it-1", "supported_by", "team-Desk", ""),
        ("it-2", "supported_by", "team-Desk", ""),
    ]
    assert [p[:3] for p in changes.put_pools] == [("it-1", "web", "2")]


def test_an_identity_mapping_gives_what_the_native_format_gives(tmp_path: Path, empty: SqliteStore) -> None:
    parts = ["tables:"]
    for name, fields in (("cis", ()), ("relations", RELATION_FIELDS), ("pools", POOL_FIELDS)):
        text = (PROVINCE / f"{name}.csv").read_text(encoding="utf-8")
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        header = next(csv.reader(text.splitlines()))
        parts += [f"  - file: {name}.csv", f"    {name}:", "      -"]
        own = [column for column in header if not fields and column not in CI._fields[:5]]
        parts += [f'        {column}: "{{{column}}}"' for column in header if column not in own]
        parts += ["        attributes:", *(f'          {column}: "{{{column}}}"' for column in own)] if own else []
    (tmp_path / "mapping.yaml").write_text("\n".join(parts), encoding="utf-8")
    found, native = plan_of(tmp_path, empty).changeset, plan_of(PROVINCE, empty).changeset
    assert sorted(found.put_cis) == sorted(native.put_cis)
    assert sorted(found.put_relations) == sorted(native.put_relations)
    assert sorted(found.put_pools) == sorted(native.put_pools)
    assert len(found.put_cis) > 400


def test_the_same_again_changes_nothing_and_what_is_missing_goes(tmp_path: Path, scratch: SqliteStore) -> None:
    apply_plan(scratch, plan_of(mapped(tmp_path), scratch), "ada")
    assert plan_of(tmp_path, scratch).empty
    fewer = ITEMS.replace(", Web 2", "").replace("4;Web 2;Server;;;;\n", "")
    planned = plan_of(mapped(tmp_path, items=fewer), scratch)
    assert planned.changeset.retire == ["it-4"]
    assert [key[2] for key in planned.changeset.remove_relations] == ["it-4"]


TABLE_CASES = [
    ("word not mapped", ITEMS.replace("DB;;", "Tape;;"), "BAD_CHOICE", "items.csv row 3, column Class"),
    ("unknown name", ITEMS.replace("Web 1,", "Web 9,"), "UNKNOWN_NAME", "items.csv row 2, column Depends On"),
    ("name of two", ITEMS.replace("4;Web 2", "4;WEB  1"), "AMBIGUOUS_NAME", "items.csv row 2, column Depends On"),
    ("wrong date", ITEMS.replace("24/12", "24/13"), "BAD_DATE", "items.csv row 2, column Checked"),
    ("wrong duration", ITEMS.replace(";4h", ";soon"), "BAD_DURATION", "items.csv row 2, column RTO"),
    ("missing column", ITEMS.replace("Class", "Klass"), "MISSING_COLUMN", "items.csv row 1, column class"),
    ("missing id", ITEMS.replace("3;Web 1", ";Web 1"), "MISSING_VALUE", "items.csv row 4, column Ref"),
    ("one id twice", ITEMS.replace("3;Web 1", "2;Web 1"), "CONFLICT_IN_FILE", "items.csv row 4, column Ref"),
    ("commas", ITEMS.replace(", ", " ").replace(";", ","), "DELIMITER_MISMATCH", "items.csv row 1"),
    ("a hidden character", ITEMS.replace("3;Web", "3\u200b3;Web"), "BAD_CHARACTER", "items.csv row 4, column Ref"),
]


@pytest.mark.parametrize(("table", "code", "place"), [c[1:] for c in TABLE_CASES], ids=[c[0] for c in TABLE_CASES])
def test_a_fault_in_a_table(table: str, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    assert (code, place) in [(p.code, p.place) for p in problems_of(mapped(tmp_path, items=table), empty)]


MAPPING_CASES = [
    ("unknown kind", MAPPING.replace("App: application", "App: aplication"), "UNKNOWN_KIND", "line 7, column 45"),
    ("unknown attribute", MAPPING.replace("rto:", "rtoo:"), "UNKNOWN_ATTRIBUTE", "line 11, column 11"),
    ("unknown relation", MAPPING.replace("depends_on", "depends"), "UNKNOWN_RELATION", "line 17, column 23"),
    ("unknown key", MAPPING.replace("once:", "ones:"), "UNKNOWN_KEY", "line 13, column 30"),
    ("open brace", MAPPING.replace('"{Name}"', '"{Name"'), "BAD_TEMPLATE", "line 8, column 15"),
    ("no name", MAPPING.replace('        name: "{Name}"\n', ""), "MISSING_VALUE", "line 6, column 9"),
    ("two ways", MAPPING.replace("{value: health}", "{value: health, column: X}"), "MISSING_VALUE", "line 9"),
    ("alias", MAPPING.replace('"{Name}"', "&a x"), "YAML_ALIAS_FORBIDDEN", "line 8, column 15"),
    ("tag", MAPPING.replace('"{Name}"', "!!python/object:os.system x"), "YAML_TAG_FORBIDDEN", "line 8, column 15"),
    ("path outside", MAPPING.replace("items.csv", "../items.csv"), "PATH_OUTSIDE", "../items.csv"),
    ("absolute path", MAPPING.replace("items.csv", "/etc/passwd"), "PATH_OUTSIDE", "/etc/passwd"),
    ("no such file", MAPPING.replace("items.csv", "other.csv"), "MISSING_FILE", "other.csv"),
    ("unknown zone", MAPPING.replace("America/Halifax", "America/Halifux"), "BAD_CHOICE", "line 12"),
    ("date without parts", MAPPING.replace("%d/%m/%Y %H:%M", "day"), "BAD_DATE", "line 12"),
]


@pytest.mark.parametrize(("text", "code", "place"), [c[1:] for c in MAPPING_CASES], ids=[c[0] for c in MAPPING_CASES])
def test_a_fault_in_a_mapping(text: str, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    found = problems_of(mapped(tmp_path, text), empty)
    assert any(p.code == code and place in p.place for p in found), found


def test_a_misspelt_word_is_told_once_and_with_the_word_meant(tmp_path: Path, empty: SqliteStore) -> None:
    (problem,) = problems_of(mapped(tmp_path, items=ITEMS.replace("DB;;", "Sever;;")), empty)
    assert (problem.code, problem.place, problem.found) == ("BAD_CHOICE", "items.csv row 3, column Class", "'Sever'")
    assert problem.accepted == "one of App, DB, Server; near: 'Server'"
    (problem,) = problems_of(mapped(tmp_path, items=ITEMS.replace("DB;;", "Tape;;")), empty)
    assert problem.accepted == "one of App, DB, Server"


def test_what_hangs_on_a_blank_kind_is_not_told(tmp_path: Path, empty: SqliteStore) -> None:
    (problem,) = problems_of(mapped(tmp_path, items=ITEMS.replace("Pay DB;DB;;", "Pay DB;;;")), empty)
    assert (problem.code, problem.place) == ("MISSING_VALUE", "items.csv row 3, column Class")


SHEETS = """
tables:
  - file: assets.xlsx
    sheet: Sheet1
    cis: [{id: "{Ref}", kind: {value: server}, name: "{Ref}", attributes: {rto: "{RTO}"}}]
  - file: more.xlsx
    sheet: sheet1
    cis: [{id: "{Ref}", kind: {value: server}, name: "{Ref}", attributes: {rto: "{RTO}"}}]
"""


def workbooks(folder: Path) -> Path:
    """Two workbooks whose sheets have the same name; the first row of each is at fault."""
    folder.mkdir(exist_ok=True)
    (folder / "mapping.yaml").write_text(SHEETS, encoding="utf-8")
    for file, mark in (("assets.xlsx", "a"), ("more.xlsx", "b")):
        with Workbook(folder / file) as book:
            sheet = book.add_worksheet("Sheet1")
            for row, cells in enumerate((("Ref", "RTO"), (f"{mark}1", "soon"), (f"{mark}2", "4h"))):
                sheet.write_row(row, 0, cells)
    return folder


def test_a_fault_in_one_of_two_workbooks_names_file_and_sheet(tmp_path: Path, empty: SqliteStore) -> None:
    assert [p.place for p in problems_of(workbooks(tmp_path), empty)] == [
        "assets.xlsx sheet Sheet1 row 2, column RTO", "more.xlsx sheet Sheet1 row 2, column RTO",
    ]  # fmt: skip


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "outside.csv").write_text(ITEMS, encoding="utf-8")
    folder = mapped(tmp_path / "in")
    (folder / "items.csv").unlink()
    (folder / "items.csv").symlink_to(tmp_path / "outside.csv")
    assert [p.code for p in problems_of(folder, empty)] == ["PATH_OUTSIDE"]


def test_a_team_that_two_tables_describe_differently_is_a_conflict(tmp_path: Path, empty: SqliteStore) -> None:
    second = (
        MAPPING
        + """
  - file: more.csv
    cis:
      - {id: "team-{Group}", once: true, kind: {value: team}, name: "{Title}"}
"""
    )
    folder = mapped(tmp_path, second, items=ITEMS, more="Group,Title\nDesk,Service desk\nNight,Night team\n")
    (problem,) = problems_of(folder, empty)
    assert (problem.code, problem.place) == ("CONFLICT_IN_FILE", "more.csv row 2, column Group")
    same = mapped(tmp_path, second, items=ITEMS, more="Group,Title\nDesk,Desk team\nDesk,Desk team\n")
    assert warnings_of(same, empty) == []


def test_the_shipped_mapping_of_servicenow(tmp_path: Path, empty: SqliteStore) -> None:
    fixture = Path(__file__).parent / "servicenow_fixture"
    shutil.copytree(fixture, tmp_path / "in")
    shutil.copy(PROVINCE.parent / "servicenow" / "mapping.yaml", tmp_path / "in")
    changes = plan_of(tmp_path / "in", empty, "servicenow").changeset
    kinds = {str(ci.id): ci.kind for ci in changes.put_cis}
    assert kinds == {
        "BA-PAY": "application", "BS-PAY": "business_service", "TS-DB": "technical_service",
        "BSO-PAY": "service_offering", "TSO-DB": "service_offering", "SI-PAY": "application_instance",
        "CI-APP1": "server", "CI-DB1": "database", "DCG-DB": "cluster", "GRP-FIN": "team", "GRP-INFRA": "team",
    }  # fmt: skip
    hard = {tuple(r[:3]) for r in changes.put_relations if r.type not in {"owned_by", "supported_by"}}
    assert hard == {
        ("BA-PAY", "depends_on", "SI-PAY"), ("BSO-PAY", "depends_on", "SI-PAY"), ("SI-PAY", "runs_on", "CI-APP1"),
        ("SI-PAY", "depends_on", "CI-DB1"), ("DCG-DB", "has_member", "CI-DB1"), ("TSO-DB", "delivered_by", "DCG-DB"),
        ("BS-PAY", "delivered_by", "BSO-PAY"), ("TS-DB", "delivered_by", "TSO-DB"),
    }  # fmt: skip
