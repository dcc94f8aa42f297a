"""Workloads: each an application instance; several replicas are its members, of which it needs some to work."""

import math
import re
from collections.abc import Iterator

from cmdb.model.errors import shown
from cmdb.model.text import fitted
from importers.kit.build import Build
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import line_of, mapping_of, mappings_of, text_of
from importers.sources.kubernetes.manifests import Fields, Manifest, labels_of, selects
from importers.sources.kubernetes.objects import Objects, pod_labels, pod_of
from importers.sources.kubernetes.storage import claim, nfs

MOST_REPLICAS = 10_000
VERSION = "app.kubernetes.io/version"
DESCRIPTION = "kubernetes.io/description"
_PERCENT = re.compile(r"(\d{1,3})%", re.ASCII)


def describe_workloads(objects: Objects, build: Build, problems: Findings) -> None:
    """Put the workloads, their replicas and what they store their data on into `build`."""
    nodes = _nodes(objects)
    for manifest in objects.workloads():
        count, id_ = _replicas(manifest, objects, problems), objects.id_of(manifest)
        labels, notes = labels_of(manifest.metadata), mapping_of(manifest.metadata, "annotations")
        build.ci(
            manifest.at, id_, "application_instance", manifest.name, lifecycle="" if count else "planned",
            version=" ".join(labels.get(VERSION, "").split()), description=line_of(notes, DESCRIPTION),
            external_id=f"{manifest.kind}/{manifest.namespace}/{manifest.name}",
        )  # fmt: skip
        members = [id_] if count < 2 else list(_members(manifest, id_, count, objects, build))
        _on_nodes(manifest, members, nodes.get(id_, []), objects, build)
        _store(manifest, id_, members if count else [], objects, build)


def _replicas(manifest: Manifest, objects: Objects, problems: Findings) -> int:
    """How many replicas there are at least; 1 where that is not stated."""
    value, at = manifest.spec.get("replicas"), Cell(manifest.at, column="spec.replicas")
    if manifest.kind in {"Pod", "DaemonSet"}:
        return 1
    for scaler in objects.every("HorizontalPodAutoscaler"):
        target = mapping_of(scaler.spec, "scaleTargetRef")
        named = (scaler.namespace, line_of(target, "kind"), line_of(target, "name"))
        if named == (manifest.namespace, manifest.kind, manifest.name):
            value, at = scaler.spec.get("minReplicas"), Cell(scaler.at, column="spec.minReplicas")
    if value is None:
        return 1
    if not isinstance(value, int) or isinstance(value, bool):
        problems.add("BAD_NUMBER", at, shown(str(value)), "a whole number")
        return 1
    if not 0 <= value <= MOST_REPLICAS:
        problems.add("OUT_OF_RANGE", at, shown(str(value)), f"0 to {MOST_REPLICAS:,}")
        return 1
    return value


def _members(manifest: Manifest, id_: str, count: int, objects: Objects, build: Build) -> Iterator[str]:
    for number in range(count):
        name = f"{manifest.name}-{number}"
        member = build.ci(manifest.at, fitted(f"{id_}/{number}"), "application_instance", name)
        build.relation(manifest.at, id_, "has_member", member, "replicas")
        yield member
    build.pool(manifest.at, id_, "replicas", _required(manifest, count, objects), str(count))


def _required(manifest: Manifest, count: int, objects: Objects) -> str:
    """How many replicas a disruption budget asks for; 1 where there is none."""
    labels = pod_labels(manifest)
    for budget in objects.every("PodDisruptionBudget"):
        selector = mapping_of(budget.spec, "selector")
        if budget.namespace != manifest.namespace or not selects(selector, labels):
            continue
        least, gone = text_of(budget.spec, "minAvailable"), text_of(budget.spec, "maxUnavailable")
        if gone and not least:
            least = _left(gone, count)
        return "1" if least in {"", "0", "0%"} else least
    return "1"


def _left(gone: str, count: int) -> str:
    """How many of `count` stay when as many as stated may go; a text that is no number as it is."""
    share = _PERCENT.fullmatch(gone)
    if share:
        return str(max(1, count - math.ceil(count * int(share[1]) / 100)))
    return str(max(1, count - int(gone))) if gone.isascii() and gone.isdecimal() and len(gone) < 10 else gone


def _nodes(objects: Objects) -> dict[str, list[str]]:
    """The nodes that the pods of each workload run on, by the workload's id, in the order of the pods' names."""
    found = dict[str, list[str]]()
    for pod in objects.every("Pod"):
        maker, node = objects.maker(pod), line_of(pod.spec, "nodeName")
        if maker is not None and node and maker.kind != "DaemonSet":
            found.setdefault(objects.id_of(maker), []).append(node)
    return found


def _on_nodes(manifest: Manifest, members: list[str], nodes: list[str], objects: Objects, build: Build) -> None:
    for member, node in zip(members, nodes, strict=False):
        if objects.get("Node", "", node) is None:
            build.ci(manifest.at, objects.id("Node", "", node), "server", node)
        build.relation(manifest.at, member, "runs_on", objects.id("Node", "", node))


def _store(manifest: Manifest, id_: str, members: list[str], objects: Objects, build: Build) -> None:
    spec = mapping_of(pod_of(manifest), "spec")
    for volume in mappings_of(spec, "volumes"):
        name = line_of(mapping_of(volume, "persistentVolumeClaim"), "claimName")
        if name:
            build.relation(manifest.at, id_, "stores_data_on", claim(manifest, name, {}, objects, build))
        if share := nfs(manifest, mapping_of(volume, "nfs"), objects, build):
            build.relation(manifest.at, id_, "stores_data_on", share)
    for template in _templates(manifest):
        for number, member in enumerate(members):
            name = f"{line_of(mapping_of(template, 'metadata'), 'name')}-{manifest.name}-{number}"
            kept = claim(manifest, name, mapping_of(template, "spec"), objects, build)
            build.relation(manifest.at, member, "stores_data_on", kept)


def _templates(manifest: Manifest) -> list[Fields]:
    return mappings_of(manifest.spec, "volumeClaimTemplates") if manifest.kind == "StatefulSet" else []
