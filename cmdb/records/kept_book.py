"""A book on local disk: checksummed, replaced whole or not at all, ignored when damaged.

Layout: MAGIC, the digest of the rest, then JSON: the store's head, and each record with its revision. Whoever changes
what the file holds changes MAGIC.
"""

from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import orjson

from cmdb.kept_file import replace_file
from cmdb.model.record import Record
from cmdb.records.book import Book
from cmdb.store.port import Head, Records, StoredRecord

MAGIC = b"BNBOOK02"
DIGEST = 16


def save(book: Book, place: Path) -> None:
    """Write a book atomically and durably.

    Raises `OSError`, of which `BlockingIOError` means that another process is writing this file just now.
    """
    replace_file(place, [_packed(book)])


def load(place: Path) -> Records | None:
    """The records in a file, or None where there is none, or it is damaged or of another version."""
    try:
        data = place.read_bytes()
    except OSError:
        return None
    start = len(MAGIC) + DIGEST
    if data[: len(MAGIC)] != MAGIC or data[len(MAGIC) : start] != _digest(data[start:]):
        return None
    packed = orjson.loads(data[start:])
    revision, recorded_at = packed["head"]
    records = [
        StoredRecord(Record(kind, source, number, body), at) for kind, source, number, body, at in packed["records"]
    ]
    return Records(Head(revision, datetime.fromisoformat(recorded_at)), records)


def _packed(book: Book) -> bytes:
    from cmdb.records.form import kept

    values = [value for key in book.revisions if key not in book.unread and (value := book.get(key)) is not None]
    records = [[*kept(value), book.revisions[value.key]] for value in values]
    head = [book.head.revision, book.head.recorded_at.isoformat()]
    body = orjson.dumps({"head": head, "records": records})
    return MAGIC + _digest(body) + body


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=DIGEST).digest()
