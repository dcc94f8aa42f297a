"""Whatever file lies where an estate is kept, answers are those of what is recorded."""

import os
from collections.abc import Iterator
from contextlib import closing
from fcntl import LOCK_EX, flock
from pathlib import Path
from random import Random

import numpy as np
import pytest

from cmdb.model.changeset import Changeset
from cmdb.store.sqlite.store import SqliteStore
from impact.estate import Estate
from impact.estate_file import previous, save
from impact.kept import Keep, KeptEstate
from impact.snapshot import Snapshot, compile_estate, vocabulary
from tests.impact.estates import MODEL, WORDS, ci
from tests.impact.test_estate_file import damaged, resealed
from tests.impact.test_snapshot import Inventory, answers

STORE = "sqlite:one"
SWAPS = int(os.environ.get("BLUENOSE_SWAPS", "120"))
OTHER_MODEL = MODEL.extended([], [], ["education"])


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    return Keep(tmp_path / "estate", STORE)


class Files:
    """Files that may lie where the estate of `store` is kept: name -> (content, revision, whether it may be used)."""

    def __init__(self, store: SqliteStore, other: SqliteStore, folder: Path) -> None:
        self.found: dict[str, tuple[bytes, int, bool]] = {}
        self._draft = folder / "made"
        inventory, stranger = Inventory(4), Inventory(5)
        snapshot = Snapshot(store, MODEL)
        for turn in range(9):
            store.apply(inventory.change())
            other.apply(stranger.change())
            if turn % 2:
                self._add(f"revision {turn}", snapshot.current().estate, STORE, True)
        newest = compile_estate(WORDS, store.dump())
        theirs = Snapshot(other, MODEL).current().estate
        self._add("newest", newest, STORE, True)
        self._add("of another store", theirs, "sqlite:two", False)
        self._add("of another store under this name", theirs, STORE, True)  # only the store can tell, and does
        self._add("of another model", compile_estate(vocabulary(OTHER_MODEL), store.dump()), STORE, False)
        whole = self.found["newest"][0]
        self.found["of another version"] = resealed(whole, lambda header: header.pop("dead")), -1, False
        self.found["empty"] = b"", -1, False
        self.inventory = inventory

    def _add(self, name: str, estate: Estate, store: str, usable: bool) -> None:
        save(estate, self._draft, store)
        self.found[name] = self._draft.read_bytes(), estate.revision, usable

    def pick(self, random: Random) -> tuple[bytes, int, bool]:
        """One of them, every fourth time damaged."""
        data, revision, usable = self.found[random.choice(sorted(self.found))]
        return (damaged(data, random), -1, False) if data and random.random() < 0.25 else (data, revision, usable)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "other.db", MODEL)) as opened:
        yield opened


def test_swapped_files_never_give_a_wrong_answer(
    store: SqliteStore, other: SqliteStore, keep: Keep, tmp_path: Path
) -> None:
    files, random, used = Files(store, other, tmp_path), Random(8), 0
    anew = compile_estate(WORDS, store.dump())
    for _ in range(SWAPS):
        current, before = files.pick(random), files.pick(random)
        for place, (data, *_) in ((keep.place, current), (previous(keep.place), before)):
            place.unlink(missing_ok=True)  # as a swap does: a file in use is never written to
            place.write_bytes(data)
        snapshot = Snapshot(store, MODEL, keep)
        usable = [revision for _, revision, whole in (current, before) if whole]
        kept = snapshot.seen
        assert (kept and kept.estate.revision) == (usable[0] if usable else None)
        assert kept is None or not kept.live
        used += kept is not None
        scenario = files.inventory.scenario()
        assert answers(snapshot.current().estate, scenario) == answers(anew, scenario)
    assert SWAPS / 4 < used < SWAPS, "both what can be used and what cannot must turn up"


def test_a_file_of_a_revision_the_store_no_longer_holds_is_not_used(store: SqliteStore, keep: Keep) -> None:
    inventory = Inventory(6)
    store.apply(inventory.change())
    newest = Snapshot(store, MODEL).current().estate
    for revision in (newest.revision, newest.revision + 7):
        later = Estate(**{**vars(newest), "revision": revision, "recorded_at": newest.recorded_at.replace(year=2099)})
        save(later, keep.place, STORE)
        found = Snapshot(store, MODEL, keep).current()
        assert (found.estate.head, found.live) == (newest.head, True)


def test_of_many_snapshots_one_writes_and_all_share(store: SqliteStore, keep: Keep) -> None:
    inventory = Inventory(7)
    store.apply(inventory.change())
    many = [Snapshot(store, MODEL, keep) for _ in range(3)]
    for turn in range(3):
        for snapshot in many:
            assert snapshot.current().live
        many[turn].share()
        written = keep.place.stat()
        for snapshot in many:
            snapshot.share()
            kept, now = snapshot.seen, keep.place.stat()
            assert kept is not None
            assert kept.live
            assert not kept.estate.kind.flags.writeable, "a view of the file"
            assert (now.st_ino, now.st_mtime_ns) == (written.st_ino, written.st_mtime_ns), "written once"
        store.apply(inventory.change())
        scenario, anew = inventory.scenario(), compile_estate(WORDS, store.dump())
        for snapshot in many:
            assert answers(snapshot.current().estate, scenario) == answers(anew, scenario)


def test_what_others_kept_of_a_replaced_store_is_written_over(
    store: SqliteStore, other: SqliteStore, keep: Keep
) -> None:
    store.apply(Changeset("me", "test", put_cis=[ci("a")]))
    for name in ("b", "c", "d"):
        other.apply(Changeset("me", "test", put_cis=[ci(name)]))
    snapshot = Snapshot(store, MODEL, keep)
    snapshot.current()
    save(Snapshot(other, MODEL).current().estate, keep.place, STORE)
    snapshot.share()
    kept = KeptEstate(keep, WORDS).load()
    assert kept is not None
    assert list(kept.register.ids) == ["a"]
    assert snapshot.seen is not None
    assert (snapshot.seen.live, snapshot.seen.estate.head) == (True, kept.head)


def test_a_file_under_another_pen_is_left_alone(store: SqliteStore, keep: Keep) -> None:
    store.apply(Changeset("me", "test", put_cis=[ci("a")]))
    snapshot = Snapshot(store, MODEL, keep)
    estate = snapshot.current().estate
    with keep.place.with_name("estate.draft").open("wb") as draft:
        flock(draft, LOCK_EX)
        with pytest.raises(BlockingIOError):
            snapshot.share()
        snapshot.save()
        assert not keep.place.exists()
    assert snapshot.seen is not None
    assert snapshot.seen.estate is estate
    snapshot.share()
    assert np.array_equal(snapshot.seen.estate.kind, estate.kind)
    assert not snapshot.seen.estate.kind.flags.writeable
