"""Claims, volumes and network shares: what workloads store their data on."""

import re

from cmdb.model.text import fitted
from importers.kit.build import Build
from importers.kit.json_text import line_of, mapping_of
from importers.sources.kubernetes.manifests import Fields, Manifest
from importers.sources.kubernetes.objects import Objects

_QUANTITY = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)([KMGTP]i|[kMGTP]|)", re.ASCII)
_BINARY, _DECIMAL = "KMGTP", "kMGTP"


def describe_storage(objects: Objects, build: Build) -> None:
    """Put the claims and volumes that have manifests of their own into `build`."""
    for manifest in objects.every("PersistentVolume"):
        size = line_of(mapping_of(manifest.spec, "capacity"), "storage")
        id_ = build.ci(
            manifest.at, objects.id_of(manifest), "storage", manifest.name, capacity_tib=tebibytes(size),
            external_id=f"PersistentVolume/{manifest.name}",
        )  # fmt: skip
        if share := nfs(manifest, mapping_of(manifest.spec, "nfs"), objects, build):
            build.relation(manifest.at, id_, "hosted_on", share)
    for manifest in objects.every("PersistentVolumeClaim"):
        id_ = _claim(manifest, manifest.namespace, manifest.name, manifest.spec, objects, build)
        volume = line_of(manifest.spec, "volumeName")
        if volume and objects.get("PersistentVolume", "", volume):
            build.relation(manifest.at, id_, "hosted_on", objects.id("PersistentVolume", "", volume))


def claim(user: Manifest, name: str, spec: Fields, objects: Objects, build: Build) -> str:
    """The id of a claim in the namespace of its user; one without a manifest is recorded as far as it is known."""
    if objects.get("PersistentVolumeClaim", user.namespace, name):
        return objects.id("PersistentVolumeClaim", user.namespace, name)
    return _claim(user, user.namespace, name, spec, objects, build)


def _claim(at: Manifest, namespace: str, name: str, spec: Fields, objects: Objects, build: Build) -> str:
    size = line_of(mapping_of(mapping_of(spec, "resources"), "requests"), "storage")
    return build.ci(
        at.at, objects.id("PersistentVolumeClaim", namespace, name), "storage", name, capacity_tib=tebibytes(size),
        external_id=f"PersistentVolumeClaim/{namespace}/{name}",
    )  # fmt: skip


def nfs(user: Manifest, share: Fields, objects: Objects, build: Build) -> str:
    """The id of the network share that a volume is; empty when it is none."""
    server, path = line_of(share, "server"), line_of(share, "path")
    if not server or not path:
        return ""
    return build.ci(user.at, fitted(f"{objects.cluster}:nfs:{server}:{path}"), "storage", f"{server}:{path}")


def tebibytes(quantity: str) -> str:
    """`10Gi` as `0.009766`; empty for what is no quantity."""
    found = _QUANTITY.fullmatch(quantity)
    if found is None:
        return ""
    unit = found[2]
    if unit.endswith("i"):
        factor = 1024 ** (_BINARY.index(unit[0]) + 1)
    else:
        factor = 1000 ** (_DECIMAL.index(unit) + 1) if unit else 1
    text = f"{float(found[1]) * factor / 2**40:.6f}".rstrip("0").rstrip(".")
    return text if text != "0" else ""
