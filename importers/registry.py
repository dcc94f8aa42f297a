"""The importers: one row each. Reading this tuple is knowing what can be imported."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.records import Transformed
from importers.sources.backstage import importer as backstage
from importers.sources.cyclonedx import importer as cyclonedx
from importers.sources.itop import importer as itop
from importers.sources.kubernetes import importer as kubernetes
from importers.sources.mapped import importer as mapped
from importers.sources.native import importer as native
from importers.sources.netbox import importer as netbox
from importers.sources.terraform import importer as terraform


@dataclass(frozen=True, slots=True)
class Importer:
    """A way in. `accepts` looks at a path without reading it; `read` makes the desired state of a source from it."""

    name: str
    description: str
    accepts: Callable[[Path], bool]
    read: Callable[[Path, Model, str, Progress], Transformed]


IMPORTERS: tuple[Importer, ...] = (
    Importer(
        "mapped",
        "A mapping.yaml beside the tables it names, CSV or .xlsx; see docs/mapping.md.",
        mapped.accepts,
        mapped.read,
    ),
    Importer("native", "A folder of cis, relations and pools as CSV, or one .xlsx.", native.accepts, native.read),
    Importer("backstage", "A tree of Backstage catalog-info.yaml files.", backstage.accepts, backstage.read),
    Importer("netbox", "What NetBox's `manage.py dumpdata` writes, as .json or .json.gz.", netbox.accepts, netbox.read),
    Importer(
        "cyclonedx",
        "CycloneDX as JSON: a file, or a tree with bom.json or *.cdx.json files.",
        cyclonedx.accepts,
        cyclonedx.read,
    ),
    Importer(
        "terraform",
        "Terraform states, *.tfstate or what `terraform show -json` writes, one file or a tree.",
        terraform.accepts,
        terraform.read,
    ),
    Importer(
        "kubernetes", "Kubernetes manifests, YAML or JSON, one file or a tree.", kubernetes.accepts, kubernetes.read
    ),
    Importer("itop", "An iTop export: XML, its REST service's JSON, or CSV named by class.", itop.accepts, itop.read),
)


def importer_for(path: Path, name: str = "") -> Importer:
    """The importer called `name`, or the first that accepts `path`. Raises `InvalidInput` UNKNOWN_FORMAT."""
    for importer in IMPORTERS:
        if importer.name == name or (not name and importer.accepts(path)):
            return importer
    if name:
        found, accepted = shown(name), "one of " + ", ".join(i.name for i in IMPORTERS)
    else:
        found = "nothing that can be imported" if path.exists() else "no such file or folder"
        accepted = "; ".join(f"{i.name}: {i.description}" for i in IMPORTERS)
    raise InvalidInput([Problem("UNKNOWN_FORMAT", path.name, found, accepted)])
