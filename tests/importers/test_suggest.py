"""A proposed mapping: read from headers and values, the same every time, and valid whatever stands in the tables."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from cmdb.model.strict_yaml import parse_yaml
from cmdb.store.sqlite.store import SqliteStore
from importers.kit.findings import Findings
from importers.sources.mapped.document import Document, read_mapping
from importers.sources.mapped.suggest import suggest
from tests.importers.estate import MODEL, plan_of
from tests.integration.command import runner

FIXTURE = Path(__file__).parent / "servicenow_fixture"
HOSTS = """Asset Tag;Display Name;Type;Status;Host Name;RTO;Last Checked;Support Group;Depends On;Colour
A-1;Pay;App;Live;;4h;24/12/2025;Desk;A-2, A-3;red
A-2;Pay DB;Database;Live;db1;8h;;Desk;;
A-3;Web;Linux Server;On order;web1;1 day;1/2/2026;;;
"""


def proposed(*paths: Path) -> str:
    problems = Findings()
    text = suggest(paths, MODEL, problems).text
    assert problems.problems == []
    return text


def read(text: str) -> Document:
    return read_mapping(parse_yaml(text, "mapping.yaml"), MODEL)


def test_a_table_of_hosts(tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "hosts.csv").write_text(HOSTS, encoding="utf-8")
    text = proposed(tmp_path / "hosts.csv")
    assert "# not used: Host Name (no hostname for database), Colour" in text
    (tmp_path / "mapping.yaml").write_text(text, encoding="utf-8")
    changes = plan_of(tmp_path, empty).changeset
    found = {str(ci.id): (ci.kind, ci.name, ci.lifecycle, ci.attributes) for ci in changes.put_cis}
    assert found == {
        "A-1": ("application", "Pay", "live", {"rto": 240, "verified_at": "2025-12-24"}),
        "A-2": ("database", "Pay DB", "live", {"rto": 480}),
        "A-3": ("server", "Web", "planned", {"rto": 1440, "verified_at": "2026-02-01"}),
        "Desk": ("team", "Desk", "live", {}),
    }
    assert sorted(tuple(r[:3]) for r in changes.put_relations) == [
        ("A-1", "depends_on", "A-2"), ("A-1", "depends_on", "A-3"),
        ("A-1", "supported_by", "Desk"), ("A-2", "supported_by", "Desk"),
    ]  # fmt: skip


def test_tables_that_belong_together(tmp_path: Path) -> None:
    text = proposed(*sorted(FIXTURE.glob("*.csv")))
    assert text == proposed(*sorted(FIXTURE.glob("*.csv")))
    tables = {table.file: table for table in read(text).tables}
    assert tables["08_infrastructure_cis.csv"].cis[0].fields["kind"].values == {
        "cmdb_ci_db_instance": "database", "cmdb_ci_query_based_service": "cluster", "cmdb_ci_server": "server",
    }  # fmt: skip
    (relations,) = tables["09_cmdb_rel_ci.csv"].relations
    assert relations.fields["from"].columns == ("parent_u_key",)
    assert (relations.fields["type"].values or {})["depends on::used by"] == "depends_on"
    assert "# left out, since not known: Provided by::Provides" in text
    shutil.copytree(FIXTURE, tmp_path / "in")


def test_a_workbook(tmp_path: Path) -> None:
    with Workbook(tmp_path / "book.xlsx") as book:
        sheet = book.add_worksheet("Servers")
        for row, cells in enumerate((("Name", "Serial Number"), ("web-1", "X1"), ("web-2", "X2"))):
            sheet.write_row(row, 0, cells)
    (table,) = read(proposed(tmp_path / "book.xlsx")).tables
    assert (table.file, table.sheet, [entry.fields["kind"].parts for entry in table.cis]) == (
        "book.xlsx", "Servers", [("server",)],
    )  # fmt: skip
    assert table.cis[0].attributes["serial"].columns == ("Serial Number",)


REGISTER = """Asset No,Type,Hostname,Serial No,Env,Owner Team,RTO,Rack Unit
B-1,Server,web-1,S1,Prod,Desk,4h,3
B-2,VM,web-2,S2,Test,Desk,1 day,
B-3,Database,db-1,,Prod,Night,,
"""


def cis(folder: Path, store: SqliteStore) -> dict[str, tuple[str, str, dict[str, object]]]:
    """Kind, name and attributes of what the proposal for the one table in a folder makes, by id."""
    text = proposed(*folder.glob("*.csv"))
    (folder / "mapping.yaml").write_text(text, encoding="utf-8")
    found = plan_of(folder, store).changeset.put_cis
    return {str(ci.id): (ci.kind, ci.name, dict(ci.attributes)) for ci in found}


def test_a_register_of_assets_without_names(tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "assets.csv").write_text(REGISTER, encoding="utf-8")
    assert cis(tmp_path, empty) == {
        "B-1": ("server", "web-1", {"serial": "S1", "environment": "production", "rto": 240}),
        "B-2": ("virtual_machine", "web-2", {"serial": "S2", "environment": "test", "rto": 1440}),
        "B-3": ("database", "db-1", {"environment": "production"}),
        "Desk": ("team", "Desk", {}),
        "Night": ("team", "Night", {}),
    }
    assert "# not used: Rack Unit\n" in proposed(tmp_path / "assets.csv")
    (tmp_path / "assets.csv").write_text(REGISTER.replace("db-1,,Prod", "db-1,S3,Live"), encoding="utf-8")
    told = "# not used: Serial No (no serial for database), Env (not known as environment: Live), Rack Unit\n"
    assert told in proposed(tmp_path / "assets.csv")


@pytest.mark.parametrize("header", ["Device Type", "CI Class", "Server type", "Asset class"])
def test_kinds_are_found_under_usual_headers(tmp_path: Path, empty: SqliteStore, header: str) -> None:
    (tmp_path / "a.csv").write_text(f"Asset No,{header},Host\nA-1,Server,web01\nA-2,Switch,sw1\n", encoding="utf-8")
    assert [kind for kind, *_ in cis(tmp_path, empty).values()] == ["server", "network_device"]


def test_columns_without_a_header_are_told(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("ID,Name,,Type\n1,web,x,Server\n", encoding="utf-8")
    assert "# not used: column 3, without a header\n" in proposed(table)
    table.write_text("CMDB extract,,\nID,Name,Type\n1,web,Server\n", encoding="utf-8")
    assert "# not used: columns 2, 3, without a header; is the first row a title?" in proposed(table)


def test_host_names_become_attributes_where_all_kinds_have_them(tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "assets.csv").write_text(REGISTER.replace("Database", "Server"), encoding="utf-8")
    assert cis(tmp_path, empty)["B-3"] == ("server", "db-1", {"hostname": "db-1", "environment": "production"})


def test_equal_rows_do_not_matter(tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "assets.csv").write_text(REGISTER, encoding="utf-8")
    clean = proposed(tmp_path / "assets.csv")
    (tmp_path / "assets.csv").write_text(REGISTER + REGISTER.splitlines()[2] + "\n", encoding="utf-8")
    assert proposed(tmp_path / "assets.csv") == clean


def test_a_few_ids_that_stand_twice_are_told(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text(REGISTER + "B-3,Server,web-9,,Prod,,,\n,VM,web-8,,,,,\n", encoding="utf-8")
    text = proposed(tmp_path / "assets.csv")
    assert 'id: "{Asset No}"   # to be put right in the table, in several rows: B-3; empty in 1 row\n' in text
    assert read(text).tables[0].cis[0].fields["id"].columns == ("Asset No",)


def test_a_table_whose_rows_nothing_tells_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("assets.csv").write_text(REGISTER, encoding="utf-8")
    Path("colours.csv").write_text("Colour,Type\nred,Server\nred,VM\nblue,Server\nblue,VM\n", encoding="utf-8")
    run = runner(capfdbinary)
    code, out, err = run("mapping", "suggest", "colours.csv")
    assert (code, out) == (2, "")
    assert "no column tells the rows apart in colours.csv" in err
    code, out, err = run("mapping", "suggest", "assets.csv", "colours.csv")
    assert (code, err) == (0, "colours.csv: no column tells the rows apart; complete its `cis` in the mapping\n")
    assert "# No column tells the rows apart. Put in place of [] what does" in out
    assert read(out).tables[1].cis == ()


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=',;\t|"'), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=5))
def test_whatever_stands_there_the_proposal_can_be_read(folder: Path, rows: list[list[str]]) -> None:
    path = folder / "any.csv"
    path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    read(suggest([path], MODEL, Findings()).text)


@pytest.mark.parametrize("header", ['a"b', "{x}", "a: b", "# c", "- d", "é", "[e]", "{", "}{"])
def test_a_header_is_never_taken_for_yaml(header: str, tmp_path: Path) -> None:
    quoted = header.replace('"', '""')
    (tmp_path / "odd.csv").write_text(f'"{quoted}",name\n1,A\n2,B\n', encoding="utf-8")
    (table,) = read(proposed(tmp_path / "odd.csv")).tables
    assert table.cis[0].fields["id"].columns == (header,)
