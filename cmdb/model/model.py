"""The model as one value: kinds and relation types with inheritance resolved, checked for sense."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from cmdb.model.attributes import PARSERS, Attribute
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.kinds import KINDS, ROLES, SECTORS, Kind
from cmdb.model.precedence import Precedence
from cmdb.model.relations import EFFECTS, RELATIONS, RelationType

FLOWS = ("to_from", "from_to", "none")


@dataclass(frozen=True)
class Model:
    """Every declared kind, relation type and sector. Raises `InvalidInput` when they contradict each other."""

    kinds: Mapping[str, Kind]
    relations: Mapping[str, RelationType]
    sectors: tuple[str, ...] = SECTORS
    precedence: Precedence = field(default_factory=Precedence)

    def __post_init__(self) -> None:
        if problems := list(_check(self)):
            raise InvalidInput(problems)

    def ancestors(self, kind: str) -> tuple[str, ...]:
        """`kind` and its parents, nearest first."""
        return self._lineage[kind]

    def is_a(self, kind: str, ancestor: str) -> bool:
        """Whether `kind` is `ancestor` or descends from it."""
        return ancestor in self._lineage[kind]

    @cached_property
    def _lineage(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(_lineage(self.kinds, name)) for name in self.kinds}

    @cached_property
    def concrete(self) -> tuple[str, ...]:
        """Names of the kinds that CIs can have, in declared order."""
        return tuple(name for name, kind in self.kinds.items() if not kind.abstract)

    @cached_property
    def attributes(self) -> Mapping[str, Mapping[str, Attribute]]:
        """Attributes by kind and name, inherited ones included."""
        return {
            name: {a.name: a for parent in reversed(line) for a in self.kinds[parent].attributes}
            for name, line in self._lineage.items()
        }

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """The role of each kind: its own or its nearest parent's."""
        return {
            name: next((role for p in line if (role := self.kinds[p].role)), "plain")
            for name, line in self._lineage.items()
        }

    @cached_property
    def identified(self) -> Mapping[str, tuple[str, tuple[tuple[str, ...], ...]]]:
        """Of each kind the kind that declares what identifies it, and the keys; only kinds that something identifies.

        CIs of all kinds that share the declaring one may be one CI.
        """
        declared = {name: self.kinds[name].identified_by for name in self.kinds}
        nearest = {
            name: next((p for p in line if declared[p] is not None), name) for name, line in self._lineage.items()
        }
        return {name: (owner, keys) for name, owner in nearest.items() if (keys := declared[owner])}

    @cached_property
    def allowed(self) -> frozenset[tuple[str, str, str]]:
        """Every allowed (from-kind, relation type, to-kind) of concrete kinds."""
        return frozenset(
            (a, r.name, b)
            for r in self.relations.values()
            for a in self.concrete
            for b in self.concrete
            if any(k in self._lineage[a] for k in r.from_kinds) and any(k in self._lineage[b] for k in r.to_kinds)
        )

    @cached_property
    def carriers(self) -> frozenset[str]:
        """Concrete kinds that some impact-carrying relation may join; the others can never break anything."""
        ends = {k for r in self.relations.values() if r.impact != "none" for k in (*r.from_kinds, *r.to_kinds)}
        return frozenset(k for k in self.concrete if ends.intersection(self._lineage[k]))

    def extended(
        self, kinds: Iterable[Kind], relations: Iterable[RelationType], sectors: Iterable[str],
        precedence: Precedence | None = None,
    ) -> "Model":  # fmt: skip
        """This model with more kinds, attributes (a kind of the same name adds its own), relations and sectors.

        A kind of the same name may also say anew what identifies it; a `precedence` takes the place of the model's.
        """
        merged = dict(self.kinds)
        for kind in kinds:
            old = merged.get(kind.name)
            merged[kind.name] = _added(old, kind) if old else kind
        return Model(
            merged,
            {**self.relations, **{r.name: r for r in relations}},
            tuple(dict.fromkeys((*self.sectors, *sectors))),
            precedence or self.precedence,
        )


def standard_model() -> Model:
    """The built-in model: `KINDS` and `RELATIONS`."""
    return Model({k.name: k for k in KINDS}, {r.name: r for r in RELATIONS})


def _lineage(kinds: Mapping[str, Kind], name: str) -> Iterator[str]:
    seen: set[str] = set()
    current: str | None = name
    while current is not None and current in kinds and current not in seen:
        seen.add(current)
        yield current
        current = kinds[current].parent


def _added(old: Kind, kind: Kind) -> Kind:
    keys = old.identified_by if kind.identified_by is None else kind.identified_by
    return replace(old, attributes=old.attributes + kind.attributes, identified_by=keys)


def _check(model: Model) -> Iterator[Problem]:
    for kind in model.kinds.values():
        line = list(_lineage(model.kinds, kind.name))
        if line[-1] != "ci":
            accepted = "a declared kind, without circles"
            yield Problem("UNKNOWN_KIND", f"kinds.{kind.name}.parent", shown(str(kind.parent)), accepted)
        if kind.role is not None and kind.role not in ROLES:
            yield Problem("BAD_CHOICE", f"kinds.{kind.name}.role", shown(kind.role), "one of " + ", ".join(ROLES))
        names: set[str] = set()
        for attribute in (a for parent in line for a in model.kinds[parent].attributes):
            place = f"kinds.{kind.name}.attributes.{attribute.name}"
            if attribute.type not in PARSERS:
                yield Problem("BAD_CHOICE", place, shown(attribute.type), "one of " + ", ".join(PARSERS))
            if attribute.name in names or attribute.name in RESERVED:
                yield Problem("DUPLICATE_ATTRIBUTE", place, shown(attribute.name), "a name not used by the kind")
            names.add(attribute.name)
        yield from _check_keys(model, kind)
    for relation in model.relations.values():
        place = f"relations.{relation.name}"
        for end in (*relation.from_kinds, *relation.to_kinds):
            if end not in model.kinds:
                yield Problem("UNKNOWN_KIND", place, shown(end), "a declared kind")
        if relation.impact not in FLOWS:
            yield Problem("BAD_CHOICE", f"{place}.impact", shown(relation.impact), "one of " + ", ".join(FLOWS))
        if relation.effect not in EFFECTS:
            yield Problem("BAD_CHOICE", f"{place}.effect", shown(relation.effect), "one of " + ", ".join(EFFECTS))


def _check_keys(model: Model, kind: Kind) -> Iterator[Problem]:
    """Keys that identify by what the kind does not have, or by what is no single value."""
    own = {a.name: a for parent in _lineage(model.kinds, kind.name) for a in model.kinds[parent].attributes}
    columns = ["name", "sector", *(name for name, a in own.items() if a.type not in ("list", "boolean"))]
    for key in kind.identified_by or ():
        for column in key:
            if column not in columns:
                place = f"kinds.{kind.name}.identified_by"
                yield Problem("UNKNOWN_COLUMN", place, shown(column), "one of " + ", ".join(columns))


RESERVED = frozenset({"id", "kind", "name", "sector", "lifecycle", "from", "to", "type", "problem", "stood_at"})
