"""A NetBox inventory: the JSON that `manage.py dumpdata` writes, as one file (`.json`, `.json.gz`)."""

from pathlib import Path

from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.build import Build
from importers.kit.files import beginning
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import read_json
from importers.kit.places import Places
from importers.sources.native.transform import Built, reader
from importers.sources.netbox.dump import Dump
from importers.sources.netbox.inventory import describe

ENDINGS = (".json", ".json.gz")


def accepts(path: Path) -> bool:
    """Whether `path` is a file of JSON that begins like a dump of NetBox."""
    if not path.is_file() or not path.name.endswith(ENDINGS):
        return False
    begin = beginning(path)
    return b'"model"' in begin and begin.lstrip().startswith(b"[")


def built(path: Path, model: Model, source: str, progress: Progress) -> Built:
    """What stands at `path` in our words, its values not checked yet; then problems and warnings."""
    places = Places()
    problems, warnings = Findings(places.cell), Findings(places.cell)
    progress.stage("read", 1)
    rows = read_json(path, problems)
    progress.advance(1)
    build = Build(model, places)
    if isinstance(rows, list):
        progress.stage("transform", 0)
        describe(Dump.of(path.name, rows, problems), build)
    elif not problems.count:
        problems.add("UNKNOWN_FORMAT", Cell(path.name), "no list of rows", "what `manage.py dumpdata` writes")
    return build, problems, warnings


read = reader(built)
