"""One synchronisation of a store at a time: a lock on a file, which the system lets go when its holder is gone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from socket import gethostname

from cmdb.model.errors import InvalidInput, Problem

MOST_READ = 500
"""Bytes of a lock file that are read to say who holds it."""


@contextmanager
def sole_sync(path: Path, now: datetime) -> Iterator[None]:
    """Hold the lock at `path` and say there who holds it. Raises `InvalidInput` SYNC_RUNNING, UNWRITABLE_FILE."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as fault:
        found = fault.strerror or "an input error"
        raise InvalidInput([Problem("UNWRITABLE_FILE", path.name, found, "a file that can be written")]) from None
    with os.fdopen(handle, "r+b") as file:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            holder = file.read(MOST_READ).decode(errors="replace").strip() or "another process"
            accepted = "one synchronisation of a store at a time; stop that one, or wait for it"
            raise InvalidInput([Problem("SYNC_RUNNING", path.name, f"held by {holder}", accepted)]) from None
        file.truncate()
        file.write(f"process {os.getpid()} on {gethostname()} since {now.isoformat(' ', 'seconds')}\n".encode())
        file.flush()
        yield
        file.truncate(0)
