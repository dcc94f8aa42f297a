"""Random changesets against a plain dictionary: the store holds what was asked, and its history tells every step."""

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation, RelationKey, of_plain
from cmdb.model.record import Record
from cmdb.store.port import Change, Store
from tests.store.estate import change, ci, kept_as, rel
from tests.store.twin import IDS, State, Thing, changesets, contents, expected, key_of, touched


def undone(state: State, steps: Iterable[Change]) -> State:
    """`state` before `steps`: each after side must stand there, each before side takes its place."""
    before = dict(state)
    for step in steps:
        if step.after is not None:
            told = _thing(step.entity, step.after)
            assert before.pop(key_of(told)) == told
        if step.before is not None:
            told = _thing(step.entity, step.before)
            assert key_of(told) not in before
            before[key_of(told)] = told
    return before


def _thing(entity: str, plain: Any) -> Thing:
    if entity == "record":
        body = {name: value for name, value in plain.items() if name not in Record._fields}
        return kept_as(plain["kind"], plain["number"], plain["source"], **body)
    if entity == "ci":
        return of_plain(CI, plain)
    return of_plain(Relation, plain) if entity == "relation" else of_plain(Pool, plain)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(changesets, min_size=1, max_size=8))
def test_a_store_is_a_dictionary_with_a_memory(fresh: Callable[[], Store], steps: list[Changeset]) -> None:
    with closing(fresh()) as store:
        states: list[State] = [{}]
        first = change(put_cis=[ci(i) for i in IDS[:3]])
        for step in (first, *steps):
            after = expected(states[-1], step)
            if after is None:
                with pytest.raises(ValueError, match="accepted"):
                    store.apply(step)
            elif store.apply(step).revision == len(states):
                assert after != states[-1]
                states.append(after)
            assert contents(store.dump()) == (states[-1] if after is None else after)
        _compare_history(store, states)


def _compare_history(store: Store, states: list[State]) -> None:
    ids = [CiId(i) for i in IDS]
    steps = store.history(ids, 100)
    keys = {thing.key for state in states for thing in state.values() if isinstance(thing, Record)}
    assert [logged.revision for logged in store.log(0, 100)] == list(range(1, len(states)))
    for logged in store.log(0, 100):
        revision = logged.revision
        page = [step for step in store.history(ids, 1, before=revision + 1) if step.revision == revision]
        assert page == [step for step in steps if step.revision == revision]
        assert len({step.recorded_at for step in page} | {logged.recorded_at}) == 1
        told = {key: store.record_history(key, 1, before=revision + 1) for key in keys}
        written = {key for key, found in told.items() if found and found[0].revision == revision}
        assert written == set(logged.records) == {s.record.key for s in store.records(revision - 1, revision).records}
        page += [told[key][0] for key in written]
        assert undone(states[revision], page) == states[revision - 1]
        assert logged.cis == len(touched(states[revision - 1], states[revision]))
        moved = [touched(states[n - 1], states[n]) for n in range(revision, len(states))]
        assert set(store.changes(revision - 1).cis or ()) == set[str]().union(*moved)


def test_the_twin_refuses_what_it_should() -> None:
    state: State = {("s0",): ci("s0"), ("s1",): ci("s1")}
    assert expected(state, change(put_relations=[rel("s0", "depends_on", "s2")])) is None
    assert expected(state, change(put_relations=[rel("s0", "depends_on", "s1", "p")])) is None
    assert expected(state, change(remove_relations=[RelationKey(*"abcd")], delete=["s1"])) == {("s0",): ci("s0")}
