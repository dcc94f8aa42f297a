"""The importers: one row each. Reading this tuple is knowing what can be imported."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.capabilities import Capabilities
from importers.kit.findings import visible
from importers.kit.records import Transformed
from importers.kit.trees import is_there
from importers.live.apis import reader_of


class Source(Protocol):
    """What the module `importers.sources.NAME.importer` has."""

    def accepts(self, path: Path) -> bool:
        """Whether a path is of this format; looks at as little as it can."""

    def read(self, path: Path, model: Model, source: str, progress: Progress) -> Transformed:
        """The desired state of a source."""


@dataclass(frozen=True, slots=True)
class Importer:
    """A way in. Its module is loaded when it is first asked, so that other commands start without it."""

    name: str
    description: str

    def accepts(self, path: Path) -> bool:
        """Whether `path` is of this format."""
        return self._source.accepts(path)

    def read(self, path: Path, model: Model, source: str, progress: Progress) -> Transformed:
        """The desired state of `source` that stands at `path`; what is wrong with it is in its `problems`.

        Raises `InvalidInput` where nothing can be read.
        """
        return self._source.read(path, model, source, progress)

    @property
    def capabilities(self) -> Capabilities:
        """What it reads and makes, as declared beside it; loads nothing but that."""
        declared = import_module(f"importers.sources.{self.name}.capabilities")
        return cast(Capabilities, declared.CAPABILITIES)

    @property
    def _source(self) -> Source:
        return cast(Source, import_module(f"importers.sources.{self.name}.importer"))


IMPORTERS: tuple[Importer, ...] = (
    Importer("mapped", "A mapping.yaml beside the tables it names, CSV or .xlsx; see docs/mapping.md."),
    Importer("native", "A folder of cis, relations and pools as CSV, or one .xlsx."),
    Importer("backstage", "A tree of Backstage catalog-info.yaml files."),
    Importer("netbox", "What NetBox's `manage.py dumpdata` writes, as .json or .json.gz."),
    Importer("cyclonedx", "CycloneDX as JSON: a file, or a tree with bom.json or *.cdx.json files."),
    Importer("terraform", "Terraform states, *.tfstate or what `terraform show -json` writes, one file or a tree."),
    Importer("kubernetes", "Kubernetes manifests, YAML or JSON, one file or a tree."),
    Importer("itop", "An iTop export: XML, its REST service's JSON, or CSV named by class."),
)


def importer_for(path: Path, name: str = "") -> Importer:
    """The importer called `name`, or that reads what the API of this name answered, or the first that accepts `path`.

    Raises `InvalidInput` UNKNOWN_FORMAT.
    """
    there = is_there(path)
    for importer in IMPORTERS:
        if importer.name == reader_of(name) or (not name and there and importer.accepts(path)):
            return importer
    if name:
        found, accepted = shown(name), "one of " + ", ".join(i.name for i in IMPORTERS)
    else:
        found = "nothing that can be imported" if there else "no such file or folder"
        accepted = "; ".join(f"{i.name}: {i.description}" for i in IMPORTERS)
    raise InvalidInput([Problem("UNKNOWN_FORMAT", visible(path.name), found, accepted)])
