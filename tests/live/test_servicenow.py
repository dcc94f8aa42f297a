"""ServiceNow's Table API, replayed with values and display values, through the mapping that comes along."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.errors import InvalidInput
from cmdb.model.strict_yaml import parse_yaml
from importers.live import servicenow
from importers.live.login import Login
from importers.live.servicenow_tables import AskedTable, cells_of, is_of_use, key_of, line_of, tables_of
from tests.live.estate import estate_of
from tests.live.service import LOGIN, Question, Reply, fetched, serving

Record = dict[str, Any]
NETWORK = "d625dccec0a8016700a222a0f7900d06"


def record(number: int, name: str, class_: str, /, **fields: Any) -> Record:
    """A record as `sysparm_display_value=all` shows it."""
    plain = {"sys_id": f"{number:032x}", "name": name, "sys_class_name": class_, "operational_status": "1",
             "install_status": "1", "short_description": "", **fields}  # fmt: skip
    return {
        field: value if isinstance(value, dict) else {"display_value": value, "value": value}
        for field, value in plain.items()
    }  # fmt: skip


def sys_id(number: int) -> str:
    return f"{number:032x}"


def reference(value: str, shown: str) -> Record:
    return {"display_value": shown, "value": value}


def related(number: int, parent: int, child: int, kind: str, class_: str = "") -> Record:
    shown = record(number, "", "cmdb_rel_ci", parent=sys_id(parent), child=sys_id(child), type=reference("x", kind))
    return {**shown, "parent.sys_class_name": reference(class_, class_)}


TEAM = reference(NETWORK, "Network")
SERVER = record(
    10, "web-1", "cmdb_ci_linux_server", host_name="web-1.example.org", serial_number="S1", ip_address="192.0.2.7",
    manufacturer=reference("m1", "Example"), support_group=TEAM, password="hunter2",
)  # fmt: skip
DATABASE = record(11, "pay-db", "cmdb_ci_db_mssql_instance", version="2022")
PAYLOAD: dict[str, list[Record]] = {
    "cmdb_ci_business_app": [record(1, "Pay", "cmdb_ci_business_app", business_criticality="1 - most critical")],
    "cmdb_ci_service_business": [record(2, "Payments", "cmdb_ci_service_business", support_group=TEAM)],
    "service_offering": [record(3, "Payments 24x7", "service_offering", parent=reference(sys_id(2), "Payments"))],
    "cmdb_ci_service_auto": [record(4, "Pay production", "cmdb_ci_service_auto", environment="Production")],
    "cmdb_ci_cluster": [record(6, "Web farm", "cmdb_ci_cluster")],
    "cmdb_ci_server": [SERVER, record(12, "esx-1", "cmdb_ci_esx_server", install_status="7")],
    "cmdb_ci_db_instance": [DATABASE],
    "cmdb_ci_appl": [DATABASE, record(13, "nginx", "cmdb_ci_app_server")],
    "cmdb_rel_ci": [
        related(20, 4, 11, "Depends on::Used by"), related(21, 13, 10, "Runs on::Runs"),
        related(22, 2, 3, "Contains::Contained by", "cmdb_ci_service_business"),
        related(23, 6, 10, "Contains::Contained by", "cmdb_ci_cluster"), related(24, 4, 99, "Depends on::Used by"),
        related(25, 4, 10, "Sends data to::Receives data from"),
    ],
    "svc_ci_assoc": [record(30, "", "svc_ci_assoc", service_id=sys_id(4), ci_id=sys_id(10))],
}  # fmt: skip


def replayed(payload: dict[str, list[Record]]) -> Callable[[Question], Reply]:
    """Answers as the Table API gives them."""

    def answer(question: Question) -> Reply:
        prefix, _, table = question.path.rpartition("/")
        assert prefix == "/api/now/table"
        where, _, order = question.query["sysparm_query"].rpartition("ORDERBY")
        assert order == "sys_id"
        assert question.query["sysparm_display_value"] == "all"
        last = where.removeprefix("sys_id>").removesuffix("^")
        fields = question.query["sysparm_fields"].split(",")
        rows = sorted(payload.get(table, []), key=key_of)
        found = [row for row in rows if key_of(row) > last]
        page = found[: int(question.query["sysparm_limit"])]
        shown = [{field: row[field] for field in fields if field in row} for row in page]
        return Reply({"result": shown}, headers={"X-Total-Count": str(len(found))})

    return answer


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servicenow, "SIZE", 2)
    monkeypatch.delenv(servicenow.OWN_MAPPING, raising=False)


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_an_estate(tmp_path: Path) -> None:
    with serving(replayed(PAYLOAD)) as service:
        path = fetched(service, "servicenow", tmp_path / "x", LOGIN)
    cis, relations, _ = estate_of(path, "servicenow", tmp_path / "store")
    named = {ci.name: ci for ci in cis.values()}
    assert {name: ci.kind for name, ci in named.items()} == {
        "Pay": "application", "Payments": "business_service", "Payments 24x7": "service_offering",
        "Pay production": "application_instance", "Web farm": "cluster", "web-1": "server", "esx-1": "hypervisor",
        "pay-db": "database", "nginx": "software", "Network": "team",
    }  # fmt: skip
    assert named["esx-1"].lifecycle == "retired"
    assert named["Pay"].attributes["criticality"] == "critical"
    assert named["Pay production"].attributes["environment"] == "production"
    assert {"hostname": "web-1.example.org", "serial": "S1", "manufacturer": "Example"}.items() <= (
        named["web-1"].attributes.items()
    )
    assert {(cis[a].name, type_, cis[b].name) for a, type_, b in relations} == {
        ("Pay production", "depends_on", "pay-db"), ("nginx", "runs_on", "web-1"),
        ("Payments", "delivered_by", "Payments 24x7"), ("Web farm", "has_member", "web-1"),
        ("Pay production", "depends_on", "web-1"), ("Payments", "supported_by", "Network"),
        ("web-1", "supported_by", "Network"),
    }  # fmt: skip
    assert all("hunter2" not in file.read_text() for file in path.iterdir())
    assert "cmdb_rel_ci: 5, 1 left out that lead to records of other tables" in (path / "FETCHED.txt").read_text()
    assert "cmdb_ci_appl: 1, 1 that stand in a table before" in (path / "FETCHED.txt").read_text()


def test_logins(tmp_path: Path) -> None:
    for login, shown in ((Login("reader", "pä:ss"), "Basic cmVhZGVyOnDDpDpzcw=="), (Login(token="abc"), "Bearer abc")):
        with serving(replayed(PAYLOAD)) as service:
            fetched(service, "servicenow", tmp_path / "x", login)
        assert service.asked[0].headers["authorization"] == shown


def _servers(numbers: list[int]) -> dict[str, list[Record]]:
    return {"cmdb_ci_server": [record(number, f"s{number}", "cmdb_ci_server") for number in numbers]}


def test_records_that_come_and_go_disturb_nobody(tmp_path: Path) -> None:
    """Whatever was there all the time is read, each once."""
    states = [list(range(10, 20)), [*range(11, 20)], [1, 2, 3, *range(11, 20)], [*range(12, 25)]]
    asked = [0]

    def answer(question: Question) -> Reply:
        state = states[min(asked[0], 3)]
        asked[0] += question.path.endswith("/cmdb_ci_server")
        return replayed(_servers(state))(question)

    with serving(answer) as service:
        path = fetched(service, "servicenow", tmp_path / "x", LOGIN)
    names = [row["name"] for row in rows_of(path, "cmdb_ci_server")]
    assert len(names) == len({*names})
    assert {f"s{number}" for number in range(12, 20)} <= {*names}


def _refused(answer: Callable[[Question], Reply], folder: Path) -> str:
    with serving(answer) as service, pytest.raises(InvalidInput) as caught:
        fetched(service, "servicenow", folder, LOGIN)
    assert not folder.exists()
    return caught.value.problems[0].code


def test_rows_that_are_closed_to_the_login(tmp_path: Path) -> None:
    """The API counts them, and leaves them out of the page without a word."""

    def answer(question: Question) -> Reply:
        reply = replayed(PAYLOAD)(question)
        if question.path.endswith("/cmdb_ci_server"):
            reply.body["result"] = reply.body["result"][1:]
        return reply

    assert _refused(answer, tmp_path / "x") == "INCOMPLETE_PAGES"


def test_nothing_at_all(tmp_path: Path) -> None:
    assert _refused(replayed({}), tmp_path / "x") == "INCOMPLETE_PAGES"


def test_a_query_that_is_ignored(tmp_path: Path) -> None:
    """An instance that does not know a condition leaves it out, and would begin again for ever."""

    def answer(question: Question) -> Reply:
        query = {**question.query, "sysparm_query": "ORDERBYsys_id"}
        return replayed(_servers([1, 2, 3, 4, 5]))(Question("GET", question.path, query, {}, {}))

    assert _refused(answer, tmp_path / "x") == "INCOMPLETE_PAGES"


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"result": []}), Reply({"result": []}, headers={"X-Total-Count": "many"}),
        Reply({"result": [{"name": "x"}]}, headers={"X-Total-Count": "1"}), Reply({"error": {}}),
        Reply({"result": [{"sys_id": {"value": "a^ORsys_id!=b"}}]}, headers={"X-Total-Count": "1"}),
        Reply({"result": {}}, headers={"X-Total-Count": "1"}), Reply(["result"], headers={"X-Total-Count": "1"}),
    ],
)  # fmt: skip
def test_answers_of_another_form(reply: Reply, tmp_path: Path) -> None:
    assert _refused(lambda question: reply, tmp_path / "x") == "BAD_ANSWER"


def test_a_mapping_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        """\
tables:
  - file: u_lift.csv
    cis:
      - id: "lift-{sys_id}"
        kind: {value: server}
        name: "{u_label} ({dv_location})"
        where: {column: active, is: "true"}
