"""An estate comes back from its file unchanged; a file that was changed in any way is refused."""

from pathlib import Path
from random import Random

import pytest

from cmdb.store.sqlite.store import SqliteStore
from impact.estate import Estate
from impact.estate_file import DamagedFile, load, previous, save
from impact.snapshot import Snapshot, vocabulary
from tests.impact.estates import MODEL, WORDS, ci, estate, rel
from tests.impact.test_snapshot import Inventory, answers

STORE = "sqlite:one"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "estate"


def grown(store: SqliteStore, seed: int, changes: int = 12) -> tuple[Estate, Inventory]:
    """An estate that was compiled once and patched ever after."""
    inventory, snapshot = Inventory(seed), Snapshot(store, MODEL)
    for _ in range(changes):
        store.apply(inventory.change())
        found = snapshot.current().estate
    return found, inventory


@pytest.mark.parametrize("seed", range(6))
def test_a_patched_estate_answers_the_same_from_its_file(store: SqliteStore, place: Path, seed: int) -> None:
    found, inventory = grown(store, seed)
    save(found, place, STORE)
    back = load(place, STORE, WORDS)
    assert (back.revision, back.recorded_at) == (found.revision, found.recorded_at)
    for _ in range(5):
        scenario = inventory.scenario()
        assert answers(back, scenario) == answers(found, scenario)


@pytest.mark.parametrize("seed", range(3))
def test_a_loaded_estate_is_followed_like_any_other(store: SqliteStore, place: Path, seed: int) -> None:
    found, inventory = grown(store, seed)
    save(found, place, STORE)
    keeper = Snapshot(store, MODEL)
    keeper.start_from(load(place, STORE, WORDS))
    for _ in range(8):
        store.apply(inventory.change())
        scenario = inventory.scenario()
        assert answers(keeper.current().estate, scenario) == answers(Snapshot(store, MODEL).current().estate, scenario)


def damaged(data: bytes, random: Random) -> bytes:
    """`data` with one bit flipped, or cut, or longer."""
    at = random.randrange(len(data))
    kind = random.random()
    if kind < 0.8:
        return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
    return data[:at] if kind < 0.9 else data + bytes(random.randrange(1, 100))


def test_500_damaged_files_are_all_refused(store: SqliteStore, place: Path) -> None:
    found, _ = grown(store, 1)
    save(found, place, STORE)
    whole, random = place.read_bytes(), Random(5)
    for _ in range(500):
        place.write_bytes(damaged(whole, random))
        with pytest.raises(DamagedFile):
            load(place, STORE, WORDS)
    place.write_bytes(whole)
    assert load(place, STORE, WORDS).revision == found.revision


def test_files_of_other_stores_and_models_are_refused(place: Path) -> None:
    save(estate([ci("a")]), place, STORE)
    with pytest.raises(DamagedFile):
        load(place, "sqlite:two", WORDS)
    other = vocabulary(MODEL.extended([], [], ["education"]))
    with pytest.raises(DamagedFile):
        load(place, STORE, other)
    place.write_bytes(b"")
    with pytest.raises(DamagedFile):
        load(place, STORE, WORDS)
    with pytest.raises(OSError, match="No such file"):
        load(place.with_name("missing"), STORE, WORDS)


def test_the_file_before_is_kept(place: Path) -> None:
    save(estate([ci("a")]), place, STORE)
    save(estate([ci("a"), ci("b")], [rel("a depends_on b")]), place, STORE)
    assert load(place, STORE, WORDS).size == 2
    assert load(previous(place), STORE, WORDS).size == 1
    assert sorted(f.name for f in place.parent.iterdir()) == ["estate", "estate.previous"]


def test_names_in_any_script_survive(place: Path) -> None:
    cis = [ci("é-1"), ci("ショップ"), ci("𝔘")]
    save(estate(cis), place, STORE)
    back = load(place, STORE, WORDS)
    assert [back.register.ids[i] for i in range(3)] == sorted(c.id for c in cis)
    assert all(back.register.find(c.id) is not None for c in cis)
