"""Holding back what mapped tables, workbooks and documents say: by the cell that is at fault, not by the file."""

import json
from pathlib import Path
from typing import Any

import pytest

from cmdb.model.errors import InvalidInput
from importers.kit.held_cells import MARK
from importers.kit.held_file import write_held
from tests.importers.holding import held_of, ids, links, made, told
from tests.importers.test_mapped import ITEMS, MAPPING, mapped
from tests.importers.test_native_xlsx import Rows, book

LINES = ITEMS.splitlines(keepends=True)


def items(number: int, old: str, new: str) -> str:
    """The items with one cell of one row replaced."""
    lines = list(LINES)
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new, 1)
    return "".join(lines)


def test_a_cell_of_a_ci_holds_back_the_ci_and_leaves_its_team(tmp_path: Path) -> None:
    held = held_of(mapped(tmp_path, items=items(2, "1d", "soon")))
    assert ids(held) == ["it-1", "it-3", "it-4", "team-Desk"]
    assert told(held) == [
        ("ci", "items.csv row 3", "BAD_DURATION"),
        ("relation", "items.csv row 2", "DANGLING_RELATION"),
        ("relation", "items.csv row 3", "DANGLING_RELATION"),
    ]
    assert held.ids == {"it-2"}
    assert held.all_known
    assert ("it-1", "depends_on", "it-3", "web") in links(held.kept.relations)


def test_a_word_that_is_not_mapped_stays_to_be_corrected(tmp_path: Path) -> None:
    held = held_of(mapped(tmp_path, items=items(3, "Server", "Srvr")))
    assert ids(held) == ["it-1", "it-2", "it-4", "team-Desk"]
    row = held.rows[0]
    assert (row.entity, row.code, row.texts["kind"], row.texts["id"]) == ("ci", "BAD_CHOICE", "Srvr", "it-3")
    write_held(tmp_path / "held", held.rows)
    text = (tmp_path / "held" / "cis.csv").read_text(encoding="utf-8")
    assert f"it-3,{MARK}Srvr,Web 1,health" in text
    codes = {problem.code for problem in made(tmp_path / "held").problems.problems}
    assert "NOT_CORRECTED" in codes


OWNED = """
tables:
  - file: t.csv
    cis:
      - {id: "{ID}", kind: {column: Type, values: {Server: server}}, name: "{Name}"}
      - {id: "{Owner}", once: true, kind: {value: team}, name: "{Owner}"}
    relations:
      - {from: "{ID}", type: {value: owned_by}, to: "{Owner}"}
"""


def test_a_column_called_like_a_field_is_marked_only_where_that_was_read_from_it(tmp_path: Path) -> None:
    table = "ID,Name,Type,Owner\n1,aa,Server,Ann\n2,bb,Server,Bob\n2,bb,Banana,Eve\n"
    held = held_of(mapped(tmp_path / "in", OWNED, t=table))
    write_held(tmp_path / "held", held.rows)
    assert f"2,{MARK}Banana,bb" in (tmp_path / "held" / "cis.csv").read_text(encoding="utf-8")
    relations = (tmp_path / "held" / "relations.csv").read_text(encoding="utf-8")
    assert "2,owned_by,Eve" in relations
    assert MARK not in relations


def test_a_name_that_nobody_has_holds_back_the_relations_of_that_cell(tmp_path: Path) -> None:
    held = held_of(mapped(tmp_path, items=items(1, "Web 1", "Web 9")))
    assert ids(held) == ["it-1", "it-2", "it-3", "it-4", "team-Desk"]
    assert [(row.entity, row.texts.get("to"), row.code) for row in held.rows] == [
        ("relation", "it-2", "UNKNOWN_NAME"),
        ("relation", "Web 9", "UNKNOWN_NAME"),
        ("relation", "it-4", "UNKNOWN_NAME"),
        ("pool", None, "RULE_WITHOUT_POOL"),
    ]


def test_a_short_row_goes_whole_but_not_what_other_rows_say(tmp_path: Path) -> None:
    held = held_of(mapped(tmp_path, items=items(1, ";24/12/2025 08:30;4h", "")))
    assert ids(held) == ["it-2", "it-3", "it-4", "team-Desk"]
    assert links(held.kept.relations) == [("it-2", "supported_by", "team-Desk", "")]
    assert {str(row.at) for row in held.rows} == {"items.csv row 2"}
    assert "team-Desk" not in {row.texts.get("id") for row in held.rows}
    assert not held.all_known


def test_two_rows_of_one_key_go_both(tmp_path: Path) -> None:
    held = held_of(mapped(tmp_path, items=items(4, "4;", "3;")))
    assert ids(held) == ["it-1", "it-2", "team-Desk"]
    assert [row.at.row for row in held.rows if row.entity == "ci"] == [4, 5]


