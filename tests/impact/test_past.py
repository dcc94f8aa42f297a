"""A question as of a revision is answered as it was at that revision."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cmdb.model.errors import InvalidInput
from cmdb.store.port import Dump, Head
from cmdb.store.sqlite.store import SqliteStore
from impact.analyses import affected, call, client_groups, completeness, scenario, summarize
from impact.past import KEPT
from impact.question import Asked, Question, ask
from impact.report import Source
from impact.snapshot import Seen, Snapshot
from impact.states import Assumption, UnknownCi
from tests.impact.estates import MODEL, NOW
from tests.impact.test_snapshot import Inventory


class Counting(SqliteStore):
    """The embedded store, which counts how often everything was read."""

    dumps = 0

    def dump(self, at: int | None = None) -> Dump:
        self.dumps += 1
        return super().dump(at)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Counting]:
    with closing(Counting(tmp_path / "store.db", MODEL)) as found:
        yield found


def put(seen: Seen, assumptions: list[Assumption]) -> Question:
    return ask(seen.estate, assumptions, Asked(NOW, seen.checked_at, seen.live, seen.as_of), NOW)


def answers(question: Question) -> list[object]:
    sure = completeness(question)
    return [
        summarize(question), scenario(question), affected(question, 200), client_groups(question, 50), call(question),
        sure.revision, sure.recorded_at, sure.blind_spots,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_what_was_answered_then_is_answered_as_of_then(store: Counting, seed: int) -> None:
    snapshot, inventory = Snapshot(store, MODEL), Inventory(seed)
    told: dict[Head, tuple[list[Assumption], list[object]]] = {}
    while len(told) < 15:
        store.apply(inventory.change())
        if inventory.known:
            assumptions = inventory.scenario()
            told[store.head()] = assumptions, answers(put(snapshot.current(), assumptions))
    newest = store.head()
    for head, (assumptions, answer) in reversed(told.items()):
        seen = snapshot.as_of(head)
        assert (seen.estate.head, seen.live, seen.as_of) == (head, True, head != newest)
        assert answers(put(seen, assumptions)) == answer


def test_a_past_revision_is_said_and_has_no_age(store: Counting) -> None:
    snapshot, inventory = Snapshot(store, MODEL), Inventory(1)
    heads = [store.head()]
    while len(heads) < 3:
        store.apply(inventory.change())
        heads += [store.head()] if store.head() != heads[-1] and inventory.known else []
    late = NOW + timedelta(days=365)
    seen = snapshot.as_of(heads[1])
    known = Assumption(str(seen.estate.register.ids[0]))
    past = completeness(ask(seen.estate, [known], Asked(late, NOW, seen.live, seen.as_of)))
    assert (past.revision, past.as_of, past.source, past.age_seconds) == (heads[1].revision, True, Source.live, 0)
    assert not snapshot.as_of(heads[2]).as_of
    assert snapshot.as_of(heads[2]).estate is snapshot.current().estate
    with pytest.raises(UnknownCi) as unknown:
        put(snapshot.as_of(heads[0]), [known])
    assert unknown.value.as_of == 0
    with pytest.raises(InvalidInput):
        snapshot.as_of(Head(99, NOW))


def test_the_estate_in_memory_answers_for_its_revision_when_newer_ones_come(store: Counting) -> None:
    snapshot, inventory = Snapshot(store, MODEL), Inventory(2)
    store.apply(inventory.change())
    head, seen, before = store.head(), snapshot.current(), store.dumps
    while store.head() == head:
        store.apply(inventory.change())
    past = snapshot.as_of(head)
    assert past.estate is seen.estate
    assert (past.as_of, store.dumps) == (True, before)


def test_the_last_few_past_estates_are_kept(store: Counting) -> None:
    snapshot, inventory = Snapshot(store, MODEL), Inventory(3)
    heads: list[Head] = []
    while len(heads) < KEPT + 3:
        store.apply(inventory.change())
        heads = [*heads, store.head()] if store.head() not in heads else heads
    past = heads[: KEPT + 1]
    for head in past:
        snapshot.as_of(head)
    assert store.dumps == KEPT + 1
    for head in past[1:]:
        snapshot.as_of(head)
    assert store.dumps == KEPT + 1
    snapshot.as_of(past[0])
    assert store.dumps == KEPT + 2


def test_many_who_ask_for_one_past_revision_compile_it_once(store: Counting) -> None:
    snapshot, inventory = Snapshot(store, MODEL), Inventory(4)
    while store.head().revision < 3:
        store.apply(inventory.change())
    head = store.changes(1, 1).head
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: snapshot.as_of(head).estate, range(32)))
    assert len({id(estate) for estate in found}) == store.dumps == 1
