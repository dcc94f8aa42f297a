"""The values kept in the inventory: CIs, relations and pool rules. Plain tuples, so that a million are cheap."""

from collections.abc import Mapping
from typing import Any, NamedTuple, NewType, TypeVar, cast

import orjson

from cmdb.model.attributes import Value

CiId = NewType("CiId", str)


class CI(NamedTuple):
    """A configuration item. `attributes_json` is canonical JSON (sorted keys, typed values, unknown ones absent).

    `source` names the import or the person that the record came from; it scopes what a later import may remove.
    `claims_json` is what each source says, where several know the CI or one knows it by another key (see
    `cmdb.model.claims`); where it is empty, the whole CI is what `source` says of it under its own id.
    """

    id: CiId
    kind: str
    name: str
    sector: str
    lifecycle: str
    attributes_json: str
    source: str
    claims_json: str = ""

    @property
    def attributes(self) -> dict[str, Value]:
        """The typed attributes: durations in whole minutes, times as ISO 8601 text."""
        return cast(dict[str, Value], orjson.loads(self.attributes_json))


class Relation(NamedTuple):
    """A typed arrow. `effect` is empty for the type's default; `pool` is empty for a plain dependency.

    `claims_json` is what each source says of it, where several do.
    """

    from_id: CiId
    type: str
    to_id: CiId
    pool: str
    effect: str
    source: str
    claims_json: str = ""

    @property
    def key(self) -> "RelationKey":
        return RelationKey(self.from_id, self.type, self.to_id, self.pool)


class Pool(NamedTuple):
    """The rule of a redundancy pool of the dependent `ci`.

    `required` and `full` are counts (`2`) or percentages (`50%`) of live members; `full` is empty for `required`.
    `claims_json` is what each source says of it, where several do.
    """

    ci: CiId
    name: str
    required: str
    full: str
    effect: str
    source: str
    claims_json: str = ""

    @property
    def key(self) -> "PoolKey":
        return PoolKey(self.ci, self.name)


T = TypeVar("T", CI, Relation, Pool)


class RelationKey(NamedTuple):
    """What identifies a relation."""

    from_id: CiId
    type: str
    to_id: CiId
    pool: str


class PoolKey(NamedTuple):
    """What identifies a pool."""

    ci: CiId
    name: str


def attributes_json(attributes: dict[str, Any]) -> str:
    """Canonical JSON of typed attributes, for `CI.attributes_json`."""
    return orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS).decode() if attributes else "{}"


def plain(thing: CI | Relation | Pool) -> dict[str, Any]:
    """A thing as a mapping of plain values, its JSON read; `claims` is there only where several sources know it."""
    told = thing._asdict()
    if claims := told.pop("claims_json"):
        told["claims"] = orjson.loads(claims)
    if isinstance(thing, CI):
        told["attributes"] = orjson.loads(told.pop("attributes_json"))
    return told


def of_plain(kind: type[T], told: Mapping[str, Any]) -> T:
    """The thing that `plain` told."""
    values = dict(told)
    claims = values.pop("claims", None)
    if "attributes" in values:
        values["attributes_json"] = attributes_json(values.pop("attributes"))
    return kind(**values, claims_json=canonical(claims) if claims else "")


def canonical(value: object) -> str:
    """JSON with sorted keys: the one form of a value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
