"""Native tables to CIs, relations and pools: pure, and by whole columns, so that a large estate is quick to read."""

import re
from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import eq
from typing import TypeVar

from cmdb.model.attributes import parse_text
from cmdb.model.ci import CI, Pool, Relation
from cmdb.model.errors import ValueFault, shown
from cmdb.model.model import Model
from cmdb.model.pools import parse_required
from cmdb.model.relations import EFFECTS
from cmdb.model.text import MAX_ID, folded, parse_id
from cmdb.reconcile.validate import dependent
from importers.kit.build import Build
from importers.kit.duplicates import repeated, without_repeats
from importers.kit.findings import Cell, Findings
from importers.kit.lookalike import confusable
from importers.kit.precision import refuse_exponent
from importers.kit.records import Origin, Transformed
from importers.kit.table import Table
from importers.sources.native.attributes import attribute_objects
from importers.sources.native.tables import Tables

R = TypeVar("R", bound=tuple[object, ...])
_WORD = re.compile(r"[!-*,-~]{1,200}|", re.ASCII)
_NOTHING = Table("", {}, ())
FAULTY = "1"
"""Stands for a rule whose fault is reported already, so that it is not reported again for what it lacks."""


def transform(
    tables: Tables, model: Model, source: str, problems: Findings, warnings: Findings
) -> Transformed:  # fmt: skip
    """The desired state that `tables` describe for `source`. Values that do not parse are added to `problems`."""
    ci_table, relation_table, pool_table = (
        _NOTHING if table is None else table for table in (tables.cis, tables.relations, tables.pools)
    )
    cis, ci_rows, ids = _cis(ci_table, model, source, problems, warnings)
    relations, relation_rows = _relations(relation_table, ids, source, problems, warnings)
    pools, pool_rows = _pools(pool_table, source, problems, warnings)
    if tables.whole:
        _report_unused(pools, pool_rows, pool_table, relations, model, problems)
    return Transformed(
        cis=cis, ci_origin=Origin(ci_table.file, ci_rows),
        relations=relations, relation_origin=Origin(relation_table.file, relation_rows),
        pools=pools, pool_origin=Origin(pool_table.file, pool_rows),
        problems=problems, warnings=warnings, whole=tables.whole,
    )  # fmt: skip


def transform_built(
    build: Build, name: str, model: Model, source: str, problems: Findings, warnings: Findings
) -> Transformed:
    """The desired state that was built from documents at a path called `name`.

    It is whole when nothing was wrong with the documents. That they hold nothing that is recorded is a problem.
    """
    cis, relations, pools = build.tables()
    if not len(cis) and not problems.count:
        problems.add("EMPTY_FILE", Cell(name), "nothing that is recorded", "at least one CI")
    if not len(cis):
        return transform(Tables(None, None, None, whole=False), model, source, problems, warnings)
    whole = not problems.count
    return transform(Tables(cis, relations, pools if len(pools) else None, whole), model, source, problems, warnings)


def _cis(
    table: Table, model: Model, source: str, problems: Findings, warnings: Findings
) -> tuple[list[CI], Sequence[int], set[str]]:
    if table is not _NOTHING and not table:
        problems.add("HEADER_ONLY", table.header(), "a header without rows", "at least one CI")
    ids, names = _ids(table, "id", problems), _line_texts(table, "name", problems)
    kinds, sectors = _words(table, "kind"), _words(table, "sector", "shared")
    for column, values in (("id", ids), ("kind", kinds), ("name", names)):
        table.require(column, values, problems)
    attributes = attribute_objects(table, kinds, model, problems)
    lifecycles = _words(table, "lifecycle", "live")
    cis = records(CI, ids, kinds, names, sectors, lifecycles, attributes, repeat(source))
    cis, rows = without_repeats(table, [ids], cis, problems, warnings, "id")
    known = set(ids)
    _report_lookalikes(table, ids, known, problems)
    _warn_confusable(table, ids, names, warnings)
    return _without_empty(cis, rows, known)


def _without_empty(cis: list[CI], rows: Sequence[int], known: set[str]) -> tuple[list[CI], Sequence[int], set[str]]:
    if "" in known:
        known.discard("")
        kept = [index for index, ci in enumerate(cis) if ci.id]
        return [cis[index] for index in kept], [rows[index] for index in kept], known
    return cis, rows, known


def records(kind: type[R], *columns: Iterable[object]) -> list[R]:
    """Named tuples of the given columns; `kind._make` without a Python call for each."""
    return list(map(tuple.__new__, repeat(kind), zip(*columns, strict=False)))


def _ids(table: Table, column: str, problems: Findings) -> Sequence[str]:
    texts = table.column(column)
    if table.clean(column) and max(map(len, texts), default=0) <= MAX_ID:
        joined = "".join(texts)
        if " " not in joined and "E+" not in joined:
            return texts
    return table.parsed(column, _parse_id, problems, "")


def _parse_id(text: str) -> str:
    if not text.strip():
        return ""
    refuse_exponent(text)
    return parse_id(text)


