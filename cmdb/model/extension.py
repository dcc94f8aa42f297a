"""A model extension: a YAML file that adds kinds, attributes, relation types and sectors without code.

kinds:
  kiosk: {description: A public terminal., parent: server, attributes: {touch: {type: boolean}}}
  server: {attributes: {rack_units: {type: integer, unit: U}}}    # an existing kind: only adds attributes
  power: {identified_by: [[serial], [name, sector]]}    # or says anew what identifies it; [] is nothing
relations:
  guarded_by: {description: Is watched by., from: [resource], to: [team], impact: none}
sectors: [education]
precedence:                              # which source is believed: see docs/identity.md
  sources: [servicenow, netbox]
  attributes: {os: [netbox], rto: [continuity]}
  fresh_for: {netbox: 2 d}
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from cmdb.model.attributes import PARSERS, Attribute
from cmdb.model.durations import parse_minutes
from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.kinds import ROLES, Kind
from cmdb.model.model import FLOWS, RESERVED, Model
from cmdb.model.precedence import Precedence
from cmdb.model.relations import EFFECTS, Effect, Flow, RelationType
from cmdb.model.strict_yaml import Node, near, read_yaml

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_NAME_ACCEPTED = "a lower-case name: a letter, then up to 62 letters, digits and underscores"
_SECTIONS = ("kinds", "relations", "sectors", "precedence")
_PRECEDENCE = ("sources", "attributes", "fresh_for")
_SETTLED = ("kind", "name", "sector", "lifecycle", "effect")
"""What is no attribute and settled among sources like one."""
_KIND = ("description", "parent", "role", "abstract", "attributes", "identified_by")
_ATTRIBUTE = ("type", "unit", "description", "choices")
_RELATION = ("description", "from", "to", "impact", "effect", "carries_data")


def load_extension(path: Path, base: Model) -> Model:
    """`base` with what the file adds. Raises `InvalidInput`; every problem names the line and column."""
    return extend(read_yaml(path), base)


def extend(root: Node, base: Model) -> Model:
    """`base` with what the document adds. Raises `InvalidInput` with all problems of the document."""
    reader = _Reader(base)
    kinds, relations, sectors, precedence = reader.document(root)
    if reader.problems:
        raise InvalidInput(reader.problems)
    try:
        return base.extended(kinds, relations, sectors, precedence)
    except InvalidInput as fault:
        placed = list(dict.fromkeys(map(reader.placed, fault.problems)))
        raise InvalidInput(placed) from None


class _Reader:
    """Reads one document, collecting problems; what is wrong is left out."""

    def __init__(self, base: Model) -> None:
        self.problems: list[Problem] = []
        self._base = base
        self._places: dict[str, str] = {}

    def document(self, root: Node) -> tuple[list[Kind], list[RelationType], list[str], Precedence | None]:
        parts = self._fields(root, _SECTIONS)
        declared = self._mapping(parts.get("kinds"))
        known = list(dict.fromkeys((*self._base.kinds, *declared)))
        kinds = [self._kind(name, node, known) for name, node in self._named(parts.get("kinds"), "kinds")]
        relations = [
            self._relation(name, node, known) for name, node in self._named(parts.get("relations"), "relations")
        ]
        sectors = [str(node.value) for node in self._names(parts.get("sectors"))]
        precedence = self._precedence(parts["precedence"], kinds) if "precedence" in parts else None
        return kinds, relations, sectors, precedence

    def _precedence(self, node: Node, kinds: list[Kind]) -> Precedence:
        fields = self._fields(node, _PRECEDENCE)
        declared = [*self._base.kinds.values(), *kinds]
        names = [*_SETTLED, *sorted({attribute.name for kind in declared for attribute in kind.attributes})]
        attributes = self._mapping(fields.get("attributes"))
        for name in attributes:
            if name not in names:
                place = fields["attributes"].key_places[name]
                self._add("UNKNOWN_ATTRIBUTE", place, shown(name), "a declared attribute" + near(name, names))
        orders = {name: self._sources(value) for name, value in attributes.items()}
        fresh = {name: self._minutes(value) for name, value in self._mapping(fields.get("fresh_for")).items()}
        return Precedence(self._sources(fields.get("sources")), orders, fresh)

    def _sources(self, node: Node | None) -> tuple[str, ...]:
        names = [str(item.value).strip() for item in self._texts(node)]
        if node is not None and len(set(names)) < len(names):
            self._problem(node.problem("DUPLICATE_VALUE", "every source once"))
        return tuple(names)

    def _minutes(self, node: Node) -> int:
        try:
            return parse_minutes(str(node.value))
        except ValueFault as fault:
            self._add(fault.code, node.place, fault.found, fault.accepted)
            return 0

    def placed(self, problem: Problem) -> Problem:
        """A problem of the whole model, at the line that brought it in.

        An attribute is also a problem of every kind that inherits it; all of these are at the one line.
        """
        path = problem.place.split(".")
        exact = [".".join(path[:length]) for length in range(len(path), 1, -1)]
        inherited = [key for key in self._places if key.endswith(f".attributes.{path[-1]}") and len(path) == 4]
        known = [self._places[key] for key in (exact[0], *inherited, *exact[1:]) if key in self._places]
        return problem._replace(place=known[0] if known else problem.place)

    def _kind(self, name: str, node: Node, known: list[str]) -> Kind:
        fields = self._fields(node, _KIND)
        attributes = tuple(
            self._attribute(own, value)
            for own, value in self._named(fields.get("attributes"), f"kinds.{name}.attributes")
        )
        keys = self._keys(name, fields.get("identified_by"))
        if name in self._base.kinds:
            for key in sorted(set(fields) - {"attributes", "identified_by"}):
                accepted = f"only attributes and identified_by, as {name} is declared already"
                self._add("DUPLICATE_KIND", node.key_places[key], shown(key), accepted)
            return Kind(name, "", attributes=attributes, identified_by=keys)
        parent = self._choice(fields.get("parent"), known, "ci", "UNKNOWN_KIND")
        role = self._choice(fields.get("role"), ROLES, "") or None
        abstract = self._flag(fields.get("abstract"))
        return Kind(name, self._description(node, fields), parent, attributes, abstract, role, keys)

    def _keys(self, name: str, node: Node | None) -> tuple[tuple[str, ...], ...] | None:
        """The keys that identify a kind: a list of lists of column names, none of them empty."""
        if node is None:
            return None
        self._places[f"kinds.{name}.identified_by"] = node.place
        rows = node.value if isinstance(node.value, list) else [node]
        keys = []
        for row in rows:
            if isinstance(row.value, list) and row.value:
                keys.append(tuple(str(column.value) for column in self._names(row)))
            else:
                self._problem(row.problem("BAD_TYPE", "a list of keys, such as [[serial], [name, sector]]"))
        return tuple(keys)

    def _attribute(self, name: str, node: Node) -> Attribute:
        if name in RESERVED:
            self._add(
                "DUPLICATE_ATTRIBUTE", node.place, shown(name), "a name other than " + ", ".join(sorted(RESERVED))
            )
        fields = self._fields(node, _ATTRIBUTE)
        choices = tuple(str(item.value) for item in self._texts(fields.get("choices")))
        type_ = self._choice(fields.get("type"), tuple(PARSERS), "text")
        if choices and type_ != "text":
            self._add("BAD_CHOICE", fields["choices"].place, f"choices of type {type_}", "choices of type text")
        for choice in self._texts(fields.get("choices")) if choices else ():
            if str(choice.value) != str(choice.value).strip().casefold():
                self._add("BAD_CHOICE", choice.place, shown(str(choice.value)), "a lower-case word")
        return Attribute(name, type_, self._text(fields.get("description")), self._text(fields.get("unit")), choices)

    def _relation(self, name: str, node: Node, known: list[str]) -> RelationType:
        if name in self._base.relations:
            place = self._places.get(f"relations.{name}", node.place)
            self._add("DUPLICATE_RELATION", place, shown(name), "a name that is not a relation type yet")
        fields = self._fields(node, _RELATION)
        impact = self._choice(fields.get("impact"), FLOWS, "to_from")
        effect = self._choice(fields.get("effect"), EFFECTS, "down")
        return RelationType(
            name, self._description(node, fields), self._ends(node, fields, "from", known),
            self._ends(node, fields, "to", known), cast(Flow, impact), cast(Effect, effect),
            self._flag(fields.get("carries_data")),
        )  # fmt: skip

    def _ends(self, node: Node, fields: Mapping[str, Node], key: str, known: list[str]) -> tuple[str, ...]:
        if key not in fields:
            self._add("MISSING_KEY", node.place, f"no key {key}", f"{key}: a list of kinds")
            return ()
        items = self._names(fields[key])
        return tuple(self._choice(item, known, "ci", "UNKNOWN_KIND") for item in items)

    def _description(self, node: Node, fields: Mapping[str, Node]) -> str:
        text = self._text(fields.get("description"))
        if not text and "description" not in fields:
            self._add("MISSING_KEY", node.place, "no description", "description: a sentence")
        return text

    def _fields(self, node: Node, accepted: tuple[str, ...]) -> dict[str, Node]:
        """The known keys of a mapping; the others are problems."""
        fields = self._mapping(node)
        for key in fields:
            if key not in accepted:
                hint = near(key, list(accepted))
                self._add("UNKNOWN_KEY", node.key_places[key], shown(key), "one of " + ", ".join(accepted) + hint)
        return {key: value for key, value in fields.items() if key in accepted}

    def _named(self, node: Node | None, path: str) -> Iterator[tuple[str, Node]]:
        for name, value in self._mapping(node).items():
            place = cast(Node, node).key_places[name]
            self._places[f"{path}.{name}"] = place
            if _NAME.fullmatch(name):
                yield name, value
            else:
                self._add("BAD_NAME", place, shown(name), _NAME_ACCEPTED)

    def _mapping(self, node: Node | None) -> dict[str, Node]:
        if node is None or node.value is None:
            return {}
        if isinstance(node.value, dict):
            return node.value
        self._problem(node.problem("BAD_TYPE", "a mapping"))
        return {}

    def _texts(self, node: Node | None) -> list[Node]:
        if node is None:
            return []
        if not isinstance(node.value, list):
            self._problem(node.problem("BAD_TYPE", "a list of texts, such as [a, b]"))
            return []
        for item in node.value:
            if not isinstance(item.value, str) or not item.value:
                self._problem(item.problem("BAD_TYPE", "a text; in quotes if it looks like something else"))
        return [item for item in node.value if isinstance(item.value, str) and item.value]

    def _names(self, node: Node | None) -> list[Node]:
        items = self._texts(node)
        for item in items:
            if not _NAME.fullmatch(str(item.value)):
                self._problem(item.problem("BAD_NAME", _NAME_ACCEPTED))
        return [item for item in items if _NAME.fullmatch(str(item.value))]

    def _choice(
        self, node: Node | None, accepted: tuple[str, ...] | list[str], default: str, code: str = "BAD_CHOICE"
    ) -> str:  # fmt: skip
        if node is None:
            return default
        if isinstance(node.value, str) and node.value in accepted:
            return node.value
        hint = near(str(node.value), list(accepted))
        self._problem(node.problem(code, "one of " + ", ".join(accepted) + hint))
        return default

    def _text(self, node: Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node.value, str):
            self._problem(node.problem("BAD_TYPE", "a text; in quotes if it looks like something else"))
            return ""
        return node.value

    def _flag(self, node: Node | None) -> bool:
        if node is not None and not isinstance(node.value, bool):
            self._problem(node.problem("BAD_TYPE", "true or false"))
        return node is not None and node.value is True

    def _add(self, code: str, place: str, found: str, accepted: str) -> None:
        self._problem(Problem(code, place, found, accepted))

    def _problem(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)
