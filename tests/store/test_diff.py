"""`Inventory.diff`: what joined, changed and left between two revisions."""

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId
from cmdb.model.model import Model
from cmdb.reconcile.difference import Difference, T
from cmdb.service import Inventory
from cmdb.store.port import Store
from tests.store.estate import CIS, ESTATE, POOLS, RELATIONS, change, ci, rel, rule
from tests.store.twin import changesets, replayed, split

K = TypeVar("K")
DB, SAN = CiId("db"), CiId("san")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(changesets, min_size=1, max_size=8), ends=st.lists(st.tuples(st.integers(0), st.integers(0))))
def test_a_difference_is_that_of_the_two_states(
    fresh: Callable[..., Store], model: Model, steps: list[Changeset], ends: list[tuple[int, int]]
) -> None:
    with closing(fresh()) as store:
        states = replayed(store, steps)
        for one, other in [(0, -1), *ends]:
            before, after = one % len(states), other % len(states)
            diff = Inventory(store, model).diff(before, after)
            assert (diff.before, diff.after) == (store.dump(before).head, store.dump(after).head)
            old, new = split(states[before]), split(states[after])
            assert diff.cis == difference({c.id: c for c in old[0]}, {c.id: c for c in new[0]})
            assert diff.relations == difference({r.key: r for r in old[1]}, {r.key: r for r in new[1]})
            assert diff.pools == difference({p.key: p for p in old[2]}, {p.key: p for p in new[2]})
            assert diff.empty == (old[:3] == new[:3])


def difference(old: Mapping[K, T], new: Mapping[K, T]) -> Difference[T]:
    return Difference(
        [new[key] for key in new if key not in old],
        [(old[key], new[key]) for key in new if key in old and old[key] != new[key]],
        [old[key] for key in old if key not in new],
    )


def test_what_joined_changed_and_left(store: Store, model: Model) -> None:
    inventory = Inventory(store, model)
    store.apply(ESTATE)
    store.apply(change(put_cis=[ci("h3"), ci("app", "application", "Pay")], delete=[SAN]))
    store.apply(change(put_relations=[rel("db", "runs_on", "h3", "hosts")], put_pools=[rule("db", "hosts", "2")]))
    diff = inventory.diff(1, 3)
    assert diff.cis.created == [ci("h3")]
    assert diff.cis.changed == [(CIS[0], ci("app", "application", "Pay"))]
    assert diff.cis.removed == [CIS[4]]
    assert (diff.relations.created, diff.relations.changed) == ([rel("db", "runs_on", "h3", "hosts")], [])
    assert diff.relations.removed == [RELATIONS[3]]
    assert diff.pools.changed == [(POOLS[0], rule("db", "hosts", "2"))]
    back = inventory.diff(3, 1)
    assert (back.before, back.after) == (diff.after, diff.before)
    assert (back.cis.created, back.relations.removed) == (diff.cis.removed, diff.relations.created)
    assert all(inventory.diff(at, at).empty for at in range(4))


def test_what_changed_back_is_no_difference(store: Store, model: Model) -> None:
    store.apply(ESTATE)
    store.apply(change(delete=[DB]))
    store.apply(change(put_cis=[CIS[1]._replace(name="other")]))
    store.apply(ESTATE)
    diff = Inventory(store, model).diff(1, 4)
    assert diff.empty
    assert store.changes(1, 4).cis


def test_a_difference_too_large_to_follow(store: Store, model: Model) -> None:
    many: list[CI] = [ci(f"n{number:05}", "software") for number in range(20_001)]
    store.apply(ESTATE)
    store.apply(change(put_cis=many))
    store.apply(change(put_cis=[many[0]._replace(name="renamed")], delete=[SAN]))
    diff = Inventory(store, model).diff(1, 3)
    assert store.changes(1).cis is None
    assert diff.cis.created == [many[0]._replace(name="renamed"), *many[1:]]
    assert (diff.cis.changed, diff.cis.removed) == ([], [CIS[4]])
    assert (diff.relations.removed, diff.pools.removed) == ([RELATIONS[3]], [])
