"""Expressions over the columns of a table: texts for chosen rows, every distinct one worked out once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import repeat
from zoneinfo import ZoneInfo

from cmdb.model.errors import ValueFault
from importers.kit.findings import Findings
from importers.kit.table import Table
from importers.sources.mapped.document import Condition, Expression


def chosen(table: Table, rows: Sequence[int], conditions: Iterable[Condition]) -> Sequence[int]:
    """Those of `rows` (positions in the table) that meet all conditions."""
    for condition in conditions:
        texts = table.column(condition.column.casefold())
        meets = {text: condition.meets(text) for text in set(texts)}
        rows = [row for row in rows if meets[texts[row]]]
    return rows


def texts_of(table: Table, rows: Sequence[int], expression: Expression, problems: Findings) -> list[str]:
    """The text of an expression for each of `rows`; what cannot be made is reported and becomes empty."""
    return changed(table, rows, joined(table, rows, expression), expression, problems)


def joined(table: Table, rows: Sequence[int], expression: Expression) -> list[str]:
    """The text of each row as it stands in the columns; empty where one of them is."""
    if not expression.columns:
        return [expression.parts[0]] * len(rows)
    every = len(rows) == len(table)
    columns = [_column(table, name.casefold(), None if every else rows) for name in expression.columns]
    if len(columns) == 1 and expression.parts[0] == expression.parts[2] == "":
        return columns[0]
    constants = [repeat(part) for part in expression.parts[::2]]
    pieces: list[Iterable[str]] = [constants[0]]
    for column, constant in zip(columns, constants[1:], strict=True):
        pieces += [column, constant]
    texts = map("".join, zip(*pieces, strict=False))
    if all(map(all, columns)):
        return list(texts)
    return [text if whole else "" for text, whole in zip(texts, map(all, zip(*columns, strict=True)), strict=False)]


def _column(table: Table, name: str, rows: Sequence[int] | None) -> list[str]:
    """The texts of a column, or of some of its rows, without blanks at either end."""
    texts = table.column(name)
    some = texts if rows is None else map(texts.__getitem__, rows)
    return list(some) if table.clean(name) else list(map(str.strip, some))


def changed(
    table: Table, rows: Sequence[int], texts: list[str], expression: Expression, problems: Findings
) -> list[str]:  # fmt: skip
    """`texts`, which came from `rows`, with words replaced and dates read as the expression says."""
    change = _change(expression)
    if change is None:
        return texts
    values, faults = dict[str, str](), dict[str, ValueFault]()
    for text in set(texts):
        try:
            values[text] = change(text) if text else ""
        except ValueFault as fault:
            values[text], faults[text] = "", fault
    if faults:
        column = expression.columns[0] if expression.columns else ""
        for row, text in zip(rows, texts, strict=True):
            if text in faults:
                problems.add_fault(faults[text], table.cell(row, column))
    return list(map(values.__getitem__, texts))


def _change(expression: Expression) -> Callable[[str], str] | None:
    if expression.values is not None:
        return lambda text: _replaced(text, expression)
    if expression.date:
        return lambda text: _dated(text, expression)
    return None


def _replaced(text: str, expression: Expression) -> str:
    words = expression.values or {}
    found = words.get(text.casefold(), expression.otherwise)
    if found is None:
        raise ValueFault("BAD_CHOICE", text, "one of " + ", ".join(words))
    return found


def _dated(text: str, expression: Expression) -> str:
    try:
        moment = datetime.strptime(text, expression.date)
    except ValueError:
        raise ValueFault("BAD_DATE", text, f"a date written as {expression.date}") from None
    if not any(mark in expression.date for mark in ("%H", "%I", "%z")):
        return moment.date().isoformat()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(expression.zone))
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
