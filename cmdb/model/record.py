"""Records of service management: incidents, changes, freeze windows, problems. They are about CIs, and are none."""

from typing import Any, NamedTuple, cast

import orjson

from cmdb.model.ci import CiId
from cmdb.model.errors import ValueFault

RECORD_KINDS = ("incident", "change", "freeze", "problem", "basis", "run", "match", "observation")
"""What a record may be; a `basis` is the answer that the approval of a change rests on, a `run` the report of an
import, a `match` a decision about two CIs that may be one, an `observation` a dependency that was observed."""
OWN_SOURCE = "bluenose"
"""The source of records that are kept here and mirror no other tool's."""


class RecordKey(NamedTuple):
    """What identifies a record: numbers are unique within a kind and a source."""

    kind: str
    source: str
    number: str

    def __str__(self) -> str:
        """How people name it: `INC-0007`, or `assyst/INC-0007` where another tool keeps it."""
        return self.number if self.source == OWN_SOURCE else f"{self.source}/{self.number}"


class Record(NamedTuple):
    """One record as stores keep it. `body_json` is canonical JSON (sorted keys, times in UTC); its `cis` is a list of
    objects, each with the id of a `ci` that the record is about."""

    kind: str
    source: str
    number: str
    body_json: str

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.kind, self.source, self.number)

    @property
    def body(self) -> dict[str, Any]:
        return cast(dict[str, Any], orjson.loads(self.body_json))

    @property
    def cis(self) -> list[CiId]:
        """The CIs it is about, each once, in the order given."""
        return list(dict.fromkeys(CiId(part["ci"]) for part in self.body.get("cis", ())))


def parse_key(kind: str, text: str) -> RecordKey:
    """The key that `INC-0007` or `assyst/INC-0007` stands for. Raises `ValueFault` BAD_NUMBER."""
    source, mark, number = text.strip().rpartition("/")
    if not number or (mark and not source) or not text.strip().isprintable() or len(text) > 200:
        raise ValueFault("BAD_NUMBER", text, "a number such as INC-0007, or assyst/INC-0007 from another source")
    return RecordKey(kind, source or OWN_SOURCE, number)
