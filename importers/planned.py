"""What an import would do: what an importer read, beside what is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path

from cmdb.model.ci import CI
from cmdb.model.digest import request_digest
from cmdb.model.model import Model
from cmdb.progress import Progress
from cmdb.reconcile.plan import Plan, plan
from cmdb.records.runs import confirmed, freshness, runs_among
from cmdb.store.port import Dump
from importers.input import fingerprint
from importers.kit.checks import all_fit, check_lookalikes, check_model
from importers.kit.held import Held, HeldRow, hold_back
from importers.kit.protected import with_protected
from importers.kit.recorded import with_keys
from importers.kit.records import Transformed
from importers.kit.stubs import STUBBED, with_standing, with_stubs
from importers.kit.things import Things
from importers.options import BadRows, ImportOptions, MissingEnds
from importers.unchanged import Rest
from importers.view import View


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for an import, and how: enough to plan it anew, and for its report."""

    path: Path
    named: str
    source: str
    importer: str
    started_at: datetime
    options: ImportOptions
    model: Model
    transformed: Transformed

    @property
    def request(self) -> str:
        """The fingerprint of what is asked for: the same input of the same source, in the same way."""
        return asked(self.path, self.source, self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan(Plan):
    """What an import would do, and what it was planned from: `stated` counts the CIs that the source has in the end,
    `stubs` those of them that it only names; `held` are the rows that are held back."""

    read: Read
    stated: int = 0
    stubs: int = 0
    held: Sequence[HeldRow] = ()


def asked(path: Path, source: str, options: ImportOptions) -> str:
    """The fingerprint of a request to import: of the source, the input and what is to become of it."""
    told = (source, fingerprint(path), options.importer, options.bad_rows, options.missing_ends, options.partial)
    return request_digest(tuple(map(str, told)))


def plan_transformed(view: View, read: Read, progress: Progress) -> ImportPlan:
    """The plan for what an importer read. Raises `InvalidInput`, and `StoreUnavailable`."""
    made, held = read.transformed, None
    rest = view.rest(made) if _fits(made, read.model) else None
    if rest is None:
        current = view.dump()
        made, held = _completed(current, read)
        rest = Rest(current, (made.cis, made.relations, made.pools), 0)
    current = rest.current
    planned = plan(current, rest.desired, read.source, read.model, in_part(read), _stale(current, read))
    aside = len(made.relations) - len(rest.desired[1])
    planned = replace(planned, owned=planned.owned + rest.owned, relations_before=planned.relations_before + aside)
    if made.whole:
        progress.stage("check", len(made.cis) + len(made.relations) + len(made.pools))
        check_model(made, read.model, with_keys(current, read.source), planned.changeset.remove_pools)
        check_lookalikes(made, planned.cis.created, current.cis)
        _check_clashes(made, planned)
    made.problems.refuse()
    told = {field.name: getattr(planned, field.name) for field in fields(planned)}
    told.update(warnings=tuple(made.warnings.problems), warning_count=made.warnings.count)
    return ImportPlan(**told, read=read, held=held.rows if held else (), stated=len(made.cis), stubs=_stubs(made.cis))


def _fits(made: Transformed, model: Model) -> bool:
    """Whether the input is sound in itself: no relation names anything that is not among its CIs."""
    return made.whole and not made.problems.count and all_fit(made, model)


def _completed(current: Dump, read: Read) -> tuple[Transformed, Held | None]:
    """What the input comes to beside what is recorded, and what is held back of it."""
    made, held = read.transformed, _held(current, read)
    if held is not None:
        made = with_protected(held, current, read.source, read.model)
    elif read.options.missing_ends is MissingEnds.stub:
        made = with_stubs(made, read.model, current)
    return with_standing(made, current, read.source), held


def _held(current: Dump, read: Read) -> Held | None:
    """What fits and what is held back, where rows at fault are to be held back."""
    if read.options.bad_rows is not BadRows.hold:
        return None
    stubs = read.options.missing_ends is MissingEnds.stub
    complete = (lambda made: with_stubs(made, read.model, current)) if stubs else None
    return hold_back(read.transformed, read.model, current, complete)


def in_part(read: Read) -> bool:
    """Whether what is missing in the input is not to be retired or removed."""
    return read.options.partial or read.transformed.part


def _stale(current: Dump, read: Read) -> frozenset[str]:
    """The other sources that were not confirmed for longer than the model says they are fresh."""
    minutes = read.model.precedence.fresh_for
    if not minutes:
        return frozenset()
    times = confirmed(runs_among(current.records))
    told = ((source, freshness(minutes, times, source)) for source in minutes if source != read.source)
    return frozenset(source for source, fresh in told if fresh.stale(read.started_at))


def _check_clashes(made: Transformed, planned: Plan) -> None:
    """Add a problem for every relation that does not fit the kinds of CIs which other sources state as well."""
    for clash in planned.clashes:
        found = f"{clash.from_kind} {clash.relation.type} {clash.to_kind}"
        accepted = "a relation between the kinds that the sources of these CIs come to"
        made.problems.add_text("RELATION_NOT_ALLOWED", made.cell(clash.relation, "type"), found, accepted)


def _stubs(cis: Sequence[CI]) -> int:
    """How many CIs are only named."""
    if isinstance(cis, Things):
        return int(cis.column("attributes_json").str.contains(STUBBED, literal=True).sum())
    return sum(STUBBED in ci.attributes_json for ci in cis)
