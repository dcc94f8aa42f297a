"""Files that are kept beside a store: replaced whole and durably, or not at all."""

import os
from collections.abc import Iterable
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path


def replace_file(place: Path, parts: Iterable[bytes], mode: int = 0o666) -> None:
    """Write `parts` to a file that takes its place when it is complete; a new one has `mode`, less the umask.

    Raises `OSError`, of which `BlockingIOError` means that another process is writing this file just now.
    """
    draft = place.with_name(place.name + ".draft")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT, mode), "wb") as file:
        flock(file, LOCK_EX | LOCK_NB)
        if not (draft.exists() and os.path.samestat(os.fstat(file.fileno()), draft.stat())):
            raise BlockingIOError("another process has just put this draft in its place")
        try:
            file.truncate()
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
            os.replace(draft, place)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
