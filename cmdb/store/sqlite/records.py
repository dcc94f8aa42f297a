"""Reading records, as they are or as they were, and what each revision did, inside an open transaction."""

from collections.abc import Collection, Iterator
from datetime import datetime

import apsw
import orjson

from cmdb.model.record import Record, RecordKey
from cmdb.store.port import Change, Logged, Records, StoredRecord
from cmdb.store.sqlite.read import head, known, recorded, storable
from cmdb.store.sqlite.schema import RECORDS, Row

VERSION = f"SELECT {RECORDS.listed}, since FROM"
BY_KEY = "kind = ?1 AND source = ?2 AND number = ?3"
CURRENT = f"{VERSION} record WHERE since > ?1"
STOOD = f"{CURRENT} AND since <= ?2 UNION ALL {VERSION} record_past WHERE since > ?1 AND since <= ?2 AND until > ?2"
"""In no order: for one by key the whole table would be read."""
HISTORY = f"""
SELECT new.since, r.recorded_at, r.who, r.source, r.message, old.body_json, new.body_json
FROM (SELECT since, body_json FROM record WHERE {BY_KEY}
    UNION ALL SELECT since, body_json FROM record_past WHERE {BY_KEY}) AS new
JOIN revision AS r ON r.number = new.since
LEFT JOIN (SELECT until, body_json FROM record_past WHERE {BY_KEY}) AS old ON old.until = new.since
WHERE ?4 IS NULL OR new.since < ?4 ORDER BY new.since DESC LIMIT ?5
"""
LOG = """
SELECT number, recorded_at, who, source, message, records, json_array_length(touched) FROM revision
WHERE number > ? ORDER BY number LIMIT ?
"""


def revisions(connection: apsw.Connection, keys: Collection[RecordKey]) -> dict[RecordKey, int]:
    """The revision that last changed each of the records that exist among `keys`."""
    rows = connection.executemany(RECORDS.select, list(keys))
    return {RecordKey(kind, source, number): since for kind, source, number, _, since in rows}


def records(connection: apsw.Connection, after: int, at: int | None) -> Records:
    """Records whose version as of `at` was written after revision `after`, by key."""
    past = known(connection, at)
    if past is None:
        told, rows = head(connection), connection.execute(CURRENT, (after,))
    else:
        told, rows = recorded(connection, past), connection.execute(STOOD, (after, past))
    return Records(told, [_stored(row) for row in sorted(rows)])


def _stored(row: Row) -> StoredRecord:
    return StoredRecord(Record._make(row[:-1]), row[-1])


def history(connection: apsw.Connection, key: RecordKey, first: int, before: int | None) -> Iterator[Change]:
    """Changes of one record, newest first."""
    if not all(map(storable, key)):
        return
    for number, at, who, source, message, old, new in connection.execute(HISTORY, (*key, before, max(first, 0))):
        sides = (None if text is None else {**orjson.loads(text), **key._asdict()} for text in (old, new))
        yield Change(number, datetime.fromisoformat(at), who, source, message, "record", *sides)


def log(connection: apsw.Connection, after: int, first: int) -> Iterator[Logged]:
    """Revisions after `after`, oldest first."""
    for number, at, who, source, message, keys, cis in connection.execute(LOG, (after, max(first, 0))):
        told = tuple(RecordKey(*key) for key in orjson.loads(keys))
        yield Logged(number, datetime.fromisoformat(at), who, source, message, told, cis)
