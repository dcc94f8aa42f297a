"""The zip archive inside an .xlsx: looked at from outside and unpacked within limits before anything parses it."""

import io
import stat
import struct
import zipfile
import zlib

from cmdb.model.errors import shown
from importers.kit.files import is_bomb
from importers.kit.findings import Cell, Findings

MAX_PARTS = 1_000
MAX_UNPACKED = 256 * 2**20
_DIRECTORY_BYTES = MAX_PARTS * 400
_END = b"PK\x05\x06"
_BAD_ARCHIVE = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
                struct.error, ValueError, OSError)  # fmt: skip


class Refusal(Exception):
    """A reason not to read an archive: a code, what was found, what is accepted."""

    def __init__(self, code: str, found: str, accepted: str) -> None:
        self.code, self.found, self.accepted = code, found, accepted
        super().__init__(code)


def unpack(data: bytes, file: str, findings: Findings) -> dict[str, bytes] | None:
    """The parts of the archive by name; None with a finding when it is not one or is not safe to read."""
    try:
        return _parts(data)
    except Refusal as refusal:
        findings.add(refusal.code, Cell(file), refusal.found, refusal.accepted)
    except _BAD_ARCHIVE:
        findings.add("CORRUPT_ARCHIVE", Cell(file), "a damaged or incomplete archive", "a whole .xlsx file")
    return None


def _parts(data: bytes) -> dict[str, bytes]:
    if not data.startswith(b"PK\x03\x04"):
        raise Refusal("NOT_AN_XLSX", f"a file that begins with {shown(ascii(data[:4])[2:-1])}", "an .xlsx workbook")
    _check_directory_size(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        _check_count(len(entries))
        for entry in entries:
            _check_path(entry)
        _check_sizes(entries, len(data))
        return {entry.filename: archive.read(entry) for entry in entries if not entry.is_dir()}


def _check_directory_size(data: bytes) -> None:
    """Bound what listing the archive costs, by the sizes that its last record states."""
    end = data.rfind(_END)
    if 0 <= end <= len(data) - 22:
        count, size = struct.unpack_from("<HI", data, end + 10)
        _check_count(count)
        if size > _DIRECTORY_BYTES:
            raise Refusal("ARCHIVE_TOO_MANY_PARTS", f"a directory of {size} bytes", f"at most {MAX_PARTS} parts")


def _check_count(count: int) -> None:
    if count > MAX_PARTS:
        raise Refusal("ARCHIVE_TOO_MANY_PARTS", f"{count} parts", f"at most {MAX_PARTS} parts")


def _check_path(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    linked = stat.S_ISLNK(entry.external_attr >> 16)
    if linked or name.startswith(("/", "\\")) or "\\" in name or ":" in name or ".." in name.split("/"):
        found = shown(name) + (", a symbolic link" if linked else "")
        raise Refusal("ARCHIVE_BAD_PATH", found, "parts with plain relative paths")


def _check_sizes(entries: list[zipfile.ZipInfo], packed: int) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED or is_bomb(packed, total):
        found = f"{packed} bytes that grow to {total}"
        raise Refusal("ARCHIVE_TOO_LARGE", found, f"at most {MAX_UNPACKED} bytes unpacked, at most 200:1")
    if len({entry.filename.casefold() for entry in entries}) < len(entries):
        raise Refusal("CORRUPT_ARCHIVE", "two parts of the same name", "every part once")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refusal("CORRUPT_ARCHIVE", "an encrypted part", "a workbook without a password")


def repack(parts: dict[str, bytes]) -> bytes:
    """An archive of exactly these parts, so that the next reader sees the bytes that were checked."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()
