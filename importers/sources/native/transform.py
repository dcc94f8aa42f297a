"""Native tables to CIs, relations and pools: pure, and by whole columns, so that a large estate is quick to read."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import polars as pl

from cmdb.model.attributes import MAX_TEXT, parse_text
from cmdb.model.ci import CI, Pool, Relation
from cmdb.model.errors import ValueFault, shown
from cmdb.model.model import Model
from cmdb.model.pools import parse_required
from cmdb.model.relations import EFFECTS
from cmdb.model.text import MAX_ID, parse_id
from cmdb.progress import Progress
from cmdb.reconcile.validate import dependent
from importers.kit.build import NOWHERE, Build
from importers.kit.duplicates import repeated, without_repeats
from importers.kit.findings import Bad, Cell, Findings
from importers.kit.lookalike import SUSPECT, confusable
from importers.kit.precision import refuse_exponent
from importers.kit.records import Origin, Summary, Transformed
from importers.kit.table import Table
from importers.kit.texts import column_of, constant, differ_folded, folded_column, holds, matches, places_of, replaced
from importers.kit.things import Things
from importers.sources.native.attributes import FIXED, attribute_objects
from importers.sources.native.parted import BuiltInput, TablesInput
from importers.sources.native.tables import Tables

R = TypeVar("R", bound=tuple[object, ...])
_UNLIKE = "ids that differ in more than case, accents, space or Unicode form"
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
    cis, ci_rows, described = _cis(ci_table, tables.part, model, source, problems, warnings)
    relations, relation_rows, stated = _relations(relation_table, source, problems, warnings)
    pools, pool_rows = _pools(pool_table, source, problems, warnings)
    if tables.whole and not tables.part:
        _report_unused(pools, pool_rows, pool_table, relations, model, problems)
    return Transformed(
        cis=cis, ci_origin=Origin(ci_table.file, ci_rows),
        relations=relations, relation_origin=Origin(relation_table.file, relation_rows),
        pools=pools, pool_origin=Origin(pool_table.file, pool_rows),
        problems=problems, warnings=warnings, whole=tables.whole, part=tables.part,
        summary=_summary(cis, relations, described, stated),
    )  # fmt: skip


def transform_tables(
    tables: Tables, model: Model, source: str, problems: Findings, warnings: Findings
) -> Transformed:  # fmt: skip
    """The desired state that tables read as they are describe; they are kept where something is wrong with them."""
    made = transform(tables, model, source, problems, warnings)
    if not problems.count or not tables.whole:
        return made
    again = partial(transform, model=model, source=source)
    return replace(made, input=TablesInput(tables, lambda part: again(part, problems=Findings(), warnings=Findings())))


Built = tuple[Build, Findings, Findings]
"""What documents say in our words, its values not checked yet; then problems and warnings."""


def reader(built: Callable[[Path, Model, str, Progress], Built]) -> Callable[[Path, Model, str, Progress], Transformed]:
    """What reads and transforms documents for an importer; what is wrong with them is in the result's `problems`."""

    def read(path: Path, model: Model, source: str, progress: Progress) -> Transformed:
        build, problems, warnings = built(path, model, source, progress)
        return _transform_built(build, path.name, model, source, problems, warnings)

    return read


def _transform_built(
    build: Build, name: str, model: Model, source: str, problems: Findings, warnings: Findings
) -> Transformed:
    """The desired state that was built from documents at a path called `name`.

    It is whole when nothing was wrong with the documents. That they hold nothing that is recorded is a problem.
    """

    def made(problems: Findings, bad: Bad = NOWHERE) -> Transformed:
        cis, relations, pools = build.tables(bad)
        if not len(cis) and not problems.count:
            problems.add("EMPTY_FILE", Cell(name), "nothing that is recorded", "at least one CI")
        if not len(cis):
            return transform(Tables(None, None, None, whole=False), model, source, problems, warnings)
        tables = Tables(cis, relations, pools if len(pools) else None, whole=not problems.count)
        return transform(tables, model, source, problems, warnings)

    whole = made(problems)
    if not problems.count or not whole.cis:
        return whole
    return replace(whole, input=BuiltInput(build, lambda bad: made(Findings(problems.place), bad)))


