"""What a CycloneDX bill of materials says, in our words: components, services, and which needs which.

Libraries keep their version in the id: two versions are two things. Applications and services do not, so that a new
release is the same thing with another version.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cmdb.model.errors import shown
from cmdb.model.text import fitted
from importers.kit.build import Build
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import line_of, mapping_of, mappings_of, texts_of

KINDS: Mapping[str, str] = {
    "application": "application", "framework": "software", "library": "software", "container": "software",
    "platform": "software", "operating-system": "software", "device": "server", "device-driver": "software",
    "firmware": "software", "machine-learning-model": "software",
}  # fmt: skip
LEFT_OUT = frozenset({"file", "data", "cryptographic-asset"})
"""Types of component that are no CIs."""
_BEHIND = re.compile(r"[?#].*", re.DOTALL)
_VERSION = re.compile(r"(?<=[^/])@[^/@]*$")

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A component or service: `kind` is empty for one that is left out, `optional` that it need not be there."""

    id: str
    kind: str
    fields: Fields
    at: str
    optional: bool = False


def describe(bom: Fields, file: str, build: Build, problems: Findings, warnings: Findings) -> None:
    """Put a bill of materials into `build`; what is wrong with it is told."""
    root_fields = mapping_of(mapping_of(bom, "metadata"), "component")
    roots = list(_components([root_fields], f"{file} metadata.component", problems)) if root_fields else []
    outer = list(_every(bom, file, problems))
    parts = [part for part, _ in (*roots, *outer)]
    for part in parts:
        if part.kind:
            _described(part, build)
    for part, whole in (*roots, *outer):
        _depend(build, part.at, whole, part)
    if "dependencies" in bom:
        _dependencies(bom, file, _by_reference(parts, problems), build, problems, warnings)
    elif roots:
        for part, whole in outer:
            _depend(build, part.at, None if whole else roots[0][0], part)


def _every(bom: Fields, file: str, problems: Findings) -> Iterator[tuple[Part, Part | None]]:
    yield from _components(mappings_of(bom, "components"), f"{file} components", problems)
    yield from _services(mappings_of(bom, "services"), f"{file} services", problems)


def _components(
    found: list[Fields], at: str, problems: Findings, whole: Part | None = None
) -> Iterator[tuple[Part, Part | None]]:
    """Components and those inside them, each with the one it is in."""
    for number, fields in enumerate(found):
        place = f"{at}[{number}]" if at.endswith("components") else at
        part = _component(fields, place, problems)
        if part is not None:
            yield part, whole
        inner = mappings_of(fields, "components")
        yield from _components(inner, f"{place}.components", problems, part if part and part.kind else whole)


def _component(fields: Fields, at: str, problems: Findings) -> Part | None:
    type_, name = line_of(fields, "type"), line_of(fields, "name")
    if type_ not in KINDS and type_ not in LEFT_OUT:
        accepted = "one of " + ", ".join((*KINDS, *sorted(LEFT_OUT)))
        problems.add_text("UNKNOWN_KIND", Cell(at, column="type"), type_, accepted)
        return None
    if not name:
        problems.add("MISSING_VALUE", Cell(at, column="name"), "nothing", "the name of the component")
        return None
    scope = line_of(fields, "scope")
    kind = "" if scope == "excluded" else KINDS.get(type_, "")
    return Part(_component_id(type_, fields), kind, fields, at, scope == "optional")


def _component_id(type_: str, fields: Fields) -> str:
    purl, version = line_of(fields, "purl"), line_of(fields, "version")
    if type_ == "application":
        return fitted(_VERSION.sub("", _BEHIND.sub("", purl)) if purl else f"application:{_name(fields)}")
    return fitted(purl or f"{type_}:{_name(fields)}" + (f"@{version}" if version else ""))


def _name(fields: Fields) -> str:
    group, name = line_of(fields, "group"), line_of(fields, "name")
    return f"{group}/{name}" if group else name


def _services(
    found: list[Fields], at: str, problems: Findings, whole: Part | None = None
) -> Iterator[tuple[Part, Part | None]]:
    for number, fields in enumerate(found):
        place = f"{at}[{number}]"
        if not line_of(fields, "name"):
            problems.add("MISSING_VALUE", Cell(place, column="name"), "nothing", "the name of the service")
            continue
        part = Part(fitted(f"service:{_name(fields)}"), "technical_service", fields, place)
        yield part, whole
        yield from _services(mappings_of(fields, "services"), f"{place}.services", problems, part)


def _described(part: Part, build: Build) -> None:
    fields = part.fields
    own = {"version": line_of(fields, "version")} if part.kind in {"application", "software"} else {}
    if part.kind in {"application", "technical_service"}:
        own["description"] = line_of(fields, "description")
    build.ci(part.at, part.id, part.kind, _name(fields), **own)
    provider = line_of(mapping_of(fields, "provider"), "name")
    if part.kind == "technical_service" and provider:
        supplier = build.ci(part.at, fitted(f"supplier:{provider}"), "supplier", provider)
        build.relation(part.at, part.id, "supplied_by", supplier)


def _by_reference(parts: list[Part], problems: Findings) -> dict[str, Part]:
    found = dict[str, Part]()
    for part in parts:
        reference = line_of(part.fields, "bom-ref")
        if reference in found and found[reference].id != part.id:
            also = f"{shown(reference)}, also at {found[reference].at}"
            problems.add("DUPLICATE_KEY", Cell(part.at, column="bom-ref"), also, "every reference once")
            known = Cell(found[reference].at, column="bom-ref")
            problems.implicate("DUPLICATE_KEY", known, shown(reference), "every reference once")
        elif reference:
            found[reference] = part
    return found


def _dependencies(
    bom: Fields, file: str, parts: Mapping[str, Part], build: Build, problems: Findings, warnings: Findings
) -> None:
    for number, entry in enumerate(mappings_of(bom, "dependencies")):
        at = f"{file} dependencies[{number}]"

        def known(reference: str, column: str, at: str = at) -> Part | None:
            part = parts.get(" ".join(reference.split()))
            if part is None:  # a link into another bill of materials is not wrong
                told, accepted = (problems, "a bom-ref of this document")
                if reference.startswith("urn:cdx:"):
                    told, accepted = (warnings, "a bom-ref of this document; the relation is left out")
                told.add_text("DANGLING_RELATION", Cell(at, column=column), reference, accepted)
            return part

        whole = known(line_of(entry, "ref"), "ref")
        for reference in texts_of(entry, "dependsOn"):
            part = known(reference, "dependsOn")
            if part is not None:
                _depend(build, at, whole, part)


def _depend(build: Build, at: str, whole: Part | None, part: Part) -> None:
    """The whole needs the part, unless one of them is left out or they are one thing."""
    if whole is not None and whole.kind and part.kind and whole.id != part.id:
        build.relation(at, whole.id, "depends_on", part.id, effect="degraded" if part.optional else "")
