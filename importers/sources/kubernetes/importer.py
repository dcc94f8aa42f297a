"""Kubernetes manifests: YAML or JSON, one file or a tree; also what `kubectl get -o yaml` or `-o json` writes."""

from pathlib import Path

from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.build import Build
from importers.kit.findings import Cell, Findings
from importers.kit.places import Places
from importers.kit.trees import files_in, named_files
from importers.sources.kubernetes.cluster import describe
from importers.sources.kubernetes.manifests import PATTERNS, Manifest, looks_like_manifests, manifests_in
from importers.sources.kubernetes.objects import Objects
from importers.sources.native.transform import Built, reader


def accepts(path: Path) -> bool:
    """Whether `path` is a file of manifests, or a folder in which there is one, at any depth."""
    return looks_like_manifests(path) if path.is_file() else any(map(looks_like_manifests, files_in(path, *PATTERNS)))


def built(path: Path, model: Model, source: str, progress: Progress) -> Built:
    """What stands at `path` in our words, its values not checked yet; then problems and warnings.

    The ids begin with `source`, which names the cluster.
    """
    places = Places()
    problems, warnings = Findings(places.cell), Findings(places.cell)
    files = named_files(path, problems, *PATTERNS)
    progress.stage("read", len(files))
    manifests = list[Manifest]()
    for name, file in files.items():
        problems.enter(name)
        if file == path or looks_like_manifests(file):
            manifests += manifests_in(file, name, problems)
        else:
            warnings.add("IGNORED_FILE", Cell(name), "a file that is not read", "Kubernetes manifests")
        progress.advance(1)
    progress.stage("transform", 0)
    build = Build(model, places)
    describe(Objects(source, manifests, problems), build, problems, warnings)
    return build, problems, warnings


read = reader(built)
