"""Which of many windows overlap one: an index in arrays."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from cmdb.model.record import RecordKey
from cmdb.records.times import Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NEVER = np.iinfo(np.int64).max
I64 = npt.NDArray[np.int64]


def microseconds(moment: datetime | None) -> int:
    """A moment in microseconds since 1970; None, which never comes, is beyond all of them."""
    return NEVER if moment is None else (moment - EPOCH) // MICROSECOND


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows by the key of their record, in arrays of microseconds."""

    keys: tuple[RecordKey, ...]
    starts: I64
    ends: I64

    @classmethod
    def none(cls) -> "Windows":
        """No windows."""
        return cls((), np.zeros(0, np.int64), np.zeros(0, np.int64))

    def replaced(self, gone: Collection[RecordKey], new: Mapping[RecordKey, Window]) -> "Windows":
        """Without those of `gone`, and with `new` ones; a key of `new` that is here has to be in `gone`."""
        kept = [at for at, key in enumerate(self.keys) if key not in gone]
        if len(kept) == len(self.keys) and not new:
            return self
        rows = np.array(kept, np.int64)
        return Windows(
            (*(self.keys[at] for at in kept), *new),
            np.concatenate([self.starts[rows], _row(window.start for window in new.values())]),
            np.concatenate([self.ends[rows], _row(window.end for window in new.values())]),
        )

    def overlapping(self, window: Window) -> list[RecordKey]:
        """The keys of the windows that have a moment in common with `window`."""
        start, end = microseconds(window.start), microseconds(window.end)
        return [self.keys[at] for at in np.flatnonzero((self.starts < end) & (self.ends > start)).tolist()]


def _row(moments: Iterable[datetime | None]) -> I64:
    return np.array([microseconds(moment) for moment in moments], np.int64)
