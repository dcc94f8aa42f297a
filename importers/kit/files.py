"""Reading whole files into memory, with limits: plain, or gzip-compressed."""

import gzip
import zlib
from pathlib import Path

from importers.kit.findings import Cell, Findings

LARGEST = 512 * 2**20
"""Bytes of one file, uncompressed."""
BOMB_RATIO, BOMB_FLOOR = 200, 16 * 2**20
"""A file is a bomb when it grows more than this often, to more than this many bytes."""
LOOKED_AT = 64 * 2**10
"""Bytes at the beginning of a file by which its format is known."""
READABLE = "a file that can be read"
_STEP = 32 * 2**20
_GZIP = 16 + zlib.MAX_WBITS


def read_bytes(path: Path, findings: Findings) -> bytes | None:
    """The content of `path`, unpacked if it ends in `.gz`; None with a finding when that cannot be had."""
    try:
        if not path.is_file():
            findings.add("UNREADABLE_FILE", Cell(path.name), "no such file, or none of data", READABLE)
            return None
        size = path.stat().st_size
        if size > LARGEST:
            _too_large(path, f"{size} bytes", findings)
            return None
        return _unpacked(path, size, findings) if path.suffix == ".gz" else path.read_bytes()
    except OSError as fault:
        findings.add("UNREADABLE_FILE", Cell(path.name), fault.strerror or "an input error", READABLE)
    return None


def beginning(path: Path) -> bytes:
    """The first bytes of `path`, unpacked if it ends in `.gz`; none when they cannot be had."""
    if not path.is_file():
        return b""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            return stream.read(LOOKED_AT)
    except (OSError, EOFError, zlib.error):
        return b""


def _unpacked(path: Path, size: int, findings: Findings) -> bytes | None:
    packed, parts, total = path.read_bytes(), list[bytes](), 0
    try:
        while packed:
            member = zlib.decompressobj(_GZIP)
            while not member.eof:
                parts.append(member.decompress(packed, _STEP))
                packed = member.unconsumed_tail
                total += len(parts[-1])
                if total > LARGEST or is_bomb(size, total):
                    _too_large(path, f"{size} bytes that grow to {total} and more", findings)
                    return None
                if not parts[-1] and not packed and not member.eof:
                    raise zlib.error("incomplete")
            packed = member.unused_data.lstrip(b"\0")
    except zlib.error:
        findings.add("CORRUPT_ARCHIVE", Cell(path.name), "damaged or incomplete gzip data", "a whole .gz file")
        return None
    return b"".join(parts)


def is_bomb(packed: int, unpacked: int) -> bool:
    """Whether data that grows from `packed` to `unpacked` bytes is made to fill the memory."""
    return unpacked > BOMB_FLOOR and unpacked > BOMB_RATIO * max(packed, 1)


def _too_large(path: Path, found: str, findings: Findings) -> None:
    findings.add(
        "ARCHIVE_TOO_LARGE", Cell(path.name), found, f"at most {LARGEST} bytes, compressed at most {BOMB_RATIO}:1"
    )
