"""What single sources say of a CI, a relation or a pool that several know. Kept with the thing, in `claims_json`.

A source describes the CI whole; an edit sets some of its fields, and an attribute that it states to be None is stated
to be absent. Identity links are claims: by them a source's record is known again, whatever it is called.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import orjson

from cmdb.model.attributes import Value
from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey, canonical
from cmdb.model.errors import ValueFault

T = TypeVar("T", Relation, Pool)
STUB = "stub"
"""The attribute of a CI that nobody has described: only a relation names it."""
ACCEPTED = "a list of claims, each an object with its source"


class Claim(NamedTuple):
    """What `source` says of a CI that it knows by the key `id`. What it does not state is None.

    `edited` tells an edit from a whole description.
    """

    source: str
    id: CiId
    kind: str | None
    name: str | None
    sector: str | None
    lifecycle: str | None
    attributes: Mapping[str, Value | None]
    edited: bool = False

    @property
    def key(self) -> tuple[str, CiId, bool]:
        """What identifies a claim among those of a CI."""
        return self.source, self.id, self.edited

    @property
    def empty(self) -> bool:
        """Whether it states nothing."""
        return not self.attributes and self.kind is self.name is self.sector is self.lifecycle is None

    @property
    def stub(self) -> bool:
        """Whether the source only names the CI."""
        return self.attributes.get(STUB) is True


def claim_of(ci: CI) -> Claim:
    """What a CI as one source describes it says, under its own id."""
    return Claim(ci.source, ci.id, ci.kind, ci.name, ci.sector, ci.lifecycle, ci.attributes)


def claims_of(ci: CI) -> list[Claim]:
    """What each source says of a CI; edits come last, the newest at the end."""
    if not ci.claims_json:
        return [claim_of(ci)]
    return [_claim(told) for told in orjson.loads(ci.claims_json)]


def claims_json(ci: CiId, claims: Sequence[Claim]) -> str:
    """Claims as a CI keeps them: nothing where its one source describes it under its own id."""
    if len(claims) == 1 and not claims[0].edited and claims[0].id == ci:
        return ""
    return canonical([_told(claim) for claim in sorted(claims, key=_order)])


def _order(claim: Claim) -> tuple[bool, str, CiId]:
    """Descriptions by source; behind them the edits as they came."""
    return (True, "", CiId("")) if claim.edited else (False, claim.source, claim.id)


def _claim(told: Mapping[str, Any]) -> Claim:
    kind, name, sector, lifecycle = map(told.get, ("kind", "name", "sector", "lifecycle"))
    attributes, edited = told.get("attributes", {}), told.get("edited", False)
    return Claim(told["source"], CiId(told["id"]), kind, name, sector, lifecycle, attributes, edited)


def _told(claim: Claim) -> dict[str, Any]:
    return {name: value for name, value in claim._asdict().items() if value is not None and value is not False}


def voices(thing: T) -> list[T]:
    """A relation or a pool as each source states it, by source."""
    if not thing.claims_json:
        return [thing]
    return [thing._replace(**told, claims_json="") for told in orjson.loads(thing.claims_json)]


def chorus(said: Iterable[T], first: T) -> T:
    """A relation or a pool that several sources state: `first` is how it stands, the others are kept as claims."""
    width = len(first.key)
    every = sorted(said, key=lambda one: one.source)
    told = [dict(zip(first._fields[width:-1], one[width:-1], strict=True)) for one in every]
    return first._replace(claims_json=canonical(told) if len(told) > 1 else "")


def checked(value: object, kind: type[CI] | type[Relation] | type[Pool]) -> str:
    """Claims of a thing of this kind that were read somewhere, as text. Raises `ValueFault` BAD_TYPE."""
    fit = _are_claims if kind is CI else partial(_are_voices, names=STATED[kind])
    if not isinstance(value, list) or not value or not all(isinstance(told, dict) for told in value) or not fit(value):
        raise ValueFault("BAD_TYPE", str(value), ACCEPTED)
    return canonical(value)


STATED: Mapping[type[Any], frozenset[str]] = {
    Relation: frozenset(Relation._fields) - {*RelationKey._fields, "claims_json"},
    Pool: frozenset(Pool._fields) - {*PoolKey._fields, "claims_json"},
}
"""What a source states of a relation or of a rule, beside its key."""
DESCRIBED = frozenset({"source", "id", "kind", "name", "sector"})
"""What every description of a CI states."""


def _are_voices(every: Sequence[Mapping[str, Any]], names: frozenset[str]) -> bool:
    sources = {told.get("source") for told in every}
    return len(sources) == len(every) and all(told.keys() == names and _are_texts(told.values()) for told in every)


def _are_claims(every: Sequence[Mapping[str, Any]]) -> bool:
    keys = {(told.get("source"), told.get("id"), bool(told.get("edited"))) for told in every if _is_claim(told)}
    return len(keys) == len(every) and not all(edited for _, _, edited in keys)


def _is_claim(told: Mapping[str, Any]) -> bool:
    values = dict(told)
    edited, attributes = values.pop("edited", False), values.pop("attributes", {})
    if not isinstance(edited, bool) or not isinstance(attributes, dict) or not _are_texts(values.values()):
        return False
    named = {"source", "id"} if edited else DESCRIBED
    return named <= values.keys() <= set(Claim._fields) and all(map(_is_stated, attributes.values()))


def _is_stated(value: object) -> bool:
    """Whether it is an attribute's value, or says that there is none."""
    if isinstance(value, list):
        return _are_texts(value)
    return value is None or isinstance(value, int | float) or _are_texts([value])


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) and "\0" not in value for value in values)
