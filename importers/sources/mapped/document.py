"""A mapping file: which columns of which tables make which CIs, relations and pools.

tables:
  - file: items.csv                 # a workbook has a `sheet: Items` as well
    delimiter: ";"                  # a comma, unless said
    where: {column: Status, is: [Live, Build]}
    cis:
      - id: "srv-{Item Ref}"        # a text with columns in braces
        kind: {column: Class, values: {Server: server, Switch: network_device}}
        name: "{Item Name}"
        sector: {value: health}
        attributes:
          rto: "{RTO}"
          verified_at: {column: Checked, date: "%d/%m/%Y"}
      - id: "team-{Support Group}"
        once: true                  # many rows name the same team
        kind: {value: team}
        name: "{Support Group}"
    relations:
      - type: {value: supported_by}
        from: "srv-{Item Ref}"
        to: "team-{Support Group}"
      - type: {value: depends_on}
        from: "srv-{Item Ref}"
        to: {column: Depends On, split: ";", find: name}
    pools:
      - {ci: "srv-{Item Ref}", pool: {value: web}, required: {value: "2"}}
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from zoneinfo import available_timezones

from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.model.strict_yaml import Node, near

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
FINDS = ("id", "name")
"""What a text may name a CI by: its id, or its name or one of its aliases."""
DELIMITERS = {",": ",", ";": ";", "\t": "\t", "|": "|", "tab": "\t"}
CI_FIELDS = ("id", "kind", "name", "sector", "lifecycle")
RELATION_FIELDS = ("from", "type", "to", "effect", "pool")
POOL_FIELDS = ("ci", "pool", "required", "full", "effect")
DATE_PARTS = (("%d", "%j", "%x"), ("%m", "%b", "%B", "%j", "%x"), ("%y", "%Y", "%x"))
"""A date form has one of each."""
_EXPRESSION = ("column", "text", "value", "values", "otherwise", "split", "find", "date", "zone")


@dataclass(frozen=True, slots=True)
class Expression:
    """How a text is made from a row: `parts` alternate constant text and column names.

    `values` replaces whole texts (whatever their case, `words` being how they are written; what is not listed becomes
    `otherwise`, or is a fault where that is None); `split` makes several of one; `find` says what it names a CI by;
    `date` and `zone` how a date is written. A text with an empty column in it is empty.
    """

    parts: tuple[str, ...]
    place: str
    values: Mapping[str, str] | None = None
    otherwise: str | None = None
    split: str = ""
    find: str = "id"
    date: str = ""
    zone: str = "UTC"
    words: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, as they are written in the file."""
        return self.parts[1::2]


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows of which `column` is one of `words` (whatever their case; `*` stands for any text), or is not."""

    column: str
    words: frozenset[str]
    wanted: bool

    def meets(self, text: str) -> bool:
        """Whether a row with this text in the column is meant."""
        word = text.strip().casefold()
        found = word in self.words or any(fnmatchcase(word, pattern) for pattern in self.words if "*" in pattern)
        return found is self.wanted


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing for each row: expressions by field; for CIs, attributes too. `once`: many rows may say the same."""

    fields: Mapping[str, Expression]
    attributes: Mapping[str, Expression] = field(default_factory=dict)
    where: tuple[Condition, ...] = ()
    once: bool = False

    @property
    def columns(self) -> Iterator[str]:
        """The columns it reads."""
        for expression in (*self.fields.values(), *self.attributes.values()):
            yield from expression.columns
        yield from (condition.column for condition in self.where)


