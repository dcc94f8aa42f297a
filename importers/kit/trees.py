"""Files of a tree of folders: links left out, in one order, and not without end."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from importers.kit.findings import Cell, Findings

MOST_FILES = 20_000


def files_in(folder: Path, *patterns: str) -> Iterator[Path]:
    """The files below `folder` whose names fit one of `patterns` (`*.xml`); links and hidden folders left out."""
    for file in (file for pattern in patterns for file in folder.rglob(pattern)):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts[:-1])
        if not hidden and file.is_file() and not file.is_symlink():
            yield file


def named_files(path: Path, problems: Findings, *patterns: str) -> dict[str, Path]:
    """The file at `path`, or those below it that fit, by the name that findings give them; too many are told."""
    if not path.is_dir():
        return {path.name: path}
    files = sorted(islice(files_in(path, *patterns), MOST_FILES + 1))
    if len(files) > MOST_FILES:
        problems.add("TOO_MANY", Cell(path.name), f"more than {MOST_FILES:,} files", f"at most {MOST_FILES:,} files")
    return {file.relative_to(path).as_posix(): file for file in files[:MOST_FILES]}


def leads_out(folder: Path, file: Path) -> bool:
    """Whether a file stands elsewhere than in a folder, links followed."""
    try:
        return not file.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, or a link to itself
        return False


def is_there(path: Path) -> bool:
    """Whether anything stands at `path`; nothing does where no file can have the name."""
    try:
        return path.exists() or path.is_symlink()
    except (OSError, ValueError):
        return False
