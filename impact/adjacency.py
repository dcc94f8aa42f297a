"""Lists of int32 rows per CI, as values: a changed copy shares all unchanged rows with the one it came from."""

from dataclasses import dataclass

import numpy as np

from impact.kernels.types import I32, U32


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Row lists by CI: with `start, count = index[i]`, those of `i` are `columns[:, start : start + count]`.

    Rows up to `used` never change; more are appended behind them in place, by the value that reached `tail[0]`; any
    other copies first, so that values share rows safely. `dead` rows are no longer referred to.
    """

    index: U32
    columns: I32
    used: int
    tail: list[int]
    dead: int = 0

    @classmethod
    def build(cls, keys: I32, size: int, *columns: I32) -> "Adjacency":
        """Rows given as parallel columns, grouped by `keys` (0 to size - 1); their order within a key is kept."""
        order = np.argsort(keys, kind="stable")
        count = np.bincount(keys, minlength=size)
        index = np.stack([np.cumsum(count) - count, count], axis=1).astype(np.uint32)
        table = np.empty((len(columns), len(order)), np.int32)
        for at, column in enumerate(columns):
            table[at] = column[order]
        return cls(index, table, len(order), [len(order)])

    def rows(self, key: int) -> I32:
        """The rows of one CI, shape (columns, n)."""
        start, count = self.index[key].tolist()
        return self.columns[:, start : start + count]

    def gather(self, keys: I32) -> tuple[I32, I32]:
        """The rows of many CIs: (which of `keys` each row belongs to, rows of shape (columns, n))."""
        counts = self.index[keys, 1].astype(np.int64)
        owner = np.repeat(np.arange(len(keys), dtype=np.int32), counts)
        before = np.cumsum(counts) - counts
        at = np.arange(len(owner), dtype=np.int64) + np.repeat(self.index[keys, 0] - before, counts)
        return owner, self.columns[:, at]

    def replaced(self, keys: I32, owner: I32, rows: I32, size: int) -> "Adjacency":
        """A value where the rows of `keys` are `rows` (grouped by `owner`, a position in `keys`), grown to `size`."""
        counts = np.bincount(owner, minlength=len(keys))
        index = np.zeros((size, 2), np.uint32)
        index[: len(self.index)] = self.index
        dead = self.dead + int(index[keys, 1].sum())
        index[keys, 0] = self.used + np.cumsum(counts) - counts
        index[keys, 1] = counts
        used = self.used + rows.shape[1]
        columns, tail = self.columns, self.tail
        if used > columns.shape[1] or tail[0] != self.used or not columns.flags.writeable:
            columns, tail = np.empty((columns.shape[0], used + used // 4 + 1024), np.int32), [0]
            columns[:, : self.used] = self.columns[:, : self.used]
        tail[0] = used
        columns[:, self.used : used] = rows[:, np.argsort(owner, kind="stable")]
        return Adjacency(index, columns, used, tail, dead)
