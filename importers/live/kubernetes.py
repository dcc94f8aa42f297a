"""The Kubernetes API: workloads, what leads to them and what they run on, one file of objects for each kind."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from cmdb.progress import Progress
from importers.live.client import Client, Told, missing_login
from importers.live.login import Login
from importers.live.pages import ATTEMPTS, Changed
from importers.live.payload import Payload, Sheet
from importers.sources.kubernetes.workloads import DESCRIPTION

SIZE = 250
GONE, ABSENT = 410, 404
STRINGS = ("namespace", "name")


@dataclass(frozen=True, slots=True)
class Resource:
    """One list of the API. `optional` are those that not every cluster has."""

    path: str
    version: str
    kind: str
    optional: bool = False


RESOURCES: tuple[Resource, ...] = (
    Resource("api/v1/nodes", "v1", "Node"),
    Resource("apis/apps/v1/deployments", "apps/v1", "Deployment"),
    Resource("apis/apps/v1/statefulsets", "apps/v1", "StatefulSet"),
    Resource("apis/apps/v1/daemonsets", "apps/v1", "DaemonSet"),
    Resource("apis/apps/v1/replicasets", "apps/v1", "ReplicaSet"),
    Resource("api/v1/replicationcontrollers", "v1", "ReplicationController"),
    Resource("api/v1/pods", "v1", "Pod"),
    Resource("api/v1/services", "v1", "Service"),
    Resource("apis/networking.k8s.io/v1/ingresses", "networking.k8s.io/v1", "Ingress"),
    Resource("apis/gateway.networking.k8s.io/v1/httproutes", "gateway.networking.k8s.io/v1", "HTTPRoute", True),
    Resource("api/v1/persistentvolumes", "v1", "PersistentVolume"),
    Resource("api/v1/persistentvolumeclaims", "v1", "PersistentVolumeClaim"),
    Resource("apis/policy/v1/poddisruptionbudgets", "policy/v1", "PodDisruptionBudget"),
    Resource("apis/autoscaling/v2/horizontalpodautoscalers", "autoscaling/v2", "HorizontalPodAutoscaler"),
)
SECRET = frozenset({
    "containers", "initContainers", "ephemeralContainers", "env", "envFrom", "command", "args", "data", "stringData",
    "managedFields", "csi", "flexVolume", "projected", "secret", "downwardAPI", "tls",
})  # fmt: skip
"""Fields that are left out at any depth: they are not read, and people put secrets there."""


def headers(login: Login) -> Mapping[str, str]:
    """A bearer token. Raises `InvalidInput` MISSING_LOGIN."""
    if not login.token:
        raise missing_login("kubernetes", "BLUENOSE_KUBERNETES_TOKEN, of a service account that may list")
    return {"Authorization": f"Bearer {login.token}"}


def fetch(client: Client, login: Login, payload: Payload, progress: Progress) -> str:
    """Write one file for each kind; the folder itself is what is imported."""
    progress.stage("fetch objects", len(RESOURCES))
    count = 0
    for resource in RESOURCES:
        name = f"{resource.kind}.json"
        with payload.sheet(name) as sheet:
            found = _fetch_list(client, resource, sheet)
        if not found:
            payload.drop(name)
        payload.note(f"{resource.path}: {'not known to this cluster' if found is None else found}")
        count += found or 0
        progress.advance(1)
    if not count:
        raise client.problem("INCOMPLETE_PAGES", "objects", "no object at all", "a login that may list them")
    return ""


def object_of(resource: Resource, item: Any) -> dict[str, Any] | None:
    """An item of a list as a manifest: with version and kind, and without what might be secret; None if it is none."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return None
    shown = _shown(item)
    notes = metadata.get("annotations")
    kept = notes.get(DESCRIPTION) if isinstance(notes, dict) else None
    shown["metadata"]["annotations"] = {DESCRIPTION: kept} if isinstance(kept, str) else {}
    return {**shown, "apiVersion": resource.version, "kind": resource.kind}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shown(inner) for name, inner in value.items() if name not in SECRET}
    return [_shown(inner) for inner in value] if isinstance(value, list) else value


def _fetch_list(client: Client, resource: Resource, sheet: Sheet) -> int | None:
    """Write a list, from its beginning again where its pages expired; how many objects, None where it is not known."""
    for _ in range(ATTEMPTS):
        sheet.back(0)
        sheet.write(b'{"apiVersion":"v1","kind":"List","items":[')
        try:
            count = 0
            for items in _pages(client, resource):
                if items is None:
                    return None
                for item in items:
                    sheet.write((b",\n" if count else b"\n") + orjson.dumps(item))
                    count += 1
            sheet.write(b"\n]}\n")
            return count
        except Changed:
            continue
    found = f"pages that expired, {ATTEMPTS} times"
    raise client.problem("INCOMPLETE_PAGES", resource.path, found, "a cluster that answers before they do")


def _pages(client: Client, resource: Resource) -> Iterator[list[dict[str, Any]] | None]:
    """Pages of one state of the cluster, which it keeps for some minutes. Raises `Changed` when it no longer has it."""
    token, seen = "", set[tuple[str, ...]]()
    while True:
        query = {"limit": str(SIZE), **({"continue": token} if token else {})}
        told = client.get(resource.path, resource.path, query, (GONE, ABSENT) if resource.optional else (GONE,))
        if told.status == GONE:
            raise Changed("pages that expired")
        if told.status == ABSENT:
            yield None
            return
        items, token = _page(client, resource, told)
        keys = {tuple(str(item["metadata"].get(name, "")) for name in STRINGS) for item in items}
        if len(keys) < len(items) or not seen.isdisjoint(keys):
            raise Changed("an object twice")
        seen |= keys
        yield items
        if not token:
            return


def _page(client: Client, resource: Resource, told: Told) -> tuple[list[dict[str, Any]], str]:
    """The objects of a page and the word for the next one, empty behind the last."""
    document = told.document if isinstance(told.document, dict) else {}
    items, metadata = document.get("items"), document.get("metadata")
    if items is None and document.get("kind") == f"{resource.kind}List":
        items = []
    found = [object_of(resource, item) for item in items] if isinstance(items, list) else [None]
    token = metadata.get("continue", "") if isinstance(metadata, dict) else None
    whole = [item for item in found if item is not None]
    if len(whole) < len(found) or not isinstance(token, str):
        raise client.problem("BAD_ANSWER", resource.path, "no list of objects", f"a {resource.kind}List")
    return whole, token
