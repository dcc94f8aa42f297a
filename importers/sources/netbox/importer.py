"""A NetBox inventory: the JSON that `manage.py dumpdata` writes, as one file (`.json`, `.json.gz`)."""

import gzip
import zlib
from pathlib import Path

from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.build import Build
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import read_json
from importers.kit.places import Places
from importers.kit.records import Transformed
from importers.sources.native.tables import Tables
from importers.sources.native.transform import transform
from importers.sources.netbox.dump import Dump
from importers.sources.netbox.inventory import describe

ENDINGS = (".json", ".json.gz")
LOOKED_AT = 4_096


def accepts(path: Path) -> bool:
    """Whether `path` is a file of JSON that begins like a dump of NetBox."""
    if not path.is_file() or not path.name.endswith(ENDINGS):
        return False
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            begin = stream.read(LOOKED_AT)
    except (OSError, EOFError, zlib.error):
        return False
    return b'"model"' in begin and begin.lstrip().startswith(b"[")


def read(path: Path, model: Model, source: str, progress: Progress) -> Transformed:
    """Read and transform the dump at `path`; what is wrong with it is in the result's `problems`."""
    places = Places()
    problems, warnings = Findings(places.cell), Findings(places.cell)
    progress.stage("read", 1)
    rows = read_json(path, problems)
    progress.advance(1)
    if not isinstance(rows, list):
        if not problems.count:
            problems.add("UNKNOWN_FORMAT", Cell(path.name), "no list of rows", "what `manage.py dumpdata` writes")
        return transform(Tables(None, None, None, whole=False), model, source, problems, warnings)
    progress.stage("transform", 0)
    build = Build(model, places)
    describe(Dump.of(path.name, rows), build)
    cis, relations, pools = build.tables()
    return transform(Tables(cis, relations, pools if len(pools) else None, True), model, source, problems, warnings)
