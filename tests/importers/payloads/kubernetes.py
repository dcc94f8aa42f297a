"""Kubernetes manifests of every kind that is read, and one that is not."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from importers.sources.kubernetes.manifests import KINDS
from tests.importers.payloads.payload import Part, Payload


def manifest(kind: str, name: str, /, **parts: Any) -> dict[str, Any]:
    group = KINDS.get(kind, ("batch",))[0]
    version = f"{group}/v1" if group else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, **parts}


def template(app: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": app}}, "spec": spec}


SHARE = {"server": "nas.example.org", "path": "/export"}
ONLY_WEB = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}
BACKEND = {"backend": {"service": {"name": "web"}}}
CLAIM = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "512Gi"}}}}
OBJECTS = [
    manifest("Deployment", "web", spec={"replicas": 3, "template": template("web", volumes=[
        {"name": "data", "persistentVolumeClaim": {"claimName": "uploads"}}, {"name": "share", "nfs": SHARE}])}),
    manifest("StatefulSet", "db", spec={"template": template("db"), "volumeClaimTemplates": [CLAIM]}),
    manifest("HorizontalPodAutoscaler", "db", spec={
        "minReplicas": 2, "scaleTargetRef": {"kind": "StatefulSet", "name": "db"}}),
    manifest("PodDisruptionBudget", "web", spec={"maxUnavailable": "50%", "selector": ONLY_WEB}),
    manifest("DaemonSet", "log", spec={"template": template("log")}),
    manifest("ReplicationController", "old", spec={"replicas": 0, "template": template("web")}),
    manifest("ReplicaSet", "made", spec={"template": template("made")}),
    manifest("Service", "web", spec={"selector": {"app": "web"}}),
    manifest("Ingress", "shop", spec={"rules": [{"host": "shop.example.org", "http": {"paths": [BACKEND]}}]}),
    manifest("HTTPRoute", "api", spec={"hostnames": ["api.example.org"], "rules": [
        {"backendRefs": [{"name": "web"}]}]}),
    manifest("PersistentVolumeClaim", "uploads", spec={"volumeName": "pv-1"}),
    manifest("PersistentVolume", "pv-1", spec={"capacity": {"storage": "2Ti"}, "nfs": SHARE}),
    manifest("Node", "node-1", status={"capacity": {"cpu": "8"}, "addresses": [
        {"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": "node-1"}]}),
    {**manifest("Pod", "made-x"), "metadata": {
        "name": "made-x", "namespace": "shop", "ownerReferences": [{"kind": "ReplicaSet", "name": "made"}]},
     "spec": {"nodeName": "node-1"}},
    manifest("Pod", "spare", spec={"volumes": [{"name": "share", "nfs": SHARE}]}),
    manifest("Secret", "key", data={"key": "aHVudGVyMg=="}),
]  # fmt: skip


def write(folder: Path, parts: Sequence[Part]) -> Path:
    """One file of documents, and one list as JSON."""
    half = len(parts) // 2
    documents = yaml.dump_all(parts[:half], Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
    (folder / "some.yaml").write_text(documents, encoding="utf-8")
    (folder / "more.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(parts[half:])}))
    return folder


BAD = manifest("Service", "evil", spec={"externalName": "a\u202eb"})
KUBERNETES = Payload("kubernetes", OBJECTS, write, "'spare'", "test:pod:shop/spare", BAD, "more.json")
