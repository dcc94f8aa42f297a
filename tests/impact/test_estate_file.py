"""An estate comes back from its file unchanged; a file that was changed in any way is refused."""

import resource
from collections.abc import Callable
from fcntl import LOCK_EX, flock
from hashlib import blake2b
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import orjson
import pytest

from cmdb.store.sqlite.store import SqliteStore
from impact.estate import Estate
from impact.estate_file import ALIGN, DIGEST, MAGIC, PROLOGUE, DamagedFile, load, previous, revision, save
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
    assert (back.graph.relation_count, back.graph.wasted) == (found.graph.relation_count, found.graph.wasted)
    assert revision(place, STORE, WORDS) == found.revision
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


def header_of(data: bytes) -> tuple[dict[str, Any], int]:
    """The header of a file, and where its sections begin."""
    end = PROLOGUE + int.from_bytes(data[len(MAGIC) : len(MAGIC) + 8], "little")
    return orjson.loads(data[PROLOGUE:end]), end + -end % ALIGN


def resealed(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """`data` with another header, whose checksum is right."""
    header, body = header_of(data)
    change(header)
    raw = orjson.dumps(header)
    start = MAGIC + len(raw).to_bytes(8, "little") + blake2b(raw, digest_size=DIGEST).digest() + raw
    return start + bytes(-len(start) % ALIGN) + data[body:]


OTHER_HEADERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a section fewer": lambda header: header["sections"].pop("kind"),
    "other parts": lambda header: header.pop("dead"),
    "no store": lambda header: header.pop("store"),
    "sections of another form": lambda header: header.update(sections={"kind": 1}),
}


@pytest.mark.parametrize("other", OTHER_HEADERS.values(), ids=OTHER_HEADERS.keys())
def test_files_of_other_versions_of_the_format_are_refused(place: Path, other: Callable[..., object]) -> None:
    save(estate([ci("a")]), place, STORE)
    whole = place.read_bytes()
    place.write_bytes(resealed(whole, lambda header: None))
    assert load(place, STORE, WORDS).size == 1
    place.write_bytes(resealed(whole, other))
    with pytest.raises(DamagedFile):
        load(place, STORE, WORDS)
    place.write_bytes(b"BNESTAT1" + whole[len(MAGIC) :])
    with pytest.raises(DamagedFile, match="another version"):
        load(place, STORE, WORDS)


def test_the_version_stands_for_what_a_file_holds(place: Path) -> None:
    save(estate([ci("a")]), place, STORE)
    header, _ = header_of(place.read_bytes())
    held = {name: [type_, len(shape)] for name, (type_, shape, *_) in sorted(header.pop("sections").items())}
    found = blake2b(orjson.dumps([sorted(header), held]), digest_size=4).hexdigest()
    assert (MAGIC, found) == (b"BNESTAT3", "1b8f7a33"), "files hold something else now: give MAGIC another number"


def test_parts_of_two_files_are_no_estate(store: SqliteStore, place: Path) -> None:
    found, inventory = grown(store, 3)
    save(found, place, STORE)
    older = place.read_bytes()
    store.apply(inventory.change())
    save(Snapshot(store, MODEL).current().estate, place, STORE)
    newer = place.read_bytes()
    (_, a), (_, b) = header_of(older), header_of(newer)
    for mixed in (older[:a] + newer[b:], newer[:b] + older[a:]):
        place.write_bytes(mixed)
        with pytest.raises(DamagedFile):
            load(place, STORE, WORDS)


def test_a_disk_that_is_full_costs_nothing_but_the_file(place: Path) -> None:
    save(estate([ci("a")]), place, STORE)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            save(estate([ci("a"), ci("b")]), place, STORE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert load(place, STORE, WORDS).size == 1
    assert [f.name for f in place.parent.iterdir()] == ["estate"]


def test_what_a_killed_writer_left_is_written_over(place: Path) -> None:
    place.with_name("estate.draft").write_bytes(bytes(100_000))
    save(estate([ci("a")]), place, STORE)
    assert load(place, STORE, WORDS).size == 1
    assert [f.name for f in place.parent.iterdir()] == ["estate"]


def test_two_never_write_at_once(place: Path) -> None:
    with place.with_name("estate.draft").open("wb") as other:
        flock(other, LOCK_EX)
        with pytest.raises(BlockingIOError):
            save(estate([ci("a")]), place, STORE)
    save(estate([ci("a")]), place, STORE)


def test_a_reader_beside_many_writers_finds_a_whole_file(place: Path) -> None:
    found = [estate([ci(f"ci-{n}") for n in range(size)]) for size in (1, 40)]
    written: list[int] = []

    def write() -> None:
        for turn in range(40):
            try:
                save(found[turn % 2], place, STORE)
                written.append(turn)
            except BlockingIOError:
                pass  # another one writes, and so does its file

    save(found[0], place, STORE)
    save(found[1], place, STORE)
    writers = [Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    read = 0
    while any(writer.is_alive() for writer in writers) or not read:
        try:
            assert load(place, STORE, WORDS).size in (1, 40)
        except FileNotFoundError:
            assert load(previous(place), STORE, WORDS).size in (1, 40)  # between two names
        read += 1
    for writer in writers:
        writer.join()
    assert written
    assert sorted(f.name for f in place.parent.iterdir()) == ["estate", "estate.previous"]
