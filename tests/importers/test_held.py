"""Holding rows back: what is at fault goes, with what hung on it; what is good stays; nothing gets lost."""

from pathlib import Path

import pytest

from cmdb.model.errors import InvalidInput
from importers.kit import findings
from importers.kit.held import hold_back
from tests.importers.estate import CIS, MODEL, RELATIONS, write
from tests.importers.holding import EMPTY, held_of, ids, links, made, told

LINKS = "from,type,to,effect,pool\n"
HEAD = "id,kind,name,rto\ngood,server,Good,\n"
BAD_CIS = {
    "BAD_DURATION": ("x,server,X,soon\n", [2]),
    "UNKNOWN_KIND": ("x,servr,X,\n", [2]),
    "MISSING_VALUE": (",server,X,\n", [2]),
    "BAD_CHARACTER": ("x\u200by,server,X,\n", [2]),
    "PRECISION_LOST": ("1.23457E+19,server,X,\n", [2]),
    "SHORT_ROW": ("x,server\n", [2]),
    "LONG_ROW": ("x,server,X,4h,5h\n", [2]),
    "UNKNOWN_ATTRIBUTE": ("x,team,X,4h\n", [2]),
    "CONFLICT_IN_FILE": ("x,server,X,\nx,server,Y,\nx,server,X,\n", [2, 3, 4]),
    "DUPLICATE_KEY": ('x,server,X,\n" x",server,X,\n', [2, 3]),
    "LOOKALIKE_ID": ("web,server,X,\nWEB,server,X,\nWEB,server,X,\n", [2, 3, 4]),
}


@pytest.mark.parametrize("code", BAD_CIS)
@pytest.mark.parametrize("first", [True, False])
def test_a_bad_ci_goes_and_the_others_stay(tmp_path: Path, code: str, first: bool) -> None:
    rows, at = BAD_CIS[code]
    header, good = HEAD.splitlines(keepends=True)
    cis = header + (rows + good if first else good + rows)
    held = held_of(write(tmp_path / "in", cis, LINKS))
    assert ids(held) == ["good"]
    assert [row.at.row for row in held.rows] == [row + (not first) for row in at]
    assert code in {row.code for row in held.rows}
    assert held.kept.problems.count == 0
    assert held.kept.whole


def test_what_is_good_is_kept_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "in")
    held = held_of(path)
    assert (held.rows, held.ids, held.all_known) == ((), frozenset(), True)
    assert (held.kept.cis, held.kept.relations) == (made(path).cis, made(path).relations)


def test_what_hangs_on_it_goes_too(tmp_path: Path) -> None:
    cis = CIS + "bad,server,Bad\n".replace("server", "srv") + "w,server,W\n"
    relations = LINKS + "app,runs_on,bad,,p\napp,runs_on,w,,q\ndb,runs_on,bad,,\ndb,runs_on,w,,\n"
    pools = "ci,pool,required\napp,p,1\napp,q,x\n"
    held = held_of(write(tmp_path / "in", cis, relations, pools))
    assert ids(held) == ["app", "db", "w"]
    assert links(held.kept.relations) == [("db", "runs_on", "w", "")]
    assert held.kept.pools == []
    assert told(held) == [
        ("ci", "cis.csv row 4", "UNKNOWN_KIND"),
        ("relation", "relations.csv row 2", "DANGLING_RELATION"),
        ("relation", "relations.csv row 3", "POOL_WITHOUT_RULE"),
        ("relation", "relations.csv row 4", "DANGLING_RELATION"),
        ("pool", "pools.csv row 2", "RULE_WITHOUT_POOL"),
        ("pool", "pools.csv row 3", "BAD_POOL_RULE"),
    ]
    assert held.rows[1].faults[0].accepted == "a CI that is not held back itself"


@pytest.mark.parametrize(
    ("relation", "code"),
    [
        ("app,depends_on,gone,,", "DANGLING_RELATION"), ("app,depends,db,,", "UNKNOWN_RELATION"),
        ("app,depends_on,app,,", "SELF_RELATION"), ("app,uses,db,worst,", "UNKNOWN_EFFECT"),
        ("db,member_of,app,,", "RELATION_NOT_ALLOWED"), ("app,depends_on,,,", "MISSING_VALUE"),
        ("app,uses,db,,p", "POOL_WITHOUT_RULE"), ("app,uses", "SHORT_ROW"),
    ],
)  # fmt: skip
def test_a_bad_relation_goes_alone(tmp_path: Path, relation: str, code: str) -> None:
    held = held_of(write(tmp_path / "in", relations=RELATIONS + relation + "\n"))
    assert ids(held) == ["app", "db"]
    assert links(held.kept.relations) == [("app", "depends_on", "db", "")]
    assert told(held) == [("relation", "relations.csv row 3", code)]


