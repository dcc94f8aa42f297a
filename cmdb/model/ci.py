"""The values kept in the inventory: CIs, relations and pool rules. Plain tuples, so that a million are cheap."""

from typing import Any, NamedTuple, NewType, cast

import orjson

from cmdb.model.attributes import Value

CiId = NewType("CiId", str)


class CI(NamedTuple):
    """A configuration item. `attributes_json` is canonical JSON (sorted keys, typed values, unknown ones absent).

    `source` names the import or the person that the record came from; it scopes what a later import may remove.
    """

    id: CiId
    kind: str
    name: str
    sector: str
    lifecycle: str
    attributes_json: str
    source: str

    @property
    def attributes(self) -> dict[str, Value]:
        """The typed attributes: durations in whole minutes, times as ISO 8601 text."""
        return cast(dict[str, Value], orjson.loads(self.attributes_json))


class Relation(NamedTuple):
    """A typed arrow. `effect` is empty for the type's default; `pool` is empty for a plain dependency."""

    from_id: CiId
    type: str
    to_id: CiId
    pool: str
    effect: str
    source: str

    @property
    def key(self) -> "RelationKey":
        return RelationKey(self.from_id, self.type, self.to_id, self.pool)


class Pool(NamedTuple):
    """The rule of a redundancy pool of the dependent `ci`.

    `required` and `full` are counts (`2`) or percentages (`50%`) of live members; `full` is empty for `required`.
    """

    ci: CiId
    name: str
    required: str
    full: str
    effect: str
    source: str

    @property
    def key(self) -> "PoolKey":
        return PoolKey(self.ci, self.name)


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
