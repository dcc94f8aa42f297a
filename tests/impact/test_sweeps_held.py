"""Sweeps that are held and kept: used only for the estate they are of, refreshed when it moves on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.workspace import Workspace, open_workspace
from cmdb.model.changeset import Changeset
from impact.estate import Estate
from impact.sweep import held
from impact.sweep.kept import KeptSweep
from impact.sweep.pool import Threads
from impact.sweep.sweep import Sweep, sweep
from tests.impact.estates import ci, estate, rel, rule


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was computed, in order: `sweep` or `refresh`."""
    calls: list[str] = []

    def noted(name: str) -> Any:
        real = getattr(held, name)

        def call(*arguments: Any) -> Any:
            calls.append(name)
            return real(*arguments)

        return call

    for name in ("sweep", "refresh"):
        monkeypatch.setattr(held, name, noted(name))
    return calls


@pytest.fixture
def address(tmp_path: Path) -> str:
    workspace = open_workspace(f"sqlite:{tmp_path / 'cmdb.db'}")
    workspace.store.apply(
        Changeset(
            "ada", "hand", "first",
            put_cis=[ci("svc", "business_service", rto=60), ci("app", "application", restore=90),
                     ci("db-1", "database"), ci("db-2", "database")],
            put_relations=[rel("svc delivered_by app"), rel("app depends_on db-1", "db"),
                           rel("app depends_on db-2", "db")],
            put_pools=[rule("app", "db", "1")],
        )
    )  # fmt: skip
    workspace.close()
    return f"sqlite:{tmp_path / 'cmdb.db'}"


@pytest.fixture
def workspace(address: str) -> Iterator[Workspace]:
    found = open_workspace(address)
    yield found
    found.close()


def of(workspace: Workspace) -> Sweep:
    return workspace.sweeps.of(workspace.seen().estate).sweep


def grow(workspace: Workspace) -> None:
    """Both databases now stand on one array."""
    workspace.store.apply(
        Changeset(
            "ada", "hand", "an array", put_cis=[ci("san", "storage")],
            put_relations=[rel("db-1 depends_on san"), rel("db-2 depends_on san")],
        )
    )  # fmt: skip


def same(a: Sweep, b: Sweep) -> bool:
    heads = (a.revision, a.recorded_at) == (b.revision, b.recorded_at)
    return heads and bool(np.array_equal(a.cis, b.cis)) and bool(np.array_equal(a.table, b.table))


def test_it_is_computed_once_and_kept_for_the_next_process(workspace: Workspace, address: str, done: list[str]) -> None:
    first = of(workspace)
    assert of(workspace) is first
    other = open_workspace(address)
    assert same(of(other), first)
    other.close()
    assert done == ["sweep"]


def test_a_change_is_followed(workspace: Workspace, done: list[str]) -> None:
    of(workspace)
    grow(workspace)
    after = of(workspace)
    assert done == ["sweep", "refresh"]
    assert same(after, sweep(workspace.seen().estate))
    assert len(after.cis) == 5


def test_a_change_while_no_process_ran_is_followed_from_what_was_kept(
    address: str, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stores.LEAST_KEPT", 0)
    first = open_workspace(address)
    of(first)
    first.close()
    writer = open_workspace(address)
    grow(writer)
    writer.store.close()
    later = open_workspace(address)
    found = of(later)
    assert done == ["sweep", "refresh"]
    assert same(found, sweep(later.seen().estate))
    later.close()


def test_a_past_sweep_does_not_take_the_place_of_the_newest(workspace: Workspace, done: list[str]) -> None:
    grow(workspace)
    newest = of(workspace)
    then = workspace.snapshot.as_of(workspace.inventory.revision_of("r1"))
    past = workspace.sweeps.of(then.estate, then.as_of)
    assert workspace.sweeps.of(then.estate, then.as_of) is past
    assert (len(past.sweep.cis), of(workspace)) == (4, newest)
    assert done == ["sweep", "sweep"]


def one(name: str) -> Estate:
    return estate([ci(name), ci("web", "application")], [rel(f"web hosted_on {name}")])


def test_a_kept_sweep_is_not_taken_for_an_estate_with_other_ids(tmp_path: Path) -> None:
    kept, found = KeptSweep(tmp_path / "x.sweep"), one("srv-1")
    assert kept.load(found) is None
    kept.save(sweep(found), found)
    loaded = kept.load(found)
    assert loaded is not None
    assert same(loaded, sweep(found))
    assert kept.load(one("srv-2")) is None


def test_a_damaged_file_is_not_believed(tmp_path: Path) -> None:
    kept, found = KeptSweep(tmp_path / "x.sweep"), one("srv-1")
    kept.save(sweep(found), found)
    whole = kept.place.read_bytes()
    for at in range(len(whole)):
        kept.place.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert kept.load(found) is None, at
        kept.place.write_bytes(whole[:at])
        assert kept.load(found) is None, at
    kept.place.write_bytes(whole + b"\0" * 4)
    assert kept.load(found) is None


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    kept, found = KeptSweep(tmp_path / "missing" / "x.sweep"), one("srv-1")
    kept.save(sweep(found), found)
    assert kept.load(found) is None


def test_given_workers_it_is_computed_anew(workspace: Workspace, done: list[str]) -> None:
    first = of(workspace)
    again = workspace.sweeps.of(workspace.seen().estate, pool=Threads(1)).sweep
    assert same(again, first)
    assert done == ["sweep", "sweep"]


def test_of_many_who_ask_one_computes(workspace: Workspace, done: list[str]) -> None:
    found = workspace.seen().estate
    with ThreadPoolExecutor(8) as threads:
        swept = list(threads.map(lambda _: workspace.sweeps.of(found), range(32)))
    assert all(one is swept[0] for one in swept)
    assert done == ["sweep"]


def test_an_answer_still_being_made_on_an_older_estate_does_not_turn_the_newest_back(
    workspace: Workspace, done: list[str]
) -> None:
    older = workspace.seen().estate
    grow(workspace)
    newest = of(workspace)
    assert len(workspace.sweeps.of(older).sweep.cis) == 4
    assert of(workspace) is newest
    assert done == ["sweep", "sweep"]
