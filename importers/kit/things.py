"""CIs, relations and pools in columns: a million are at hand before the first of them is made."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import repeat
from typing import TypeVar, overload

import polars as pl

from cmdb.model.ci import CI, Pool, Relation
from cmdb.store.bulk import collector_paused
from importers.kit.texts import constant, listed

R = TypeVar("R", CI, Relation, Pool)


class Things(Sequence[R]):
    """Things of one kind of tuple, which are made, all together, when the first is asked for.

    `columns` are their first fields; `source` is the last but one, and claims they have none.
    """

    def __init__(self, kind: type[R], source: str, *columns: pl.Series) -> None:
        self._kind: type[R] = kind
        self._source, self._columns = source, columns
        self._length = len(columns[0])

    @cached_property
    def _made(self) -> list[R]:
        with collector_paused():
            columns = map(listed, self._columns)
            rows = zip(*columns, repeat(self._source), repeat(""), strict=False)
            made = list(map(tuple.__new__, repeat(self._kind), rows))
        self._columns = ()
        return made

    def column(self, name: str) -> pl.Series:
        """One of their fields; without making any."""
        at = self._kind._fields.index(name)
        return self._columns[at] if self._columns else pl.Series(name, [thing[at] for thing in self._made], pl.String)

    def table(self) -> pl.DataFrame:
        """Them all in columns, a field each; without making any."""
        if not self._columns:
            return _table(self._kind, self._made)
        columns = (*self._columns, constant(self._source, self._length), constant("", self._length))
        names: Sequence[str] = self._kind._fields
        return pl.DataFrame(dict(zip(names, columns, strict=True)))

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> R: ...
    @overload
    def __getitem__(self, at: slice) -> list[R]: ...
    def __getitem__(self, at: int | slice) -> R | list[R]:
        return self._made[at]

    def __iter__(self) -> Iterator[R]:
        return iter(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made == list(other)

    __hash__ = None  # type: ignore[assignment]


def in_columns(kind: type[R], things: Sequence[R]) -> pl.DataFrame:
    """Things in columns, a field each."""
    return things.table() if isinstance(things, Things) else _table(kind, things)


def _table(kind: type[R], things: Sequence[R]) -> pl.DataFrame:
    columns = list(zip(*things, strict=True)) or [()] * len(kind._fields)
    return pl.DataFrame([pl.Series(n, c, dtype=pl.String) for n, c in zip(kind._fields, columns, strict=True)])