def _line_texts(table: Table, column: str, problems: Findings) -> Sequence[str]:
    texts = table.column(column)
    if table.clean(column) and "E+" not in "".join(texts):
        return texts
    return table.parsed(column, _parse_line, problems, "")


def _parse_line(text: str) -> str:
    if _WORD.fullmatch(text):
        return text
    refuse_exponent(text)
    if any(mark in text.strip() for mark in "\r\n\t"):
        raise ValueFault("BAD_CHARACTER", text, "one line of text")
    return parse_text(text)


def _words(table: Table, column: str, default: str = "") -> Sequence[str]:
    """A column of declared words, whatever their case; an empty cell is `default`."""
    texts = table.column(column)
    words = {text: text.strip().casefold() or default for text in set(texts)}
    return texts if all(map(eq, words, words.values())) else list(map(words.__getitem__, texts))


def _report_lookalikes(table: Table, ids: Sequence[str], known: set[str], problems: Findings) -> None:
    joined = "".join(known)
    fold = str.lower if joined.isascii() and " " not in joined else folded
    if len(set(map(fold, known))) == len(known):
        return
    rows = dict(zip(reversed(ids), reversed(table.rows), strict=True))
    distinct = [id_ for id_ in dict.fromkeys(ids) if id_]
    for first, *others in repeated([[folded(id_) for id_ in distinct]]).values():
        original = distinct[first]
        for other in map(distinct.__getitem__, others):
            found = f"{shown(other)}, like {shown(original)} in row {rows[original]}"
            accepted = "ids that differ in more than case, accents, space or Unicode form"
            problems.add("LOOKALIKE_ID", Cell(table.file, rows[other], "id"), found, accepted)


def _warn_confusable(table: Table, ids: Sequence[str], names: Sequence[str], warnings: Findings) -> None:
    for column, texts in (("id", ids), ("name", names)):
        if table.clean(column) or not (odd := confusable(texts)):
            continue
        for index, text in enumerate(texts):
            if text in odd:
                found = f"{shown(text)}, which looks like {shown(odd[text])}"
                warnings.add("CONFUSABLE_NAME", table.cell(index, column), found, "letters of one script")


def _relations(
    table: Table, ids: set[str], source: str, problems: Findings, warnings: Findings
) -> tuple[list[Relation], Sequence[int]]:
    froms, tos = _ends(table, "from", ids, problems), _ends(table, "to", ids, problems)
    types, effects = _words(table, "type"), _words(table, "effect")
    for column, values in (("from", froms), ("type", types), ("to", tos)):
        table.require(column, values, problems)
    pools = table.parsed("pool", _parse_line, problems, "")
    relations = records(Relation, froms, types, tos, pools, effects, repeat(source))
    relations, rows = without_repeats(table, [froms, types, tos, pools], relations, problems, warnings)
    return _complete(relations, rows, 3) if "" in froms or "" in tos or "" in types else (relations, rows)


def _ends(table: Table, column: str, ids: set[str], problems: Findings) -> Sequence[str]:
    texts = table.column(column)
    return texts if ids.issuperset(texts) else table.parsed(column, _parse_id, problems, "")


def _complete(things: list[R], rows: Sequence[int], width: int) -> tuple[list[R], Sequence[int]]:
    """Without the things that have an empty key part, all of which are reported already."""
    kept = [index for index, thing in enumerate(things) if all(thing[:width])]
    return [things[index] for index in kept], [rows[index] for index in kept]


def _pools(
    table: Table, source: str, problems: Findings, warnings: Findings
) -> tuple[list[Pool], Sequence[int]]:  # fmt: skip
    cis, names = _ids(table, "ci", problems), table.parsed("pool", _parse_line, problems, "")
    required = table.parsed("required", parse_required, problems, FAULTY)
    for column, values in (("ci", cis), ("pool", names), ("required", required)):
        table.require(column, values, problems)
    full = table.parsed("full", parse_required, problems, "")
    effects = table.parsed("effect", _parse_effect, problems, "down")
    pools = records(Pool, cis, names, [text or FAULTY for text in required], full, effects, repeat(source))
    pools, rows = without_repeats(table, [cis, names], pools, problems, warnings)
    return _complete(pools, rows, 2)


def _report_unused(
    pools: list[Pool], rows: Sequence[int], table: Table, relations: list[Relation], model: Model, problems: Findings
) -> None:
    """Report every rule whose pool no relation of the file names."""
    named = {(dependent(model, relation), relation.pool) for relation in relations if relation[3]} if pools else set()
    for pool, row in zip(pools, rows, strict=True):
        if (pool.ci, pool.name) not in named:
            accepted = f"the pool of a relation on which {pool.ci} depends"
            problems.add_text("RULE_WITHOUT_POOL", Cell(table.file, row, "pool"), pool.name, accepted)


def _parse_effect(text: str) -> str:
    word = text.strip().casefold() or "down"
    if word not in EFFECTS:
        raise ValueFault("UNKNOWN_EFFECT", text, "one of " + ", ".join(EFFECTS))
    return word
