"""Terraform states: `*.tfstate` of version 4, or what `terraform show -json` writes; one file or a tree."""

from pathlib import Path

from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.build import Build
from importers.kit.files import beginning
from importers.kit.findings import Findings
from importers.kit.json_text import read_json
from importers.kit.places import Places
from importers.kit.trees import files_in, named_files
from importers.sources.native.transform import Built, reader
from importers.sources.terraform.inventory import describe
from importers.sources.terraform.state import instances_of

PATTERNS = ("*.tfstate", "*.tfstate.json")
ENDINGS = (".tfstate", ".json", ".json.gz")
USUAL = "terraform.tfstate"


def accepts(path: Path) -> bool:
    """Whether `path` is a file of JSON that begins like a state, or a folder in which there is one by its name."""
    if path.is_file():
        return path.name.endswith(ENDINGS) and b'"terraform_version"' in beginning(path)
    return next(files_in(path, *PATTERNS), None) is not None


def built(path: Path, model: Model, source: str, progress: Progress) -> Built:
    """What stands at `path` in our words, its values not checked yet; then problems and warnings.

    The ids begin with `source`, and those of a tree with the place of the state in it, so that two states do not mix.
    """
    places = Places()
    problems, warnings = Findings(places.cell), Findings(places.cell)
    files = named_files(path, problems, *PATTERNS)
    progress.stage("read", len(files))
    build = Build(model, places)
    for name, file in files.items():
        problems.enter(name)
        before, state = problems.count, read_json(file, problems, name)
        if problems.count == before:
            prefix = f"{source}:{_place(name) if path.is_dir() else ''}"
            describe(instances_of(state, name, problems), prefix, build)
        progress.advance(1)
    return build, problems, warnings


read = reader(built)


def _place(name: str) -> str:
    """`prod/` of `prod/terraform.tfstate`, and of `prod.tfstate`."""
    folder, _, file = name.rpartition("/")
    parts = [folder, "" if file == USUAL else file.partition(".tfstate")[0]]
    return "".join(f"{part}/" for part in parts if part)
