"""A plan of an import as a person and a program see it: the demo province, and a changed copy of it."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from api.tables_import import print_import, told_import
from cmdb.model.ci import CiId
from cmdb.model.errors import Problem
from cmdb.reconcile.claims import Conflict
from cmdb.reconcile.difference import Difference
from cmdb.reconcile.identify import Doubt, Join
from cmdb.reconcile.plan import Plan, plan
from cmdb.store.port import Dump, Head
from tests.impact.estates import MODEL, NOW, ci
from tests.integration.command import Run, answer, shown

Row = dict[str, str]
Change = Callable[[str, list[Row]], list[Row]]


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Callable[[Change], str]:
    """An export of the province, every sheet of it changed by a function; its folder."""

    def changed(change: Change) -> str:
        folder = tmp_path / "copy"
        assert run("export", str(folder))[0] == 0
        for sheet in folder.glob("*.csv"):
            with sheet.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            kept = change(sheet.stem, rows)
            with sheet.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(kept)
        return str(folder)

    return changed


def worse(sheet: str, rows: list[Row]) -> list[Row]:
    """Dispatch loses its owner and a way out, Payroll its deadline; an array goes with all its relations."""
    gone = {"san-gdc-01"}
    if sheet == "relations":
        lost = {("svc-dispatch", "owned_by"), ("svc-payroll", "uses")}
        return [r for r in rows if not {r["from"], r["to"]} & gone and (r["from"], r["type"]) not in lost]
    kept = [row for row in rows if row.get("id", row.get("ci")) not in gone]
    for row in kept:
        if row.get("id") == "svc-payroll":
            row["rto"] = "2d"
        if row.get("id") == "cg-ehs-comms":
            row["head_count"] = "2000"
        if (row.get("ci"), row.get("pool")) == ("app-adds", "app"):
            row["required"] = "1"
    return kept


def test_what_matters_comes_first(run: Run, copy: Callable[[Change], str]) -> None:
    text = shown(run, "import", copy(worse), "--source", "province", "--plan")
    lines = ["What matters first", "Services that lose a dependency: 2", "Pools removed or weakened: 2",
             "Services and applications that lose who answers for them: 1", "RTO, RPO, MTD and criticality that change",
             "Client groups of another size: 1", "Blast radius changes for", "Changes, the first 20 of",
             "nothing was written"]  # fmt: skip
    places = [text.find(line) for line in lines]
    assert -1 not in places
    assert places == sorted(places)
    for words in ("RTO 8h → 2d", "people 95 → 2,000", "→ nobody", "needs 2 of 4, 3 for full", "SAN array GDC-01"):
        assert words in text, words
    assert text.index("storage") < text.index("relation owned_by") < text.index("in all")


def test_the_same_for_programs(run: Run, copy: Callable[[Change], str]) -> None:
    told = answer(run, "import", copy(worse), "--source", "province", "--plan")
    effect = told["effect"]
    assert not effect["firstImport"]
    matters = {matter["code"]: matter for matter in effect["matters"]}
    assert list(matters) == [
        "dependencies_lost", "pools_weakened", "contacts_lost", "promises_changed", "head_counts_changed"
    ]  # fmt: skip
    (owner,) = matters["contacts_lost"]["concerns"]
    assert (owner["ci"]["id"], owner["words"], owner["after"]) == ("svc-dispatch", "owner", None)
    radius = effect["blastRadius"]
    assert radius["notComputed"] == ""
    assert radius["count"] >= len(radius["services"]) > 5
    assert radius["examined"] == radius["reached"]
    dispatch = next(told for told in radius["services"] if told["service"]["id"] == "svc-dispatch")
    assert [ref["id"] for ref in dispatch["needs"]["lost"]] == ["san-gdc-01"]
    assert (told["joined"], told["joinedCount"], told["conflictCount"]) == ([], 0, 0)


def test_a_blast_radius_is_as_the_estate_answers_afterwards(
    run: Run, copy: Callable[[Change], str], address: str, tmp_path: Path
) -> None:
    folder, other = copy(worse), f"sqlite:{tmp_path / 'other.db'}"
    told = answer(run, "import", folder, "--source", "province", "--plan")
    whole = tmp_path / "whole"
    assert run("export", str(whole))[0] == 0
    assert run("import", str(whole), "--source", "province", "--store", other)[0] == 0
    assert run("import", folder, "--source", "province", "--store", other)[0] == 0
    for service in told["effect"]["blastRadius"]["services"][:6]:
        name = service["service"]["id"]
        for store, people in ((address, "peopleBefore"), (other, "peopleAfter")):
            assert answer(run, "impact", name, "--store", store)["summary"]["people"]["total"] == service[people], name
        for lost in (service["alone"] or {"lost": []})["lost"]:
            for store, down in ((address, True), (other, False)):
                found = answer(run, "why", name, lost["id"], "--store", store)
                assert (found["why"] is not None and found["why"]["state"] == "down") == down, (name, lost, store)


def test_nothing_that_matters_is_said(run: Run, copy: Callable[[Change], str]) -> None:
    def newer(sheet: str, rows: list[Row]) -> list[Row]:
        return [{**row, "os": "newer"} if row.get("kind") == "server" else row for row in rows]

    text = shown(run, "import", copy(newer), "--source", "province", "--plan")
    assert "No service loses a dependency" in text
    assert "Blast radius changes for no services" in text


def test_a_first_import_is_all_new(run: Run, copy: Callable[[Change], str], tmp_path: Path) -> None:
    empty = f"sqlite:{tmp_path / 'empty.db'}"
    text = shown(run, "import", copy(lambda _, rows: rows), "--source", "province", "--plan", "--store", empty)
    assert "First import: nothing was recorded before" in text
    assert "Blast radius" not in text


@pytest.fixture
def joined() -> Plan:
    """A plan that took one CI to be another, left one doubt, and found sources that disagree."""
    known = ci("Server::3")._replace(source="itop")
    found = plan(Dump(Head(1, NOW), [known], [], []), ([ci("x")], [], []), "netbox", MODEL)
    return replace(
        found,
        joined=(Join(CiId("device-12"), known.id, ("serial",), "CZ1"),),
        doubts=(Doubt(CiId("device-13"), (CiId("Server::4"), CiId("Server::5")), ("hostname",), "several"),),
        conflicts=(Conflict(known.id, "rto", 240, "servicenow", (("itop", 480),)),),
        conflict_count=3,
        cis=Difference(found.cis.created, [(known, known._replace(name="other"))], []),
    )


def test_warnings_that_are_alike_are_told_once(joined: Plan) -> None:
    rows = [
        Problem("DANGLING_RELATION", f"team.xml line {line}, column person", f"'{line}'", "a key") for line in (3, 7, 9)
    ]
    other = Problem("AMBIGUOUS_NAME", "team.xml line 3, column person", "'3'", "one name")
    out = io.StringIO()
    told = replace(joined, warnings=(*rows[:2], other, rows[2]), warning_count=40)
    print_import(Console(file=out, width=80, highlight=False), told, None, None)
    text = " ".join(out.getvalue().split())
    assert "DANGLING_RELATION at team.xml line 3, column person: '3'; a key (and 2 more like it)" in text
    assert "AMBIGUOUS_NAME at team.xml line 3, column person: '3'; one name and 36 more warnings" in text


@pytest.mark.parametrize(
    ("places", "lines"),
    [
        (("team.csv row 3, column id", "team.csv row 4, column id"), 1),
        (("site1.csv row 3, column id", "site2.csv row 3, column id"), 2),
        (("all.xlsx sheet Q1 row 3", "all.xlsx sheet Q2 row 4", "all.xlsx sheet Q2 row 5"), 2),
        (("pods.json items[3], column spec", "pods.json items[12], column spec"), 1),
        (("bom.json components[1].components[2]", "bom.json components[4].components[3]"), 1),
        (("app.yaml line 3 items[4]", "app.yaml line 9 items[1]"), 1),
        (("team.csv row 3, column rto1", "team.csv row 3, column rto2"), 2),
    ],
)
def test_only_rows_and_items_tell_alike_warnings_apart(joined: Plan, places: tuple[str, ...], lines: int) -> None:
    told = tuple(Problem("BAD_TYPE", place, f"'{place}'", "a number") for place in places)
    out = io.StringIO()
    told_plan = replace(joined, warnings=told, warning_count=len(told))
    print_import(Console(file=out, width=200), told_plan, None, None)
    assert out.getvalue().count("BAD_TYPE") == lines


def printed(planned: Plan) -> str:
    out = io.StringIO()
    print_import(Console(file=out, width=80, highlight=False), planned, None, None)
    return " ".join(out.getvalue().split())


def test_sources_that_know_the_same_thing(joined: Plan) -> None:
    text = printed(joined)
    assert "netbox device-12 is taken to be itop SERVER::3 (Server::3) (same serial number: CZ1)" in text
    assert "not joined: device-13 and Server::4, Server::5; several recorded CIs have the same host name" in text
    assert "Server::3 rto: kept 4h of servicenow; itop says 8h" in text
    assert "Sources disagree 3" in text
    assert "and 2 more" in text
    assert "created server X (x)" in text
    told = told_import(joined, None, None)
    assert (told["joinedCount"], told["doubtCount"], told["conflictCount"]) == (1, 1, 3)
    assert told["conflicts"][0]["others"] == [{"source": "itop", "value": 480}]
    assert told["effect"] is None


def test_many_doubts_are_counted_by_reason(joined: Plan) -> None:
    (doubt,) = joined.doubts
    rare = doubt._replace(new=CiId("device-99"), known=(CiId("Server::9"),), rule=("name", "sector"), why="usual")
    many = [*(doubt._replace(new=CiId(f"device-{at}")) for at in range(30)), rare]
    planned = replace(joined, doubts=tuple(many))
    text = printed(planned)
    assert "Not joined 31 30: several recorded CIs have the same host name" in text
    assert "1: the name is one that many things have; both have the same name and sector such as not joined:" in text
    assert "not joined: device-99 and Server::9" in text
    assert (text.count("not joined: "), text.count("and 21 more")) == (10, 1)
    told = told_import(planned, None, None)
    assert [(one["why"], one["count"]) for one in told["doubtsBy"]] == [("several", 30), ("usual", 1)]
    assert (told["joinedBy"], len(told["doubts"])) == ([{"rule": ("serial",), "count": 1}], 10)


def test_a_new_one_that_looks_like_a_recorded_one_is_named(run: Run, copy: Callable[[Change], str]) -> None:
    def misspelt(sheet: str, rows: list[Row]) -> list[Row]:
        twins = [{**row, "id": "srv-new", "name": row["name"].replace("Files", "Fils")}
                 for row in rows if row.get("id") == "vm-childprot-app-01"]  # fmt: skip
        return rows + twins

    folder = copy(misspelt)
    told = answer(run, "import", folder, "--source", "province", "--plan")
    (matter,) = [matter for matter in told["effect"]["matters"] if matter["code"] == "resembling"]
    assert [concern["ci"]["id"] for concern in matter["concerns"]] == ["srv-new"]
    assert "like Child Protection Files, app 01 (vm-childprot-app-01) (" in matter["concerns"][0]["words"]
    text = shown(run, "import", folder, "--source", "province", "--plan")
    assert "New CIs that look like recorded ones: 1" in text
