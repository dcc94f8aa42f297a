"""The names that the graph uses: labels, relationship types and properties. They come from the model alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from cmdb.model.ci import CI
from cmdb.model.claims import claims_of
from cmdb.model.model import Model
from cmdb.model.record import Record
from cmdb.store.likeness import fields

ROOT = "CI"
"""The label of every CI."""
RECORD_LABELS: Mapping[str, str] = {
    "incident": "Incident", "change": "Change", "freeze": "FreezeWindow", "problem": "Problem", "basis": "Basis",
    "run": "ImportRun", "match": "Match", "observation": "Observation",
}  # fmt: skip
"""The label of each kind of record, beside `ServiceRecord`, as the model has a kind `record`."""
RECORD_LINKS: Mapping[str, str] = {
    "incident": "AFFECTS", "change": "CHANGES", "freeze": "COVERS", "problem": "CONCERNS", "basis": "CONCERNS",
    "run": "CONCERNS", "match": "DECIDES", "observation": "OBSERVED",
}  # fmt: skip
"""The type of the relationships from each kind of record to the CIs that it is about."""
OURS = frozenset(
    {"Head", "Revision", "Request", "Pool", "PastCI", "PastRelation", "PastPool", "ServiceRecord", "PastRecord"}
).union(RECORD_LABELS.values())
"""Labels of what is no CI."""
OWN = frozenset({*CI._fields, "since", "record", "searched", "known_to"}.difference({"attributes_json", "claims_json"}))
"""Properties of a CI that are not attributes."""
RECORD_OWN = frozenset({*Record._fields, "body", "since", "missing", "unlinked"})
"""Properties of a record that are not of its body."""
PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
LARGEST = 2**63 - 1


def label(kind: str) -> str:
    """The label of a kind: `virtual_machine` is `VirtualMachine`; what would be one of `OURS` ends in `Kind`."""
    if kind == "ci":
        return ROOT
    name = "".join(part.capitalize() for part in kind.split("_"))
    return f"{name}Kind" if name in OURS or name == ROOT else name


def relationship(type_: str) -> str:
    """The relationship type of a relation type: `depends_on` is `DEPENDS_ON`."""
    return type_.upper()


def relation_type(relationship_type: str) -> str:
    """The relation type of a relationship type."""
    return relationship_type.lower()


def quoted(name: str) -> str:
    """A name as it stands in Cypher."""
    return "`" + name.replace("`", "``") + "`"


@dataclass(frozen=True)
class Vocabulary:
    """The names for one model."""

    model: Model

    @cached_property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of a CI of each concrete kind, the most general first."""
        return {kind: tuple(label(k) for k in reversed(self.model.ancestors(kind))) for kind in self.model.concrete}

    @cached_property
    def labelled(self) -> Mapping[str, str]:
        """The labels of each concrete kind, as they stand in Cypher."""
        return {kind: "".join(f":{quoted(name)}" for name in names) for kind, names in self.labels.items()}

    @cached_property
    def unlabelled(self) -> Mapping[str, str]:
        """The labels that a CI of each concrete kind must not have, as they stand in Cypher."""
        every = dict.fromkeys(name for names in self.labels.values() for name in names)
        return {
            kind: "".join(f":{quoted(name)}" for name in every if name not in names)
            for kind, names in self.labels.items()
        }

    def properties(self, ci: CI, since: int) -> dict[str, object]:
        """What the node of a CI holds: its columns and its declared attributes, each in its own type.

        `record` is the whole CI in one property: Neo4j reads one property as it was at one moment, but not two.
        """
        declared = self.model.attributes[ci.kind]
        found: dict[str, object] = {
            (name if name not in OWN else f"attribute_{name}"): native(value)
            for name, value in orjson.loads(ci.attributes_json).items()
            if name in declared
        }
        found.update(
            id=ci.id, kind=ci.kind, name=ci.name, sector=ci.sector, lifecycle=ci.lifecycle, source=ci.source,
            since=since, record=record(ci, since), searched=fields(ci),
        )  # fmt: skip
        if ci.claims_json:
            found["known_to"] = [claim.source for claim in claims_of(ci)]
        return found


def record(ci: CI, since: int) -> str:
    """A CI and the revision it is of, as one text; claims only where there are any."""
    return orjson.dumps([*ci, since] if ci.claims_json else [*ci[:-1], since]).decode()


def record_properties(kept: Record, since: int) -> dict[str, object]:
    """What the node of a record holds: its columns, and the single values of its body for those who ask by hand."""
    return single_values(kept.body, RECORD_OWN) | {
        "kind": kept.kind, "source": kept.source, "number": kept.number, "since": since, "body": kept.body_json,
    }  # fmt: skip


def single_values(part: Mapping[str, Any], without: frozenset[str]) -> dict[str, object]:
    """The texts, numbers and booleans among the values with a plain name."""
    return {
        name: native(value)
        for name, value in part.items()
        if isinstance(value, bool | int | float | str) and name not in without and PLAIN_NAME.fullmatch(name)
    }


def native(value: object) -> object:
    """An attribute as Neo4j can keep it: numbers, text and lists of text as they are."""
    if isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return value if -LARGEST <= value <= LARGEST else str(value)
    return [str(part) for part in value] if isinstance(value, list) else None
