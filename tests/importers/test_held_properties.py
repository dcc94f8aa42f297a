"""Whatever is wrong with the rows: what is kept fits, nothing gets lost, and the order of rows does not matter."""

import random
from collections import Counter
from pathlib import Path

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cmdb.model.errors import InvalidInput
from importers.kit.checks import check_model
from importers.kit.held import Held, HeldRow, hold_back
from tests.importers.estate import MODEL, write
from tests.importers.holding import EMPTY, held_of

quick = settings(max_examples=300, deadline=None, database=None)
Rows = list[tuple[str, ...]]
IDS = ("a", "b", "c", "A", " b", "é", "", "x\u202e")
cis = st.lists(
    st.tuples(
        st.sampled_from(IDS), st.sampled_from(["server", "server", "application", "srv", ""]),
        st.sampled_from(["N", "N", "=1", ""]), st.sampled_from(["", "4h", "soon"]),
    ),
    max_size=6,
)  # fmt: skip
relations = st.lists(
    st.tuples(
        st.sampled_from(["good", *IDS]), st.sampled_from(["depends_on", "depends_on", "uses", "no", ""]),
        st.sampled_from(["good", *IDS]), st.sampled_from(["", "at_risk", "bad"]), st.sampled_from(["", "p", "q"]),
    ),
    max_size=6,
)  # fmt: skip
pools = st.lists(
    st.tuples(st.sampled_from(["good", *IDS]), st.sampled_from(["p", "q", ""]), st.sampled_from(["1", "50%", "x", ""])),
    max_size=4,
)
HEADS = ("id,kind,name,rto", "from,type,to,effect,pool", "ci,pool,required")
GOOD = ("good", "server", "Good", "")


def _csv(header: str, body: Rows) -> str:
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in body)
    return "\n".join([header, *quoted]) + "\n"


def _write(folder: Path, *tables: Rows) -> Path:
    return write(folder, *(_csv(header, body) for header, body in zip(HEADS, tables, strict=True)))


def _plain(row: HeldRow) -> tuple[str, ...]:
    """A row without blanks and defaults, which are there or not as it was read or rendered."""
    texts = {name: text.strip() for name, text in row.texts.items()}
    texts = {name: text for name, text in texts.items() if text and text not in ("shared", "live", "down")}
    texts["rto"] = texts.get("rto", "").replace("240", "4h")
    return row.entity, *(f"{name}={text}" for name, text in sorted(texts.items()))


def _outcome(held: Held) -> tuple[object, ...]:
    kept = held.kept
    rows = Counter(map(_plain, held.rows))
    return sorted(kept.cis), sorted(kept.relations), sorted(kept.pools), rows, held.ids, held.all_known


@quick
@given(cis=cis, relations=relations, pools=pools, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(cis: Rows, relations: Rows, pools: Rows, seed: int, folder: Path) -> None:
    first = _outcome(held_of(_write(folder, [GOOD, *cis], relations, pools)))
    order = random.Random(seed)
    shuffled = (order.sample(rows, len(rows)) for rows in ([GOOD, *cis], relations, pools))
    assert _outcome(held_of(_write(folder, *shuffled))) == first


@quick
@given(cis=cis, relations=relations, pools=pools)
@example(cis=[("b", "srv", "N", ""), ("b", "srv", "N", "4h")], relations=[], pools=[])
def test_what_is_kept_fits_and_nothing_gets_lost(cis: Rows, relations: Rows, pools: Rows, folder: Path) -> None:
    held = held_of(_write(folder, [GOOD, *cis], relations, pools))
    kept = held.kept
    check_model(kept, MODEL, EMPTY, ())
    assert kept.problems.count == 0
    assert held.ids.isdisjoint(ci.id for ci in kept.cis)
    again = hold_back(kept, MODEL, EMPTY)
    assert (again.rows, again.kept.cis, again.kept.relations) == ((), kept.cis, kept.relations)
    places = {(row.entity, row.at.row) for row in held.rows}
    stood = (("ci", kept.ci_origin), ("relation", kept.relation_origin), ("pool", kept.pool_origin))
    good = {(entity, row) for entity, origin in stood for row in origin.rows}
    assert places.isdisjoint(good)
    assert len(places) == len(held.rows)
    for entity, rows in (("ci", [GOOD, *cis]), ("relation", relations), ("pool", pools)):
        filled = {at: row for at, row in enumerate(rows, 2) if any(row)}
        seen = {at for of, at in places | good if of == entity}
        missing = [filled[at] for at in filled.keys() - seen]
        copies = Counter(map(_same, filled.values()))
        assert all(copies[_same(row)] > 1 for row in missing)


def _same(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row as its copies are: without blanks."""
    return tuple(cell.strip() for cell in row)


@quick
@given(cis=cis, relations=relations, pools=pools)
def test_good_rows_are_kept_whatever_stands_beside_them(
    cis: Rows, relations: Rows, pools: Rows, folder: Path
) -> None:  # fmt: skip
    own: Rows = [GOOD, ("better", "application", "Better", "4h")]
    held = held_of(_write(folder, [*own, *cis], [("better", "depends_on", "good", "", ""), *relations], pools))
    assert {"good", "better"} <= {ci.id for ci in held.kept.cis}
    assert ("better", "depends_on", "good", "") in {tuple(r[:4]) for r in held.kept.relations}


@quick
@given(cis=cis)
def test_held_rows_are_refused_until_they_are_corrected(cis: Rows, folder: Path) -> None:
    held = held_of(_write(folder, [GOOD, *cis], [], []))
    assume(held.rows)
    bad = [cis[row.at.row - 3] for row in held.rows]
    try:
        again = held_of(_write(folder, bad, [], []))
    except InvalidInput:
        return
    assert not again.kept.cis
