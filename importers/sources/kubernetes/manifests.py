"""Kubernetes objects as they stand in files: YAML of one or more documents, JSON, and lists of objects in either."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmdb.model.errors import InvalidInput, shown
from cmdb.model.strict_yaml import Node, parse_documents, read_text
from importers.kit.files import beginning
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import line_of, list_of, mapping_of, mappings_of, read_json, text_of, texts_of

PATTERNS = ("*.yaml", "*.yml", "*.json")
KINDS: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("apps", "extensions"), "StatefulSet": ("apps",), "DaemonSet": ("apps", "extensions"),
    "ReplicaSet": ("apps", "extensions"), "ReplicationController": ("",), "Pod": ("",), "Service": ("",),
    "Ingress": ("networking.k8s.io", "extensions"), "HTTPRoute": ("gateway.networking.k8s.io",),
    "PersistentVolumeClaim": ("",), "PersistentVolume": ("",), "Node": ("",), "PodDisruptionBudget": ("policy",),
    "HorizontalPodAutoscaler": ("autoscaling",),
}  # fmt: skip
"""The kinds that are read, and the groups of the API that they belong to."""
CLUSTER_WIDE = frozenset({"PersistentVolume", "Node"})
RENDERED = "manifests without templates, as `helm template` writes them"
_KEYS = (re.compile(rb"\bapiVersion[\"']?\s*:"), re.compile(rb"\bkind[\"']?\s*:"))

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object; `namespace` is empty for what belongs to the whole cluster."""

    kind: str
    namespace: str
    name: str
    fields: Fields
    at: str

    @property
    def metadata(self) -> Fields:
        return mapping_of(self.fields, "metadata")

    @property
    def spec(self) -> Fields:
        return mapping_of(self.fields, "spec")

    def owner(self) -> tuple[str, str] | None:
        """Kind and name of the object that made this one; None when nobody did."""
        for reference in mappings_of(self.metadata, "ownerReferences"):
            return line_of(reference, "kind"), line_of(reference, "name")
        return None


def labels_of(metadata: Fields) -> dict[str, str]:
    """Labels by name."""
    labels = mapping_of(metadata, "labels")
    return {name: text_of(labels, name) for name in labels}


def selects(selector: Fields, labels: Mapping[str, str]) -> bool:
    """Whether a selector of `matchLabels` and `matchExpressions` fits; an empty one fits all."""
    wanted = mapping_of(selector, "matchLabels")
    if any(labels.get(name) != text_of(wanted, name) for name in wanted):
        return False
    return all(_fits(expression, labels) for expression in mappings_of(selector, "matchExpressions"))


def _fits(expression: Fields, labels: Mapping[str, str]) -> bool:
    name, operator = text_of(expression, "key"), text_of(expression, "operator")
    if operator in {"In", "NotIn"}:
        return (labels.get(name) in texts_of(expression, "values")) == (operator == "In")
    return (name in labels) == (operator == "Exists")


def looks_like_manifests(file: Path) -> bool:
    """Whether a file names an `apiVersion` and a `kind`."""
    if not file.name.endswith((".yaml", ".yml", ".json", ".json.gz")):
        return False
    begin = beginning(file)
    return all(key.search(begin) for key in _KEYS) and b"apiVersion: backstage.io/" not in begin


def manifests_in(file: Path, name: str, problems: Findings) -> Iterator[Manifest]:
    """The objects of the kinds that are read; what cannot be read is told."""
    for fields, at in _documents(file, name, problems):
        yield from _objects(fields, at, problems)


def _documents(file: Path, name: str, problems: Findings) -> Iterable[tuple[Any, str]]:
    if not file.name.endswith((".yaml", ".yml")):
        before, document = problems.count, read_json(file, problems, name)
        return [(document, name)] if problems.count == before else []
    text = ""
    try:
        text = read_text(file)
        return [(_plain(node), _line(node.place)) for node in _listed(parse_documents(text, name))]
    except InvalidInput as fault:
        if "{{" in text:
            _tell_template(text, name, problems)
            return []
        for problem in fault.problems:
            place = problem.place.replace(file.name, name, 1) if problem.place.startswith(file.name) else problem.place
            problems.add(problem.code, Cell(place), problem.found, problem.accepted)
    return []


def _tell_template(text: str, name: str, problems: Findings) -> None:
    before, _, behind = text.partition("{{")
    found = shown("{{" + behind.partition("\n")[0][:60])
    problems.add("BAD_YAML", Cell(f"{name} line {before.count(chr(10)) + 1}"), f"{found}, a template", RENDERED)


def _listed(documents: list[Node]) -> Iterator[Node]:
    """The documents, lists of objects taken apart so that each keeps its line."""
    for document in documents:
        values = document.value if isinstance(document.value, dict) else {}
        kind, items = values.get("kind"), values.get("items")
        if (
            kind is not None
            and str(kind.value).endswith("List")
            and items is not None
            and isinstance(items.value, list)
        ):
            yield from items.value
        else:
            yield document


def _plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {name: _plain(value) for name, value in node.value.items()}
    return [_plain(value) for value in node.value] if isinstance(node.value, list) else node.value


def _line(place: str) -> str:
    """A place without its column: `web.yaml line 3`."""
    return place.partition(", column")[0]


def _objects(fields: Any, at: str, problems: Findings) -> Iterator[Manifest]:
    kind = line_of(fields, "kind") if isinstance(fields, dict) else ""
    if not kind:
        problems.add("MISSING_KEY", Cell(at), "no kind", "an object with apiVersion and kind")
    elif kind.endswith("List"):
        for number, item in enumerate(list_of(fields, "items")):
            yield from _objects(item, f"{at} items[{number}]", problems)
    elif line_of(fields, "apiVersion").rpartition("/")[0] in KINDS.get(kind, ()):
        manifest = _manifest(kind, fields, at, problems)
        if manifest is not None:
            yield manifest


def _manifest(kind: str, fields: Fields, at: str, problems: Findings) -> Manifest | None:
    metadata = mapping_of(fields, "metadata")
    name, namespace = line_of(metadata, "name"), line_of(metadata, "namespace")
    if not name:
        problems.add("MISSING_VALUE", Cell(at, column="metadata.name"), "nothing", "the name of the object")
        return None
    for column, text in (("metadata.name", name), ("metadata.namespace", namespace)):
        if "{{" in text:
            problems.add("BAD_YAML", Cell(at, column=column), f"{shown(text)}, a template", RENDERED)
            return None
    return Manifest(kind, "" if kind in CLUSTER_WIDE else namespace or "default", name, fields, at)
