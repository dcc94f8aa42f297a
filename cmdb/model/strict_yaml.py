"""YAML without its surprises: no aliases, no tags, no repeated keys, and a line and column for every value."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from unicodedata import normalize

import yaml
from rapidfuzz import fuzz, process

from cmdb.model.errors import InvalidInput, Problem, shown

MAX_BYTES = 2**20
MAX_DEPTH = 30
MAX_DOCUMENTS = 10_000


@dataclass(frozen=True, slots=True)
class Node:
    """A YAML value and where it stands (`model.yaml line 3, column 5`).

    `value` is a dict of nodes, a list of nodes, a text, a number, a boolean or None.
    """

    value: "dict[str, Node] | list[Node] | str | int | float | bool | None"
    place: str
    key_places: dict[str, str]

    def problem(self, code: str, accepted: str) -> Problem:
        """This value is not what is accepted."""
        return Problem(code, self.place, _found(self.value), accepted)


def read_yaml(path: Path) -> Node:
    """The one document in the file. Raises `InvalidInput` with the line and column of the fault."""
    return parse_yaml(read_text(path), path.name)


def read_text(path: Path) -> str:
    """The text of a YAML file. Raises `InvalidInput`."""
    if not path.is_file():
        raise _invalid("UNREADABLE_FILE", path.name, "no such file, or none of data", "a YAML file")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as fault:
        raise _invalid("UNREADABLE_FILE", path.name, fault.strerror or "an input error", "a YAML file") from None
    if len(data) > MAX_BYTES:
        raise _invalid("FILE_TOO_LARGE", path.name, f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        found = f"byte 0x{data[fault.start]:02X} at byte {fault.start + 1}"
        raise _invalid("ENCODING_INVALID", path.name, found, "UTF-8 text") from None


def parse_yaml(text: str, name: str) -> Node:
    """The one document in `text`; `name` stands for the file in messages. Raises `InvalidInput`."""
    found = parse_documents(text, name, most=1)
    return found[0] if found else Node(None, name, {})


def parse_documents(text: str, name: str, most: int = MAX_DOCUMENTS) -> list[Node]:
    """The documents in `text`, empty ones left out. Raises `InvalidInput`."""
    try:
        loader = _Loader(text, name)
        try:
            return [node for node in loader.documents(most) if node.value is not None]
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        raise _invalid("BAD_YAML", _place(name, mark), fault.problem or "a syntax error", "YAML") from None
    except yaml.reader.ReaderError as fault:
        row = text.count("\n", 0, fault.position) + 1
        raise _invalid(
            "BAD_CHARACTER", f"{name} line {row}", f"character U+{ord(text[fault.position]):04X}", "text"
        ) from None


class _Loader(yaml.SafeLoader):
    """The safe loader, stopped at the first alias, anchor or tag, and at deep nesting."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self._file, self._depth = name, 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse("YAML_ALIAS_FORBIDDEN", event.start_mark, "an alias or an anchor", "every value written out")
        if getattr(event, "tag", None):
            self._refuse("YAML_TAG_FORBIDDEN", event.start_mark, shown(str(event.tag)), "values without tags")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse("BAD_YAML", event.start_mark, "deep nesting", f"at most {MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def documents(self, most: int) -> Iterator[Node]:
        """One document after another, at most so many."""
        count = 0
        while self.check_node():
            count += 1
            if count > most:
                accepted = "one document" if most == 1 else f"at most {most:,} documents"
                self._refuse("BAD_YAML", self.peek_event().start_mark, "one more document", accepted)  # type: ignore[no-untyped-call]
            raw = self.get_node()
            if raw is not None:
                yield self.node(raw)

    def node(self, raw: yaml.Node) -> Node:
        """The value of a composed node."""
        place = _place(self._file, raw.start_mark)
        if isinstance(raw, yaml.MappingNode):
            return self._mapping(raw, place)
        if isinstance(raw, yaml.SequenceNode):
            return Node([self.node(item) for item in raw.value], place, {})
        return Node(self._scalar(raw), place, {})

    def _mapping(self, raw: yaml.MappingNode, place: str) -> Node:
        values, places, forms = dict[str, Node](), dict[str, str](), dict[str, str]()
        for key, value in raw.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                self._refuse("BAD_YAML", key.start_mark, "a key that is not a text", "a name")
            form = normalize("NFC", key.value)
            if form in forms:
                found = f"{shown(key.value)}, also at {places[forms[form]]}"
                self._refuse("DUPLICATE_KEY", key.start_mark, found, "every key once")
            forms[form] = key.value
            places[key.value] = _place(self._file, key.start_mark)
            values[key.value] = self.node(value)
        return Node(values, place, places)

    def _scalar(self, raw: yaml.Node) -> str | int | float | bool | None:
        if raw.tag == "tag:yaml.org,2002:value":  # a lone `=`
            return str(raw.value)
        try:
            value = self.construct_object(raw)
        except ValueError:
            self._refuse("BAD_YAML", raw.start_mark, shown(str(raw.value)), "a value that exists")
        return value if isinstance(value, str | int | float | bool | None) else str(raw.value)

    def _refuse(self, code: str, mark: yaml.Mark | None, found: str, accepted: str) -> NoReturn:
        raise _invalid(code, _place(self._file, mark), found, accepted)


def near(name: str, names: list[str]) -> str:
    """`; did you mean 'x'?` when one of `names` looks like `name`, otherwise nothing."""
    found = process.extractOne(name, names, scorer=fuzz.ratio, score_cutoff=70)
    return f"; did you mean {shown(found[0])}?" if found else ""


def _place(name: str, mark: yaml.Mark | None) -> str:
    return name if mark is None else f"{name} line {mark.line + 1}, column {mark.column + 1}"


def _found(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return shown(str(value))


def _invalid(code: str, place: str, found: str, accepted: str) -> InvalidInput:
    return InvalidInput([Problem(code, place, found, accepted)])
