"""What a Terraform state says, in our words: what stands in a cloud, and what was built on what.

Terraform records the order in which things are built. Mostly that is what needs what, and it is taken so.
"""

from collections.abc import Iterable, Mapping

from cmdb.model.text import fitted
from importers.kit.build import Build
from importers.sources.terraform.state import Instance
from importers.sources.terraform.types import kind_of

NAMED_BY = ("label", "name", "display_name", "identifier", "computer_name")
REGIONS = ("region", "location")
VERSIONS = ("engine_version", "database_version", "version")
HOSTNAMES = ("hostname", "computer_name", "dns_name")
ADDRESSES = ("private_ip", "private_ip_address")
REACHED_BY = ("fqdn", "dns_name", "name")


def describe(instances: Iterable[Instance], prefix: str, build: Build) -> None:
    """Put the instances of one state into `build`; their ids begin with `prefix`."""
    by_resource = dict[str, list[Instance]]()
    for instance in instances:
        if kind_of(instance.type):
            by_resource.setdefault(instance.resource, []).append(instance)
    for found in by_resource.values():
        for instance in found:
            _described(instance, prefix, build)
            for need in instance.needs:
                if need != instance.resource:
                    _depend(instance, need, by_resource.get(need, []), prefix, build)


def _described(instance: Instance, prefix: str, build: Build) -> None:
    kind, texts = kind_of(instance.type), instance.texts
    build.ci(
        instance.at, ci_id(prefix, instance), kind, _first(texts, NAMED_BY) or instance.address,
        description=texts.get("description", ""), external_id=_first(texts, ("arn", "id")) or instance.address,
        **_own(kind, instance),
    )  # fmt: skip


def ci_id(prefix: str, instance: Instance) -> str:
    """The id of an instance: `prod:module.shop.aws_instance.web[0]`."""
    return fitted(f"{prefix}{instance.address}")


def _own(kind: str, instance: Instance) -> dict[str, str]:
    """The attributes that only some kinds have."""
    texts = instance.texts
    if kind == "cloud_resource":
        return {"provider": instance.provider, "region": _first(texts, REGIONS)}
    if kind == "database":
        return {"engine": texts.get("engine", ""), "version": _first(texts, VERSIONS)}
    if kind in {"virtual_machine", "network_device"}:
        return {"hostname": _first(texts, HOSTNAMES), "ip_address": _first(texts, ADDRESSES)}
    return {"address": _first(texts, REACHED_BY)} if kind == "endpoint" else {}


def _first(texts: Mapping[str, str], names: Iterable[str]) -> str:
    return next((texts[name] for name in names if name in texts), "")


def _depend(instance: Instance, need: str, found: list[Instance], prefix: str, build: Build) -> None:
    """On the instance of the same index, else on one of all: the state names resources and not their instances."""
    same = [other for other in found if instance.index and other.index == instance.index]
    needed = same if len(same) == 1 else found
    pool = need if len(needed) > 1 else ""
    for other in needed:
        build.relation(instance.at, ci_id(prefix, instance), "depends_on", ci_id(prefix, other), pool)
    if pool:
        build.pool(instance.at, ci_id(prefix, instance), pool, "1", str(len(needed)))
