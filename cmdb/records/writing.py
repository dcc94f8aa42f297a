"""How a record is written: made from what stands there, put if it still stands so, else made anew."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar, cast

import orjson

from cmdb.model.digest import request_digest
from cmdb.model.errors import InvalidInput
from cmdb.model.record import OWN_SOURCE, Record, RecordKey
from cmdb.reconcile.edit import Edit
from cmdb.records.book import Book
from cmdb.records.keeper import BookKeeper
from cmdb.records.record_types import AnyRecord
from cmdb.service import Signed
from cmdb.store.port import Applied, RecordConflict, Store, StoreUnavailable

R_co = TypeVar("R_co", bound=AnyRecord, covariant=True)
TRIES = 64
"""How often a record is made anew when another writer was faster; each time, one of all who try succeeds."""
NEVER = -1
"""A revision that no record stands at."""


class Written(NamedTuple, Generic[R_co]):
    """A record as it now stands, the revision that made it so, and whether an earlier request with the same
    idempotency key had done that already (then `value` is as that request left it)."""

    value: R_co
    revision: int
    replayed: bool


def fingerprint(*asked: object) -> str:
    """The digest of a request: of what was asked, whatever stood there."""
    return request_digest(_plain(asked))


def _plain(value: Any) -> Any:
    """A value whose `repr` is the same for the same request, in whatever offset its times are given."""
    if isinstance(value, datetime):
        with suppress(OverflowError):
            return value.astimezone(UTC).isoformat() if value.tzinfo is not None else value.isoformat()
        return value.isoformat()
    if is_dataclass(value):
        return [(field.name, _plain(getattr(value, field.name))) for field in fields(value)]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, str):
        return str(value)
    return [_plain(item) for item in value] if isinstance(value, Sequence) else value


class Writer:
    """Writes records to a store, given a keeper that follows it."""

    def __init__(self, store: Store, keeper: BookKeeper) -> None:
        self._store, self._keeper = store, keeper

    def book(self) -> Book:
        """The newest book. Raises `StoreUnavailable` while the store is away, since nothing can be written then."""
        seen = self._keeper.current()
        if not seen.live:
            raise StoreUnavailable("records are read-only while the store cannot be reached")
        return seen.book

    def write(
        self, by: Signed, asked: tuple[object, ...], build: Callable[[Book], Sequence[AnyRecord]],
        target: RecordKey | None = None, kind: str = "", expected: int | None = None,
    ) -> Written[Any]:  # fmt: skip
        """Put what `build` makes of the newest book: the record that is asked for, and others beside it.

        `target` is its key if that is known, else `kind` says what it will be. `asked` identifies the request.
        Raises what `build` raises, `RecordConflict` if the target is not at `expected`, and `KeyReused`.
        """
        request = fingerprint(by.source, asked, expected) if by.key else ""
        for _ in range(TRIES):
            book = self.book()
            try:
                check_expected(book, target, expected)
                values = build(book)
            except (InvalidInput, RecordConflict):
                done = self.replayed(by, request)
                if done is None:
                    raise
                return self._as_left(target, kind, done)
            try:
                return self._put(by, request, book, values, target, kind, expected)
            except RecordConflict as conflict:
                if expected is not None and conflict.key == target:
                    raise
                last = conflict
        raise last

    def _put(
        self, by: Signed, request: str, book: Book, values: Sequence[AnyRecord], target: RecordKey | None, kind: str,
        expected: int | None,
    ) -> Written[Any]:  # fmt: skip
        value = values[0]
        seen = book.revisions.get(value.key, 0)
        same = all(book.get(other.key) == other for other in values)
        if same and not by.key:
            return Written(value, seen, False)
        stated = {value.key: seen if expected is None else expected}
        applied = self.apply(by, request, values, stated)
        if applied.replayed:
            return self._as_left(target, kind, applied)
        return Written(value, seen if same else applied.revision, False)

    def apply(
        self, by: Signed, request: str, values: Sequence[AnyRecord], expected: Mapping[RecordKey, int]
    ) -> Applied:
        """Put records in one revision. Raises `RecordConflict`, `KeyReused`."""
        from cmdb.records.form import kept

        return self._store.apply(
            Edit(*by, put_records=list(map(kept, values)), expected_records=expected, request=request)
        )

    def replayed(self, by: Signed, request: str) -> Applied | None:
        """What this request did when it came before; None if it never did. Raises `KeyReused`."""
        if not by.key:
            return None
        never = {RecordKey("incident", OWN_SOURCE, "never"): NEVER}
        try:
            return self._store.apply(Edit(*by, expected_records=never, request=request))
        except RecordConflict:
            return None

    def _as_left(self, target: RecordKey | None, kind: str, done: Applied) -> Written[Any]:
        """The record as an earlier request left it."""
        from cmdb.records.form import read

        if target is None:
            found = self._store.records(done.revision - 1, done.revision).records
            (record,) = (stored.record for stored in found if stored.record.kind == kind)
            return Written(read(record), done.revision, True)
        (change,) = self._store.record_history(target, 1, done.revision + 1)
        body = {**cast(dict[str, Any], change.after)}
        key = RecordKey(*(body.pop(name) for name in RecordKey._fields))
        record = Record(*key, orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode())
        return Written(read(record), change.revision, True)


def check_expected(book: Book, target: RecordKey | None, expected: int | None) -> None:
    """Whether a record stands where the caller last saw it. Raises `RecordConflict`."""
    if target is not None and expected is not None and (actual := book.revisions.get(target, 0)) != expected:
        raise RecordConflict(target, expected, actual)
