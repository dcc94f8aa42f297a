"""An estate as a file: checksummed throughout, written whole or not at all, read by mapping it into memory.

Layout: MAGIC, the length of the header, its digest, the header (JSON), then one section per array, each from a multiple
of 64 to the next. The header gives every section its type, shape, place and digest; digests cover the padding too, so
that no changed bit goes unnoticed. Arrays are read-only views of the file: processes on one machine share their memory.
A file that is in use is never written to, only replaced. Whoever changes what a file holds changes MAGIC.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import blake2b
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
import orjson

from impact.adjacency import Adjacency
from impact.estate import NUMBERS, Estate
from impact.graph import ImpactGraph, Pools, Rule
from impact.origins import Origins
from impact.register import Register
from impact.texts import Texts
from impact.vocabulary import Vocabulary

MAGIC = b"BNESTAT3"
ALIGN = 64
DIGEST = 16
PROLOGUE = len(MAGIC) + 8 + DIGEST

Array = npt.NDArray[Any]


class DamagedFile(ValueError):
    """The file is not a whole estate as it was written, or is one of another store, model or version of the format."""


def save(estate: Estate, place: Path, store: str) -> None:
    """Write an estate atomically and durably; what was at `place` is kept as `.previous`.

    `store` says what it is an estate of, and must be given again to `load` it. Raises `OSError`, of which
    `BlockingIOError` means that another process is writing this file just now.
    """
    sections = {name: np.ascontiguousarray(array) for name, array in _arrays(estate)}
    spans, at = {}, 0
    for name, array in sections.items():
        padded = _padded(array)
        spans[name] = [array.dtype.str, list(array.shape), at, len(padded), _digest(padded)]
        at += len(padded)
    header = orjson.dumps(
        {
            "revision": estate.revision, "recordedAt": estate.recorded_at.isoformat(), "store": store,
            "vocabulary": _words(estate.vocabulary), "sections": spans, "size": at,
            "dead": {name: lists.dead for name, lists in _lists(estate)}, "sources": estate.origins.sets,
        }
    )  # fmt: skip
    with _draft(place) as file:
        start = MAGIC + len(header).to_bytes(8, "little") + bytes.fromhex(_digest(header)) + header
        file.write(start + b"\0" * (-len(start) % ALIGN))
        for array in sections.values():
            file.write(_padded(array))


@contextmanager
def _draft(place: Path) -> Iterator[BinaryIO]:
    """A file to write what belongs at `place`; it takes its place when written to the end, else it is removed.

    It is locked, so that of several processes one writes; what one that was killed left is written over.
    """
    draft = place.with_name(place.name + ".draft")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o666), "wb") as file:
        flock(file, LOCK_EX | LOCK_NB)
        if not _is_at(file, draft):
            raise BlockingIOError("another process has just put this draft in its place")
        try:
            file.truncate()
            yield file
            file.flush()
            os.fsync(file.fileno())
            if place.exists():
                os.replace(place, previous(place))
            os.replace(draft, place)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def _is_at(file: BinaryIO, place: Path) -> bool:
    return place.exists() and os.path.samestat(os.fstat(file.fileno()), place.stat())


def previous(place: Path) -> Path:
    """Where the file before the newest is kept."""
    return place.with_name(place.name + ".previous")


def load(place: Path, store: str, vocabulary: Vocabulary) -> Estate:
    """The estate in a file. Raises `DamagedFile`, and `OSError` when it cannot be read."""
    data, header, body = _opened(place, store, vocabulary)
    try:
        arrays = {name: _section(data[body:], *span) for name, span in header["sections"].items()}
        return _estate(header, arrays, vocabulary)
    except (LookupError, TypeError) as error:
        raise DamagedFile("of another version of the format") from error


def revision(place: Path, store: str, vocabulary: Vocabulary) -> int:
    """The revision of the estate in a file, of which only the header is checked. Raises as `load` does."""
    found: int = _opened(place, store, vocabulary)[1]["revision"]
    return found


def _opened(place: Path, store: str, vocabulary: Vocabulary) -> tuple[memoryview, dict[str, Any], int]:
    """A file in memory, its header, and where the sections begin."""
    with place.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < PROLOGUE:
            raise DamagedFile("too short")
        data = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    header, body = _header(data, size)
    if header.get("store") != store or header.get("vocabulary") != _words(vocabulary):
        raise DamagedFile("of another store or another model")
    return data, header, body


def _header(data: memoryview, size: int) -> tuple[dict[str, Any], int]:
    length = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 8], "little")
    end = PROLOGUE + length
    body = end + -end % ALIGN
    if data[: len(MAGIC)] != MAGIC or length > size or any(data[end:body]):
        raise DamagedFile("not an estate, or one of another version of the format")
    raw = bytes(data[PROLOGUE:end])
    if bytes(data[PROLOGUE - DIGEST : PROLOGUE]).hex() != _digest(raw):
        raise DamagedFile("its header was changed")
    header = cast(dict[str, Any], orjson.loads(raw))
    if body + header["size"] != size:
        raise DamagedFile("cut, or longer than it was")
    return header, body


def _section(data: memoryview, dtype: str, shape: list[int], at: int, length: int, digest: str) -> Array:
    span = data[at : at + length]
    if _digest(span) != digest:
        raise DamagedFile("a section was changed")
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(span, np.dtype(dtype), count).reshape(shape)


def _padded(array: Array) -> bytes:
    raw = array.tobytes()
    return raw + b"\0" * (-len(raw) % ALIGN)


def _digest(data: bytes | memoryview) -> str:
    return blake2b(data, digest_size=DIGEST).hexdigest()


def _words(vocabulary: Vocabulary) -> list[Any]:
    """The vocabulary as JSON gives it back."""
    found: list[Any] = orjson.loads(
        orjson.dumps([getattr(vocabulary, name) for name in vocabulary.__dataclass_fields__])
    )
    return found


def _arrays(estate: Estate) -> Iterator[tuple[str, Array]]:
    register, graph = estate.register, estate.graph
    late = range(register.sorted_size, register.size)
    changed = sorted(register.changed)
    yield "gone", np.array(sorted(register.gone), np.int64)
    yield "changed", np.array(changed, np.int64)
    for name, texts in (
        ("ids", register.ids),
        ("names", register.names),
        ("attributes", register.attributes),
        ("late.ids", Texts.of([register.ids[i] for i in late])),
        ("late.names", Texts.of([register.names[i] for i in late])),
        ("late.attributes", Texts.of([register.attributes[i] for i in late])),
        ("changed.names", Texts.of([register.changed[i][0] for i in changed])),
        ("changed.attributes", Texts.of([register.changed[i][1] for i in changed])),
    ):
        yield name, texts.block
        yield f"{name}.ends", texts.ends
    for name in ("kind", "sector", "live", "verified"):
        yield name, getattr(estate, name)
    yield "origins", estate.origins.of
    for name in NUMBERS:
        yield name, estate.numbers[name]
    for name, lists in _lists(estate):
        yield f"{name}.index", lists.index
        yield name, lists.columns[:, : lists.used]
    yield "pools", graph.pools.table
    yield "pools.size", graph.pools.size
    yield "pools.bad", graph.pools.bad
    rules = graph.pools.rules
    for name, values in (("name", [r.name for r in rules]), ("required", [r.required for r in rules]),
                         ("full", [r.full for r in rules])):  # fmt: skip
        texts = Texts.of(values)
        yield f"pools.{name}", texts.block
        yield f"pools.{name}.ends", texts.ends


def _lists(estate: Estate) -> tuple[tuple[str, Adjacency], ...]:
    graph = estate.graph
    return ("dependents", graph.dependents), ("providers", graph.providers), ("links", estate.links)


def _estate(header: dict[str, Any], arrays: dict[str, Array], vocabulary: Vocabulary) -> Estate:
    def texts(name: str) -> Texts:
        late = list(Texts(arrays[f"late.{name}"], arrays[f"late.{name}.ends"])) if f"late.{name}" in arrays else []
        return Texts(arrays[name], arrays[f"{name}.ends"], late)

    def lists(name: str) -> Adjacency:
        used = arrays[name].shape[1]
        return Adjacency(arrays[f"{name}.index"], arrays[name], used, [used], header["dead"][name])

    ids = texts("ids")
    changed = zip(texts("changed.names"), texts("changed.attributes"), strict=True)
    register = Register(
        ids,
        texts("names"),
        texts("attributes"),
        len(ids),
        {ci: ids.packed + at for at, ci in enumerate(ids.late)},
        dict(zip(arrays["changed"].tolist(), changed, strict=True)),
        frozenset(arrays["gone"].tolist()),
    )
    table = arrays["pools"]
    rules = [
        Rule(*row)
        for row in zip(
            table[:, 0].tolist(), texts("pools.name"), texts("pools.required"), texts("pools.full"),
            table[:, 3].tolist(), strict=True,
        )
    ]  # fmt: skip
    pools = Pools(table, arrays["pools.size"], arrays["pools.bad"], rules)
    return Estate(
        header["revision"], datetime.fromisoformat(header["recordedAt"]), vocabulary,
        register,
        arrays["kind"], arrays["sector"], arrays["live"], arrays["verified"],
        {name: arrays[name] for name in NUMBERS},
        ImpactGraph(lists("dependents"), lists("providers"), pools), lists("links"),
        Origins(tuple(map(tuple, header["sources"])), arrays["origins"]),
    )  # fmt: skip
