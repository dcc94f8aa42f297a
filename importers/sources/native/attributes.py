"""Attribute columns to the canonical JSON objects of the CIs, every distinct cell parsed once."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

import orjson
import polars as pl

from cmdb.model.attributes import MAX_TEXT, Attribute, Value
from cmdb.model.errors import ValueFault
from cmdb.model.model import Model
from importers.kit.findings import Findings
from importers.kit.precision import refuse_exponent
from importers.kit.table import Table, near_names
from importers.kit.texts import PLAIN, constant, few, matches, parsed_once, places_of

FIXED = frozenset({"id", "kind", "name", "sector", "lifecycle"})
_KIND = "#kind"
Rows = Callable[[tuple[str, ...]], pl.Series]
"""The positions of the rows of some kinds."""


def attribute_objects(table: Table, kinds: pl.Series, model: Model, problems: Findings) -> pl.Series:
    """`CI.attributes_json` for every row: sorted keys, typed values, empty cells left out."""
    columns = sorted(set(table.columns) - FIXED)
    if not columns:
        return constant("{}", len(table))
    known: list[str] = kinds.unique().to_list()
    rows = cache(lambda some: kinds.is_in(some).arg_true())
    members = [_members(table, name, known, rows, model, problems) for name in columns]
    whole = pl.concat_str(pl.lit("{"), pl.concat_str(members, separator=",", ignore_nulls=True), pl.lit("}"))
    cells = pl.DataFrame({**{name: table.column(name) for name in columns}, _KIND: kinds})
    # lazy, so that it runs on all cores; with_columns, as a selection of constants alone would be a single row
    return cells.lazy().with_columns(whole.alias(_KIND)).select(_KIND).collect().to_series()


def _members(
    table: Table, name: str, known: Sequence[str], rows: Rows, model: Model, problems: Findings
) -> pl.Expr:  # fmt: skip
    """How a column becomes JSON members `"name":value`; null where the cell is empty or not usable. `known` are the
    kinds of the table."""
    groups: dict[tuple[Attribute | None, str], list[str]] = {}
    for kind in filter(model.attributes.__contains__, known):
        attribute = model.attributes[kind].get(name)
        groups.setdefault((attribute, "" if attribute else kind), []).append(kind)
    texts, found = table.column(name), pl.lit(None, pl.String)
    for (attribute, kind), some in groups.items():
        at = None if len(some) == len(known) else rows(tuple(some))
        own = texts if at is None else texts.gather(at)
        if not (own != "").any():
            continue  # most kinds have nothing in most columns, and every branch of a wide table costs
        plain = not few(own) and table.plain(name)
        member, faults = _written(own, name, partial(_member, f'"{name}":', attribute, kind, model), attribute, plain)
        for index in places_of(own, faults):
            problems.add_fault(faults[own[index]], table.cell(index if at is None else at[index], name))
        found = member if at is None else pl.when(pl.col(_KIND).is_in(some)).then(member).otherwise(found)
    return found


def _written(
    texts: pl.Series, name: str, parse: "partial[str | None]", attribute: Attribute | None, plain: bool
) -> tuple[pl.Expr, dict[str, ValueFault]]:
    """How the cells of one attribute become members, and what is wrong with any of them.

    Of many texts, those that stand for themselves in JSON too are put between quotes; the others are parsed singly.
    """
    form = "" if attribute is None or attribute.choices else attribute.type
    if few(texts) or form not in {"text", "list"}:
        values, faults = parsed_once(texts, parse, None)
        return _looked_up(name, values), faults
    long = texts.str.len_bytes() > MAX_TEXT
    odd = texts.filter(long if plain else long | ~matches(texts, PLAIN))
    if form == "list":
        odd = pl.concat([odd, texts.filter(texts.str.contains(";", literal=True))])
    start, end = ('["', '"]') if form == "list" else ('"', '"')
    quoted = pl.concat_str(pl.lit(f'"{name}":{start}'), pl.col(name), pl.lit(end))
    values, faults = parsed_once(odd, parse, None)
    member: pl.Expr = pl.when(pl.col(name) != "").then(quoted)
    if values:
        member = pl.when(pl.col(name).is_in(list(values))).then(_looked_up(name, values)).otherwise(member)
    return member, faults


def _looked_up(name: str, values: Mapping[str, str | None]) -> pl.Expr:
    told = {text: value for text, value in values.items() if value is not None}
    return pl.col(name).replace_strict(list(told), list(told.values()), default=None, return_dtype=pl.String)


def _member(key: str, attribute: Attribute | None, kind: str, model: Model, text: str) -> str | None:
    if not text.strip():
        return None
    if attribute is None:
        own = model.attributes[kind]
        near = near_names(key.strip('":'), list(own))
        hint = "; near: " + ", ".join(near) if near else ""
        raise ValueFault("UNKNOWN_ATTRIBUTE", text, f"nothing, as {kind} has no such attribute{hint}")
    if attribute.type == "text":
        refuse_exponent(text)
    value: Value = attribute.parse(text)
    return key + orjson.dumps(value).decode() if value not in ("", []) else None
