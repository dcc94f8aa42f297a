"""The tables of the embedded store, and the SQL that follows from them.

Current rows stand in `ci`, `relation`, `pool` and `record` with the revision they hold since; a row that is
changed or removed moves to the table of the same name and `_past` with the revision that ended it. A creation
costs one insert, and both sides of every change can be told later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import apsw

from cmdb.model.ci import CI, Pool, Relation
from cmdb.model.record import Record

APPLICATION_ID = 0x426C4E73
FORMAT = 3

Row = tuple[Any, ...]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One kind of thing and its SQL. The first `width` columns are its key; `since` follows the columns."""

    name: str
    columns: tuple[str, ...]
    width: int
    indexes: tuple[tuple[str, str], ...] = ()

    @property
    def listed(self) -> str:
        """The columns, for a SELECT."""
        return ", ".join(f'"{column}"' for column in self.columns)

    def as_of(self, at: int | None) -> str:
        """What to read rows, with `since`, from: the current ones, or those that stood at the end of revision `at`."""
        if at is None:
            return self.name
        rows = f"SELECT {self.listed}, since FROM {self.name}"
        stood = f"since <= {at:d}"
        return f"({rows} WHERE {stood} UNION ALL {rows}_past WHERE {stood} AND until > {at:d})"

    @property
    def select(self) -> str:
        """One current row, with `since`, by key."""
        return f"SELECT {self.listed}, since FROM {self.name} WHERE {self._by_key}"

    @property
    def delete(self) -> str:
        """Take one current row away, by key."""
        return f"DELETE FROM {self.name} WHERE {self._by_key}"

    @property
    def keep(self) -> str:
        """Add a row, its `since` and its `until` to the past."""
        return f"INSERT INTO {self.name}_past({self.listed}, since, until) VALUES({self._marks}, ?, ?)"

    def insert(self, revision: int) -> str:
        """Add a new current row."""
        return f"INSERT INTO {self.name}({self.listed}, since) VALUES({self._marks}, {revision:d})"

    def replace(self, revision: int) -> str:
        """Give a current row, found by its key, the values of a new one."""
        values = ", ".join(f'"{c}" = excluded."{c}"' for c in (*self.columns[self.width :], "since"))
        return f"{self.insert(revision)} ON CONFLICT({self.key}) DO UPDATE SET {values}"

    def create_indexes(self) -> str:
        """The indexes beside the key."""
        return "".join(f"CREATE INDEX {name} ON {self.name}({columns});" for name, columns in self.indexes)

    def drop_indexes(self) -> str:
        """Undo `create_indexes`, so that a first load can sort each index once."""
        return "".join(f"DROP INDEX {name};" for name, _ in self.indexes)

    @property
    def key(self) -> str:
        """The columns that identify a row, for ON CONFLICT and ORDER BY."""
        return ", ".join(self.columns[: self.width])

    @property
    def _by_key(self) -> str:
        return " AND ".join(f"{c} = ?" for c in self.columns[: self.width])

    @property
    def _marks(self) -> str:
        return ", ".join("?" * len(self.columns))


CIS = Table("ci", CI._fields, 1, (("ci_by_kind", "kind, id"),))
RELATIONS = Table("relation", Relation._fields, 4, (("relation_by_end", "to_id"),))
POOLS = Table("pool", Pool._fields, 2)
RECORDS = Table("record", Record._fields, 3, (("record_by_since", "since"),))
TABLES = (CIS, RELATIONS, POOLS)

RECORDS_DDL = f"""
-- A body may be large, so what is looked for stands before it.
CREATE TABLE record(
    kind TEXT NOT NULL, source TEXT NOT NULL, number TEXT NOT NULL, since INTEGER NOT NULL, body_json TEXT NOT NULL,
    PRIMARY KEY(kind, source, number));
CREATE TABLE record_past(
    kind TEXT NOT NULL, source TEXT NOT NULL, number TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    body_json TEXT NOT NULL, PRIMARY KEY(kind, source, number, until));
CREATE INDEX record_past_by_since ON record_past(since, until);
{RECORDS.create_indexes()}
-- A JSON list of the keys of the records that a revision wrote.
ALTER TABLE revision ADD COLUMN records TEXT NOT NULL DEFAULT '[]';
"""
CLAIMS_DDL = "".join(
    f"ALTER TABLE {table.name}{past} ADD COLUMN claims_json TEXT NOT NULL DEFAULT '';"
    for table in TABLES
    for past in ("", "_past")
)
UPGRADES: Mapping[int, str] = {1: RECORDS_DDL, 2: CLAIMS_DDL}
"""What makes a file of the next format from one of an earlier."""

