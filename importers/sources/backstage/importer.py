"""A software catalogue of Backstage: `catalog-info.yaml` files, one of them or a tree of folders with many."""

from pathlib import Path

from cmdb.model.errors import InvalidInput
from cmdb.model.model import Model
from cmdb.model.strict_yaml import Node, parse_documents, read_text
from cmdb.progress import Progress
from importers.kit.build import Build
from importers.kit.findings import Cell, Findings
from importers.kit.places import Places
from importers.kit.trees import files_in, named_files
from importers.sources.backstage.catalogue import describe
from importers.sources.native.transform import Built, reader

NAMES = ("catalog-info.yaml", "catalog-info.yml")


def accepts(path: Path) -> bool:
    """Whether `path` is such a file, or a folder in which there is one, at any depth."""
    return path.name in NAMES if path.is_file() else next(files_in(path, *NAMES), None) is not None


def built(path: Path, model: Model, source: str, progress: Progress) -> Built:
    """What stands at `path` in our words, its values not checked yet; then problems and warnings."""
    places = Places()
    problems, warnings = Findings(places.cell), Findings(places.cell)
    files = named_files(path, problems, *NAMES)
    progress.stage("read", len(files))
    documents = list[Node]()
    for name, file in files.items():
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
    return build, problems, warnings


read = reader(built)
