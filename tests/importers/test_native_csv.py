"""Every bad CSV input: its code and its exact place. Rows are counted as an editor counts lines."""

import gzip
from pathlib import Path

import pytest

from cmdb.store.sqlite.store import SqliteStore
from tests.importers.estate import CIS, RELATIONS, plan_of, problems_of, warnings_of, write

HEAD = "id,kind,name\n"
TWO = "app,application,App\ndb,database,DB\n"
LINKS = "from,type,to,effect,pool\n"
POOLS = "ci,pool,required,full,effect\n"

CI_CASES: list[tuple[str, str | bytes, str, str]] = [
    ("empty file", b"", "EMPTY_FILE", "cis.csv"),
    ("only blanks", b"\n \n", "EMPTY_FILE", "cis.csv"),
    ("only a byte order mark", b"\xef\xbb\xbf", "EMPTY_FILE", "cis.csv"),
    ("header only", HEAD, "HEADER_ONLY", "cis.csv row 1"),
    ("missing column", "id,name\napp,App\n", "MISSING_COLUMN", "cis.csv row 1, column kind"),
    ("double column", "id,kind,name,name\napp,application,A,B\n", "DUPLICATE_COLUMN", "cis.csv row 1, column name"),
    ("double by case", "id,kind,name,Name\na,server,A,B\n", "DUPLICATE_COLUMN", "cis.csv row 1, column name"),
    ("unknown column", "id,kind,name,rtoo\n" + "app,application,App,4h\n", "UNKNOWN_ATTRIBUTE", "cis.csv row 1"),
    ("attribute of other kinds", HEAD[:-1] + ",hostname\napp,application,App,h1\n", "UNKNOWN_ATTRIBUTE",
     "cis.csv row 2, column hostname"),
    ("short row", HEAD + TWO + "x,server\n", "SHORT_ROW", "cis.csv row 4"),
    ("long row", HEAD + TWO + "x,server,X,y\n", "LONG_ROW", "cis.csv row 4"),
    ("unclosed quote", HEAD + TWO + 'x,server,"X\ny,server,Y\n', "CSV_UNCLOSED_QUOTE", "cis.csv row 4"),
    ("unclosed quote closed by a later one", HEAD + 'x,server,"X\ny,server,"Y"\n', "CSV_UNCLOSED_QUOTE",
     "cis.csv row 2"),
    ("unclosed quote behind a long cell", HEAD + 'x,server,"a\nb"\ny,server,"Y\n', "CSV_UNCLOSED_QUOTE",
     "cis.csv row 4"),
    ("text behind a quote", HEAD + 'x,server,"X"x\n', "CSV_BAD_QUOTE", "cis.csv row 2"),
    ("huge quoted cell", HEAD + f'x,server,"{"x" * 200_000}"\n', "FIELD_TOO_LONG", "cis.csv row 2"),
    ("huge cell", HEAD + f"x,server,{'x' * 200_000}\n", "FIELD_TOO_LONG", "cis.csv row 2, column name"),
    ("semicolons", CIS.replace(",", ";"), "DELIMITER_MISMATCH", "cis.csv row 1"),
    ("tabs", CIS.replace(",", "\t"), "DELIMITER_MISMATCH", "cis.csv row 1"),
    ("bars", CIS.replace(",", "|"), "DELIMITER_MISMATCH", "cis.csv row 1"),
    ("quoted semicolons", '"id";"kind";"name"\n"a";"server";"A"\n', "DELIMITER_MISMATCH", "cis.csv row 1"),
    ("UTF-16 with mark", CIS.encode("utf-16"), "ENCODING_UNKNOWN", "cis.csv"),
    ("UTF-16 little", CIS.encode("utf-16-le"), "ENCODING_UNKNOWN", "cis.csv"),
    ("UTF-16 big", CIS.encode("utf-16-be"), "ENCODING_UNKNOWN", "cis.csv"),
    ("byte 0x92", HEAD.encode() + b"app,application,App\x92s\n", "ENCODING_INVALID", "cis.csv row 2"),
    ("lone surrogate", HEAD.encode() + b"app,application,\xed\xa0\x80\n", "ENCODING_INVALID", "cis.csv row 2"),
    ("NUL in a name", HEAD + TWO + "x,server,X\0Y\n", "BAD_CHARACTER", "cis.csv row 4, column name"),
    ("NUL in an id", HEAD + TWO + "x\0,server,X\n", "BAD_CHARACTER", "cis.csv row 4, column id"),
    ("zero-width space in an id", HEAD + TWO + "x\u200by,server,X\n", "BAD_CHARACTER", "cis.csv row 4, column id"),
    ("two lines in a name", HEAD + TWO + 'x,server,"X\nY"\n', "BAD_CHARACTER", "cis.csv row 4, column name"),
    ("right-to-left override", HEAD + TWO + "x,server,X\u202eY\n", "BIDI_CONTROL", "cis.csv row 4, column name"),
    ("combining marks", HEAD + TWO + f"x,server,a{chr(0x301) * 300}\n", "FIELD_TOO_LONG",
     "cis.csv row 4, column name"),
    ("long id", HEAD + TWO + f"{'x' * 201},server,X\n", "FIELD_TOO_LONG", "cis.csv row 4, column id"),
    ("no id", HEAD + TWO + " ,server,X\n", "MISSING_VALUE", "cis.csv row 4, column id"),
    ("no kind", HEAD + TWO + "x,,X\n", "MISSING_VALUE", "cis.csv row 4, column kind"),
    ("no name", HEAD + TWO + "x,server,\n", "MISSING_VALUE", "cis.csv row 4, column name"),
    ("unknown kind", HEAD + TWO + "x,sever,X\n", "UNKNOWN_KIND", "cis.csv row 4, column kind"),
    ("abstract kind", HEAD + TWO + "x,infrastructure,X\n", "UNKNOWN_KIND", "cis.csv row 4, column kind"),
    ("unknown sector", HEAD[:-1] + ",sector\napp,application,App,helth\ndb,database,DB,\n", "UNKNOWN_SECTOR",
     "cis.csv row 2, column sector"),
    ("unknown lifecycle", HEAD[:-1] + ",lifecycle\napp,application,App,\ndb,database,DB,dead\n", "UNKNOWN_LIFECYCLE",
     "cis.csv row 3, column lifecycle"),
    ("conflict", HEAD + TWO + "app,application,Other\n", "CONFLICT_IN_FILE", "cis.csv row 4, column id"),
    ("trailing space", HEAD + TWO + "db ,database,DB\n", "DUPLICATE_KEY", "cis.csv row 4, column id"),
    ("trailing no-break space", HEAD + TWO + "db\u00a0,database,DB\n", "DUPLICATE_KEY", "cis.csv row 4, column id"),
    ("Unicode form", HEAD + TWO + "e\u0301,server,E\n\u00e9,server,E\n", "DUPLICATE_KEY", "cis.csv row 5, column id"),
    ("case", HEAD + TWO + "DB,database,DB\n", "LOOKALIKE_ID", "cis.csv row 4, column id"),
    ("wide letters", HEAD + TWO + "ｄｂ,database,DB\n", "LOOKALIKE_ID", "cis.csv row 4, column id"),
    ("shortened number as id", HEAD + TWO + "1.23457E+19,server,X\n", "PRECISION_LOST", "cis.csv row 4, column id"),
]  # fmt: skip

