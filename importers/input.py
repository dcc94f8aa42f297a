"""What stands at a path, as one fingerprint: to tell the same input from another."""

from hashlib import blake2b
from pathlib import Path

from cmdb.model.errors import InvalidInput, Problem

STEP = 2**20


def fingerprint(path: Path) -> str:
    """The digest of a file, or of all files in a folder with their names. Raises `InvalidInput` UNREADABLE_FILE."""
    found = blake2b(digest_size=16)
    try:
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            name = b"" if file == path else file.relative_to(path).as_posix().encode("utf-8", "surrogateescape")
            found.update(len(name).to_bytes(4, "big") + name + _content(file))
    except OSError as fault:
        place, words = Path(fault.filename or path).name, fault.strerror or "an input error"
        raise InvalidInput([Problem("UNREADABLE_FILE", place, words, "a file that can be read")]) from None
    return found.hexdigest()


def _content(file: Path) -> bytes:
    """The digest of one file."""
    found = blake2b(digest_size=16)
    with file.open("rb") as stream:
        while part := stream.read(STEP):
            found.update(part)
    return found.digest()
