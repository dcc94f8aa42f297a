"""CycloneDX bills of materials as JSON: one file, or a tree with many (`bom.json`, `*.cdx.json`)."""

import re
from pathlib import Path

from cmdb.model.errors import shown
from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.build import Build
from importers.kit.files import beginning
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import line_of, read_json
from importers.kit.places import Places
from importers.kit.trees import files_in, named_files
from importers.sources.cyclonedx.bom import describe
from importers.sources.native.transform import Built, reader

PATTERNS = ("bom.json", "*.bom.json", "*.cdx.json")
ENDINGS = (".json", ".json.gz")
_VERSION = re.compile(r"1\.\d+")


def accepts(path: Path) -> bool:
    """Whether `path` is a file of JSON that begins like one, or a folder in which there is one by its name."""
    if path.is_file():
        return path.name.endswith(ENDINGS) and b'"bomFormat"' in beginning(path)
    return next(files_in(path, *PATTERNS), None) is not None


def built(path: Path, model: Model, source: str, progress: Progress) -> Built:
    """What stands at `path` in our words, its values not checked yet; then problems and warnings."""
    places = Places()
    problems, warnings = Findings(places.cell), Findings(places.cell)
    files = named_files(path, problems, *PATTERNS)
    progress.stage("read", len(files))
    build = Build(model, places)
    for name, file in files.items():
        problems.enter(name)
        before, bom = problems.count, read_json(file, problems, name)
        if isinstance(bom, dict) and bom.get("bomFormat") == "CycloneDX" and _known_version(bom, name, problems):
            describe(bom, name, build, problems, warnings)
        elif problems.count == before:
            problems.add("UNKNOWN_FORMAT", Cell(name), "no bill of materials", "CycloneDX as JSON")
        progress.advance(1)
    return build, problems, warnings


read = reader(built)


def _known_version(bom: dict[str, object], name: str, problems: Findings) -> bool:
    version = line_of(bom, "specVersion")
    if _VERSION.fullmatch(version):
        return True
    problems.add("UNKNOWN_FORMAT", Cell(name, column="specVersion"), shown(version), "CycloneDX 1.x")
    return False
