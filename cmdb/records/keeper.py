"""Follows the records of a store, and keeps answering while it is away."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Lock

from cmdb.records.book import Book, SeenBook
from cmdb.records.times import utc_now
from cmdb.store.port import Head, Store, StoreUnavailable

PAST = 4
"""Books of past revisions that are kept in memory."""


class BookKeeper:
    """The newest book of a store. Safe to use from any thread. Loads nothing before it is first asked.

    With `keep_path`, the book is kept on disk as well, so that it is there after a restart while the store is away.
    """

    def __init__(self, store: Store, keep_path: Path | None = None, clock: Callable[[], datetime] = utc_now) -> None:
        self._store, self._place, self._clock = store, keep_path, clock
        self._lock, self._swap = Lock(), Lock()
        self._seen: SeenBook | None = None
        self._loaded = keep_path is None
        self._saved: Head | None = None
        self._past: dict[Head, Book] = {}

    @property
    def seen(self) -> SeenBook | None:
        """The newest book seen so far, without asking the store."""
        return self._seen

    def current(self) -> SeenBook:
        """The newest book; the last one seen, marked not live, while the store is away.

        Raises `StoreUnavailable` when nothing was ever seen.
        """
        self._load()
        seen, now = self._seen, self._clock()
        try:
            if seen is None or not seen.live or self._store.head() != seen.book.head:
                with self._lock:
                    return self._put(SeenBook(self._followed(self._seen), now, True))
            return self._put(SeenBook(seen.book, now, True), seen)
        except StoreUnavailable:
            if seen is None:
                raise
            return self._put(seen._replace(live=False), seen)

    def _put(self, new: SeenBook, old: SeenBook | None = None) -> SeenBook:
        """Take `new`, but in the place of `old` only if no other thread was quicker; what is there then."""
        with self._swap:
            if old is None or self._seen is old:
                self._seen = new
            return self._seen or new

    def _followed(self, seen: SeenBook | None) -> Book:
        """The newest book: the one seen with what was written since, or one read anew."""
        if seen is not None and (seen.live or self._store.head(seen.book.head.recorded_at) == seen.book.head):
            records = self._store.records(after=seen.book.head.revision)
            if records.head.revision >= seen.book.head.revision:
                return seen.book.with_(records)
        return Book.of(self._store.records())  # there was none, or the store was replaced, or set back

    def as_of(self, head: Head) -> Book:
        """The book as it stood at the end of a revision. Raises `StoreUnavailable`."""
        seen = self._seen
        if seen is not None and seen.book.head == head:
            return seen.book
        with self._swap:
            found = self._past.get(head)
        if found is None:
            found = Book.of(self._store.records(at=head.revision)._replace(head=head))
            with self._swap:
                self._past[head] = found
                while len(self._past) > PAST:
                    del self._past[next(iter(self._past))]
        return found

    def save(self) -> None:
        """Keep the newest book on disk, unless it is there. A full disk is no error: the next save may fit.

        One with records of a form unknown here is left to the program that knows it.
        """
        from cmdb.records import kept_book

        seen = self._seen
        if self._place is not None and seen is not None and seen.book.head != self._saved and not seen.book.unread:
            with suppress(OSError):
                kept_book.save(seen.book, self._place)
                self._saved = seen.book.head

    def _load(self) -> None:
        """Begin with the book on disk, once; it is not yet known to be the newest."""
        if self._loaded or self._place is None:
            return
        from cmdb.records import kept_book

        with self._lock:
            if self._loaded:
                return
            if (records := kept_book.load(self._place)) is not None:
                self._saved = records.head
                self._put(SeenBook(Book.of(records), records.head.recorded_at, False))
            self._loaded = True
