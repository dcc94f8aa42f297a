"""Readiness over time: the numbers of points once computed, kept on disk, and the ledgers asked for last, in memory."""

import os
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import ref

import orjson

from impact.estate import Estate
from impact.readiness.attributes import Progress, unwatched
from impact.readiness.ledger import Ledger, open_ledger, point_scores, tallied
from impact.readiness.purposes import PURPOSES
from impact.readiness.report import ReadinessPointScore, ReadinessPurpose
from impact.vocabulary import Vocabulary

FORMAT = 1
MOST = 5_000
"""Points kept; beyond, those of the oldest revisions are dropped. Each takes about 200 bytes."""
LEDGERS = 3
"""Ledgers kept; each takes about 35 bytes for every live CI."""

NONE: frozenset[str] = frozenset()

Head = tuple[int, datetime]
Numbers = dict[str, list[int]]


class Ledgers:
    """The ledgers asked for last. Safe to use from any thread; of several callers for one ledger, one opens it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int, frozenset[str]], tuple[ref[Estate], Ledger]] = OrderedDict()
        self._lock = Lock()

    def of(
        self, estate: Estate, day: int, progress: Progress = unwatched, stale: frozenset[str] = NONE
    ) -> Ledger:  # fmt: skip
        """The ledger of an estate on a day, when some sources were `stale`."""
        key = id(estate), day, stale
        with self._lock:
            kept = self._kept.pop(key, None)
            ledger = kept[1] if kept and kept[0]() is estate else open_ledger(estate, day, progress, stale)
            self._kept[key] = ref(estate), ledger
            self._kept = OrderedDict((k, v) for k, v in self._kept.items() if v[0]() is not None)
            while len(self._kept) > LEDGERS:
                self._kept.popitem(last=False)
        return ledger


class Series:
    """The numbers of all purposes by revision and day, over the whole estate; in a file as well, if there is a place.

    `of` says of which store, model and rules they are (see `subject`); a file of another subject is ignored and
    replaced. Of two processes that write at once, the points of one may be lost: they are computed again when needed.
    """

    def __init__(self, place: Path | None = None, of: str = "") -> None:
        self._place, self._of = place, of
        self._lock = Lock()
        self._points: dict[str, Numbers] | None = None

    def point(
        self, head: Head, day: int, counted: Callable[[], Ledger], stale: frozenset[str] = NONE
    ) -> list[ReadinessPointScore]:  # fmt: skip
        """The numbers at a revision on a day, when some sources were `stale`: those kept, or those of the ledger that
        `counted` gives."""
        key = f"{head[0]} {head[1].isoformat()} {day}" + (f" {_named(stale)}" if stale else "")
        with self._lock:
            points = self._points = self._read() if self._points is None else self._points
            if key in points:
                return _scores(points[key])
        scores = point_scores(counted())
        with self._lock:
            self._save({**points, key: {s.purpose.value: _row(s) for s in scores}})
        return scores

    def _read(self) -> dict[str, Numbers]:
        """The points in the file; none where there is no file, or one that is damaged or of another subject."""
        if self._place is None:
            return {}
        with suppress(OSError, ValueError, KeyError, TypeError):
            found: dict[str, Any] = orjson.loads(self._place.read_bytes())
            if found["format"] == FORMAT and found["of"] == self._of and found["check"] == _check(found["points"]):
                points: dict[str, Numbers] = found["points"]
                return points
        return {}

    def _save(self, points: dict[str, Numbers]) -> None:
        """Keep `points` with those another process wrote meanwhile. A full or read-only disk is no error."""
        merged = {**self._read(), **(self._points or {}), **points}
        latest = sorted(merged, key=lambda key: int(key.split()[0]))[-MOST:]
        self._points = {key: merged[key] for key in latest}
        if self._place is None:
            return
        draft = self._place.with_name(f"{self._place.name}.{os.getpid()}.draft")
        told = {"format": FORMAT, "of": self._of, "check": _check(self._points), "points": self._points}
        with suppress(OSError):
            draft.write_bytes(orjson.dumps(told))
            os.replace(draft, self._place)


def subject(words: Vocabulary, store: str) -> str:
    """What points depend on beside the revision and the day: the store, the model, the rules."""
    told = repr((store, PURPOSES, [getattr(words, name) for name in words.__dataclass_fields__]))
    return blake2b(told.encode(), digest_size=16).hexdigest()


def _named(sources: frozenset[str]) -> str:
    """Sources as part of a key."""
    return blake2b(repr(sorted(sources)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _row(score: ReadinessPointScore) -> list[int]:
    tally = score.tally
    return [tally.applicable, tally.met, tally.fresh, tally.verified]


def _scores(numbers: Numbers) -> list[ReadinessPointScore]:
    return [ReadinessPointScore(ReadinessPurpose(p.name), tallied(*numbers[p.name])) for p in PURPOSES]


def _check(points: dict[str, Numbers]) -> str:
    """A digest of points, so that a damaged file is not believed."""
    return blake2b(orjson.dumps(points, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
