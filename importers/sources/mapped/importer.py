"""Any export, read as a mapping file says: a folder with `mapping.yaml` beside its tables, or a workbook."""

from dataclasses import replace
from pathlib import Path

from cmdb.model.errors import shown
from cmdb.model.model import Model
from cmdb.model.strict_yaml import read_yaml
from cmdb.progress import Progress
from importers.kit.csv_text import read_csv
from importers.kit.files import beginning, read_bytes
from importers.kit.findings import Cell, Findings
from importers.kit.places import Places
from importers.kit.records import Transformed
from importers.kit.table import Layout, Table
from importers.kit.trees import is_there, leads_out
from importers.kit.workbook import Workbook
from importers.sources.mapped.document import MappedTable, read_mapping
from importers.sources.mapped.parted import MappedInput
from importers.sources.mapped.transform import Mapper, Read
from importers.sources.native.tables import Tables
from importers.sources.native.transform import transform

MAPPING = "mapping.yaml"


def accepts(path: Path) -> bool:
    """Whether `path` is a folder with a mapping file in it, or a YAML file that does not say it is something else."""
    if path.is_dir():
        return (path / MAPPING).is_file()
    return path.suffix in {".yaml", ".yml"} and b"apiVersion" not in beginning(path)


def read(path: Path, model: Model, source: str, progress: Progress) -> Transformed:
    """Read and transform the tables that the mapping names, which are looked for beside it.

    Raises `InvalidInput` for a wrong mapping; what is wrong with the tables is in the result's `problems`.
    """
    found, tables, problems, warnings = tabled(path, model, progress)
    made = transform(tables, model, source, problems, warnings)
    if not tables.whole or not problems.count:
        return made
    return replace(made, input=MappedInput(found, _attributes(found), model, source))


def tabled(path: Path, model: Model, progress: Progress) -> tuple[Read, Tables, Findings, Findings]:
    """The tables that were read, and what the mapping makes of them, as tables of the native format whose values are
    not checked yet; then problems and warnings. Raises `InvalidInput` for a wrong mapping."""
    document = path / MAPPING if path.is_dir() else path
    mapping = read_mapping(read_yaml(document), model)
    places = Places()
    problems, warnings = Findings(places.cell), Findings(places.cell)
    progress.stage("read", len(mapping.tables))
    folder, found = document.parent, []
    for mapped in mapping.tables:
        if (table := _table(folder, mapped, problems, warnings)) is not None:
            found.append((mapped, table))
        progress.advance(1)
    if len(found) < len(mapping.tables):
        return found, Tables(None, None, None, whole=False), problems, warnings
    progress.stage("transform", 0)
    return found, Mapper(found, _attributes(found), places, problems).tables(), problems, warnings


def _attributes(found: Read) -> list[str]:
    return sorted({name for mapped, _ in found for entry in mapped.cis for name in entry.attributes})


def _table(folder: Path, mapped: MappedTable, problems: Findings, warnings: Findings) -> Table | None:
    layout = Layout(tuple(dict.fromkeys(name.strip().casefold() for name in mapped.columns)), (), unknown="")
    file = folder / mapped.file
    if leads_out(folder, file):
        problems.add("PATH_OUTSIDE", Cell(mapped.file), "a path out of the folder", "a file beside the mapping")
        return None
    if not is_there(file) or file.is_dir():
        problems.add("MISSING_FILE", Cell(mapped.file), "no such file", "the file that the mapping names, beside it")
        return None
    data = read_bytes(file, problems)
    if data is None:
        return None
    if not mapped.sheet:
        return read_csv(data, mapped.file, layout, problems, mapped.delimiter)
    book = Workbook.open(data, mapped.file, problems)
    if book is None:
        return None
    name = mapped.sheet.casefold()
    if name not in book.sheets:
        accepted = "one of the sheets " + ", ".join(map(shown, book.titles.values()))
        problems.add("MISSING_SHEET", Cell(mapped.file), f"no sheet {shown(mapped.sheet)}", accepted)
        return None
    return book.table(name, layout, problems, warnings)
