"""A file of observed dependencies, read against the graph: what it comes to, and counting it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from api.observed import Hint, Hints, candidates, desk_of
from api.render import paged, shape
from api.workspace import Workspace
from cmdb.model.ci import Relation
from cmdb.records.observing import Decided, Recorded
from cmdb.service import Signed
from impact.report import Page
from importers.kit.findings import Findings
from importers.observed.reading import read_observed
from importers.observed.resolved import Resolved, resolve
from importers.records.cells import Clock

NAMED = 100
"""Names without a CI that JSON lists."""


@dataclass(frozen=True)
class ObservedFile:
    """What a file shows, told of CIs. Nothing is written yet."""

    workspace: Workspace
    source: str
    resolved: Resolved
    warnings: Findings

    def plan(self) -> Recorded:
        """What counting it would do."""
        found = desk_of(self.workspace).plan(self.source, self.resolved.evidence)
        return Recorded(0, len(found.created), len(found.changed), found.unchanged, False)

    def write(self, by: Signed) -> Recorded:
        """Count it, all in one revision. Raises what `ObservationDesk.record` does.

        Where there is nothing to write, the key is left unused: a repeated run is no other request under it.
        """
        kept = "" if by.key and not sum(self.plan()[1:3]) else by.key
        return desk_of(self.workspace).record(self.source, self.resolved.evidence, by._replace(key=kept))


def read_file(workspace: Workspace, path: Path, source: str, clock: Clock, at: datetime | None) -> ObservedFile:
    """Read a file. Raises `InvalidInput` with all that is wrong with it, and `StoreUnavailable`."""
    problems, warnings = Findings(), Findings()
    observed = read_observed(path, clock, workspace.clock(), problems, warnings, at)
    problems.refuse()
    return ObservedFile(workspace, source, resolve(observed, candidates(workspace)), warnings)


def observed_json(found: ObservedFile, done: Recorded, applied: bool) -> dict[str, Any]:
    """What a file comes to, and what came of it, as JSON."""
    resolved = found.resolved
    return {
        "applied": applied,
        "revision": done.revision if applied else None,
        "source": found.source,
        "pairs": resolved.pairs,
        "created": done.created,
        "changed": done.changed,
        "unchanged": done.unchanged,
        "ownCalls": resolved.own_calls,
        "unresolved": shape(resolved.unresolved[:NAMED]),
        "unresolvedCount": len(resolved.unresolved),
        "shortened": dict(list(resolved.shortened.items())[:NAMED]),
        "shortenedCount": len(resolved.shortened),
        "warnings": [warning._asdict() for warning in found.warnings.problems],
        "warningCount": found.warnings.count,
    }


def hints_json(found: Hints, page: Page[Hint]) -> dict[str, Any]:
    """A page of hints as JSON."""
    told = paged(nodes=page)
    nodes = [
        {**_hint(node), "wouldHit": shape(found.risk(hint))}
        for node, hint in zip(told["nodes"], page.nodes, strict=True)
    ]
    return {"counts": shape(found.counts()), "nodes": nodes, **told["pages"]["nodes"]}


def decided_json(done: Decided) -> dict[str, Any]:
    """What a decision did, as JSON."""
    return {
        "revision": done.revision,
        "replayed": done.replayed,
        "observations": [{"number": one.number, "state": one.state.value} for one in done.observations],
        "relations": [_relation(relation) for relation in done.relations],
    }


def _hint(told: dict[str, Any]) -> dict[str, Any]:
    """With the name that GraphQL has for the caller: `from` is a word of Python's."""
    return {name.rstrip("_"): value for name, value in told.items()}


def _relation(relation: Relation) -> dict[str, str]:
    return {"from": relation.from_id, "type": relation.type, "to": relation.to_id, "effect": relation.effect}