"""
    )
    monkeypatch.setenv(servicenow.OWN_MAPPING, str(own))
    lift = record(7, "", "u_lift", u_label="North", location=reference("l1", "Hall\u202e\n 1"), active=True)
    with serving(replayed({"u_lift": [lift]})) as service:
        path = fetched(service, "servicenow", tmp_path / "x", LOGIN)
    assert {question.query["sysparm_fields"] for question in service.asked} == {"sys_id,u_label,location,active"}
    assert rows_of(path, "u_lift")[0]["dv_location"] == "Hall 1"
    cis, _, _ = estate_of(path, "servicenow", tmp_path / "store")
    assert {id_: ci.name for id_, ci in cis.items()} == {f"lift-{sys_id(7)}": "North (Hall 1)"}


@pytest.mark.parametrize(
    "text",
    [
        "tables: []", "[]", "x", "tables: [{cis: []}]", "tables: [{file: ../x.csv}]", "tables: [{file: x.xlsx}]",
        "tables: [{file: x.csv, sheet: y}]", "tables: [{file: x.csv, delimiter: ;}]", "tables: [1]",
        'tables: [{file: x.csv, cis: [{id: "{a b}"}]}]', 'tables: [{file: x.csv, where: {column: "a,b"}}]',
        "tables: [{file: x.csv}, {file: x.csv}]", "tables: [{file: [x.csv]}]", 'tables: [{file: x.csv, cis: "{A^B}"}]',
    ],
)  # fmt: skip
def test_mappings_of_no_tables(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        tables_of(parse_yaml(text, "mapping.yaml"))
    assert caught.value.problems[0].code == "BAD_MAPPING"


_columns = st.lists(
    st.sampled_from(["sys_id", "dv_sys_id", "name", "dv_name", "parent.name", "a"]), min_size=1, unique=True
)
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_records = st.dictionaries(
    st.sampled_from(["sys_id", "name", "parent.name", "a"]),
    st.one_of(
        _scalars, st.lists(_scalars, max_size=2),
        st.dictionaries(st.sampled_from(["value", "display_value", "link"]), _scalars | st.lists(_scalars, max_size=1)),
    ),
)  # fmt: skip


def _any_record(record: Record, columns: list[str]) -> None:
    cells = cells_of(record, columns)
    assert len(cells) == len(columns)
    assert all(cell == cell.strip() and cell.isprintable() for cell in cells)
    text = line_of(cells).decode()
    assert next(csv.reader([text]), [""]) == cells or cells == [""]
    assert text.count("\n") == 1
    table = AskedTable("t", tuple(columns), tuple(columns[:1]))
    assert is_of_use(table, cells, {cells[0]})
    assert not is_of_use(table, cells, set())
    assert key_of(record) == "" or key_of(record).replace("-", "").replace("_", "x").isalnum()


@settings(max_examples=300, deadline=None, database=None)
@given(_records, _columns)
def test_any_record(record: Record, columns: list[str]) -> None:
    _any_record(record, columns)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, database=None)
@given(_records, _columns)
def test_any_record_at_length(record: Record, columns: list[str]) -> None:
    _any_record(record, columns)


_yaml = st.recursive(
    st.sampled_from(["x.csv", "{a}", "{dv_b.c}", "{", "1", "true", "''", '"{A B}"', "null"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[" + ", ".join(parts) + "]"),
        st.dictionaries(
            st.sampled_from(["tables", "file", "sheet", "cis", "relations", "column", "from", "to", "where", "id"]),
            inner, max_size=4,
        ).map(lambda parts: "{" + ", ".join(f"{name}: {part}" for name, part in parts.items()) + "}"),
    ),
    max_leaves=12,
)  # fmt: skip


def _any_mapping(text: str) -> None:
    try:
        tables = tables_of(parse_yaml(f"tables: [{{file: x.csv, cis: {text}, relations: {text}}}]", "m"))
        tables += tables_of(parse_yaml(text, "m"))
    except InvalidInput:
        return
    assert all(table.columns[0] == "sys_id" and {*table.ends} <= {*table.columns} for table in tables)


@settings(max_examples=300, deadline=None, database=None)
@given(_yaml)
def test_any_mapping(text: str) -> None:
    _any_mapping(text)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, database=None)
@given(_yaml)
def test_any_mapping_at_length(text: str) -> None:
    _any_mapping(text)
