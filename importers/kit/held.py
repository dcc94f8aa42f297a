"""Holding back what is at fault, so that the rest can be imported: pure, and the same for every importer.

First go the rows and objects in which something cannot be read; what is left is made anew without them. Then go the
things that do not fit the model, or what is recorded, and what hung on those that went, until all that is left fits.
"""

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.model import Model
from cmdb.model.text import parse_id
from cmdb.reconcile.validate import dependent
from cmdb.store.port import Dump
from importers.kit.checks import check_lookalikes, check_model
from importers.kit.findings import GROUPED, Bad, Cell, Fault, Findings, Spot
from importers.kit.held_words import in_native_words
from importers.kit.native_text import COLUMNS, texts_of
from importers.kit.recorded import source_of, with_keys
from importers.kit.records import NativeRow, Origin, Transformed

T = TypeVar("T", CI, Relation, Pool)
MISSHAPEN = frozenset({"SHORT_ROW", "LONG_ROW"})
"""Rows of which no cell can be trusted to stand in its own column."""
JUDGED_LATER = frozenset({"RULE_WITHOUT_POOL"})
"""What can change once other rows are gone."""
TABLES: Mapping[str, str] = {"ci": "cis", "relation": "relations", "pool": "pools"}
ENDS: Mapping[str, tuple[str, ...]] = {"ci": ("id",), "relation": ("from", "to"), "pool": ("ci",)}
"""The fields of a row that hold ids."""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row that is held back: `entity` is ci, relation or pool, `texts` are its cells in the native format.

    `at` is where it stood in the input. `marked` are the faults of what could not be read, each with its field, or with
    an empty text for the row as a whole. `told` are the faults in words that hold for these texts, where the input has
    other columns or other words.
    """

    entity: str
    texts: Mapping[str, str]
    at: Cell
    faults: tuple[Fault, ...]
    marked: tuple[tuple[Fault, str], ...] = ()
    told: tuple[Fault, ...] = ()

    @property
    def code(self) -> str:
        """The code of its first fault."""
        return self.faults[0].code

    @property
    def unread(self) -> frozenset[str]:
        """The fields that cannot be trusted to hold what is meant; all of them in a row that is misshapen."""
        if any(fault.code in MISSHAPEN for fault in self.faults):
            return frozenset(COLUMNS[self.entity])
        return frozenset(field for fault, field in self.marked if fault.code not in GROUPED)

    @property
    def problems(self) -> list[Problem]:
        """Its faults, each with its place."""
        return [Problem(f.code, str(self.at._replace(column=f.column)), f.found, f.accepted) for f in self.faults]

    def readable(self, field: str) -> CiId | None:
        """The id that a field holds; None where it cannot be read."""
        if field in self.unread:
            return None
        try:
            return CiId(parse_id(self.texts.get(field, "")))
        except ValueFault:
            return None


@dataclass(frozen=True, slots=True)
class Held:
    """What can be imported, and what is held back.

    `ids` are the CIs held back whose id is known. `all_known` is False where some row may stand for any CI, relation or
    pool, so that none of the source may be retired or removed.
    """

    kept: Transformed
    rows: tuple[HeldRow, ...]
    ids: frozenset[CiId]
    all_known: bool


def hold_back(
    transformed: Transformed, model: Model, current: Dump, complete: Callable[[Transformed], Transformed] | None = None
) -> Held:
    """Part what an importer made into what fits and what does not.

    `complete` may add what is missing (stubs, say) before relations are judged. Raises `InvalidInput` with the problems
    where a file as a whole is at fault, where there are too many places at fault, and where nothing is left.
    """
    parsed, unread, accounted = _parsed(transformed, model)
    kept, unfit = _fitting(parsed, model, current, unread, complete)
    rows = tuple(sorted((*unread, *unfit), key=lambda row: (list(ENDS).index(row.entity), row.at)))
    if rows and not (kept.cis or kept.relations or kept.pools):
        raise InvalidInput([problem for row in rows for problem in row.problems], sum(len(row.faults) for row in rows))
    known = accounted and all(map(_known, rows))
    return Held(replace(kept, warnings=transformed.warnings), rows, frozenset(_ids(rows)), known)


def _ids(rows: Iterable[HeldRow]) -> Iterator[CiId]:
    return (id_ for row in rows if row.entity == "ci" and (id_ := row.readable("id")) is not None)


def _known(row: HeldRow) -> bool:
    """Whether it is known what a row stands for; of a relation, at least one end."""
    return any(row.readable(field) is not None for field in ENDS[row.entity])


def _parsed(transformed: Transformed, model: Model) -> tuple[Transformed, list[HeldRow], bool]:
    """What is made of the rows that can be read, the others, and whether the faults are about these alone."""
    refused = InvalidInput(transformed.problems.problems, transformed.problems.count)
    source, made, taken = transformed.input, transformed, Taken({}, [])
    while new := _unreadable(made.problems):
        if source is None or made.problems.crowded or not taken.add(new):
            raise refused
        taken.rows = source.taken(taken.bad)
        if not all(source.left_out(Cell(*place), taken.bad[place].values()) for place in taken.unseen):
            raise refused
        made = source.rest(taken.bad)
    parsed = replace(made, whole=True, input=None, problems=Findings(made.problems.place))
    return parsed, list(taken.held(model)), taken.accounted


def _unreadable(problems: Findings) -> Bad:
    """The places of which something cannot be read, or is there twice."""
    kept = {
        place: {spot: fault for spot, fault in faults.items() if fault.code not in JUDGED_LATER}
        for place, faults in problems.bad.items()
    }
    return {place: faults for place, faults in kept.items() if faults}


@dataclass
class Taken:
    """The places at fault, and the rows that were made of them."""

    bad: dict[tuple[str, int], dict[Spot, Fault]]
    rows: Sequence[NativeRow]

    def add(self, new: Bad) -> bool:
        """Add faults to those known; whether any is new."""
        before = sum(map(len, self.bad.values()))
        for place, faults in new.items():
            self.bad[place] = {**faults, **self.bad.get(place, {})}
        return sum(map(len, self.bad.values())) > before

    @property
    def unseen(self) -> list[tuple[str, int]]:
        """The places of which there is no row."""
        seen = {row.at[:2] for row in self.rows}
        return [place for place in self.bad if place not in seen]

    @property
    def accounted(self) -> bool:
        """Whether every cell at fault is one that some row was read from, so that nothing is missing beside these."""
        seen: dict[tuple[str, int], set[str]] = {}
        for row in self.rows:
            seen.setdefault(row.at[:2], set()).update(_fields(row))
        told = ((place, fault) for place, faults in self.bad.items() for fault in faults.values())
        return all(
            place in seen and (fault.table or not fault.column or fault.column.casefold() in seen[place])
            for place, fault in told
        )

    def held(self, model: Model) -> Iterator[HeldRow]:
        """Every row with its faults; behind them the places of which there is none."""
        read: dict[tuple[str, int], set[str]] = {}
        for row in self.rows:
            read.setdefault(row.at[:2], set()).update(map(str.casefold, row.columns.values()))
        for row in self.rows:
            yield _held(row, self.bad[row.at[:2]], model, read[row.at[:2]])
        for place in self.unseen:
            faults = tuple(self.bad[place].values())
            yield HeldRow("ci", {}, Cell(*place), faults, tuple((fault, "") for fault in faults))


def _fields(row: NativeRow, read: Collection[str] = ()) -> Mapping[str, str]:
    """The fields of a row by the column that they were read from, in lower case. One that was not read from the column
    of its name does not stand for it where that is among those that were `read` for something else."""
    own = {key: name for name in (*COLUMNS[row.entity], *row.texts) if (key := name.casefold()) not in read}
    return {**own, **{column.casefold(): field for field, column in row.columns.items()}}


def _held(row: NativeRow, faults: Mapping[Spot, Fault], model: Model, read: Collection[str]) -> HeldRow:
    fields = _fields(row, read)
    near = [fault for fault in faults.values() if fault.touches(TABLES[row.entity])]
    own = [fault for fault in near if not fault.column or fault.column.casefold() in fields]
    told = own or near or list(faults.values())
    marked = [(fault, fields.get(fault.column.casefold(), "")) for fault in told]
    native = (in_native_words(fault, field, row, model) if field else fault for fault, field in marked)
    return HeldRow(row.entity, row.texts, row.at, tuple(told), tuple(marked), tuple(native))


def _fitting(
    made: Transformed, model: Model, current: Dump, unread: Sequence[HeldRow],
    complete: Callable[[Transformed], Transformed] | None,
) -> tuple[Transformed, list[HeldRow]]:  # fmt: skip
    """What fits the model and what is recorded, and the rows that do not. CIs are judged first."""
    known, rows = with_keys(current, source_of(made)), list[HeldRow]()
    held = frozenset(_ids(unread))
    if twins := _twins(made, unread):
        rows += _rows(made, twins, held)
        made = _without(made, twins)
    for judged in (("ci",), ("ci", "relation", "pool")):
        while bad := {at: faults for at, faults in _misfits(made, model, known).items() if at[0] in judged}:
            rows += _rows(made, bad, held.union(_ids(rows)))
            made = _without(made, bad)
        if complete is not None and judged == ("ci",):
            made = complete(made)
    return made, rows


def _twins(made: Transformed, unread: Sequence[HeldRow]) -> Bad:
    """What has the same key as a row that could not be read: which of them is right is not known."""
    keys = {("ci", row.readable("id"), "") for row in unread if row.entity == "ci"}
    keys |= {("pool", row.readable("ci"), row.texts.get("pool", "")) for row in unread if row.entity == "pool"}
    cis = (("ci", at, ("ci", ci.id, "")) for at, ci in enumerate(made.cis, 1))
    pools = (("pool", at, ("pool", pool.ci, pool.name)) for at, pool in enumerate(made.pools, 1))
    fault = Fault("", "CONFLICT_IN_FILE", "the key of a row that is held back", "one row of each key")
    return {(entity, at): {("", ""): fault} for entity, at, key in (*cis, *pools) if key in keys} if keys else {}


def _misfits(made: Transformed, model: Model, current: Dump) -> Bad:
    """What is wrong, by entity and position from 1."""
    found = Findings()
    ci, relation, pool = (
        Origin(name, range(1, len(things) + 1))
        for name, things in (("ci", made.cis), ("relation", made.relations), ("pool", made.pools))
    )
    numbered = replace(made, ci_origin=ci, relation_origin=relation, pool_origin=pool, problems=found)
    check_model(numbered, model, current, ())
    recorded = {known.id for known in current.cis}
    check_lookalikes(numbered, (one for one in made.cis if one.id not in recorded), current.cis)
    _check_rules(numbered, model, current)
    if found.crowded:
        raise InvalidInput(found.problems, found.count)
    return found.bad


def _check_rules(numbered: Transformed, model: Model, current: Dump) -> None:
    """Add to the problems every rule whose pool no relation names; for a part, no recorded one either."""
    relations = chain(numbered.relations, current.relations if numbered.part else ())
    named = {(dependent(model, relation), relation.pool) for relation in relations if relation.pool}
    for pool in numbered.pools:
        if pool.key not in named:
            accepted = f"the pool of a relation on which {pool.ci} depends"
            numbered.problems.add_text("RULE_WITHOUT_POOL", numbered.cell(pool, "pool"), pool.name, accepted)


def _rows(made: Transformed, bad: Bad, held: frozenset[CiId]) -> Iterator[HeldRow]:
    of: Mapping[str, tuple[Sequence[CI] | Sequence[Relation] | Sequence[Pool], Origin]] = {
        "ci": (made.cis, made.ci_origin),
        "relation": (made.relations, made.relation_origin),
        "pool": (made.pools, made.pool_origin),
    }
    ends = {shown(id_) for id_ in held}
    for (entity, number), faults in bad.items():
        things, origin = of[entity]
        at = made.problems.place(Cell(origin.file, origin.rows[number - 1]))
        told = tuple(_with_reason(fault, ends) for fault in faults.values())
        yield HeldRow(entity, texts_of(things[number - 1]), Cell(at.file, at.row), told)


def _with_reason(fault: Fault, held: Container[str]) -> Fault:
    if fault.code.startswith("DANGLING") and fault.found in held:
        return fault._replace(accepted="a CI that is not held back itself")
    return fault


def _without(made: Transformed, bad: Bad) -> Transformed:
    cis, ci_rows = _left("ci", made.cis, made.ci_origin, bad)
    relations, relation_rows = _left("relation", made.relations, made.relation_origin, bad)
    pools, pool_rows = _left("pool", made.pools, made.pool_origin, bad)
    return replace(
        made, cis=cis, relations=relations, pools=pools, ci_origin=ci_rows, relation_origin=relation_rows,
        pool_origin=pool_rows,
    )  # fmt: skip


def _left(entity: str, things: Sequence[T], origin: Origin, bad: Bad) -> tuple[Sequence[T], Origin]:
    left = [at for at in range(len(things)) if (entity, at + 1) not in bad]
    if len(left) == len(things):
        return things, origin
    return [things[at] for at in left], Origin(origin.file, [origin.rows[at] for at in left])
