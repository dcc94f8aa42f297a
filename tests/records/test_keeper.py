"""The keeper: follows the store, answers while it is away and after a restart, and remembers what was."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.model import Model
from cmdb.model.record import Record
from cmdb.records.drafts import IncidentDraft
from cmdb.records.form import kept
from cmdb.records.keeper import BookKeeper
from cmdb.records.record_types import Incident
from cmdb.records.service import RecordDesk
from cmdb.store.port import StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore
from tests.records.conftest import BY
from tests.records.times import START, Hands


class Line:
    """A store that can be cut off and connected again, as one on a network: the real one, closed and opened anew."""

    def __init__(self, place: Path, model: Model, clock: Hands) -> None:
        self._place, self._model, self._clock = place, model, clock
        self.connect()

    def connect(self, place: Path | None = None) -> None:
        self._store = SqliteStore(place or self._place, self._model, clock=self._clock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def put(store: Any, *numbers: str, title: str = "x") -> None:
    records = [kept(Incident(number=number, title=title, started_at=START)) for number in numbers]
    store.apply(Changeset("ann", "test", put_records=records))


def numbers(keeper: BookKeeper) -> list[str]:
    return sorted(incident.number for incident in keeper.current().book.incidents.values())


@pytest.fixture
def line(tmp_path: Path, model: Model, clock: Hands) -> Iterator[Line]:
    with closing(Line(tmp_path / "line.db", model, clock)) as line:
        yield line


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "line.db.book"


def test_it_follows_what_is_written(line: Line, clock: Hands) -> None:
    keeper = BookKeeper(line, clock=clock)
    assert (keeper.seen, numbers(keeper)) == (None, [])
    put(line, "1", "2")
    clock.pass_(1)
    seen = keeper.current()
    assert (seen.live, seen.checked_at, seen.book.head) == (True, clock.now, line.head())
    put(line, "2", title="y")
    put(line, "3")
    assert numbers(keeper) == ["1", "2", "3"]
    assert {value.title for value in keeper.current().book.incidents.values()} == {"x", "y"}
    assert len(seen.book.incidents) == 2


def test_it_answers_while_the_store_is_away(line: Line, clock: Hands) -> None:
    keeper = BookKeeper(line, clock=clock)
    put(line, "1")
    first = keeper.current()
    line.close()
    clock.pass_(5)
    assert keeper.current() == first._replace(live=False)
    assert keeper.as_of(first.book.head) is first.book
    line.connect()
    put(line, "2")
    assert (keeper.current().live, numbers(keeper)) == (True, ["1", "2"])


def test_without_anything_seen_it_says_that_the_store_is_away(line: Line, place: Path) -> None:
    line.close()
    with pytest.raises(StoreUnavailable):
        BookKeeper(line, place).current()


def test_after_a_restart_it_answers_from_disk(line: Line, place: Path, clock: Hands) -> None:
    put(line, "1")
    before = BookKeeper(line, place, clock)
    head = before.current().book.head
    before.save()
    put(line, "2")
    line.close()
    restarted = BookKeeper(line, place, clock)
    seen = restarted.current()
    assert (seen.live, seen.checked_at, seen.book.head, numbers(restarted)) == (False, head.recorded_at, head, ["1"])
    line.connect()
    assert (numbers(restarted), restarted.current().live) == (["1", "2"], True)


@pytest.mark.parametrize("at", [0, 10, 30, -1])
def test_a_damaged_file_is_ignored(line: Line, place: Path, at: int) -> None:
    put(line, "1")
    keeper = BookKeeper(line, place)
    keeper.current()
    keeper.save()
    data = bytearray(place.read_bytes())
    data[at] ^= 1
    place.write_bytes(data)
    assert numbers(BookKeeper(line, place)) == ["1"]
    line.close()
    with pytest.raises(StoreUnavailable):
        BookKeeper(line, place).current()


@pytest.mark.parametrize("length", [0, 5, 40])
def test_a_file_cut_short_is_ignored(line: Line, place: Path, length: int) -> None:
    put(line, "1")
    keeper = BookKeeper(line, place)
    keeper.current()
    keeper.save()
    place.write_bytes(place.read_bytes()[:length])
    assert numbers(BookKeeper(line, place)) == ["1"]


def test_another_process_that_writes_the_file_and_a_missing_folder_are_no_errors(line: Line, place: Path) -> None:
    put(line, "1")
    keeper, nowhere = BookKeeper(line, place), BookKeeper(line, place / "no" / "folder")
    for each in (keeper, nowhere):
        each.current()
    with place.with_name(place.name + ".draft").open("wb") as draft:
        flock(draft, LOCK_EX)
        keeper.save()
        nowhere.save()
        assert not place.exists()
    keeper.save()
    assert place.exists()


def test_a_file_is_written_only_for_something_new(line: Line, place: Path) -> None:
    put(line, "1")
    keeper = BookKeeper(line, place)
    keeper.save()
    assert not place.exists()
    keeper.current()
    keeper.save()
    place.unlink()
    keeper.save()
    assert not place.exists()
    put(line, "2")
    keeper.current()
    keeper.save()
    assert place.exists()


def test_a_book_with_records_of_a_later_version_is_not_kept(line: Line, place: Path) -> None:
    keeper = BookKeeper(line, place)
    line.apply(Changeset("ann", "test", put_records=[Record("incident", "bluenose", "1", "{}")]))
    assert keeper.current().book.unread
    keeper.save()
    assert not place.exists()


def test_a_store_that_was_replaced_while_away_is_read_anew(line: Line, place: Path, clock: Hands) -> None:
    keeper = BookKeeper(line, place, clock)
    put(line, "1")
    put(line, "2")
    assert numbers(keeper) == ["1", "2"]
    keeper.save()
    line.close()
    restarted = BookKeeper(line, place, clock)
    assert (numbers(restarted), numbers(keeper)) == (["1", "2"], ["1", "2"])
    clock.pass_(1)
    line.connect(place.with_name("other.db"))
    for number in ("7", "8", "9"):
        put(line, number)
    assert (numbers(keeper), numbers(restarted)) == (["7", "8", "9"], ["7", "8", "9"])


def test_a_store_set_back_is_read_anew(line: Line, tmp_path: Path, clock: Hands) -> None:
    keeper = BookKeeper(line, clock=clock)
    put(line, "1")
    put(line, "2")
    assert numbers(keeper) == ["1", "2"]
    line.close()
    line.connect(tmp_path / "earlier.db")
    put(line, "1")
    assert numbers(keeper) == ["1"]


def test_the_book_as_it_was(line: Line, clock: Hands) -> None:
    keeper = BookKeeper(line, clock=clock)
    heads = []
    for number in range(1, 8):
        clock.pass_(1)
        put(line, str(number))
        heads.append(line.head())
    keeper.current()
    for head in [*heads, *heads[:2]]:
        assert len(keeper.as_of(head).incidents) == head.revision
        assert keeper.as_of(head).head == head
    line.close()
    with pytest.raises(StoreUnavailable):
        keeper.as_of(heads[3])


def test_threads_see_no_book_older_than_one_seen_before(
    store: SqliteStore, keeper: BookKeeper, desk: RecordDesk
) -> None:
    def watch(_: int) -> list[int]:
        return [keeper.current().book.head.revision for _ in range(200)]

    def write(number: int) -> int:
        return desk.declare_incident(IncidentDraft(title=f"{number}", started_at=START), BY).revision

    with ThreadPoolExecutor(6) as pool:
        watched, written = list(pool.map(watch, range(3))), list(pool.map(write, range(12)))
    assert all(seen == sorted(seen) for seen in watched)
    assert sorted(written) == list(range(2, 14))
    assert keeper.current().book.head == store.head()
