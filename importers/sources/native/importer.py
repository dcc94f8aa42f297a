"""The native estate format: `cis`, `relations` and, if there are pools, `pools`, as a folder of CSV or one .xlsx."""

from pathlib import Path

from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.findings import Findings
from importers.kit.records import Transformed
from importers.kit.workbook import WORKBOOKS
from importers.sources.native.tables import read_tables
from importers.sources.native.transform import transform_tables


def accepts(path: Path) -> bool:
    """Whether `path` looks like a native estate: a folder that holds a `cis` file, or a workbook."""
    if path.is_dir():
        return any((path / name).exists() for name in ("cis.csv", "cis.csv.gz"))
    return path.suffix.lower() in WORKBOOKS


def read(path: Path, model: Model, source: str, progress: Progress) -> Transformed:
    """Read and transform the estate at `path`; what is wrong with it is in the result's `problems`."""
    problems, warnings = Findings(), Findings()
    tables = read_tables(path, model, progress, problems, warnings)
    progress.stage("transform", 0)
    return transform_tables(tables, model, source, problems, warnings)
