"""Whatever the bytes: an import is planned or refused with `InvalidInput`, and the order of rows does not matter."""

import random
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.errors import InvalidInput
from cmdb.store.sqlite.store import SqliteStore
from importers.runner import apply_plan
from tests.importers.estate import plan_of, write

quick = settings(max_examples=250, deadline=None, database=None)
fragments = st.lists(
    st.sampled_from(
        ["id", "kind", "name", "rto", ",", ",", ",", "\n", "\n", "\r\n", "\r", '"', '""', ";", "\t", "server", "app",
         "a", "A", "4h", "-1", " ", "\0", "\ufeff", "\u202e", "é", "e\u0301", "\ud800", "\u2028", "\x85", "x" * 300]
    ),
    max_size=40,
)  # fmt: skip
Rows = list[tuple[str, ...]]
HEADS = (b"id,kind,name,rto\n", b"from,type,to,effect,pool\n", b"ci,pool,required,full\n")
KINDS = ("server", "application", "database", "software", "team")


def _bytes(parts: list[str]) -> bytes:
    return "".join(parts).encode("utf-8", "surrogatepass")


content = st.one_of(st.binary(max_size=200), fragments.map(_bytes))


@quick
@given(files=st.tuples(content, content, content), headed=st.booleans())
def test_any_bytes(files: tuple[bytes, bytes, bytes], headed: bool, empty: SqliteStore, folder: Path) -> None:
    parts = [head + body if headed else body for head, body in zip(HEADS, files, strict=True)]
    with suppress(InvalidInput):
        plan_of(write(folder, *parts), empty)


NAMES = ("N", 'say "q"', "l, m", "é")
rows = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(NAMES)), min_size=3, max_size=6).map(
    lambda given: [(id_, *row) for id_, row in zip(("a", "b", "c", "é", "x y", "z"), given, strict=False)]
)
links = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(["depends_on", "backed_up_by", "runs_on"]), st.sampled_from("abc"),
        st.sampled_from(["", "down", "at_risk"]), st.sampled_from(["", "p"]),
    ),
    max_size=4,
)  # fmt: skip


def _csv(header: str, body: Rows) -> str:
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in body)
    return "\n".join([header, *quoted]) + "\n"


def _outcome(folder: Path, store: SqliteStore) -> tuple[Changeset | None, set[str]]:
    try:
        plan = plan_of(folder, store)
    except InvalidInput as fault:
        return None, {problem.code for problem in fault.problems}
    done = plan.changeset
    return Changeset(
        "", "", put_cis=sorted(done.put_cis), put_relations=sorted(done.put_relations), put_pools=sorted(done.put_pools)
    ), set()


def _estate(folder: Path, cis: Rows, relations: Rows) -> Path:
    """Files with a rule for every pool that the relations name."""
    pools: Rows = [(ci, pool, "50%") for ci, pool in sorted({(row[0], row[4]) for row in relations if row[4]})]
    tables = (("id,kind,name", cis), ("from,type,to,effect,pool", relations), ("ci,pool,required", pools))
    return write(folder, *(_csv(header, body) for header, body in tables))


@quick
@given(cis=rows, relations=links, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(
    cis: Rows, relations: Rows, seed: int, empty: SqliteStore, folder: Path
) -> None:
    first = _outcome(_estate(folder, cis, relations), empty)
    order = random.Random(seed)
    assert (
        _outcome(_estate(folder, order.sample(cis, len(cis)), order.sample(relations, len(relations))), empty) == first
    )


@settings(max_examples=40, deadline=None, database=None)
@given(cis=rows, relations=links)
def test_importing_twice_changes_nothing(cis: Rows, relations: Rows, folder: Path, scratch: SqliteStore) -> None:
    try:
        plan = plan_of(_estate(folder, cis, relations), scratch)
    except InvalidInput:
        return
    apply_plan(scratch, plan, "somebody", allow_removals=True)
    assert plan_of(folder, scratch).empty
    assert {ci.id for ci in scratch.dump().cis if ci.lifecycle == "live"} == {row[0] for row in cis}


def test_the_generator_of_estates_makes_valid_ones_too(folder: Path, scratch: SqliteStore) -> None:
    cis: Rows = [("new-1", "server", "N"), ("new-2", "server", "N")]  # ids that no other test left in the store
    plan = plan_of(_estate(folder, cis, [("new-1", "depends_on", "new-2", "", "p")]), scratch)
    assert len(plan.changeset.put_relations) == len(plan.changeset.put_pools) == 1
