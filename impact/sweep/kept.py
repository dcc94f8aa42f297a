"""A sweep as a file: checksummed, written whole or not at all, taken only for the estate it was computed on."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

import numpy as np
import orjson

from impact.estate import Estate
from impact.kernels.alone import WIDTH
from impact.sweep.sweep import Sweep

MAGIC = b"BNSWEEP1"
"""Whoever changes what a row means changes this."""
DIGEST = 16
PROLOGUE = len(MAGIC) + DIGEST + 8


@dataclass(frozen=True, slots=True)
class KeptSweep:
    """The place of the file. An estate is told by its revision, when that was recorded, and its ids in their order."""

    place: Path

    def load(self, estate: Estate) -> Sweep | None:
        """The sweep of `estate`; None where there is none, or one that is damaged or of another estate."""
        with suppress(OSError, ValueError, LookupError, TypeError):
            with self.place.open("rb") as file:
                header, digest = _header(file.read(PROLOGUE), file.read)
                if header["of"] != _told(estate):
                    return None
                body = file.read()
            count = int(header["count"])
            if _digest(orjson.dumps(header), body) == digest and len(body) == count * (WIDTH + 1) * 4:
                rows = np.frombuffer(body, np.int32)
                return Sweep(estate.revision, estate.recorded_at, rows[:count], rows[count:].reshape(count, WIDTH))
        return None

    def save(self, sweep: Sweep, estate: Estate) -> None:
        """Keep the sweep of `estate`. A full or read-only disk is no error: it is computed again when needed."""
        header = orjson.dumps({"of": _told(estate), "count": len(sweep.cis)})
        body = sweep.cis.astype(np.int32).tobytes() + np.ascontiguousarray(sweep.table, np.int32).tobytes()
        draft = self.place.with_name(f"{self.place.name}.{os.getpid()}.draft")
        with suppress(OSError):
            try:
                with draft.open("wb") as file:
                    file.write(MAGIC + _digest(header, body) + len(header).to_bytes(8, "little") + header + body)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(draft, self.place)
            finally:
                draft.unlink(missing_ok=True)


def same_rows(estate: Estate, other: Estate) -> bool:
    """Whether a sweep of one estate is that of the other: the same revision, with its CIs in the same places."""
    return estate is other or (estate.head == other.head and _told(estate) == _told(other))


def _told(estate: Estate) -> list[Any]:
    ids, words = estate.register.ids, estate.vocabulary
    digest = blake2b(ids.block.tobytes(), digest_size=DIGEST)
    digest.update(ids.ends.tobytes())
    digest.update("\n".join(ids.late[: estate.size - ids.packed]).encode())
    digest.update(repr([getattr(words, name) for name in words.__dataclass_fields__]).encode())
    moment: datetime = estate.recorded_at
    return [estate.revision, moment.isoformat(), estate.size, digest.hexdigest()]


def _header(prologue: bytes, read: Any) -> tuple[dict[str, Any], bytes]:
    if prologue[: len(MAGIC)] != MAGIC or len(prologue) != PROLOGUE:
        raise ValueError("not a sweep, or one of another version")
    length = int.from_bytes(prologue[-8:], "little")
    if length > 10_000:
        raise ValueError("its header was changed")
    return cast(dict[str, Any], orjson.loads(read(length))), prologue[len(MAGIC) : -8]


def _digest(header: bytes, body: bytes) -> bytes:
    digest = blake2b(header, digest_size=DIGEST)
    digest.update(body)
    return digest.digest()