DDL = f"""
-- `number` ties a CI to its row in the search index, and stays the same when the file is vacuumed.
CREATE TABLE ci(
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL,
    sector TEXT NOT NULL, lifecycle TEXT NOT NULL, attributes_json TEXT NOT NULL, source TEXT NOT NULL,
    since INTEGER NOT NULL);
CREATE TABLE relation(
    from_id TEXT NOT NULL, type TEXT NOT NULL, to_id TEXT NOT NULL, pool TEXT NOT NULL, effect TEXT NOT NULL,
    source TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY(from_id, type, to_id, pool)) WITHOUT ROWID;
CREATE TABLE pool(
    ci TEXT NOT NULL, name TEXT NOT NULL, required TEXT NOT NULL, "full" TEXT NOT NULL, effect TEXT NOT NULL,
    source TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY(ci, name)) WITHOUT ROWID;
{"".join(table.create_indexes() for table in TABLES)}

CREATE TABLE ci_past(
    id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, sector TEXT NOT NULL, lifecycle TEXT NOT NULL,
    attributes_json TEXT NOT NULL, source TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY(id, until)) WITHOUT ROWID;
CREATE TABLE relation_past(
    from_id TEXT NOT NULL, type TEXT NOT NULL, to_id TEXT NOT NULL, pool TEXT NOT NULL, effect TEXT NOT NULL,
    source TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY(from_id, type, to_id, pool, until)) WITHOUT ROWID;
CREATE INDEX relation_past_by_end ON relation_past(to_id);
CREATE TABLE pool_past(
    ci TEXT NOT NULL, name TEXT NOT NULL, required TEXT NOT NULL, "full" TEXT NOT NULL, effect TEXT NOT NULL,
    source TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY(ci, name, until)) WITHOUT ROWID;

-- `touched` is a JSON list of CI ids, or NULL when there are too many to be worth listing.
CREATE TABLE revision(
    number INTEGER PRIMARY KEY, recorded_at TEXT NOT NULL, who TEXT NOT NULL, source TEXT NOT NULL,
    message TEXT NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL, removed INTEGER NOT NULL,
    touched TEXT);
CREATE TABLE request(
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, revision INTEGER NOT NULL, created INTEGER NOT NULL,
    changed INTEGER NOT NULL, removed INTEGER NOT NULL) WITHOUT ROWID;

CREATE VIRTUAL TABLE found USING fts5(
    text, tokenize = 'trigram case_sensitive 1', content = '', contentless_delete = 1, detail = none);
{RECORDS_DDL}
{CLAIMS_DDL}
"""


class Foreign(Exception):
    """The file is a database, but not one of ours; the argument is the fact to report."""


def prepare(connection: apsw.Connection, now: Callable[[], str]) -> None:
    """Create the tables in an empty file; leave one of ours alone, or bring it to this format, all or nothing.

    Raises `Foreign` for any other.
    """
    found = _format(connection)
    if found == FORMAT:
        return
    if found is None:
        connection.execute("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        _make(connection, _format(connection), now)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _make(connection: apsw.Connection, found: int | None, now: Callable[[], str]) -> None:
    """Bring a file of format `found`, or an empty one, to this format."""
    if found is None:
        connection.execute(f"{DDL} PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("INSERT INTO revision VALUES(0, ?, '', '', '', 0, 0, 0, '[]', '[]')", (now(),))
    else:
        for earlier in range(found, FORMAT):
            connection.execute(UPGRADES[earlier])
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _format(connection: apsw.Connection) -> int | None:
    """The format of a file of ours, which this program reads or upgrades; None for an empty file."""
    application, version = int(connection.pragma("application_id")), int(connection.pragma("user_version"))
    if application == APPLICATION_ID:
        if version != FORMAT and version not in UPGRADES:
            raise Foreign(f"the store has format {version}, this program reads format {FORMAT}")
        return version
    if application or version or connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise Foreign("the file is not a Bluenose store")
    return None
