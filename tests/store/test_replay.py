"""Random changesets against a plain dictionary: the store holds what was asked, and its history tells every step."""

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey, attributes_json
from cmdb.store.port import Change, Store
from tests.store.estate import change, ci, rel, rule

IDS = [f"s{n}" for n in range(5)]
Thing = CI | Relation | Pool
State = dict[tuple[str, ...], Thing]

some_id = st.sampled_from(IDS)
cis = st.builds(ci, some_id, name=st.sampled_from(["one", "two"]), source=st.sampled_from(["a", "b"]))
effects = st.sampled_from(["", "degraded"])
relations = st.builds(rel, some_id, st.just("depends_on"), some_id, st.sampled_from(["", "p"]), effects).filter(
    lambda relation: relation.from_id != relation.to_id
)
pools = st.builds(rule, some_id, st.just("p"), st.sampled_from(["1", "2"]))


def few(things: st.SearchStrategy[Any], key: Callable[[Any], Any], most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(things, max_size=most, unique_by=key)


changesets = st.builds(
    change,
    put_cis=few(cis, lambda c: c.id),
    put_relations=few(relations, lambda r: r.key),
    put_pools=few(pools, lambda p: p.key),
    remove_relations=few(relations.map(lambda r: r.key), lambda k: k),
    remove_pools=few(pools.map(lambda p: p.key), lambda k: k, 1),
    retire=few(some_id, lambda i: i, 1),
    delete=few(some_id, lambda i: i, 1),
)


def expected(state: State, wanted: Changeset) -> State | None:
    """The state after `wanted`, or None when it has to be refused."""
    after = {k: v for k, v in state.items() if not _lost(v, set(wanted.delete))}
    for gone in (*wanted.remove_relations, *wanted.remove_pools):
        after.pop(gone, None)
    things: list[Thing] = [*wanted.put_cis, *wanted.put_pools, *wanted.put_relations]
    after.update((_key(thing), thing) for thing in things)
    for ci_id in wanted.retire:
        old = after.get((ci_id,))
        if not isinstance(old, CI):
            return None
        after[ci_id,] = old._replace(lifecycle="retired")
    return after if _sound(after) and not _contradicts(wanted) else None


def _lost(thing: CI | Relation | Pool, deleted: set[str]) -> bool:
    if isinstance(thing, Relation):
        return thing.from_id in deleted or thing.to_id in deleted
    return (thing.id if isinstance(thing, CI) else thing.ci) in deleted


def _key(thing: Thing) -> tuple[str, ...]:
    return (thing.id,) if isinstance(thing, CI) else tuple(thing.key)


def _sound(state: State) -> bool:
    """Whether every relation has its ends and its pool rule, and every pool its owner."""
    for thing in state.values():
        if isinstance(thing, Relation):
            needed: list[tuple[str, ...]] = [(thing.from_id,), (thing.to_id,)]
            needed += [(thing.from_id, thing.pool)] if thing.pool else []
        else:
            needed = [(thing.ci,)] if isinstance(thing, Pool) else []
        if any(key not in state for key in needed):
            return False
    return True


def _contradicts(wanted: Changeset) -> bool:
    """Whether it relies on what it deletes or removes itself, which validation refuses."""
    deleted = set(wanted.delete)
    used = {end for r in wanted.put_relations for end in (r.from_id, r.to_id)}
    used.update(p.ci for p in wanted.put_pools)
    used.update(wanted.retire)
    rules = {PoolKey(r.from_id, r.pool) for r in wanted.put_relations if r.pool}
    return bool(used & deleted or rules.intersection(wanted.remove_pools))


def contents(store: Store) -> State:
    dump = store.dump()
    things: list[Thing] = [*dump.cis, *dump.relations, *dump.pools]
    return {_key(thing): thing for thing in things}


def undone(state: State, steps: Iterable[Change]) -> State:
    """`state` before `steps`: each after side must stand there, each before side takes its place."""
    before = dict(state)
    for step in steps:
        if step.after is not None:
            told = _thing(step.entity, step.after)
            assert before.pop(_key(told)) == told
        if step.before is not None:
            told = _thing(step.entity, step.before)
            assert _key(told) not in before
            before[_key(told)] = told
    return before


def _thing(entity: str, plain: Any) -> Thing:
    if entity == "ci":
        values = {**plain, "attributes_json": attributes_json(plain["attributes"])}
        return CI(*(values[name] for name in CI._fields))
    return Relation(**plain) if entity == "relation" else Pool(**plain)


def touched(before: State, after: State) -> set[str]:
    found: set[str] = set()
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key):
            thing = before.get(key) or after[key]
            ends = (thing.from_id, thing.to_id) if isinstance(thing, Relation) else key[:1]
            found.update(ends)
    return found


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
            assert contents(store) == (states[-1] if after is None else after)
        _compare_history(store, states)


def _compare_history(store: Store, states: list[State]) -> None:
    ids = [CiId(i) for i in IDS]
    steps = store.history(ids, 100)
    for revision in range(len(states) - 1, 0, -1):
        page = store.history(ids, 1, before=revision + 1)
        assert page == [step for step in steps if step.revision == revision]
        assert undone(states[revision], page) == states[revision - 1]
        moved = [touched(states[n - 1], states[n]) for n in range(revision, len(states))]
        assert set(store.changes(revision - 1).cis or ()) == set[str]().union(*moved)


def test_the_twin_refuses_what_it_should() -> None:
    state: State = {("s0",): ci("s0"), ("s1",): ci("s1")}
    assert expected(state, change(put_relations=[rel("s0", "depends_on", "s2")])) is None
    assert expected(state, change(put_relations=[rel("s0", "depends_on", "s1", "p")])) is None
    assert expected(state, change(remove_relations=[RelationKey(*"abcd")], delete=["s1"])) == {("s0",): ci("s0")}