CELL_CASES = [
    ("rto", "-5", "OUT_OF_RANGE"), ("rto", "NaN", "NOT_FINITE"), ("rto", "inf", "NOT_FINITE"),
    ("rto", "1e999", "NOT_FINITE"), ("rto", "< 1 hour", "BAD_DURATION"), ("rto", "N/A", "BAD_DURATION"),
    ("rto", "4 parsecs", "BAD_DURATION"), ("rto", '"1,5"', "BAD_NUMBER"), ("cpus", "2.5", "BAD_NUMBER"),
    ("cpus", "1e3", "PRECISION_LOST"), ("cpus", "-1", "OUT_OF_RANGE"), ("memory_gib", "x", "BAD_NUMBER"),
    ("verified_at", "31/02/2026", "BAD_DATE"), ("verified_at", "03/04/2026", "DATE_AMBIGUOUS"),
    ("verified_at", "2026-02-30", "BAD_DATE"), ("verified_at", "60", "BAD_DATE"),
    ("verified_at", "2026-02-03 10:00", "BAD_DATE"), ("criticality", "urgent", "BAD_CHOICE"),
    ("serial", "1.23457E+19", "PRECISION_LOST"), ("description", "a\u202eb", "BIDI_CONTROL"),
    ("description", "a\x07b", "BAD_CHARACTER"),
]  # fmt: skip

