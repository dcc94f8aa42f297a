"""Entities of a Backstage catalogue in our words.

What an entity depends on is known by `dependsOn` and by the APIs it consumes; an API depends on the component that
provides it. A system is a technical service delivered by its components, and a domain a business service delivered by
its systems: losing one of them degrades it, since Backstage does not say how much each matters. See
https://backstage.io/docs/features/software-catalog/descriptor-format for the fields.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cmdb.model.errors import shown
from cmdb.model.strict_yaml import Node
from importers.kit.build import Build
from importers.kit.findings import Cell, Findings

REFERENCE = re.compile(r"(?:([A-Za-z][\w-]*):)?(?:([\w.-]+)/)?([\w.-]+)")
COMPONENTS = {"service": "application", "website": "application", "library": "software"}
RESOURCES = {
    "database": "database", "s3-bucket": "cloud_resource", "bucket": "cloud_resource", "cluster": "cluster",
    "kubernetes-cluster": "cluster", "queue": "software", "cache": "software", "server": "server",
    "virtual-machine": "virtual_machine", "storage": "storage",
}  # fmt: skip
"""Kinds of CI by the type of a component or resource; else a component is software and a resource rented."""
KINDS: Mapping[str, Callable[[str], str]] = {
    "component": lambda type_: COMPONENTS.get(type_, "software"),
    "resource": lambda type_: RESOURCES.get(type_, "cloud_resource"),
    "api": lambda _: "endpoint",
    "system": lambda _: "technical_service",
    "domain": lambda _: "business_service",
    "group": lambda _: "team",
    "user": lambda _: "person",
}
IGNORED = frozenset({"location", "template"})
"""Kinds of entity that are no CIs: where other files are, and forms."""
RETIRED = frozenset({"retired", "decommissioned"})


@dataclass(frozen=True, slots=True)
class Entity:
    """One document: its kind and name, both as references have them, and the parts of it."""

    kind: str
    namespace: str
    name: str
    metadata: Mapping[str, Node]
    spec: Mapping[str, Node]
    place: str

    @property
    def id(self) -> str:
        """`component:pay` in the default namespace, else `component:finance/pay`."""
        return id_of(self.kind, self.namespace, self.name)


def id_of(kind: str, namespace: str, name: str) -> str:
    """The id of the CI that an entity becomes."""
    return f"{kind}:{name}" if namespace == "default" else f"{kind}:{namespace}/{name}"


def describe(documents: Sequence[Node], build: Build, problems: Findings) -> None:
    """Put the entities of `documents` into `build`; what cannot be one is told."""
    found = [entity for document in documents if (entity := _entity(document, problems))]
    known = {entity.id for entity in found}
    for entity in found:
        _described(entity, build, known, problems)


def _entity(document: Node, problems: Findings) -> Entity | None:
    fields, at = document.value if isinstance(document.value, dict) else {}, _line(document.place)
    metadata, spec = _part(fields, "metadata"), _part(fields, "spec")
    kind, name = _text(fields, "kind").casefold(), _text(metadata, "name")
    if kind in IGNORED:
        return None
    if kind not in KINDS:
        accepted = "one of " + ", ".join((*KINDS, *sorted(IGNORED)))
        problems.add_text("UNKNOWN_KIND", Cell(at, column="kind"), kind, accepted)
        return None
    if not name:
        problems.add("MISSING_VALUE", Cell(at, column="metadata.name"), "nothing", "the entity's name")
        return None
    namespace = _text(metadata, "namespace").casefold() or "default"
    return Entity(kind, namespace, name.casefold(), metadata, spec, at)


def _described(entity: Entity, build: Build, known: set[str], problems: Findings) -> None:
    at, spec = entity.place, entity.spec
    profile = _part(spec, "profile")
    kind = KINDS[entity.kind](_text(spec, "type").casefold())
    reach = {"email": _text(profile, "email")} if kind in {"team", "person"} else {}
    title = _text(entity.metadata, "title") or _text(profile, "displayName") or _text(entity.metadata, "name")
    lifecycle = "retired" if _text(spec, "lifecycle").casefold() in RETIRED else ""
    ci = build.ci(
        at, entity.id, kind, title, lifecycle=lifecycle, description=_text(entity.metadata, "description"),
        external_id=f"{entity.kind}:{entity.namespace}/{entity.name}", **reach,
    )  # fmt: skip

    def related(name: str, default: str) -> Iterator[str]:
        for other in _references(entity, name, default, problems):
            if other not in known and other.startswith("group:"):  # teams are often described elsewhere
                build.ci(at, other, "team", other.removeprefix("group:"))
            yield other

    for owner in related("owner", "group"):
        build.relation(at, ci, "owned_by", owner)
    for group in (*related("memberOf", "group"), *(related("parent", "group") if entity.kind == "group" else ())):
        build.relation(at, ci, "member_of", group)
    if kind in {"team", "person"}:
        return
    for other in (*related("dependsOn", ""), *related("consumesApis", "api")):
        build.relation(at, ci, "depends_on", other)
    for dependent in related("dependencyOf", ""):
        build.relation(at, dependent, "depends_on", ci)
    for api in related("providesApis", "api"):
        build.relation(at, api, "depends_on", ci)
    for outer in related("subcomponentOf", "component"):
        build.relation(at, outer, "depends_on", ci, effect="degraded")
    for whole in (*related("system", "system"), *(related("domain", "domain") if entity.kind == "system" else ())):
        build.relation(at, whole, "delivered_by", ci, effect="degraded")


def _references(entity: Entity, name: str, default: str, problems: Findings) -> Iterator[str]:
    """The ids that a field of the spec refers to; one or a list, each `[kind:][namespace/]name`."""
    node = entity.spec.get(name)
    if node is None or node.value is None:
        return
    for part in node.value if isinstance(node.value, list) else [node]:
        found = REFERENCE.fullmatch(part.value.strip()) if isinstance(part.value, str) else None
        kind = (found[1] or default).casefold() if found else ""
        if found is None or kind not in KINDS:
            accepted = f"a reference such as {default or 'component'}:name"
            problems.add(
                "BAD_REFERENCE", Cell(_line(part.place), column=f"spec.{name}"), shown(str(part.value)), accepted
            )
            continue
        yield id_of(kind, (found[2] or entity.namespace).casefold(), found[3].casefold())


def _line(place: str) -> str:
    """A place without its column: `catalog-info.yaml line 3`."""
    return place.partition(", column")[0]


def _part(fields: Mapping[str, Node], name: str) -> Mapping[str, Node]:
    node = fields.get(name)
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _text(fields: Mapping[str, Node], name: str) -> str:
    node = fields.get(name)
    return " ".join(str(node.value).split()) if node is not None and isinstance(node.value, str | int | float) else ""
