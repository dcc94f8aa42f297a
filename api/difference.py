"""What two revisions do not share, as people and programs read it: in one order, counted, a page at a time."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Any, Generic, cast

from api.scenario import recorded
from cmdb.model.ci import CI, Pool, Relation, plain
from cmdb.model.errors import InvalidInput, Problem
from cmdb.reconcile.difference import Diff, Difference, T
from cmdb.service import Inventory
from cmdb.store.port import Head
from impact.paging import BadCursor, decode_cursor, encode_cursor
from impact.report import Page

BETWEEN = "\x1f"
"""Separates the parts of a key in a cursor; no id or name can hold it."""


class Turn(Enum):
    """What became of a thing."""

    joined = "joined"
    left = "left"
    changed = "changed"


ORDER = tuple(Turn)


@dataclass(frozen=True, slots=True)
class Turned(Generic[T]):
    """A thing that is not the same at both revisions: `before` is None if it joined, `after` if it left."""

    turn: Turn
    before: T | None
    after: T | None

    @property
    def sides(self) -> dict[str, dict[str, Any] | None]:
        """Before and after in the words of the history; None where there is no such side."""
        return {
            "before": None if self.before is None else plain(self.before),
            "after": None if self.after is None else plain(self.after),
        }

    @property
    def thing(self) -> T:
        """The later of its two sides."""
        return cast(T, self.after if self.after is not None else self.before)

    @property
    def fields(self) -> list[str]:
        """The fields and attributes with another value; none for what joined or left."""
        return list(self.values)

    @property
    def values(self) -> dict[str, tuple[Any, Any]]:
        """Of what changed, the fields and attributes with another value: before and after, None where there is none."""
        if self.before is None or self.after is None:
            return {}
        old, new = _flat(self.before), _flat(self.after)
        return {name: (old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)}


def span(inventory: Inventory, before: str, after: str | None) -> Diff:
    """What joined, left and changed between two revisions or times; None is the newest one.

    Raises `InvalidInput` with the faults of both, and `StoreUnavailable`.
    """
    heads: list[Head] = []
    problems: list[Problem] = []
    for place, text in (("before", before), ("after", after)):
        try:
            heads.append(inventory.store.head() if text is None else recorded(inventory, text, place))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return inventory.diff(heads[0].revision, heads[1].revision)


def counted(found: Difference[T]) -> dict[Turn, int]:
    """How many things joined, left and changed."""
    return {turn: len(rows) for turn, rows in _rows(found).items()}


def page(
    found: Difference[T], width: int, first: int | None, after: str | None = None, turns: Collection[Turn] = ()
) -> Page[Turned[T]]:
    """At most `first` things (None: all) behind the cursor `after`: what joined, left, changed; each by key.

    A key is the first `width` fields. Only those that took one of `turns` count, if any is named. Raises `BadCursor`.
    """
    rows = {turn: rows for turn, rows in _rows(found).items() if not turns or turn in turns}
    behind, key = _place(after)
    starts = {turn: _start(turn, rows[turn], width, behind, key) for turn in rows}
    rest = sum(len(rows[turn]) - start for turn, start in starts.items())
    left = (_turned(turn, rows[turn][at]) for turn, start in starts.items() for at in range(start, len(rows[turn])))
    shown = list(islice(left, first))
    end = encode_cursor(ORDER.index(shown[-1].turn), BETWEEN.join(shown[-1].thing[:width])) if shown else None
    return Page(shown, sum(map(len, rows.values())), end, len(shown) < rest)


def _rows(found: Difference[T]) -> dict[Turn, Sequence[Any]]:
    return {Turn.joined: found.created, Turn.left: found.removed, Turn.changed: found.changed}


def _turned(turn: Turn, row: Any) -> Turned[Any]:
    before, after = row if turn is Turn.changed else (None, row) if turn is Turn.joined else (row, None)
    return Turned(turn, before, after)


def _place(after: str | None) -> tuple[int, tuple[str, ...]]:
    """The turn, by number, and the key that a cursor stands behind."""
    if after is None:
        return -1, ()
    number, key = decode_cursor(after)
    if number >= len(ORDER):
        raise BadCursor("not a cursor of this list")
    return number, tuple(key.split(BETWEEN))


def _start(turn: Turn, rows: Sequence[Any], width: int, behind: int, key: tuple[str, ...]) -> int:
    """Where in `rows` the page begins."""
    number = ORDER.index(turn)
    if number != behind:
        return 0 if number > behind else len(rows)
    return bisect_right(rows, key, key=lambda row: tuple(_turned(turn, row).thing[:width]))


def _flat(thing: CI | Relation | Pool) -> dict[str, Any]:
    told = plain(thing)
    return {**_without(told, "attributes"), **told.get("attributes", {})}


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
