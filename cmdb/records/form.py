"""Between records as values and records as stores keep them."""

from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter

from cmdb.model.record import Record
from cmdb.records.record_types import AnyRecord, Basis, Change, Freeze, Incident, ProblemRecord
from cmdb.records.source_types import ImportRun, Match, Observation

TYPES: dict[str, type[AnyRecord]] = {
    t.kind: t for t in (Incident, Change, Freeze, ProblemRecord, Basis, ImportRun, Match, Observation)
}


def kept(value: AnyRecord) -> Record:
    """A record as stores keep it."""
    plain = _adapter(value.kind).dump_python(value, mode="json", exclude_none=True)
    for name in ("number", "source"):
        plain.pop(name, None)
    return Record(value.kind, value.source, value.number, orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode())


def read(record: Record) -> AnyRecord:
    """A stored record as a value. Raises `ValueError` for one that this program did not write."""
    body = {**record.body, "number": record.number, "source": record.source}
    found: AnyRecord = _adapter(record.kind).validate_python(body)
    return found


def make_ready(kind: str) -> None:
    """Prepare to read and write records of a kind, which otherwise the first of them waits for (50 ms)."""
    _adapter(kind)


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(TYPES[kind])
