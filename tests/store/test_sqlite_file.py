"""What only the embedded store has: a file, which may be missing, foreign, locked, full or damaged."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from cmdb.model.model import Model
from cmdb.store.port import StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore
from tests.store.estate import ESTATE, change, ci


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secret-place" / "store.db"


@pytest.fixture(autouse=True)
def folder(path: Path) -> None:
    path.parent.mkdir()


def refused(path: Path, model: Model) -> str:
    with pytest.raises(StoreUnavailable) as error:
        SqliteStore(path, model)
    assert "secret-place" not in str(error.value)
    return error.value.reason


def test_a_missing_folder(path: Path, model: Model) -> None:
    assert refused(path.parent / "none" / "store.db", model) == "the store's file cannot be opened"


def test_a_folder_is_no_file(path: Path, model: Model) -> None:
    assert refused(path.parent, model) == "the store's file cannot be opened"


def test_another_kind_of_file_is_left_alone(path: Path, model: Model) -> None:
    path.write_bytes(b"id,kind,name\n" * 500)
    assert refused(path, model) == "the file is not a Bluenose store"
    assert path.read_bytes() == b"id,kind,name\n" * 500


def test_another_database_is_left_alone(path: Path, model: Model) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs(x)")
        other.commit()
    before = path.read_bytes()
    assert refused(path, model) == "the file is not a Bluenose store"
    assert path.read_bytes() == before


def test_a_later_format_is_refused(path: Path, model: Model) -> None:
    SqliteStore(path, model).close()
    with closing(apsw.Connection(str(path))) as other:
        other.execute("PRAGMA user_version = 99")
    assert refused(path, model) == "the store has format 99, this program reads format 3"


def test_a_damaged_file(path: Path, model: Model) -> None:
    with closing(SqliteStore(path, model)) as store:
        store.apply(change(put_cis=[ci(f"c{n}") for n in range(2_000)]))
    whole = path.read_bytes()
    path.write_bytes(whole[:8_192] + b"\x5a" * (len(whole) - 8_192))
    with pytest.raises(StoreUnavailable, match="damaged"), closing(SqliteStore(path, model)) as store:
        store.dump()


def test_a_lock_held_too_long(path: Path, model: Model) -> None:
    with closing(SqliteStore(path, model, busy_seconds=0.1)) as store:
        store.apply(ESTATE)
        with closing(apsw.Connection(str(path))) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="locked"):
                store.apply(change(put_cis=[ci("new")]))
            assert len(store.dump().cis) == 5
            other.execute("ROLLBACK")
        assert store.apply(change(put_cis=[ci("new")])).revision == 2


def test_a_full_disk_leaves_the_store_whole(path: Path, model: Model) -> None:
    source = f"""
import resource, signal
from pathlib import Path
from cmdb.model.model import standard_model
from cmdb.store.port import StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore
from tests.store.estate import ESTATE, change, ci
store = SqliteStore(Path({str(path)!r}), standard_model())
store.apply(ESTATE)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    store.apply(change(put_cis=[ci(f"c{{n}}", description="x" * 500) for n in range(20_000)]))
except StoreUnavailable as error:
    print(error.reason)
print(len(store.dump().cis))
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    reason, count = done.stdout.splitlines()
    assert reason in ("the disk is full", "the store's file cannot be read or written")
    assert (count, done.stderr) == ("5", "")
    with closing(SqliteStore(path, model)) as store:
        assert len(store.dump().cis) == 5


def test_the_search_index_survives_a_vacuum(path: Path, model: Model) -> None:
    with closing(SqliteStore(path, model)) as store:
        store.apply(change(put_cis=[ci("first"), ci("second"), ci("third")]))
        store.apply(change(delete=["first"]))
    with closing(apsw.Connection(str(path))) as other:
        other.execute("VACUUM")
        assert other.pragma("integrity_check") == "ok"
    with closing(SqliteStore(path, model)) as store:
        assert [hit.ci.id for hit in store.search("third", 1)] == ["third"]


def test_a_commit_is_flushed_and_readers_do_not_wait(path: Path, model: Model) -> None:
    with closing(SqliteStore(path, model)) as store, closing(apsw.Connection(str(path))) as other:
        assert other.pragma("journal_mode") == "wal"
        with store._connections.writing() as writer:
            assert writer.pragma("synchronous") == 2
            assert store.head().revision == 0
        with store._connections.reading() as reader, pytest.raises(apsw.ReadOnlyError):
            reader.execute("DELETE FROM ci")


def test_times_never_run_backwards(path: Path, model: Model) -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    times = iter([noon, noon + timedelta(hours=1), noon - timedelta(hours=1)])
    with closing(SqliteStore(path, model, clock=lambda: next(times))) as store:
        assert store.head().recorded_at == noon
        store.apply(ESTATE)
        store.apply(change(put_cis=[ci("new")]))
        assert store.head() == (2, noon + timedelta(hours=1))
