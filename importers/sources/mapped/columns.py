"""Expressions over the columns of a table: texts for chosen rows, every distinct one worked out once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
from rapidfuzz import fuzz, process

from cmdb.model.errors import ValueFault, shown
from cmdb.model.text import folded
from importers.kit.findings import Findings
from importers.kit.table import LONGEST_WORD, Table
from importers.kit.texts import constant, parsed_once, places_of, replaced, stripped
from importers.sources.mapped.document import Condition, Expression


def chosen(table: Table, conditions: Iterable[Condition]) -> pl.Series:
    """The positions of those rows of a table that meet all conditions."""
    meets = pl.repeat(True, len(table), dtype=pl.Boolean, eager=True)
    for condition in conditions:
        texts = table.column(condition.column.casefold())
        meets &= texts.is_in([text for text in texts.unique().to_list() if condition.meets(text)])
    return meets.arg_true()


def texts_of(
    table: Table, rows: pl.Series, expression: Expression, problems: Findings, as_read: bool = False
) -> pl.Series:
    """The text of an expression for each of `rows`; what cannot be made is reported and becomes empty, or stays
    `as_read`."""
    return changed(table, rows, joined(table, rows, expression), expression, problems, as_read)


def joined(table: Table, rows: pl.Series, expression: Expression) -> pl.Series:
    """The text of each row as it stands in the columns; empty where one of them is."""
    if not expression.columns:
        return constant(expression.parts[0], len(rows))
    columns = [_column(table, name.casefold(), rows) for name in expression.columns]
    if len(columns) == 1 and expression.parts[0] == expression.parts[2] == "":
        return columns[0]
    parts = pl.DataFrame([column.alias(str(at)) for at, column in enumerate(columns)])
    whole = pl.all_horizontal(pl.all() != "")
    pieces = [pl.lit(part) if at % 2 == 0 else pl.col(str(at // 2)) for at, part in enumerate(expression.parts)]
    return parts.select(pl.when(whole).then(pl.concat_str(pieces)).otherwise(pl.lit(""))).to_series()


def _column(table: Table, name: str, rows: pl.Series) -> pl.Series:
    """The texts of some rows of a column, without blanks at either end."""
    texts = table.column(name)
    some = texts if len(rows) == len(table) else texts.gather(rows)
    return some if table.plain(name) else stripped(some)


def stays_plain(table: Table, expression: Expression) -> bool:
    """Whether it is known without a look at them that the texts of an expression are `PLAIN`."""
    if len(expression.columns) != 1 or expression.parts[0] or expression.parts[2] or expression.values is not None:
        return False
    return bool(expression.date) or table.plain(expression.columns[0].casefold())


def changed(
    table: Table, rows: pl.Series, texts: pl.Series, expression: Expression, problems: Findings,
    as_read: bool = False,
) -> pl.Series:  # fmt: skip
    """`texts`, which came from `rows`, with words replaced and dates read as the expression says.

    What cannot be read is reported and becomes empty, or stays `as_read`.
    """
    change = _change(expression)
    if change is None:
        return texts
    values, faults = parsed_once(texts, lambda text: change(text) if text else "", "")
    column = expression.columns[0] if expression.columns else ""
    for at in places_of(texts, faults):
        problems.add_fault(faults[texts[at]], table.cell(rows[at], column))
    return replaced(texts, values | {text: text for text in faults if as_read})


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
        raise ValueFault("BAD_CHOICE", text, "one of " + ", ".join(expression.words) + _near(text, expression.words))
    return found


def _near(text: str, words: Sequence[str]) -> str:
    """A hint: the one word that a misspelt text looks most like."""
    looks = [folded(word) for word in words]
    found = process.extractOne(folded(text[:LONGEST_WORD]), looks, scorer=fuzz.ratio, score_cutoff=70)
    return f"; near: {shown(words[found[2]])}" if found else ""


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