def _cis(
    table: Table, part: bool, model: Model, source: str, problems: Findings, warnings: Findings
) -> tuple[Sequence[CI], Sequence[int], pl.DataFrame]:
    if table is not _NOTHING and not table and not part:
        problems.add("HEADER_ONLY", table.header(), "a header without rows", "at least one CI")
    ids, names = _ids(table, "id", problems), _line_texts(table, "name", problems)
    kinds, sectors = _words(table, "kind"), _words(table, "sector", "shared")
    for column, values in (("id", ids), ("kind", kinds), ("name", names)):
        table.require(column, values, problems)
    attributes = attribute_objects(table, kinds, model, problems)
    lifecycles = _words(table, "lifecycle", "live")
    things = Things(CI, source, ids, kinds, names, sectors, lifecycles, attributes)
    cis, rows = without_repeats(table, [ids], things, problems, warnings, "id", _unread(table, kinds, model))
    _report_lookalikes(table, ids, problems)
    _warn_confusable(table, ids, names, warnings)
    cis, rows = _complete(cis, rows, 1) if holds(ids, "") else (cis, rows)
    return cis, rows, pl.DataFrame({"id": ids, "kind": kinds, "sector": sectors, "lifecycle": lifecycles})


def _unread(table: Table, kinds: pl.Series, model: Model) -> pl.Series | None:
    """The attributes of CIs whose kind is unknown, as they stand there; None where there are none."""
    unknown = ~kinds.is_in(list(model.attributes))
    cells = [table.column(name) for name in sorted(set(table.columns) - FIXED)]
    if not cells or not unknown.any():
        return None
    told = pl.select(pl.concat_str(cells, separator="\0")).to_series()
    return told.zip_with(unknown, constant("", len(table)))


def _ids(table: Table, column: str, problems: Findings) -> pl.Series:
    return table.cleaned(column, _parse_id, problems, MAX_ID)


def _parse_id(text: str) -> str:
    if not text.strip():
        return ""
    refuse_exponent(text)
    return parse_id(text)


def _line_texts(table: Table, column: str, problems: Findings) -> pl.Series:
    return table.cleaned(column, _parse_line, problems, MAX_TEXT)


def _parse_line(text: str) -> str:
    refuse_exponent(text)
    if any(mark in text.strip() for mark in "\r\n\t"):
        raise ValueFault("BAD_CHARACTER", text, "one line of text")
    return parse_text(text)


def _words(table: Table, column: str, default: str = "") -> pl.Series:
    """A column of declared words, whatever their case; an empty cell is `default`."""
    texts = table.column(column)
    return replaced(texts, {text: text.strip().casefold() or default for text in texts.unique().to_list()})


def _report_lookalikes(table: Table, ids: pl.Series, problems: Findings) -> None:
    if differ_folded(ids):
        return
    rows = dict(zip(reversed(ids.to_list()), reversed(table.rows), strict=True))
    distinct = ids.filter(ids != "").unique(maintain_order=True)
    for first, *others in repeated([folded_column(distinct)]).values():
        for other in others:
            found = f"{shown(distinct[other])}, like {shown(distinct[first])} in row {rows[distinct[first]]}"
            problems.add("LOOKALIKE_ID", Cell(table.file, rows[distinct[other]], "id"), found, _UNLIKE)
        for index in places_of(ids, dict.fromkeys(distinct[at] for at in (first, *others))):
            problems.implicate("LOOKALIKE_ID", table.cell(index, "id"), "one of several ids alike", _UNLIKE)


