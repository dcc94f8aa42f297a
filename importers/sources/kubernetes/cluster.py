"""What Kubernetes manifests say, in our words: workloads, what they store data on, and what leads to them."""

from collections.abc import Iterator

from importers.kit.build import Build
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import line_of, mapping_of, mappings_of, text_of, texts_of
from importers.sources.kubernetes.manifests import Manifest, labels_of
from importers.sources.kubernetes.objects import Objects, pod_labels
from importers.sources.kubernetes.storage import describe_storage
from importers.sources.kubernetes.workloads import describe_workloads


def describe(objects: Objects, build: Build, problems: Findings, warnings: Findings) -> None:
    """Put everything that we record into `build`."""
    _nodes(objects, build)
    describe_storage(objects, build)
    describe_workloads(objects, build, problems)
    _services(objects, build)
    _routes(objects, build, warnings)


def _nodes(objects: Objects, build: Build) -> None:
    for node in objects.every("Node"):
        status = mapping_of(node.fields, "status")
        inside = (line_of(a, "address") for a in mappings_of(status, "addresses") if a.get("type") == "InternalIP")
        cpus = line_of(mapping_of(status, "capacity"), "cpu")
        build.ci(
            node.at, objects.id_of(node), "server", node.name, external_id=f"Node/{node.name}",
            hostname=labels_of(node.metadata).get("kubernetes.io/hostname", ""), ip_address=next(inside, ""),
            os=line_of(mapping_of(status, "nodeInfo"), "osImage"),
            cpus=cpus if cpus.isascii() and cpus.isdecimal() else "",
        )  # fmt: skip


def _services(objects: Objects, build: Build) -> None:
    """A service needs what its selector finds; of several workloads, one."""
    for service in objects.every("Service"):
        outside = line_of(service.spec, "externalName")
        id_ = _endpoint(service, outside or f"{service.name}.{service.namespace}", objects, build)
        selector = mapping_of(service.spec, "selector")
        wanted = {name: text_of(selector, name) for name in selector}
        found = [
            workload for workload in objects.workloads() if wanted and workload.namespace == service.namespace
            and wanted.items() <= pod_labels(workload).items()
        ]  # fmt: skip
        pool = "workloads" if len(found) > 1 else ""
        for workload in found:
            build.relation(service.at, id_, "depends_on", objects.id_of(workload), pool)
        if pool:
            build.pool(service.at, id_, pool, "1", str(len(found)))


def _endpoint(manifest: Manifest, address: str, objects: Objects, build: Build) -> str:
    return build.ci(
        manifest.at, objects.id_of(manifest), "endpoint", manifest.name, address=address,
        external_id=f"{manifest.kind}/{manifest.namespace}/{manifest.name}",
    )  # fmt: skip


def _routes(objects: Objects, build: Build, warnings: Findings) -> None:
    """An ingress needs the services behind it; losing one of several degrades it."""
    for route in objects.every("Ingress", "HTTPRoute"):
        named = dict.fromkeys(_backends(route) if route.kind == "Ingress" else _references(route))
        hosts = [line_of(rule, "host") for rule in mappings_of(route.spec, "rules")]
        hosts += texts_of(route.spec, "hostnames")
        id_ = _endpoint(route, ", ".join(dict.fromkeys(host for host in hosts if host)), objects, build)
        for namespace, name in named:
            if objects.get("Service", namespace, name):
                effect = "degraded" if len(named) > 1 else ""
                build.relation(route.at, id_, "depends_on", objects.id("Service", namespace, name), effect=effect)
            else:
                accepted = "a Service that is here; the relation is left out"
                warnings.add_text("DANGLING_RELATION", Cell(route.at, column="spec"), f"{namespace}/{name}", accepted)


def _backends(ingress: Manifest) -> Iterator[tuple[str, str]]:
    spec = ingress.spec
    found = [mapping_of(spec, "defaultBackend"), mapping_of(spec, "backend")]
    for rule in mappings_of(spec, "rules"):
        found += [mapping_of(path, "backend") for path in mappings_of(mapping_of(rule, "http"), "paths")]
    for backend in found:
        name = line_of(mapping_of(backend, "service"), "name") or line_of(backend, "serviceName")
        if name:
            yield ingress.namespace, name


def _references(route: Manifest) -> Iterator[tuple[str, str]]:
    for rule in mappings_of(route.spec, "rules"):
        for reference in mappings_of(rule, "backendRefs"):
            if line_of(reference, "kind") in {"", "Service"} and (name := line_of(reference, "name")):
                yield line_of(reference, "namespace") or route.namespace, name
