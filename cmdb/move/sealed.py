"""Lines of text in one compressed file that is written whole or not at all, and sealed against every changed bit.

A file is two gzip members: the lines, then one line with the digest of the first member's bytes. Any gzip reader
unpacks it, and `check_seal` refuses it when a bit of either member is not as it was written. The seal shows damage; it
is no signature.
"""

import gzip
import os
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn

import orjson

from cmdb.model.errors import InvalidInput, Problem

MAX_LINE = 64 * 2**20
"""Bytes of one line, its end included; neither written nor read beyond."""
ACCEPTED = "an archive as cmdb backup wrote it"
_LEVEL, _LINES, _BLOCK, _DIGEST = 4, 1_000, 1 << 20, 32
_MEMBER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


class Lines:
    """The lines of an open file, one after another."""

    def __init__(self, file: gzip.GzipFile, name: str) -> None:
        self._file, self._name, self._number = file, name, 0

    def take(self) -> bytes:
        """The next line. Raises `InvalidInput` when there is none, or it is too long."""
        self._number += 1
        line = self._file.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise invalid("ARCHIVE_TOO_LARGE", self._place, f"more than {MAX_LINE} bytes", f"at most {MAX_LINE} bytes")
        if not line.endswith(b"\n"):
            self.refuse("the end of the file" if not line else "a line that does not end")
        return line

    def value(self) -> Any:
        """The JSON value in the next line."""
        line = self.take()
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            self.refuse("a line that is not JSON")

    def refuse(self, found: str, accepted: str = ACCEPTED) -> NoReturn:
        """The line taken last is not what is accepted."""
        raise invalid("CORRUPT_ARCHIVE", self._place, found, accepted)

    @property
    def _place(self) -> str:
        return f"{self._name} line {self._number}"


@contextmanager
def sealed_lines(path: Path) -> Iterator[Lines]:
    """The lines of a file that `check_seal` accepts. Raises `InvalidInput`."""
    with _translated(path), gzip.open(path, "rb") as file:
        yield Lines(file, path.name)


def check_seal(path: Path) -> None:
    """Whether every bit of the file is as it was written. Raises `InvalidInput`."""
    size = len(_seal(b""))
    with _translated(path), path.open("rb") as file:
        length = file.seek(0, os.SEEK_END) - size
        if length < 0:
            raise invalid("CORRUPT_ARCHIVE", path.name, f"{length + size} bytes", ACCEPTED)
        if file.seek(0) or file.read(2) != _MEMBER[:2]:
            raise invalid("CORRUPT_ARCHIVE", path.name, "something that is not gzip", ACCEPTED)
        digest = _digest(file, length)
        if file.read() != _seal(digest):
            raise invalid("CORRUPT_ARCHIVE", path.name, "contents that do not match their seal", ACCEPTED)


def write_sealed(path: Path, lines: Iterable[bytes], check: Callable[[Path], object]) -> int:
    """Write `lines`, each with its end, durably to `path`, whole or not at all; the size of the file in bytes.

    It gets its name after `check` has read it and raised nothing. Only its owner may read it. Raises `InvalidInput`
    UNWRITABLE_FILE, and what `lines` and `check` raise.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
            made = Path(draft.name)
            try:
                _write(draft, lines)
                check(made)
            except BaseException:
                made.unlink()
                raise
        os.replace(made, path)
        _settle(path.parent)
        return path.stat().st_size
    except OSError as fault:
        found = fault.strerror or "an output error"
        raise invalid("UNWRITABLE_FILE", path.name, found, "a new file in a folder with room") from None


def _write(draft: IO[bytes], lines: Iterable[bytes]) -> None:
    """The two members, on disk when it returns. `lines` are read as they are written."""
    left = iter(lines)
    with gzip.GzipFile(filename="", mode="wb", fileobj=draft, mtime=0, compresslevel=_LEVEL) as packed:
        while block := list(islice(left, _LINES)):
            if any(len(line) > MAX_LINE for line in block):
                raise invalid("ARCHIVE_TOO_LARGE", "store", f"a record of more than {MAX_LINE} bytes", "smaller ones")
            packed.write(b"".join(block))
    length = draft.tell()
    draft.seek(0)
    digest = _digest(draft, length)
    draft.seek(length)
    draft.write(_seal(digest))
    draft.flush()
    os.fsync(draft.fileno())


def _digest(file: IO[bytes], length: int) -> bytes:
    """The digest of bytes up to `length`, where the file is left."""
    file.seek(0)
    digest, left = blake2b(digest_size=_DIGEST), length
    while left and (block := file.read(min(_BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.digest()


def _seal(digest: bytes) -> bytes:
    """The second member: a gzip header, the line in one stored block, its checksum and length."""
    line = b'{"seal":"' + digest.hex().encode().rjust(2 * _DIGEST, b"0") + b'"}\n'
    size = len(line).to_bytes(2, "little")
    block = b"\x01" + size + bytes(byte ^ 0xFF for byte in size) + line
    return _MEMBER + block + zlib.crc32(line).to_bytes(4, "little") + len(line).to_bytes(4, "little")


def _settle(folder: Path) -> None:
    """Make a new name in a folder survive a power cut, where folders can be opened for that."""
    if os.name == "posix":
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise invalid("CORRUPT_ARCHIVE", path.name, "damaged or incomplete contents", ACCEPTED) from None
    except OSError as fault:
        raise invalid("UNREADABLE_FILE", path.name, fault.strerror or "an input error", ACCEPTED) from None


def invalid(code: str, place: str, found: str, accepted: str) -> InvalidInput:
    """One stated fault of an archive."""
    return InvalidInput([Problem(code, place, found, accepted)])