RELATION_CASES = [
    ("empty file", "", "EMPTY_FILE", "relations.csv"),
    ("missing column", "from,to\napp,db\n", "MISSING_COLUMN", "relations.csv row 1, column type"),
    ("unknown column", "from,type,to,poll\napp,depends_on,db,\n", "UNKNOWN_COLUMN", "relations.csv row 1"),
    ("unknown type", LINKS + "app,needs,db,,\n", "UNKNOWN_RELATION", "relations.csv row 2, column type"),
    ("unknown effect", LINKS + "app,depends_on,db,dwon,\n", "UNKNOWN_EFFECT", "relations.csv row 2, column effect"),
    ("dangling end", LINKS + "app,depends_on,db,,\napp,depends_on,dbb,,\n", "DANGLING_RELATION",
     "relations.csv row 3, column to"),
    ("dangling start", LINKS + "ap,depends_on,db,,\n", "DANGLING_RELATION", "relations.csv row 2, column from"),
    ("no end", LINKS + "app,depends_on,,,\n", "MISSING_VALUE", "relations.csv row 2, column to"),
    ("bad end", LINKS + "app,depends_on,d\0b,,\n", "BAD_CHARACTER", "relations.csv row 2, column to"),
    ("kinds that may not relate", LINKS + "db,uses,app,,\napp,covered_by,db,,\n", "RELATION_NOT_ALLOWED",
     "relations.csv row 3, column type"),
    ("self", LINKS + "app,depends_on,app,,\n", "SELF_RELATION", "relations.csv row 2, column to"),
    ("conflict", LINKS + "app,depends_on,db,down,\napp,depends_on,db,degraded,\n", "CONFLICT_IN_FILE",
     "relations.csv row 3"),
    ("pool without rule", LINKS + "app,depends_on,db,,p\n", "POOL_WITHOUT_RULE", "relations.csv row 2, column pool"),
    ("short row", LINKS + "app,depends_on\n", "SHORT_ROW", "relations.csv row 2"),
]  # fmt: skip

POOL_CASES = [
    ("no required", "app,p,,,", "MISSING_VALUE", "column required"),
    ("negative", "app,p,-1,,", "BAD_POOL_RULE", "column required"),
    ("too many percent", "app,p,101%,,", "BAD_POOL_RULE", "column required"),
    ("fraction", "app,p,1.5,,", "BAD_POOL_RULE", "column required"),
    ("word", "app,p,1,all,", "BAD_POOL_RULE", "column full"),
    ("unknown effect", "app,p,1,,gone", "UNKNOWN_EFFECT", "column effect"),
]


@pytest.mark.parametrize(("content", "code", "place"), [c[1:] for c in CI_CASES], ids=[c[0] for c in CI_CASES])
def test_bad_cis(tmp_path: Path, empty: SqliteStore, content: str | bytes, code: str, place: str) -> None:
    # No relations, so that nothing else can be wrong.
    found = problems_of(write(tmp_path, content, LINKS), empty)
    assert [(p.code, p.place) for p in found] == [(code, place)]
    assert found[0].found
    assert found[0].accepted


