"""What was fetched, as files in a folder. They appear there all at once, or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cmdb.model.errors import InvalidInput, Problem, shown

MARK = "FETCHED.txt"
"""The file that says what was fetched; a folder with it may be fetched into again."""


class Sheet:
    """One file of a payload while it is written."""

    def __init__(self, stream: BinaryIO, name: str, most: int) -> None:
        self._stream, self._name, self._most = stream, name, most
        self._size = 0

    def write(self, data: bytes) -> None:
        """Add to the file. Raises `InvalidInput` FETCH_TOO_LARGE for more than an importer reads of one file."""
        self._size += len(data)
        if self._size > self._most:
            found, accepted = "more than that", f"at most {self._most:,} bytes in one file"
            raise InvalidInput([Problem("FETCH_TOO_LARGE", self._name, found, accepted)])
        self._stream.write(data)

    def here(self) -> int:
        """Where the file ends now."""
        return self._size

    def back(self, size: int) -> None:
        """Forget what was written since the file ended at `size`."""
        self._stream.seek(size)
        self._stream.truncate()
        self._size = size


class Payload:
    """The files of one fetch, on their way into a folder, and what is to be said of them."""

    def __init__(self, staging: Path, most: int) -> None:
        self._staging, self._most = staging, most
        self._notes: list[str] = []

    @contextmanager
    def sheet(self, name: str) -> Iterator[Sheet]:
        """A new file."""
        with (self._staging / name).open("xb") as stream:
            yield Sheet(stream, name, self._most)

    def drop(self, name: str) -> None:
        """Take a file away again."""
        (self._staging / name).unlink()

    def note(self, text: str) -> None:
        """A line for those who look into the folder; never with anything secret."""
        self._notes.append(text)

    def finish(self) -> None:
        """Write down what was noted."""
        (self._staging / MARK).write_text("".join(f"{note}\n" for note in self._notes), encoding="utf-8")


@contextmanager
def payload_into(folder: Path, most: int) -> Iterator[Payload]:
    """A payload that takes the place of `folder` when the block ends well; otherwise all is as it was.

    `folder` may be missing, empty, or the result of an earlier fetch. Raises `InvalidInput` FOLDER_IN_USE otherwise,
    UNWRITABLE_FOLDER where nothing can be written.
    """
    _check(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    except OSError as fault:
        found = fault.strerror or "an error"
        raise InvalidInput([Problem("UNWRITABLE_FOLDER", folder.name, found, "a folder to write to")]) from None
    try:
        payload = Payload(staging, most)
        yield payload
        payload.finish()
        _replace(folder, staging)
    except OSError as fault:
        found = fault.strerror or "an error"
        raise InvalidInput([Problem("UNWRITABLE_FOLDER", folder.name, found, "a disk with room")]) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check(folder: Path) -> None:
    taken = folder.is_symlink() or (folder.exists() and not folder.is_dir())
    if not taken and folder.is_dir():
        taken = any(folder.iterdir()) and not (folder / MARK).is_file()
    if taken:
        accepted = "a folder that is not there yet, is empty, or is that of an earlier fetch"
        raise InvalidInput([Problem("FOLDER_IN_USE", shown(folder.name), "other files", accepted)])


def _replace(folder: Path, staging: Path) -> None:
    """Put the new files where the old ones were; the old ones are kept until that is done."""
    _check(folder)
    if not folder.is_dir():
        os.rename(staging, folder)
        return
    aside = staging.with_suffix(".old")
    os.rename(folder, aside)
    try:
        os.rename(staging, folder)
    except OSError:
        os.rename(aside, folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
