"""XML documents: read whole, within limits, without document types, and with the line of every element."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from importers.kit.archive import Refusal
from importers.kit.files import read_bytes
from importers.kit.findings import Cell, Findings

MAX_DEPTH = 50
MAX_ELEMENTS = 5_000_000


@dataclass(slots=True)
class Element:
    """An element: `text` is what stands in it and not in its `children`; `line` is where it begins."""

    tag: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def named(self, tag: str) -> Iterator["Element"]:
        """The children with a tag."""
        return (child for child in self.children if child.tag == tag)


def read_xml(path: Path, name: str, problems: Findings) -> Element | None:
    """The root of the document at `path`, `name` in findings; None with a finding when it cannot be read."""
    data = read_bytes(path, problems)
    if data is None:
        return None
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as fault:
        problems.add("BAD_XML", Cell(f"{name} line {fault.lineno}"), expat.ErrorString(fault.code), "XML in UTF-8")
    except Refusal as refusal:
        at = f"{name} line {reader.parser.CurrentLineNumber}"
        problems.add(refusal.code, Cell(at), refusal.found, refusal.accepted)
    else:
        return reader.root
    return None


class _Reader:
    """Builds the elements. No entity but the five that XML has can be met, since none can be declared."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[tuple[Element, list[str]]] = []
        self._count = 0
        self.parser = expat.ParserCreate("UTF-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_: object) -> None:
        raise Refusal("XML_DTD_FORBIDDEN", "a document type", "XML without one")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH:
            raise Refusal("BAD_XML", "deep nesting", f"at most {MAX_DEPTH} levels")
        if self._count > MAX_ELEMENTS:
            raise Refusal("TOO_MANY", f"more than {MAX_ELEMENTS:,} elements", f"at most {MAX_ELEMENTS:,} elements")
        element = Element(tag, self.parser.CurrentLineNumber, attributes)
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, []))

    def _end(self, _: str) -> None:
        element, parts = self._open.pop()
        element.text = "".join(parts).strip()

    def _text(self, text: str) -> None:
        self._open[-1][1].append(text)
