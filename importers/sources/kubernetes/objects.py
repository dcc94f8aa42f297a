"""All objects of an import, by kind, namespace and name, with the ids that they get."""

from collections.abc import Iterable, Iterator

from cmdb.model.errors import shown
from cmdb.model.text import fitted
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import mapping_of
from importers.sources.kubernetes.manifests import Fields, Manifest, labels_of

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod")


class Objects:
    """Every object once. `cluster` is the name that its ids begin with, so that two clusters do not mix."""

    def __init__(self, cluster: str, manifests: Iterable[Manifest], problems: Findings) -> None:
        self.cluster = cluster
        self._found: dict[tuple[str, str, str], Manifest] = {}
        for manifest in manifests:
            known = self._found.setdefault((manifest.kind, manifest.namespace, manifest.name), manifest)
            if known.fields != manifest.fields:
                found = f"another {manifest.kind} {shown(manifest.name)} than at {known.at}"
                accepted = "every object once; of overlays, what `kubectl kustomize` writes"
                problems.add("CONFLICT_IN_FILE", Cell(manifest.at), found, accepted)
                problems.implicate("CONFLICT_IN_FILE", Cell(known.at), "one of several that differ", accepted)
        self._by_kind: dict[str, list[Manifest]] = {}
        for key in sorted(self._found):
            self._by_kind.setdefault(key[0], []).append(self._found[key])

    def every(self, *kinds: str) -> Iterator[Manifest]:
        """The objects of some kinds, each kind by namespace and name."""
        return (manifest for kind in kinds for manifest in self._by_kind.get(kind, ()))

    def get(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """One object; None where there is no such one."""
        return self._found.get((kind, namespace, name))

    def id(self, kind: str, namespace: str, name: str) -> str:
        """`prod:deployment:shop/web`, or `prod:node:worker-1` for what belongs to the whole cluster."""
        return fitted(f"{self.cluster}:{kind.lower()}:{namespace}/{name}" if namespace else
                      f"{self.cluster}:{kind.lower()}:{name}")  # fmt: skip

    def id_of(self, manifest: Manifest) -> str:
        """The id of an object."""
        return self.id(manifest.kind, manifest.namespace, manifest.name)

    def workloads(self) -> Iterator[Manifest]:
        """What runs and was not made by another object that is here."""
        return (manifest for manifest in self.every(*WORKLOADS) if manifest.owner() is None)

    def maker(self, manifest: Manifest) -> Manifest | None:
        """The workload that an object was made by, through however many others; None where it is not here."""
        for _ in WORKLOADS:
            owner = manifest.owner()
            if owner is None:
                return manifest
            found = self.get(owner[0], manifest.namespace, owner[1])
            if found is None:
                return None
            manifest = found
        return None


def pod_of(manifest: Manifest) -> Fields:
    """The pod that a workload makes, or is: its `metadata` and `spec`."""
    return manifest.fields if manifest.kind == "Pod" else mapping_of(manifest.spec, "template")


def pod_labels(manifest: Manifest) -> dict[str, str]:
    """The labels that selectors find the pods of a workload by."""
    return labels_of(mapping_of(pod_of(manifest), "metadata"))
