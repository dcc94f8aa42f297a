"""Digests that are kept and brought up to date are those of everything, over every store."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.errors import InvalidInput
from cmdb.store.port import Store
from importers import digests as module
from importers.digests import Digests, digests, followed, load, newest, save
from tests.store.estate import ESTATE, change, ci, incident, rule
from tests.store.twin import IDS, changesets


def told(found: Digests) -> list[Any]:
    return [found.head, found.seed, sorted(found.cis.rows()), sorted(found.relations.rows()), found.pools]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(changesets, min_size=1, max_size=8))
def test_what_was_written_since_is_all_that_differs(fresh: Callable[..., Store], steps: list[Changeset]) -> None:
    with closing(fresh()) as store:
        store.apply(change(put_cis=[ci(name) for name in IDS[:3]]))
        first = last = digests(store)
        for step in steps:
            with suppress(InvalidInput):
                store.apply(step)
            whole = digests(store, first.seed)
            since_first, since_last = followed(first, store), followed(last, store)
            assert since_first is not None
            assert since_last is not None
            last = since_last[0]
            assert told(since_first[0]) == told(last) == told(whole)
            assert sorted(last.records) == sorted(whole.records)


def test_what_is_kept_comes_back_and_is_followed(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTHWHILE", 2)
    place = tmp_path / "digests"
    store.apply(change(put_cis=[ci("one")]))
    assert newest(store, place) is None
    store.apply(ESTATE)
    first = newest(store, place)
    assert first is not None
    kept = load(place)
    assert kept is not None
    assert (told(kept), kept.records) == (told(first), [])
    assert place.stat().st_mode & 0o777 == 0o600
    store.apply(change(delete=["h1"], put_cis=[ci("san", "storage", name="new")], put_records=[incident("1", ["db"])]))
    monkeypatch.setattr(type(store), "columns", None)
    again = newest(store, place)
    assert again is not None
    monkeypatch.undo()
    monkeypatch.setattr(module, "WORTHWHILE", 2)
    assert (told(again), list(again.records)) == (told(digests(store, first.seed)), list(store.dump().records))
    kept = load(place)
    assert kept is not None
    assert kept.head == first.head
    monkeypatch.setattr(module, "STALE", 0)
    newest(store, place)
    kept = load(place)
    assert kept is not None
    assert told(kept) == told(again)
    assert [file.name for file in tmp_path.iterdir() if "digests" in file.name] == ["digests"]


def test_digests_of_another_store_are_taken_anew(fresh: Callable[..., Store], tmp_path: Path) -> None:
    with closing(fresh()) as store:
        store.apply(ESTATE)
        store.apply(change(put_pools=[rule("db", "spare")]))
        old = digests(store)
    with closing(fresh()) as other:
        other.apply(ESTATE)
        assert followed(old, other) is None
        other.apply(change(put_pools=[rule("db", "other")]))
        assert followed(old, other) is None


def test_too_much_is_read_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.apply(ESTATE)
    old = digests(store)
    monkeypatch.setattr(module, "FEW", 1)
    store.apply(change(put_cis=[ci("h1", name="new")]))
    assert followed(old, store) is not None
    store.apply(change(put_cis=[ci("h2", name="new")]))
    assert followed(old, store) is None


def test_a_damaged_file_is_ignored(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.apply(ESTATE)
    place = tmp_path / "digests"
    assert load(place) is None
    save(digests(store), place)
    whole = place.read_bytes()
    for at in range(0, len(whole), 37):
        place.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert load(place) is None, at
        place.write_bytes(whole[:at])
        assert load(place) is None, at
    place.write_bytes(whole)
    assert load(place) is not None
    monkeypatch.setattr(pl, "__version__", "0.1")
    assert load(place) is None


def test_a_file_that_cannot_be_written_costs_nothing_else(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORTHWHILE", 0)
    store.apply(ESTATE)
    assert newest(store, tmp_path / "gone" / "digests") is not None
