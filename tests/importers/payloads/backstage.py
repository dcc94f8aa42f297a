"""A Backstage catalogue with an entity of every kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.importers.payloads.payload import Part, Payload


def entity(kind: str, name: str, /, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


TYPES = ("database", "bucket", "cluster", "queue", "server", "virtual-machine", "storage")
ENTITIES = [
    entity("Domain", "money", owner="user:ada"),
    entity("System", "finance", owner="team-pay", domain="money"),
    entity("Component", "pay", type="service", lifecycle="production", owner="team-pay", system="finance",
           dependsOn=[f"resource:the-{type_}" for type_ in TYPES], consumesApis=["rates-api"]),
    entity("Component", "rates", type="library", owner="team-pay", providesApis=["rates-api"], subcomponentOf="pay"),
    entity("API", "rates-api", type="openapi", owner="team-pay"),
    entity("Group", "team-pay", type="team", profile={"displayName": "Team Pay", "email": "pay@example.org"}),
    entity("User", "ada", profile={"displayName": "Ada"}, memberOf=["team-pay"]),
    entity("Location", "elsewhere", targets=["./other.yaml"]),
    entity("Component", "spare", type="website", owner="team-pay", dependsOn=["component:rates"]),
    *(entity("Resource", f"the-{type_}", type=type_, owner="team-db") for type_ in TYPES),
]  # fmt: skip


def write(folder: Path, parts: Sequence[Part]) -> Path:
    """Two files of a tree, each with half of the entities."""
    for number in (0, 1):
        path = folder / f"part-{number}" / "catalog-info.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.dump_all(parts[number::2], Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False))
    return folder


BACKSTAGE = Payload(
    "backstage", ENTITIES, write, "'spare'", "component:spare", entity("System", "evil") | {
        "metadata": {"name": "evil", "title": "a\u202eb"}}, "catalog-info.yaml",
)  # fmt: skip