def test_a_relation_said_in_two_ways_goes_whole(tmp_path: Path) -> None:
    held = held_of(write(tmp_path / "in", relations=RELATIONS + "app,depends_on,db,at_risk,\n"))
    assert held.kept.relations == []
    assert [row.at.row for row in held.rows] == [2, 3]


def test_rules_of_one_pool_of_which_one_cannot_be_read_go_both(tmp_path: Path) -> None:
    relations = LINKS + "app,depends_on,db,,p\n"
    held = held_of(write(tmp_path / "in", CIS, relations, "ci,pool,required\napp,p,one\napp,p,1\n"))
    assert (held.kept.pools, held.kept.relations) == ([], [])
    assert [code for *_, code in told(held)] == ["POOL_WITHOUT_RULE", "BAD_POOL_RULE", "CONFLICT_IN_FILE"]


def test_a_ci_that_stands_there_once_more_with_a_value_that_cannot_be_read(tmp_path: Path) -> None:
    held = held_of(write(tmp_path / "in", HEAD + "x,server,X,\nx,server,X,soon\n", LINKS))
    assert ids(held) == ["good"]
    assert [row.at.row for row in held.rows] == [3, 4]


def test_an_id_like_one_that_is_recorded(tmp_path: Path) -> None:
    current = EMPTY._replace(cis=list(made(write(tmp_path / "a")).cis))
    held = held_of(write(tmp_path / "b", CIS.replace("db,", "DB,"), LINKS), current)
    assert told(held) == [("ci", "cis.csv row 3", "LOOKALIKE_ID")]
    assert held.ids == {"DB"}


def test_ids_and_whether_all_are_known(tmp_path: Path) -> None:
    known = held_of(write(tmp_path / "a", HEAD + "x,server,X,soon\n", LINKS))
    assert (set(known.ids), known.all_known) == ({"x"}, True)
    for row in (",server,X,\n", "x,server\n", "x\u202ey,server,X,\n"):
        held = held_of(write(tmp_path / "b", HEAD + row, LINKS))
        assert (held.ids, held.all_known) == (frozenset(), False)


@pytest.mark.parametrize(
    ("cis", "relations"),
    [
        ("id,kind\nx,server\n", LINKS), ("id,kind,name,colour\nx,server,X,red\n", LINKS), ("id,kind,name\n", LINKS),
        (HEAD, None), (HEAD, "from;type;to\na;uses;b\n"), ("id,kind,name\nx,server,X\n\xff".encode("latin-1"), LINKS),
        ('id,kind,name\nx,server,"X\n', LINKS), ("id,kind,name\n,server,X\n", LINKS),
        ("id,kind,name\nx,srv,X\n", RELATIONS),
    ],
)  # fmt: skip
def test_a_file_that_is_bad_as_a_whole_is_refused(tmp_path: Path, cis: str | bytes, relations: str | None) -> None:
    path = write(tmp_path / "in", cis, relations or "")
    if relations is None:
        (path / "relations.csv").unlink()
    with pytest.raises(InvalidInput) as caught:
        held_of(path)
    assert caught.value.problems


def test_too_many_places_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "in", HEAD + "".join(f"x{i},server,X,soon\n" for i in range(5)), LINKS)
    monkeypatch.setattr(findings, "MOST_BAD", 4)
    with pytest.raises(InvalidInput) as caught:
        held_of(path)
    assert caught.value.count == 5


def test_nothing_is_changed_in_what_was_made(tmp_path: Path) -> None:
    found = made(write(tmp_path / "in", HEAD + "x,server,X,soon\ny,srv,Y,\n", LINKS))
    before = (list(found.cis), found.problems.count, found.warnings.count)
    first = hold_back(found, MODEL, EMPTY)
    assert (list(found.cis), found.problems.count, found.warnings.count) == before
    assert hold_back(found, MODEL, EMPTY).rows == first.rows
    assert hold_back(first.kept, MODEL, EMPTY).rows == ()
