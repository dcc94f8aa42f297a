"""An iTop export: XML, JSON of its REST service, or CSV named by class; one file or a tree of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cmdb.model.errors import shown
from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.build import Build
from importers.kit.csv_text import read_csv
from importers.kit.files import beginning, read_bytes
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import mapping_of, read_json, text_of
from importers.kit.places import Places
from importers.kit.table import Layout
from importers.kit.trees import files_in, named_files
from importers.kit.xml_text import Element, read_xml
from importers.sources.itop.inventory import describe
from importers.sources.itop.objects import LINK_CLASSES, Objects, Thing, with_holder
from importers.sources.itop.rules import CLASSES, FIELDS
from importers.sources.native.transform import Built, reader

PATTERNS = ("*.xml", "*.json", "*.csv")
NAMED = frozenset({"Brand", "Model", "OSFamily", "OSVersion", "IOSVersion", "ServiceFamily"})
"""Classes of which only the names are of use."""
_CSV = Layout(("id",), FIELDS, unknown="")


def accepts(path: Path) -> bool:
    """Whether `path` is an export, or a folder in which there is one, at any depth."""
    return _is_export(path) if path.is_file() else any(map(_is_export, files_in(path, *PATTERNS)))


def _is_export(file: Path) -> bool:
    if file.suffix == ".csv":
        return any(file.stem in known for known in (CLASSES, LINK_CLASSES, NAMED))
    begin = beginning(file)
    if file.suffix == ".xml":
        return b"<Set" in begin
    return file.suffix == ".json" and b'"objects"' in begin and b"::" in begin


def built(path: Path, model: Model, source: str, progress: Progress) -> Built:
    """What stands at `path` in our words, its values not checked yet; then problems and warnings."""
    places = Places()
    problems, warnings = Findings(places.cell), Findings(places.cell)
    files = named_files(path, problems, *PATTERNS)
    progress.stage("read", len(files))
    objects, names = Objects(problems, warnings), dict[str, dict[str, str]]()
    for name, file in files.items():
        problems.enter(name)
        if file != path and not _is_export(file):
            warnings.add("IGNORED_FILE", Cell(name), "a file that is not read", "what iTop exports")
            continue
        for thing in _things(file, name, problems):
            if thing.class_ in NAMED:
                names.setdefault(thing.class_, {})[thing.key] = thing.text("name")
            objects.add(thing)
        progress.advance(1)
    progress.stage("transform", 0)
    build = Build(model, places)
    objects.tell_left_out()
    describe(objects, names, build)
    return build, problems, warnings


read = reader(built)


def _things(file: Path, name: str, problems: Findings) -> Iterator[Thing]:
    if file.suffix == ".xml":
        return _of_xml(read_xml(file, name, problems), name, problems)
    return _of_csv(file, name, problems) if file.suffix == ".csv" else _of_json(file, name, problems)


def _of_xml(root: Element | None, name: str, problems: Findings) -> Iterator[Thing]:
    if root is None:
        return
    if root.tag != "Set":
        found, accepted = f"an element {shown(root.tag)}", "a <Set> of objects, as iTop exports them"
        problems.add("UNKNOWN_FORMAT", Cell(f"{name} line {root.line}"), found, accepted)
        return
    yield from _of_set(root, name)


def _of_set(outer: Element, name: str) -> Iterator[Thing]:
    for element in outer.children:
        if element.tag == "Row":
            yield from _of_set(element, name)
            continue
        fields = {child.tag.casefold(): child.text for child in element.children}
        thing = Thing(element.tag, element.attributes.get("id", "").strip(), fields, f"{name} line {element.line}")
        yield thing
        for child in element.children:
            for inner in child.named("Set"):
                yield from (with_holder(link, thing) for link in _of_set(inner, name) if link.class_ in LINK_CLASSES)


def _of_csv(file: Path, name: str, problems: Findings) -> Iterator[Thing]:
    data = read_bytes(file, problems)
    table = None if data is None else read_csv(data, name, _CSV, problems)
    if table is None:
        return
    for row, *record in zip(table.rows, *table.columns.values(), strict=True):
        fields = dict(zip(table.columns, record, strict=True))
        class_ = fields.get("finalclass", "").strip() or file.stem
        yield Thing(class_, fields["id"].strip(), fields, f"{name} row {row}")


def _of_json(file: Path, name: str, problems: Findings) -> Iterator[Thing]:
    document: Any = read_json(file, problems, name)
    if not isinstance(document, dict) or not isinstance(document.get("objects"), dict):
        if document is not None or not problems.count:
            accepted = "an answer of iTop's REST service with objects"
            problems.add("UNKNOWN_FORMAT", Cell(name), "no objects", accepted)
        return
    for title, value in mapping_of(document, "objects").items():
        if isinstance(value, dict):
            fields = mapping_of(value, "fields")
            texts = {field.casefold(): text_of(fields, field) for field in fields}
            yield Thing(text_of(value, "class"), text_of(value, "key"), texts, f"{name} {title}")