@pytest.mark.parametrize(("column", "text", "code"), CELL_CASES)
def test_bad_cells(tmp_path: Path, empty: SqliteStore, column: str, text: str, code: str) -> None:
    cis = f"id,kind,name,{column}\nok,server,OK,\nx,server,X,{text}\n"
    found = problems_of(write(tmp_path, cis, LINKS), empty)
    assert [(p.code, p.place) for p in found] == [(code, f"cis.csv row 3, column {column}")]


@pytest.mark.parametrize(
    ("content", "code", "place"), [c[1:] for c in RELATION_CASES], ids=[c[0] for c in RELATION_CASES]
)
def test_bad_relations(tmp_path: Path, empty: SqliteStore, content: str, code: str, place: str) -> None:
    found = problems_of(write(tmp_path, relations=content), empty)
    assert [(p.code, p.place) for p in found] == [(code, place)]


@pytest.mark.parametrize(("row", "code", "column"), [c[1:] for c in POOL_CASES], ids=[c[0] for c in POOL_CASES])
def test_bad_pools(tmp_path: Path, empty: SqliteStore, row: str, code: str, column: str) -> None:
    found = problems_of(write(tmp_path, relations=LINKS + "app,depends_on,db,,p\n", pools=POOLS + row + "\n"), empty)
    assert [(p.code, p.place) for p in found] == [(code, f"pools.csv row 2, {column}")]


def test_a_rule_that_no_relation_names(tmp_path: Path, empty: SqliteStore) -> None:
    found = problems_of(write(tmp_path, pools=POOLS + "app,p,1,,\n"), empty)
    assert [(p.code, p.place) for p in found] == [("RULE_WITHOUT_POOL", "pools.csv row 2, column pool")]


def test_a_rule_for_a_ci_that_is_not_there(tmp_path: Path, empty: SqliteStore) -> None:
    links = LINKS + "app,depends_on,db,,p\n"
    found = problems_of(write(tmp_path, relations=links, pools=POOLS + "app,p,1,,\nappp,p,1,,\n"), empty)
    assert [(p.code, p.place) for p in found] == [
        ("RULE_WITHOUT_POOL", "pools.csv row 3, column pool"), ("DANGLING_POOL", "pools.csv row 3, column ci"),
    ]  # fmt: skip


def test_the_row_of_a_record_is_the_line_where_it_starts(tmp_path: Path, empty: SqliteStore) -> None:
    cis = 'id,kind,name,description,rto\r\na,server,A,"one\r\ntwo\r\n",\r\n\r\nb,server,B,x,never\r\n'
    assert [p.place for p in problems_of(write(tmp_path, cis, LINKS), empty)] == ["cis.csv row 6, column rto"]


def test_what_an_error_says(tmp_path: Path, empty: SqliteStore) -> None:
    bad = write(tmp_path, "id,kind,name,hostnam\napp,server,App,h\ndb,database,DB,\n")
    assert problems_of(bad, empty)[0].accepted.endswith("; near: hostname")
    dangling = write(tmp_path, relations=LINKS + "app,depends_on,dbx,,\n", cis=CIS + "dbx1,database,DB\n")
    assert problems_of(dangling, empty)[0].accepted.endswith("; near: 'dbx1'")
    latin = write(tmp_path, HEAD.encode() + b"app,server,App\x92s\n", LINKS)
    assert problems_of(latin, empty)[0].found == "byte 0x92 at byte 28"
    conflict = write(tmp_path, HEAD + TWO + "app,application,Other\n")
    assert problems_of(conflict, empty)[0].found == "other values than in row 2"
    case = write(tmp_path, HEAD + TWO + "DB,database,DB\n")
    assert problems_of(case, empty)[0].found == "'DB', like 'db' in row 3"


