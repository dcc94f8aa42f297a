"""CIs, relations and pools in columns: a million are at hand before the first of them is made."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import repeat
from typing import TypeVar, overload

import polars as pl

from cmdb.store.bulk import collector_paused
from importers.kit.texts import listed

R = TypeVar("R", bound=tuple[object, ...])


class Things(Sequence[R]):
    """Things of one kind of tuple, which are made, all together, when the first is asked for.

    `columns` are their first fields; `source` is the last but one, and claims they have none.
    """

    def __init__(self, kind: type[R], source: str, *columns: pl.Series) -> None:
        self._kind, self._source, self._columns = kind, source, columns
        self._length = len(columns[0])

    @cached_property
    def _made(self) -> list[R]:
        with collector_paused():
            columns = map(listed, self._columns)
            rows = zip(*columns, repeat(self._source), repeat(""), strict=False)
            made = list(map(tuple.__new__, repeat(self._kind), rows))
        self._columns = ()
        return made

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
