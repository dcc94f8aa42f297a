"""Undoing a revision, over every store: it stands as it did before, or the undo is refused and nothing is written."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.model.model import Model
from cmdb.records.runs import kept_run, runs_among
from cmdb.records.source_types import ImportRun, RunOutcome
from cmdb.records.undoing import plan_undo, undo
from cmdb.service import Signed
from cmdb.store.port import Applied, Moved, Store, Touched
from tests.store.estate import ESTATE, change, ci, incident, rel
from tests.store.twin import State, changesets, contents, replayed

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BY = Signed("ann", "cli")
RUN = ImportRun(
    number="RUN-0001", of="test", importer="native", file="in", started_at=NOON, finished_at=NOON, who="ann",
    outcome=RunOutcome.applied,
)  # fmt: skip
relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]
)


def undo_now(store: Store, model: Model, revision: int) -> Applied:
    return undo(store, model, plan_undo(store, model, revision), BY, lambda: NOON)[1]


def codes(store: Store, model: Model, revision: int) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        plan_undo(store, model, revision)
    return [problem.code for problem in caught.value.problems]


def inventory(store: Store, at: int | None = None) -> State:
    """CIs, relations and pools as they stand, or stood."""
    return contents(store.dump(at)._replace(records=()))


def test_the_first_load_is_undone(store: Store, model: Model) -> None:
    store.apply(ESTATE)
    undo_now(store, model, 1)
    assert inventory(store) == {}
    assert store.history([CiId("app")], 1)[0].message == "undo of r1"


def test_an_undo_is_undone(store: Store, model: Model) -> None:
    store.apply(ESTATE)
    store.apply(
        change(put_cis=[ci("h1", name="other")], retire=["h2"], remove_relations=[rel("app", "depends_on", "db").key])
    )
    changed = inventory(store)
    undo_now(store, model, 2)
    assert inventory(store) == inventory(store, 1)
    undo_now(store, model, 3)
    assert inventory(store) == changed


def test_records_of_people_stay(store: Store, model: Model) -> None:
    store.apply(change(put_cis=[ci("a")], put_records=[incident("1", ["a"])]))
    undo_now(store, model, 1)
    assert [stored.record.number for stored in store.records().records] == ["1"]
    store.apply(change(put_records=[incident("2")]))
    assert codes(store, model, 3) == ["NOTHING_TO_UNDO"]


def test_what_was_changed_since_is_refused_and_said(store: Store, model: Model) -> None:
    store.apply(change(put_cis=[ci("a"), ci("b")]))
    store.apply(Changeset("bob", "hand", put_cis=[ci("a", name="other"), ci("c")]))
    with pytest.raises(InvalidInput) as caught:
        plan_undo(store, model, 1)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place, problem.found) == ("UNDO_CONFLICT", "ci a", "changed since, in r2 by bob")
    store.apply(change(put_relations=[rel("b", "depends_on", "c")]))
    assert codes(store, model, 1) == ["UNDO_CONFLICT", "UNDO_CONFLICT"]
    assert store.head().revision == 3


def test_only_so_many_are_named(store: Store, model: Model) -> None:
    store.apply(change(put_cis=[ci(f"s{n}") for n in range(30)]))
    store.apply(change(put_cis=[ci(f"s{n}", name="x") for n in range(30)]))
    with pytest.raises(InvalidInput) as caught:
        plan_undo(store, model, 1)
    assert (len(caught.value.problems), caught.value.count) == (20, 30)


def test_an_end_that_is_gone_is_refused(store: Store, model: Model) -> None:
    store.apply(change(put_cis=[ci("a")]))
    store.apply(change(put_cis=[ci("b")], put_relations=[rel("b", "depends_on", "a")]))
    undo_now(store, model, 2)
    undo_now(store, model, 1)
    assert codes(store, model, 3) == ["DANGLING_RELATION"]


def test_a_revision_that_is_none(store: Store, model: Model) -> None:
    store.apply(ESTATE)
    assert codes(store, model, 9) == ["UNKNOWN_REVISION"]
    assert codes(store, model, 0) == ["NOTHING_TO_UNDO"]


def test_the_report_of_the_run_says_so(store: Store, model: Model) -> None:
    store.apply(change(put_cis=[ci("a")], put_records=[kept_run(RUN)]))
    planned = plan_undo(store, model, 1)
    assert planned.run == RUN
    undo(store, model, planned, BY, lambda: NOON)
    assert store.record_history(RUN.key, 1)[0].message == "undo of r1, RUN-0001"
    assert [run.undone_at for run in runs_among(s.record for s in store.records().records)] == [NOON]
    undo_now(store, model, 2)
    assert store.record_history(RUN.key, 1)[0].message == "undo of r2, the undo of RUN-0001"
    assert [run.undone_at for run in runs_among(s.record for s in store.records().records)] == [None]


def test_what_is_written_meanwhile_is_looked_at(opened: Callable[[], Store], model: Model) -> None:
    store, other = opened(), opened()
    store.apply(change(put_cis=[ci("a"), ci("b")]))
    planned = plan_undo(store, model, 1)
    other.apply(change(put_cis=[ci("c")]))
    _, applied = undo(store, model, planned, BY, lambda: NOON)
    assert (applied.revision, list(inventory(store))) == (3, [("c",)])
    again = plan_undo(store, model, 3)
    other.apply(change(put_cis=[ci("a", name="anew")]))
    with pytest.raises(InvalidInput):
        undo(store, model, again, BY, lambda: NOON)
    assert store.head().revision == 4


def test_a_changeset_that_insists_on_its_base(store: Store) -> None:
    store.apply(ESTATE)
    with pytest.raises(Moved) as caught:
        store.apply(change(put_cis=[ci("x")], only_at=0))
    assert (caught.value.expected, caught.value.actual, store.head().revision) == (0, 1, 1)
    assert store.apply(change(put_cis=[ci("x")], only_at=1)).revision == 2


class Unlisted:
    """A store in which always too much changed to be listed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def changes(self, after: int, until: int | None = None) -> Touched:
        return Touched(self._store.changes(after, until).head, None)


@pytest.mark.parametrize("listed", [True, False])
@relaxed
@given(steps=st.lists(changesets, min_size=1, max_size=6), data=st.data())
def test_any_revision_stands_as_before_or_nothing_is_written(
    fresh: Callable[..., Store], model: Model, listed: bool, steps: list[Changeset], data: st.DataObject
) -> None:
    with closing(fresh()) as inner:
        store: Any = inner if listed else Unlisted(inner)
        replayed(inner, steps)
        newest = inner.head().revision
        assume(newest > 0)
        revision = data.draw(st.integers(1, newest))
        states = {at: inventory(inner, at) for at in {revision - 1, revision, newest}}
        before, after, now = (states[at] for at in (revision - 1, revision, newest))
        touched = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        try:
            undo_now(store, model, revision)
        except InvalidInput:
            assert inner.head().revision == newest
            assert inventory(inner) == now
            assert revision < newest or not touched
            return
        stays = {key: thing for key, thing in now.items() if key not in touched}
        assert inventory(inner) == {**stays, **{key: before[key] for key in touched & before.keys()}}
