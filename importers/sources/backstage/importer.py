"""A software catalogue of Backstage: `catalog-info.yaml` files, one of them or a tree of folders with many."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cmdb.model.errors import InvalidInput
from cmdb.model.model import Model
from cmdb.model.strict_yaml import Node, parse_documents, read_text
from cmdb.progress import Progress
from importers.kit.build import Build
from importers.kit.findings import Cell, Findings
from importers.kit.places import Places
from importers.kit.records import Transformed
from importers.sources.backstage.catalogue import describe
from importers.sources.native.tables import Tables
from importers.sources.native.transform import transform

NAMES = ("catalog-info.yaml", "catalog-info.yml")
MOST_FILES = 20_000


def accepts(path: Path) -> bool:
    """Whether `path` is such a file, or a folder in which there is one, at any depth."""
    return path.name in NAMES if path.is_file() else next(_files(path), None) is not None


def _files(folder: Path) -> Iterator[Path]:
    """The files of a tree, links left out."""
    return (file for name in NAMES for file in folder.rglob(name) if file.is_file() and not file.is_symlink())


def read(path: Path, model: Model, source: str, progress: Progress) -> Transformed:
    """Read and transform the files at `path`; what is wrong with them is in the result's `problems`."""
    places = Places()
    problems, warnings = Findings(places.cell), Findings(places.cell)
    files = sorted(islice(_files(path), MOST_FILES + 1)) if path.is_dir() else [path]
    if len(files) > MOST_FILES:
        problems.add("TOO_MANY", Cell(path.name), f"more than {MOST_FILES:,} files", f"at most {MOST_FILES:,} files")
    progress.stage("read", len(files))
    documents = list[Node]()
    for file in files[:MOST_FILES]:
        name = file.name if file == path else file.relative_to(path).as_posix()
        problems.enter(name)
        try:
            documents += parse_documents(read_text(file), name)
        except InvalidInput as fault:
            for problem in fault.problems:
                problems.add(problem.code, Cell(problem.place), problem.found, problem.accepted)
        progress.advance(1)
    progress.stage("transform", 0)
    build = Build(model, places)
    describe(documents, build, problems)
    cis, relations, pools = build.tables()
    whole = not problems.count
    return transform(Tables(cis, relations, pools if len(pools) else None, whole), model, source, problems, warnings)
