"""Rows held back: what is recorded of them stays, they are written to a folder, corrected there, imported again."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from cmdb.model.errors import InvalidInput
from cmdb.store.sqlite.store import SqliteStore
from importers.kit.held_cells import inert
from importers.kit.held_file import write_held
from importers.kit.protected import with_protected
from tests.importers.estate import CIS, MODEL, RELATIONS, store_in, write
from tests.importers.holding import held_of, ids, links, load, load_held, made, recorded
from tests.importers.test_mapped import ITEMS, mapped, workbooks

LINKS = "from,type,to,effect,pool\n"
GOOD_CIS = CIS + "w1,server,W1\nw2,server,W2\n"
GOOD_LINKS = RELATIONS + "app,runs_on,w1,,web\napp,runs_on,w2,,web\ndb,runs_on,w1,,\n"
GOOD_POOLS = "ci,pool,required\napp,web,1\n"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[SqliteStore, SqliteStore]]:
    pair = store_in(tmp_path / "one"), store_in(tmp_path / "other")
    yield pair
    for store in pair:
        store.close()


def graph(store: SqliteStore) -> tuple[object, ...]:
    dump = store.dump()
    return dump.cis, sorted(dump.relations), sorted(dump.pools)


def correct(folder: Path, **cells: str) -> None:
    """Replace texts in the files of a folder, each of which must be there: OLD=NEW by file."""
    for name, changes in cells.items():
        file = folder / f"{name}.csv"
        text = file.read_text(encoding="utf-8")
        for change in changes.split("|"):
            old, new = change.split("=>")
            assert old in text
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")


WEB_2 = "w2,server,W2\n"
BROKEN = {
    "a value": (CIS + "w1,servr,W1\n" + WEB_2, GOOD_LINKS, GOOD_POOLS, {"cis": "w1,servr=>w1,server"}),
    "a row cut short": (CIS + "w1,server\n" + WEB_2, GOOD_LINKS, GOOD_POOLS, {"cis": "?? w1,server,=>w1,server,W1"}),
    "a rule": (GOOD_CIS, GOOD_LINKS, "ci,pool,required\napp,web,x\n", {"pools": "app,web,?? x=>app,web,1"}),
    "an end": (
        GOOD_CIS,
        GOOD_LINKS.replace("db,runs_on,w1", "db,runs_on,w9"),
        GOOD_POOLS,
        {"relations": "on,w9=>on,w1"},
    ),
    "a pool": (GOOD_CIS, GOOD_LINKS.replace("w2,,web", "w2,,wbe"), GOOD_POOLS, {"relations": ",wbe=>,web"}),
    "an id": (CIS + ",server,W1\n" + WEB_2, GOOD_LINKS, GOOD_POOLS, {"cis": "\n,server=>\nw1,server"}),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("before", [False, True])
def test_held_corrected_and_imported_is_the_same_as_imported_whole(
    tmp_path: Path, stores: tuple[SqliteStore, SqliteStore], what: str, before: bool
) -> None:
    *files, corrections = BROKEN[what]
    one, other = stores
    if before:
        for store in stores:
            load(store, made(write(tmp_path / "before", GOOD_CIS + "old,server,Old\n", GOOD_LINKS, GOOD_POOLS)))
    held = load_held(one, write(tmp_path / "in", *files))
    assert held.rows
    if before and held.all_known:
        assert [ci.id for ci in one.dump().cis if ci.lifecycle == "retired"] == ["old"]
    write_held(tmp_path / "held", held.rows)
    correct(tmp_path / "held", **corrections)
    again = made(tmp_path / "held")
    assert again.part
    load(one, again, partial=True)
    good = made(write(tmp_path / "good", GOOD_CIS, GOOD_LINKS, GOOD_POOLS))
    load(other, good)
    load(one, good)
    assert graph(one) == graph(other)


def test_a_mapped_row_is_corrected_in_the_native_format(
    tmp_path: Path, stores: tuple[SqliteStore, SqliteStore]
) -> None:  # fmt: skip
    one, other = stores
    held = load_held(
        one, mapped(tmp_path / "in", items=ITEMS.replace("Server;;;;", "Srvr;;;;", 1).replace("1d", "soon"))
    )
    write_held(tmp_path / "held", held.rows)
    with pytest.raises(InvalidInput):
        load(one, made(tmp_path / "held"), partial=True)
    correct(tmp_path / "held", cis="?? Srvr=>server|?? soon=>1d")
    load(one, made(tmp_path / "held"), partial=True)
    load(other, made(mapped(tmp_path / "good")))
    assert graph(one) == graph(other)


def cells(file: Path, column: str) -> list[str]:
    """What stands in a column of a file."""
    with file.open(encoding="utf-8", newline="") as stream:
        return [row[column] for row in csv.DictReader(stream)]


def test_what_is_wrong_with_a_mapped_row_is_told_of_the_columns_it_is_corrected_in(tmp_path: Path) -> None:
    items = ITEMS.replace("Server;;;;", "Sever;;;;", 1).replace("24/12", "31/02").replace("1d", "soon")
    held = held_of(mapped(tmp_path / "in", items=items.replace("DB, Web 1,", "DB, Web 9,")))
    write_held(tmp_path / "held", held.rows)
    pay, db, web = cells(tmp_path / "held" / "cis.csv", "problem")
    assert pay == (
        "BAD_DATE in column verified_at: found '31/02/2025 08:30'; "
        "accepted: a date such as 2026-11-22, or 2026-11-22T02:40:00-04:00"
    )
    assert db.startswith("BAD_DURATION in column rto: found 'soon'")
    assert web.startswith("BAD_CHOICE in column kind: found 'Sever'; accepted: a kind of the model, such as server, ")
    assert (
        "UNKNOWN_NAME in column to: found 'Web 9'; accepted: the id of a recorded CI, or of one in the file"
        in cells(tmp_path / "held" / "relations.csv", "problem")
    )
    (problem,) = (problem for row in held.rows for problem in row.problems if "Sever" in problem.found)
    assert problem.place == "items.csv row 4, column Class"


def test_rows_of_workbooks_stood_at_a_file_and_a_sheet(tmp_path: Path) -> None:
    held = held_of(workbooks(tmp_path / "in"))
    write_held(tmp_path / "held", held.rows)
    assert ids(held) == ["a2", "b2"]
    assert cells(tmp_path / "held" / "cis.csv", "stood_at") == [
        "assets.xlsx sheet Sheet1 row 2", "more.xlsx sheet Sheet1 row 2",
    ]  # fmt: skip


def test_what_is_recorded_of_a_row_held_back_stays(tmp_path: Path) -> None:
    current = recorded(write(tmp_path / "a", GOOD_CIS, GOOD_LINKS, GOOD_POOLS))
    held = held_of(write(tmp_path / "b", "id,kind,name\napp,applicaton,New\ndb,database,DB\n", LINKS), current)
    desired = with_protected(held, current, "test", MODEL)
    assert ids(desired) == ["app", "db"]
    assert next(ci.name for ci in desired.cis if ci.id == "app") == "App"
    assert links(desired.relations) == links(r for r in current.relations if r.from_id == "app")
    assert desired.pools == current.pools
    assert (len(desired.cis), len(desired.relations)) == (
        len(desired.ci_origin.rows),
        len(desired.relation_origin.rows),
    )


def test_another_source_is_not_protected(tmp_path: Path) -> None:
    current = recorded(write(tmp_path / "a", GOOD_CIS, GOOD_LINKS, GOOD_POOLS), "other")
    held = held_of(write(tmp_path / "b", "id,kind,name\napp,applicaton,New\ndb,database,DB\n", LINKS), current)
    assert ids(with_protected(held, current, "test", MODEL)) == ["db"]


def test_where_a_row_may_be_anything_everything_stays(tmp_path: Path) -> None:
    current = recorded(write(tmp_path / "a", GOOD_CIS, GOOD_LINKS, GOOD_POOLS))
    held = held_of(write(tmp_path / "b", "id,kind,name\napp,application,New\n,server,?\n", LINKS), current)
    desired = with_protected(held, current, "test", MODEL)
    assert ids(desired) == ["app", "db", "w1", "w2"]
    assert next(ci.name for ci in desired.cis if ci.id == "app") == "New"
    assert (links(desired.relations), desired.pools) == (links(current.relations), current.pools)


@pytest.mark.parametrize(
    ("row", "stays"),
    [
        ("app,runs_on,w9,,\n", ["w1", "w2"]), ("app,runs_onn,w1,,\n", ["w1"]), ("ap,runs_on,w1,,\n", ["w1", "w1"]),
        ("app,depends_on,db,badly,\n", ["db"]), ("team,uses,nobody,,\n", []),
    ],
)  # fmt: skip
def test_relations_that_a_row_held_back_may_stand_for_stay(tmp_path: Path, row: str, stays: list[str]) -> None:
    current = recorded(write(tmp_path / "a", GOOD_CIS, GOOD_LINKS, GOOD_POOLS))
    held = held_of(write(tmp_path / "b", GOOD_CIS, LINKS + row), current)
    assert [to for _, _, to, _ in links(with_protected(held, current, "test", MODEL).relations)] == stays


def test_a_recorded_id_that_looks_the_same_stays(tmp_path: Path) -> None:
    current = recorded(write(tmp_path / "a"))
    held = held_of(write(tmp_path / "b", CIS.replace("db,", "DB,"), LINKS), current)
    assert ids(with_protected(held, current, "test", MODEL)) == ["app", "db"]


def test_texts_that_compute_or_look_marked_come_back_as_they_were(tmp_path: Path) -> None:
    names = ["=1+1", "'=1+1", "-5", "+x", "@y", "?? z", "'?? z", "''", "'x", 'say "q", l', "é\u00a0ü"]
    rows = "".join(f'i{at},srv,"{inert(name).replace(chr(34), chr(34) * 2)}"\n' for at, name in enumerate(names))
    held = held_of(write(tmp_path / "in", CIS + rows, LINKS))
    write_held(tmp_path / "held", held.rows)
    with (tmp_path / "held" / "cis.csv").open(encoding="utf-8", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    correct(tmp_path / "held", cis=",srv,=>,server,")
    assert [ci.name for ci in made(tmp_path / "held").cis] == names


def test_a_part_may_lack_what_its_rows_name(tmp_path: Path) -> None:
    folder = tmp_path / "held"
    held = held_of(write(tmp_path / "in", GOOD_CIS, GOOD_LINKS, "ci,pool,required\napp,web,x\n"))
    write_held(folder, [row for row in held.rows if row.entity == "pool"])
    correct(folder, pools="?? x=>2")
    found = made(folder)
    assert (found.problems.count, found.cis, [pool.required for pool in found.pools]) == (0, [], ["2"])
    current = recorded(write(tmp_path / "a", GOOD_CIS, GOOD_LINKS, GOOD_POOLS))
    assert held_of(folder, current).rows == ()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    held = held_of(write(tmp_path / "in", CIS + "x,srv,X\n", LINKS))
    (tmp_path / "empty").mkdir()
    write_held(tmp_path / "empty", held.rows)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("empty", "file", "link", "in"):
        before = sorted(path.name for path in tmp_path.iterdir())
        with pytest.raises(InvalidInput) as caught:
            write_held(tmp_path / name, held.rows)
        assert caught.value.problems[0].code == "FOLDER_IN_USE"
        assert sorted(path.name for path in tmp_path.iterdir()) == before
    with pytest.raises(InvalidInput) as caught:
        write_held(tmp_path / "file" / "below", held.rows)
    assert caught.value.problems[0].code == "UNWRITABLE_FOLDER"