def _warn_confusable(table: Table, ids: pl.Series, names: pl.Series, warnings: Findings) -> None:
    for column, texts in (("id", ids), ("name", names)):
        suspect = not table.plain(column) and matches(texts, SUSPECT).any()
        odd = confusable(texts.unique().to_list()) if suspect else {}
        for index in places_of(texts, odd):
            found = f"{shown(texts[index])}, which looks like {shown(odd[texts[index]])}"
            warnings.add("CONFUSABLE_NAME", table.cell(index, column), found, "letters of one script")


def _relations(
    table: Table, source: str, problems: Findings, warnings: Findings
) -> tuple[Sequence[Relation], Sequence[int], pl.DataFrame]:  # fmt: skip
    froms, tos = _ids(table, "from", problems), _ids(table, "to", problems)
    types, effects = _words(table, "type"), _words(table, "effect")
    for column, values in (("from", froms), ("type", types), ("to", tos)):
        table.require(column, values, problems)
    pools = _line_texts(table, "pool", problems)
    things = Things(Relation, source, froms, types, tos, pools, effects)
    relations, rows = without_repeats(table, [froms, types, tos, pools], things, problems, warnings)
    if any(holds(texts, "") for texts in (froms, tos, types)):
        relations, rows = _complete(relations, rows, 3)
    return relations, rows, pl.DataFrame({"from": froms, "type": types, "to": tos, "pool": pools, "effect": effects})


def _summary(
    cis: Sequence[CI], relations: Sequence[Relation], described: pl.DataFrame, stated: pl.DataFrame
) -> Summary:  # fmt: skip
    columns = (described["kind"], described["sector"], described["lifecycle"], stated["pool"], stated["effect"])
    kinds, sectors, lifecycles, pools, effects = (frozenset(column.unique().to_list()) for column in columns)
    joined = _joined(stated, described.select("id", "kind"))
    return Summary(cis, relations, kinds, sectors, lifecycles, pools, effects, joined)


def _joined(ends: pl.DataFrame, kinds: pl.DataFrame) -> frozenset[tuple[str, str, str]] | None:
    """The kinds that relations join; None where an end is not among the CIs, or both are the same one."""
    if kinds["id"].hash().n_unique() < len(kinds) or (ends["from"] == ends["to"]).any():
        return None
    known = kinds.lazy()
    starts = ends.lazy().select("from", "type", "to").join(known, left_on="from", right_on="id", how="left")
    both = starts.join(known, left_on="to", right_on="id", how="left", suffix="_to")
    found = both.select("kind", "type", "kind_to").unique().collect().rows()
    return None if any(None in joined for joined in found) else frozenset(found)


def _complete(things: Sequence[R], rows: Sequence[int], width: int) -> tuple[Sequence[R], Sequence[int]]:
    """Without the things that have an empty key part, all of which are reported already."""
    kept = [index for index, thing in enumerate(things) if all(thing[:width])]
    return [things[index] for index in kept], [rows[index] for index in kept]


def _pools(
    table: Table, source: str, problems: Findings, warnings: Findings
) -> tuple[Sequence[Pool], Sequence[int]]:  # fmt: skip
    if table is _NOTHING:
        return [], ()
    cis, names = _ids(table, "ci", problems), _line_texts(table, "pool", problems)
    required = column_of(table.parsed("required", parse_required, problems, FAULTY))
    for column, values in (("ci", cis), ("pool", names), ("required", required)):
        table.require(column, values, problems)
    full = column_of(table.parsed("full", parse_required, problems, ""))
    effects = column_of(table.parsed("effect", _parse_effect, problems, "down"))
    things = Things(Pool, source, cis, names, replaced(required, {"": FAULTY}), full, effects)
    pools, rows = without_repeats(table, [cis, names], things, problems, warnings)
    return _complete(pools, rows, 2)


def _report_unused(
    pools: Sequence[Pool], rows: Sequence[int], table: Table, relations: Sequence[Relation], model: Model,
    problems: Findings,
) -> None:  # fmt: skip
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
