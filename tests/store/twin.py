"""A store's twin: a plain dictionary that changesets are applied to by the simplest rules, and changesets to try."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, Pool, PoolKey, Relation, canonical
from cmdb.model.errors import InvalidInput
from cmdb.model.record import Record
from cmdb.store.port import Dump, Store
from tests.store.estate import change, ci, incident, rel, rule

IDS = [f"s{n}" for n in range(5)]
Thing = CI | Relation | Pool | Record
State = dict[tuple[str, ...], Thing]

some_id = st.sampled_from(IDS)
described = {"attributes": {"team": "x"}, "id": "x", "kind": "server", "name": "X", "sector": "", "source": "a"}
edited = {"attributes": {"rto": 60}, "edited": True, "id": "s1", "source": "b"}
told = st.sampled_from(["", canonical([described, edited])])
voices = st.sampled_from(["", canonical([{"effect": "", "source": "a"}, {"effect": "down", "source": "b"}])])
rule_voices = st.sampled_from(
    ["", canonical([{"effect": "down", "full": "2", "required": n, "source": n} for n in ("1", "2")])]
)
cis = st.builds(
    lambda made, claims: made._replace(claims_json=claims),
    st.builds(ci, some_id, name=st.sampled_from(["one", "two"]), source=st.sampled_from(["a", "b"])),
    told,
)
effects = st.sampled_from(["", "degraded"])
relations = st.builds(
    lambda made, claims: made._replace(claims_json=claims),
    st.builds(rel, some_id, st.just("depends_on"), some_id, st.sampled_from(["", "p"]), effects),
    voices,
).filter(lambda relation: relation.from_id != relation.to_id)
pools = st.builds(
    lambda made, claims: made._replace(claims_json=claims),
    st.builds(rule, some_id, st.just("p"), st.sampled_from(["1", "2"])),
    rule_voices,
)
records = st.builds(
    incident, st.sampled_from(["1", "2"]), st.lists(some_id, max_size=2), title=st.sampled_from(["one", "two"])
)


def few(things: st.SearchStrategy[Any], key: Callable[[Any], Any], most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(things, max_size=most, unique_by=key)


changesets: st.SearchStrategy[Changeset] = st.builds(
    change,
    put_cis=few(cis, lambda c: c.id),
    put_relations=few(relations, lambda r: r.key),
    put_pools=few(pools, lambda p: p.key),
    remove_relations=few(relations.map(lambda r: r.key), lambda k: k),
    remove_pools=few(pools.map(lambda p: p.key), lambda k: k, 1),
    retire=few(some_id, lambda i: i, 1),
    delete=few(some_id, lambda i: i, 1),
    put_records=few(records, lambda r: r.key, 2),
)


def expected(state: State, wanted: Changeset) -> State | None:
    """The state after `wanted`, or None when it has to be refused."""
    after = {k: v for k, v in state.items() if not _lost(v, set(wanted.delete))}
    for gone in (*wanted.remove_relations, *wanted.remove_pools):
        after.pop(gone, None)
    things: list[Thing] = [*wanted.put_cis, *wanted.put_pools, *wanted.put_relations, *wanted.put_records]
    after.update((key_of(thing), thing) for thing in things)
    for ci_id in wanted.retire:
        old = after.get((ci_id,))
        if not isinstance(old, CI):
            return None
        after[ci_id,] = old._replace(lifecycle="retired")
    return after if _sound(after) and not _contradicts(wanted) else None


def _lost(thing: Thing, deleted: set[str]) -> bool:
    if isinstance(thing, Record):
        return False
    if isinstance(thing, Relation):
        return thing.from_id in deleted or thing.to_id in deleted
    return (thing.id if isinstance(thing, CI) else thing.ci) in deleted


def key_of(thing: Thing) -> tuple[str, ...]:
    """What identifies a thing among all."""
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


def contents(dump: Dump) -> State:
    """What a dump holds."""
    things: list[Thing] = [*dump.cis, *dump.relations, *dump.pools, *dump.records]
    return {key_of(thing): thing for thing in things}


def split(state: State) -> tuple[list[CI], list[Relation], list[Pool], list[Record]]:
    """What a dump of `state` has to hold, in order."""
    things = state.values()
    return (
        sorted(thing for thing in things if isinstance(thing, CI)),
        sorted(thing for thing in things if isinstance(thing, Relation)),
        sorted(thing for thing in things if isinstance(thing, Pool)),
        sorted(thing for thing in things if isinstance(thing, Record)),
    )


def touched(before: State, after: State) -> set[str]:
    """The CIs that are not the same, or have a relation or pool that is not."""
    found: set[str] = set()
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key):
            thing = before.get(key) or after[key]
            if isinstance(thing, Record):
                continue
            ends = (thing.from_id, thing.to_id) if isinstance(thing, Relation) else key[:1]
            found.update(ends)
    return found


def replayed(store: Store, steps: list[Changeset]) -> list[State]:
    """Apply a few CIs and then `steps` to an empty store; the state at the end of each revision, by the twin."""
    states: list[State] = [{}]
    for step in (change(put_cis=[ci(i) for i in IDS[:3]]), *steps):
        after = expected(states[-1], step)
        if after is None:
            with pytest.raises(InvalidInput):
                store.apply(step)
        elif after != states[-1]:
            assert store.apply(step).revision == len(states)
            states.append(after)
        else:
            assert store.apply(step).revision == len(states) - 1
    return states