@dataclass(frozen=True, slots=True)
class MappedTable:
    """One file or sheet, and what its rows make."""

    file: str
    sheet: str
    delimiter: str
    where: tuple[Condition, ...]
    cis: tuple[Entry, ...]
    relations: tuple[Entry, ...]
    pools: tuple[Entry, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, each once."""
        entries = (*self.cis, *self.relations, *self.pools)
        own = (condition.column for condition in self.where)
        return tuple(dict.fromkeys([*own, *(column for entry in entries for column in entry.columns)]))


@dataclass(frozen=True, slots=True)
class Document:
    """A whole mapping file."""

    tables: tuple[MappedTable, ...]


def read_mapping(root: Node, model: Model) -> Document:
    """The mapping in a YAML document. Raises `InvalidInput` with all problems, each at its line and column."""
    reader = _Reader(model)
    found = reader.document(root)
    if reader.problems:
        raise InvalidInput(reader.problems)
    return found


class _Reader:
    """Reads one document, collecting problems; what is wrong is left out."""

    def __init__(self, model: Model) -> None:
        self.problems: list[Problem] = []
        self._model = model
        self._attributes = {name for kind in model.concrete for name in model.attributes[kind]}

    def document(self, root: Node) -> Document:
        top = self._fields(root, ("tables",), ("tables",))
        return Document(tuple(self._table(node) for node in self._items(top.get("tables"))))

    def _table(self, node: Node) -> MappedTable:
        known = ("file", "sheet", "delimiter", "where", "unless", "cis", "relations", "pools")
        parts = self._fields(node, known)
        if "file" not in parts:
            self.problems.append(Problem("MISSING_VALUE", node.place, "no file", "`file`, and `sheet` for a workbook"))
        delimiter = self._text(parts.get("delimiter")) or ","
        if delimiter not in DELIMITERS:
            self._refuse(parts["delimiter"], "BAD_CHOICE", "one of , ; | and tab")
            delimiter = ","
        return MappedTable(
            self._text(parts.get("file")), self._text(parts.get("sheet")), DELIMITERS[delimiter],
            self._conditions(parts),
            tuple(self._ci(part) for part in self._items(parts.get("cis"))),
            tuple(self._plain(part, RELATION_FIELDS) for part in self._items(parts.get("relations"))),
            tuple(self._plain(part, POOL_FIELDS) for part in self._items(parts.get("pools"))),
        )  # fmt: skip

    def _ci(self, node: Node) -> Entry:
        parts = self._fields(node, (*CI_FIELDS, "attributes", "where", "unless", "once"), CI_FIELDS[:3])
        own = self._mapping(parts.get("attributes"))
        for name in own.keys() - self._attributes:
            accepted = "an attribute of the model" + near(name, sorted(self._attributes))
            self.problems.append(
                Problem("UNKNOWN_ATTRIBUTE", self._key_place(parts["attributes"], name), shown(name), accepted)
            )
        attributes = {name: self._expression(part) for name, part in own.items() if name in self._attributes}
        self._check_words(parts.get("kind"), self._model.concrete, "UNKNOWN_KIND")
        self._check_words(parts.get("sector"), self._model.sectors, "UNKNOWN_SECTOR")
        fields = {name: self._expression(parts[name]) for name in CI_FIELDS if name in parts}
        return Entry(fields, attributes, self._conditions(parts), self._flag(parts.get("once")))

    def _plain(self, node: Node, names: tuple[str, ...]) -> Entry:
        """An entry for relations or pools, of which the first three fields are needed."""
        parts = self._fields(node, (*names, "where", "unless"), names[:3])
        self._check_words(parts.get("type"), tuple(self._model.relations), "UNKNOWN_RELATION")
        fields = {name: self._expression(parts[name]) for name in names if name in parts}
        return Entry(fields, where=self._conditions(parts), once=True)

    def _check_words(self, node: Node | None, accepted: tuple[str, ...] | list[str], code: str) -> None:
        """The words that an expression states outright have to be those of the model."""
        if node is None or not isinstance(node.value, dict):
            return
        stated = [node.value[name] for name in ("value", "otherwise") if name in node.value]
        values = node.value.get("values")
        if values is not None and isinstance(values.value, dict):
            stated.extend(values.value.values())
        for part in stated:
            if part.value != "" and str(part.value) not in accepted:
                told = "one of " + ", ".join(accepted) + near(str(part.value), list(accepted))
                self.problems.append(part.problem(code, told))

    def _expression(self, node: Node) -> Expression:
        if not isinstance(node.value, dict):
            return self._template(node)
        parts = self._fields(node, _EXPRESSION)
        ways = [name for name in ("column", "text", "value") if name in parts]
        if len(ways) != 1:
            self.problems.append(node.problem("MISSING_VALUE", "one of `column`, `text` and `value`"))
            return Expression(("",), node.place)
        way = parts[ways[0]]
        text = self._text(way)
        pieces: tuple[str, ...] = ("", text, "") if ways[0] == "column" else (text,)
        if ways[0] == "text":
            pieces = self._template(way).parts
        find = self._text(parts.get("find")) or "id"
        if find not in FINDS:
            self._refuse(parts["find"], "BAD_CHOICE", "one of " + ", ".join(FINDS))
            find = "id"
        values = self._mapping(parts.get("values"))
        words = {word.strip().casefold(): self._text(part) for word, part in values.items()}
        return Expression(
            pieces, node.place, words if "values" in parts else None,
            self._text(parts["otherwise"]) if "otherwise" in parts else None,
            self._text(parts.get("split")), find, self._date(parts.get("date")), self._zone(parts.get("zone")),
            tuple(word.strip() for word in values),
        )  # fmt: skip

    def _date(self, node: Node | None) -> str:
        text = self._text(node)
        if node is not None and not all(any(mark in text for mark in marks) for marks in DATE_PARTS):
            self._refuse(node, "BAD_DATE", "a form with day, month and year, such as %d/%m/%Y %H:%M")
        return text

    def _zone(self, node: Node | None) -> str:
        name = self._text(node) or "UTC"
        if node is not None and name not in available_timezones():
            self._refuse(node, "BAD_CHOICE", "a time zone, such as America/Halifax")
            return "UTC"
        return name

    def _template(self, node: Node) -> Expression:
        text = self._text(node)
        if not text or text.count("{") != text.count("}") or len(PLACEHOLDER.findall(text)) != text.count("{"):
            self._refuse(node, "BAD_TEMPLATE", "a text with columns in braces, such as srv-{Item Ref}")
            return Expression(("",), node.place)
        return Expression(tuple(PLACEHOLDER.split(text)), node.place)

    def _conditions(self, parts: Mapping[str, Node]) -> tuple[Condition, ...]:
        found = []
        for name in ("where", "unless"):
            for node in self._items(parts.get(name), alone=True):
                stated = self._fields(node, ("column", "is"), ("column", "is"))
                words = frozenset(
                    self._text(part).strip().casefold() for part in self._items(stated.get("is"), alone=True)
                )
                found.append(Condition(self._text(stated.get("column")), words, name == "where"))
        return tuple(found)

    def _fields(
        self, node: Node | None, known: tuple[str, ...], required: tuple[str, ...] = ()
    ) -> dict[str, Node]:  # fmt: skip
        if node is None or not isinstance(node.value, dict):
            if node is not None:
                self._refuse(node, "BAD_YAML", "a mapping with " + ", ".join(known))
            return {}
        for name in node.value.keys() - set(known):
            accepted = "one of " + ", ".join(known) + near(name, list(known))
            self.problems.append(Problem("UNKNOWN_KEY", node.key_places[name], shown(name), accepted))
        for name in required:
            if name not in node.value:
                self.problems.append(Problem("MISSING_VALUE", node.place, f"no {name}", ", ".join(required)))
        return {name: part for name, part in node.value.items() if name in known}

    def _mapping(self, node: Node | None) -> dict[str, Node]:
        if node is None or node.value is None:
            return {}
        if not isinstance(node.value, dict):
            self._refuse(node, "BAD_YAML", "a mapping")
            return {}
        return node.value

    def _items(self, node: Node | None, *, alone: bool = False) -> list[Node]:
        """The items of a list; with `alone`, a single thing stands for a list of itself."""
        if node is None or node.value is None:
            return []
        if isinstance(node.value, list):
            return node.value
        if alone:
            return [node]
        self._refuse(node, "BAD_YAML", "a list")
        return []

    def _text(self, node: Node | None) -> str:
        if node is None or node.value is None:
            return ""
        if isinstance(node.value, dict | list):
            self._refuse(node, "BAD_YAML", "a text")
            return ""
        return str(node.value)

    def _flag(self, node: Node | None) -> bool:
        if node is not None and not isinstance(node.value, bool):
            self._refuse(node, "BAD_BOOLEAN", "true or false")
            return False
        return node is not None and bool(node.value)

    def _key_place(self, node: Node, name: str) -> str:
        return node.key_places.get(name, node.place)

    def _refuse(self, node: Node, code: str, accepted: str) -> None:
        self.problems.append(node.problem(code, accepted))
