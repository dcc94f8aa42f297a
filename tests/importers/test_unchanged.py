"""A night of which little is new: what stands just so is set aside, and the plan is the one that all of it gives."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.errors import InvalidInput
from cmdb.reconcile.plan import Count, plan
from cmdb.reconcile.reconcile import Desired
from cmdb.service import Signed
from cmdb.store.port import Dump
from cmdb.store.sqlite.store import SqliteStore
from importers import digests, runner
from importers.options import DEFAULT, BadRows, ImportOptions, MissingEnds
from importers.planned import ImportPlan
from importers.runner import apply_plan, plan_import, run_plan
from tests.importers.estate import MODEL, write
from tests.importers.planning import assert_same_plan

HEAD, LINKS = "id,kind,name,sector,lifecycle,serial\n", "from,type,to\n"
SIZE = 200


class Unread(SqliteStore):
    """The embedded store, of which not everything may be read."""

    whole = False

    def dump(self, at: int | None = None) -> Dump:
        assert self.whole
        return super().dump(at)


def row(at: int, name: str = "", serial: str = "") -> str:
    return f"srv{at},server,{name or f'Server {at}'},shared,live,{serial or f'CZJ{at:05}XQ'}\n"


def rows(*some: int) -> str:
    return HEAD + "".join(map(row, some or range(SIZE)))


def links(*pairs: tuple[int, int]) -> str:
    return LINKS + "".join(f"srv{one},depends_on,srv{other}\n" for one, other in pairs)


CHAIN = [(at, at + 1) for at in range(SIZE - 1)]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Unread]:
    """Two hundred servers in a chain, of source `a`, and one of source `b`, of which nobody else knows."""
    monkeypatch.setattr(digests, "WORTHWHILE", 0)
    with closing(Unread(tmp_path / "store.db", MODEL)) as opened:
        opened.whole = True
        load(opened, write(tmp_path / "first", rows(), links(*CHAIN)))
        load(opened, write(tmp_path / "other", HEAD + "b1,server,Other,shared,live,CZJ84210KF\n", LINKS), "b")
        opened.whole = False
        yield opened


def load(store: SqliteStore, folder: Path, source: str = "a") -> None:
    apply_plan(store, plan_import(store, MODEL, folder, source), "somebody")


def planned(store: SqliteStore, folder: Path, options: ImportOptions = DEFAULT) -> ImportPlan:
    return plan_import(store, MODEL, folder, "a", options=options)


@st.composite
def statements(draw: st.DrawFn, source: str, ids: str) -> Desired:
    """What a source says of a few servers, and of who needs whom, with rules of pools now and then."""
    some = draw(st.lists(st.sampled_from(ids), unique=True))
    names, effects = st.sampled_from(["One", "Two"]), st.sampled_from(["", "degraded"])
    cis = [CI(CiId(f"s{at}"), "server", draw(names), "shared", "live", "{}", source) for at in some]
    ends = [(one.id, other.id) for one in cis for other in cis if one != other]
    pairs = draw(st.lists(st.sampled_from(ends), unique=True)) if ends else []
    rules = draw(st.sets(st.sampled_from([ci.id for ci in cis]))) if cis else set[CiId]()
    pools = [Pool(ci, "p", draw(st.sampled_from("12")), "", "", source) for ci in sorted(rules)]
    named = st.sampled_from(["", "p"])
    return (
        cis,
        [
            Relation(one, "depends_on", other, draw(named) if one in rules else "", draw(effects), source)
            for one, other in pairs
        ],
        pools,
    )


@st.composite
def nights(draw: st.DrawFn) -> tuple[Desired, Desired]:
    """What a source says on two nights: on the second something else of some CIs, and a relation more or less."""
    first, second = draw(statements("a", "cdefg")), draw(statements("a", "cdefg"))
    news = draw(st.sets(st.sampled_from([f"s{at}" for at in "cdefg"]), max_size=2))
    cis = [*(ci for ci in first[0] if ci.id not in news), *(ci for ci in second[0] if ci.id in news)]
    ids = {ci.id for ci in cis}
    gone = draw(st.sets(st.integers(0, 9), max_size=1))
    relations = [
        *(r for at, r in enumerate(first[1]) if r.from_id not in news and r.to_id in ids and at not in gone),
        *(r for r in second[1] if r.from_id in news and r.to_id in ids),
    ]
    known = {relation.key for relation in relations}
    ends = [(one, other) for one in sorted(ids) for other in sorted(ids) if one != other]
    for one, other in draw(st.lists(st.sampled_from(ends), max_size=1)) if ends else ():
        more = Relation(one, "depends_on", other, "", "", "a")
        relations += [] if more.key in known else [more]
    pools = [*(p for p in first[2] if p.ci not in news), *(p for p in second[2] if p.ci in news)]
    return first, (cis, relations, pools)


@settings(max_examples=300, deadline=None)
@given(statements("b", "bc"), nights(), st.booleans())
def test_the_plan_is_that_of_everything(other: Desired, both: tuple[Desired, Desired], partial: bool) -> None:
    before, now = both
    with TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "store.db", MODEL)) as store:
        for source, said in (("a", before), ("b", other)):
            store.apply(replace(plan(store.dump(), said, source, MODEL).changeset, who="import"))
        if store.head().revision:
            assert_same_plan(store, now, "a", MODEL, partial)


def test_the_same_again_is_no_change_and_is_reported(tmp_path: Path, store: Unread) -> None:
    found = planned(store, write(tmp_path / "in", rows(), links(*CHAIN)))
    assert found.empty
    assert (found.owned, found.relations_before, found.stated, found.stubs) == (SIZE, SIZE - 1, SIZE, 0)
    assert run_plan(store, found, Signed("somebody", "a")).applied.changed == 0


def test_the_next_night_reads_only_what_was_written_since(
    tmp_path: Path, store: Unread, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ImportOptions(digests=tmp_path / "digests")
    folder = write(tmp_path / "in", rows(), links(*CHAIN))
    assert planned(store, folder, kept).empty
    monkeypatch.setattr(SqliteStore, "columns", None)
    (seventh,) = (stored.ci for stored in store.get([CiId("srv7")]).values())
    cut = Relation(CiId("srv3"), "depends_on", CiId("srv4"), "", "", "a")
    store.apply(Changeset("me", "a", put_cis=[seventh._replace(name="Edited")], remove_relations=[cut.key]))
    found = planned(store, folder, kept)
    assert [(old.name, new.name) for old, new in found.cis.changed] == [("Edited", "Server 7")]
    assert [relation.key for relation in found.relations.created] == [cut.key]
    apply_plan(store, found, "somebody")
    assert planned(store, folder, kept).empty


def test_after_a_large_import_digests_are_there(tmp_path: Path, store: Unread, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "digests"
    found = planned(store, write(tmp_path / "in", rows() + row(500), links(*CHAIN)), ImportOptions(digests=place))
    place.unlink()
    apply_plan(store, found, "somebody")
    assert not place.exists()
    monkeypatch.setattr(runner, "WORTHWHILE", 1)
    monkeypatch.setattr(digests, "STALE", 0)
    folder = write(tmp_path / "more", rows() + row(500) + row(501), links(*CHAIN))
    apply_plan(store, planned(store, folder, ImportOptions(digests=place)), "somebody")
    kept = digests.load(place)
    assert kept is not None
    assert kept.head == store.head()


def test_only_what_changed_is_planned(tmp_path: Path, store: Unread) -> None:
    changed = rows().replace("Server 7,", "Seven,")
    without = "".join(line for line in changed.splitlines(keepends=True) if not line.startswith("srv199,"))
    found = planned(store, write(tmp_path / "in", without + row(500), links(*CHAIN[:-1], (500, 0))))
    assert found.counts() == [
        Count("created", "ci", "server", 1), Count("created", "relation", "depends_on", 1),
        Count("changed", "ci", "server", 1),
        Count("removed", "ci", "server", 1), Count("removed", "relation", "depends_on", 1),
    ]  # fmt: skip
    assert (found.owned, found.dropped, found.relations_before, found.relations_lost) == (SIZE, 1, SIZE - 1, 0)
    done = apply_plan(store, found, "somebody")
    assert (done.created, done.changed, done.removed) == (2, 1, 2)
    store.whole = True
    assert planned(store, write(tmp_path / "again", without + row(500), links(*CHAIN[:-1], (500, 0)))).empty


def test_a_new_one_is_known_by_its_serial_and_a_lookalike_is_told(tmp_path: Path, store: Unread) -> None:
    same = planned(store, write(tmp_path / "in", rows() + row(500, "Other", "CZJ84210KF"), links(*CHAIN)))
    assert [(join.known, join.new) for join in same.joined] == [("b1", "srv500")]
    assert [ci.id for _, ci in same.cis.changed] == ["b1"]
    alike = planned(store, write(tmp_path / "alike", rows() + "B1,server,Odd,shared,live,\n", links(*CHAIN)))
    assert [warning.code for warning in alike.warnings] == ["LOOKALIKE_ID"]


@pytest.mark.parametrize(
    "options", [ImportOptions(bad_rows=BadRows.hold), ImportOptions(missing_ends=MissingEnds.stub)], ids=str
)
def test_whatever_looks_at_everything_reads_everything(tmp_path: Path, store: Unread, options: ImportOptions) -> None:
    folder = write(tmp_path / "in", rows(), links(*CHAIN))
    with pytest.raises(AssertionError):
        planned(store, folder, options=options)
    store.whole = True
    assert planned(store, folder, options=options).empty


def test_where_most_is_new_everything_is_read(tmp_path: Path, store: Unread) -> None:
    folder = write(tmp_path / "in", rows().replace("Server", "Machine"), links(*CHAIN))
    with pytest.raises(AssertionError):
        planned(store, folder)
    store.whole = True
    assert len(planned(store, folder).cis.changed) == SIZE


def test_an_input_at_fault_is_refused_as_ever(tmp_path: Path, store: Unread) -> None:
    store.whole = True
    with pytest.raises(InvalidInput) as refused:
        planned(store, write(tmp_path / "in", rows(), links((0, 999))))
    assert [problem.code for problem in refused.value.problems] == ["DANGLING_RELATION"]