def test_all_problems_of_all_files_come_together(tmp_path: Path, empty: SqliteStore) -> None:
    cis = "id,kind,name,rto\napp,aplication,App,\ndb,database,DB,soon\nx,server\n"
    links = LINKS + "app,needs,db,,\nx,depends_on,nobody,,\n"
    found = problems_of(write(tmp_path, cis, links, POOLS + "db,p,none,,\n"), empty)
    assert [(p.code, p.place) for p in found] == [
        ("UNKNOWN_KIND", "cis.csv row 2, column kind"),
        ("BAD_DURATION", "cis.csv row 3, column rto"),
        ("SHORT_ROW", "cis.csv row 4"),
        ("UNKNOWN_RELATION", "relations.csv row 2, column type"),
        ("DANGLING_RELATION", "relations.csv row 3, column to"),
        ("BAD_POOL_RULE", "pools.csv row 2, column required"),
        ("RULE_WITHOUT_POOL", "pools.csv row 2, column pool"),
    ]


def test_fifty_problems_and_the_count(tmp_path: Path, empty: SqliteStore) -> None:
    from cmdb.model.errors import InvalidInput

    rows = "".join(f"s{i},server,S,x\n" for i in range(3_000))
    with pytest.raises(InvalidInput) as caught:
        plan_of(write(tmp_path, "id,kind,name,rto\n" + rows, LINKS), empty)
    assert caught.value.count == 3_000
    assert [p.place for p in caught.value.problems] == [f"cis.csv row {i}, column rto" for i in range(2, 52)]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + CIS.encode(), CIS.replace("\n", "\r\n").encode(), CIS.replace("\n", "\r").encode(),
        CIS.strip().encode(), (CIS + "\n\n,,\n").encode(), CIS.replace("app,", " app ,").encode(),
        CIS.replace("id,kind", "ID, Kind").encode(), CIS.replace("database", "Database").encode(),
        CIS.replace("App", '"App"').encode(), b"\n" + CIS.encode(),
        CIS.replace("name", "name,").replace("App", "App,").replace("DB", "DB,").encode(),
    ],
    ids=["mark", "CRLF", "CR", "no last newline", "blank rows", "blanks around an id", "header case", "kind case",
         "quoted", "blank first line", "unnamed empty column"],
)  # fmt: skip
def test_other_ways_to_write_the_same(tmp_path: Path, empty: SqliteStore, content: bytes) -> None:
    plain = plan_of(write(tmp_path / "plain"), empty)
    assert plan_of(write(tmp_path / "other", content), empty).changeset == plain.changeset


def test_equal_rows_count_once_with_a_warning(tmp_path: Path, empty: SqliteStore) -> None:
    doubled = write(tmp_path, CIS + "db,database,DB\n", RELATIONS + "app,depends_on,db,,\n")
    assert warnings_of(doubled, empty) == [
        ("DUPLICATE_ROW", "cis.csv row 4, column id"),
        ("DUPLICATE_ROW", "relations.csv row 3"),
    ]
    assert len(plan_of(doubled, empty).changeset.put_cis) == 2
    assert len(plan_of(doubled, empty).changeset.put_relations) == 1


def test_letters_that_look_latin_are_warned_of(tmp_path: Path, empty: SqliteStore) -> None:
    cis = HEAD + TWO + "payroll,application,Payroll\np\u0430yroll,application,\u0420\u0430\u0443\n"
    assert warnings_of(write(tmp_path, cis), empty) == [("CONFUSABLE_NAME", "cis.csv row 5, column id")]
    mixed = HEAD + TWO + "x,server,\u0395mail server\nmoscow,facility,\u041c\u043e\u0441\u043a\u0432\u0430\n"
    assert warnings_of(write(tmp_path, mixed), empty) == [("CONFUSABLE_NAME", "cis.csv row 4, column name")]


def test_files_that_are_not_read_are_named(tmp_path: Path, empty: SqliteStore) -> None:
    folder = write(tmp_path)
    (folder / "pool.csv").write_text("ci,pool,required\n")
    (folder / "README.txt").write_text("not a table")
    assert warnings_of(folder, empty) == [("IGNORED_FILE", "pool.csv")]