def test_a_table_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        held_of(mapped(tmp_path, MAPPING + "  - {file: more.csv, cis: [{id: '{A}', kind: {value: team}, name: x}]}\n"))
    assert caught.value.problems[0].code == "MISSING_FILE"


ROWS: Rows = [["id", "kind", "name", "rto"], *([name, "server", name.upper(), 60] for name in "abc")]


def workbook(folder: Path, **formulas: str) -> Path:
    """A workbook with three servers, and formulas in some cells of the sheet cis."""

    def change(_: Any, sheet: Any) -> None:
        for cell, formula in formulas.items():
            sheet.write_formula(cell, formula, None, "7")

    return book(folder, ROWS, [["from", "type", "to"]], change)


@pytest.mark.parametrize(("cell", "known"), [("D3", True), ("C3", True), ("A3", False)])
def test_a_formula_holds_back_its_row(tmp_path: Path, cell: str, known: bool) -> None:
    held = held_of(workbook(tmp_path, **{cell: "=1+1"}))
    assert ids(held) == ["a", "c"]
    assert [str(row.at) for row in held.rows] == ["estate.xlsx sheet cis row 3"]
    assert held.all_known is known
    write_held(tmp_path / "held", held.rows)
    assert MARK in (tmp_path / "held" / "cis.csv").read_text(encoding="utf-8")


def test_a_formula_in_the_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        held_of(workbook(tmp_path, E1="=1"))


def bom(folder: Path, *components: dict[str, object], depends: tuple[str, ...] = ("b", "c")) -> Path:
    """A bill of materials of an application, its components, and what it depends on."""
    root = {"type": "application", "name": "shop", "bom-ref": "a"}
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": root}, "components": components,
        "dependencies": [{"ref": "a", "dependsOn": [ref]} for ref in depends],
    }  # fmt: skip
    folder.mkdir()
    (folder / "bom.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


B: dict[str, object] = {"type": "library", "name": "b", "bom-ref": "b"}
C: dict[str, object] = {"type": "library", "name": "c", "bom-ref": "c"}


def test_a_component_of_no_known_type_is_told_and_nothing_is_retired(tmp_path: Path) -> None:
    held = held_of(bom(tmp_path / "in", B, {**C, "type": "dream"}))
    assert ids(held) == ["application:shop", "library:b"]
    assert links(held.kept.relations) == [("application:shop", "depends_on", "library:b", "")]
    assert [(str(row.at), row.code, dict(row.texts)) for row in held.rows] == [
        ("bom.json components[1]", "UNKNOWN_KIND", {}),
        ("bom.json dependencies[1]", "DANGLING_RELATION", {}),
    ]
    assert not held.all_known
    write_held(tmp_path / "held", held.rows)
    assert [p.code for p in made(tmp_path / "held").problems.problems].count("NOT_CORRECTED") == 2


def test_a_value_that_cannot_be_read_holds_back_the_component(tmp_path: Path) -> None:
    held = held_of(bom(tmp_path / "in", B, {**C, "version": "1\u202e"}))
    assert ids(held) == ["application:shop", "library:b"]
    assert {row.entity for row in held.rows} == {"ci", "relation"}


def test_a_reference_of_two_components_holds_back_both(tmp_path: Path) -> None:
    held = held_of(bom(tmp_path / "in", B, {**C, "bom-ref": "b"}, depends=("b",)))
    assert ids(held) == ["application:shop"]
    assert held.kept.relations == []


def test_a_document_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    folder = bom(tmp_path / "in", B, C)
    (folder / "more.cdx.json").write_text('{"bomFormat": ', encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        held_of(folder)
    assert caught.value.problems[0].code == "BAD_JSON"


def test_what_netbox_says_at_a_place_at_fault(tmp_path: Path) -> None:
    rows = [
        {"model": "dcim.site", "pk": 1, "fields": {"name": "Halifax"}},
        {"model": "dcim.site", "pk": 2, "fields": {"name": "Sydney\u202e"}},
        {"model": "dcim.rack", "pk": 1, "fields": {"name": "R1", "site": 1}},
        {"model": "dcim.rack", "pk": 2, "fields": {"name": "R2", "site": 2}},
    ]
    (tmp_path / "netbox.json").write_text(json.dumps(rows), encoding="utf-8")
    held = held_of(tmp_path / "netbox.json")
    assert ids(held) == ["netbox-rack-1", "netbox-rack-2", "netbox-site-1"]
    assert [row.entity for row in held.rows] == ["ci", "relation"]
    assert held.ids == {"netbox-site-2"}
    assert held.all_known
