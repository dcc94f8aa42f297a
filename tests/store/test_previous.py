"""What an earlier version kept, a store's file and an archive of the same inventory, is gone on with."""

import gzip
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from cmdb.model.ci import CiId
from cmdb.model.model import Model
from cmdb.move.archive import Archive
from cmdb.move.copying import copy
from cmdb.move.hashing import content_hash
from cmdb.store.port import Applied, Store, StoreUnavailable
from cmdb.store.sqlite import schema
from cmdb.store.sqlite.store import SqliteStore
from tests.store.estate import CIS, change, ci, incident

KEPT = Path(__file__).parent / "previous"
CONTENT = "c4096e5bd0ea0eafdc7102be8fb8a1734454e9c872a69091b396c57c633c7d69"
"""What was printed when the archive was written."""
ONE = incident("INC-1", ["db"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of format 1."""
    (tmp_path / "store.db").write_bytes(gzip.decompress((KEPT / "store-1.db.gz").read_bytes()))
    return tmp_path / "store.db"


@pytest.fixture
def upgraded(path: Path, model: Model) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path, model)) as store:
        yield store


def outline(path: Path) -> list[tuple[object, ...]]:
    """The tables, columns and indexes of a file."""
    sql = """SELECT s.type, s.name, c.name, c.type, c."notnull", c.pk
        FROM sqlite_master AS s, pragma_table_info(s.name) AS c ORDER BY s.name, c.cid"""
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.pragma("integrity_check") == "ok"
        return [connection.pragma("user_version"), *connection.execute(sql)]


def test_a_file_becomes_what_a_new_one_is(upgraded: Store, path: Path, model: Model) -> None:
    new = path.with_name("new.db")
    SqliteStore(new, model).close()
    assert outline(path) == outline(new)


def test_nothing_of_it_is_lost(upgraded: Store) -> None:
    assert content_hash(upgraded) == CONTENT
    assert (upgraded.head().revision, upgraded.records().records) == (4, [])
    assert [(logged.records, logged.cis) for logged in upgraded.log(0, 9)] == [((), 5), ((), 2), ((), 2), ((), 3)]
    assert upgraded.dump(1).cis == CIS
    assert [hit.ci.id for hit in upgraded.search("h3", 1)] == ["h3"]
    again = change(put_cis=[ci("h3", rack=7, tags=["a", "é"]), ci("h1", name="new name")], message="more", key="k1")
    assert upgraded.apply(again) == Applied(2, created=1, changed=1, replayed=True)


def test_it_takes_records(upgraded: Store, path: Path, model: Model) -> None:
    assert upgraded.apply(change(put_records=[ONE])) == Applied(5, created=1)
    with closing(SqliteStore(path, model)) as other:
        assert list(other.dump().records) == [ONE]
        assert other.log(4, 1)[0].records == (ONE.key,)


def test_an_archive_without_records_is_restored(upgraded: Store, store: Store, model: Model) -> None:
    done = copy(Archive(KEPT / "archive-1.ndjson.gz"), store, model)
    assert (done.head, done.content) == (upgraded.head(), CONTENT)
    ids = [CiId(i) for i in ("app", "db", "h1", "h2", "h3", "san")]
    assert store.history(ids, 99) == upgraded.history(ids, 99)
    assert store.log(0, 99) == upgraded.log(0, 99)
    assert [store.dump(at)[1:] for at in range(5)] == [upgraded.dump(at)[1:] for at in range(5)]


def test_an_upgrade_is_done_whole_or_not_at_all(path: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    before = outline(path)
    monkeypatch.setattr(schema, "UPGRADES", {1: f"{schema.RECORDS_DDL} INSERT INTO nowhere VALUES(1);"})
    with pytest.raises(apsw.SQLError, match="nowhere"):
        SqliteStore(path, model)
    assert outline(path) == before
    monkeypatch.undo()
    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            SqliteStore(path, model, busy_seconds=0.1)
        other.execute("ROLLBACK")
    with closing(SqliteStore(path, model)) as store:
        assert content_hash(store) == CONTENT