def test_missing_and_double_files(tmp_path: Path, empty: SqliteStore) -> None:
    folder = write(tmp_path / "a")
    (folder / "relations.csv").unlink()
    assert [(p.code, p.place) for p in problems_of(folder, empty)] == [("MISSING_FILE", "relations.csv")]
    folder = write(tmp_path / "b")
    (folder / "cis.csv.gz").write_bytes(gzip.compress(CIS.encode()))
    assert [(p.code, p.place) for p in problems_of(folder, empty)] == [("DUPLICATE_FILE", "cis")]
    assert [p.code for p in problems_of(tmp_path / "nowhere", empty)] == ["UNKNOWN_FORMAT"]
    assert [p.code for p in problems_of(write(tmp_path / "c") / "cis.csv", empty)] == ["UNKNOWN_FORMAT"]


def test_compressed_files(tmp_path: Path, empty: SqliteStore) -> None:
    plain = plan_of(write(tmp_path / "plain"), empty)
    folder = write(tmp_path / "packed")
    (folder / "cis.csv").unlink()
    half = CIS.index("db,")
    members = gzip.compress(CIS[:half].encode()) + gzip.compress(CIS[half:].encode())
    (folder / "cis.csv.gz").write_bytes(members)
    assert plan_of(folder, empty).changeset == plain.changeset
    for damaged in (members[:-9], b"\x1f\x8b nonsense", b"id,kind,name\n", members[:-20] + b"\xff" * 20):
        (folder / "cis.csv.gz").write_bytes(damaged)
        assert [(p.code, p.place) for p in problems_of(folder, empty)] == [("CORRUPT_ARCHIVE", "cis.csv.gz")]
    (folder / "cis.csv.gz").write_bytes(gzip.compress(bytes(40_000_000)))
    assert [(p.code, p.place) for p in problems_of(folder, empty)] == [("ARCHIVE_TOO_LARGE", "cis.csv.gz")]


@pytest.mark.parametrize(
    "name",
    ["x'}) DETACH DELETE n //", '=HYPERLINK("http://x")', "{{7*7}}", "${7*7}", "<%= 7*7 %>", "'; DROP TABLE ci;--"],
)
def test_odd_names_are_kept_as_they_are(tmp_path: Path, empty: SqliteStore, name: str) -> None:
    quoted = name.replace('"', '""')
    plan = plan_of(write(tmp_path, HEAD + TWO + f'x,server,"{quoted}"\n'), empty)
    assert plan.changeset.put_cis[2].name == name


def test_values_are_typed(tmp_path: Path, empty: SqliteStore) -> None:
    cis = (
        "id,kind,name,sector,lifecycle,rto,cpus,memory_gib,aliases,verified_at,source,serial\n"
        'x,Server,X,Health,Planned,1d 2h,8,1.5,a; b,2026-11-22T02:40:00-04:00,scan,"7\\""8"\n'
        "y,server,Y,,,,,, ; ,,,\n"
    )
    first, second = plan_of(write(tmp_path, cis, LINKS), empty, "run").changeset.put_cis
    assert first[:5] == ("x", "server", "X", "health", "planned")
    assert first.source == "run"
    assert first.attributes == {
        "rto": 1560, "cpus": 8, "memory_gib": 1.5, "aliases": ["a", "b"], "verified_at": "2026-11-22T06:40:00Z",
        "source": "scan", "serial": '7\\"8',
    }  # fmt: skip
    assert list(first.attributes) == sorted(first.attributes)
    assert second == ("y", "server", "Y", "shared", "live", "{}", "run", "")


def test_pool_rules_are_brought_to_one_form(tmp_path: Path, empty: SqliteStore) -> None:
    links = LINKS + "app,depends_on,db,,p\n"
    plan = plan_of(write(tmp_path, relations=links, pools=POOLS + "app,p,050 %,02,\n"), empty)
    assert plan.changeset.put_pools[0] == ("app", "p", "50%", "2", "down", "test", "")


def test_header_only_relations_and_pools_mean_none(tmp_path: Path, empty: SqliteStore) -> None:
    plan = plan_of(write(tmp_path, CIS, LINKS, POOLS), empty)
    assert (len(plan.changeset.put_cis), len(plan.changeset.put_relations), len(plan.changeset.put_pools)) == (2, 0, 0)
