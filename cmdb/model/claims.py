"""What single sources say of a CI, a relation or a pool that several know. Kept with the thing, in `claims_json`.

A claim is whole where a source describes the thing, and partial where somebody has set some of its fields: a partial
claim of a CI has no kind, and an attribute that it states to be None is stated to be absent.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import orjson

from cmdb.model.attributes import Value
from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json, canonical
from cmdb.model.errors import ValueFault

T = TypeVar("T", Relation, Pool)
STUB = "stub"
"""The attribute of a CI that nobody has described: only a relation names it."""
ACCEPTED = "a list of claims, each an object with its source"


class Claim(NamedTuple):
    """What `source` says of a CI that it knows by the key `id`. What it does not state is None."""

    source: str
    id: CiId
    kind: str | None
    name: str | None
    sector: str | None
    lifecycle: str | None
    attributes: Mapping[str, Value | None]

    @property
    def whole(self) -> bool:
        """Whether the source describes the CI, and does not only set some fields."""
        return self.kind is not None

    @property
    def stub(self) -> bool:
        """Whether the source only names the CI."""
        return self.attributes.get(STUB) is True


def claim_of(ci: CI) -> Claim:
    """What a CI as one source describes it says, under its own id."""
    return Claim(ci.source, ci.id, ci.kind, ci.name, ci.sector, ci.lifecycle, ci.attributes)


def claims_of(ci: CI) -> list[Claim]:
    """What each source says of a CI, the whole claims first."""
    if not ci.claims_json:
        return [claim_of(ci)]
    return [_claim(told) for told in orjson.loads(ci.claims_json)]


def claims_json(ci: CiId, claims: Sequence[Claim]) -> str:
    """Claims as a CI keeps them: nothing where its one source describes it under its own id."""
    if len(claims) == 1 and claims[0].whole and claims[0].id == ci:
        return ""
    return canonical([_told(claim) for claim in sorted(claims, key=_order)])


def _order(claim: Claim) -> tuple[bool, str, CiId]:
    """Whole claims by source; behind them the partial ones as they came."""
    return (False, claim.source, claim.id) if claim.whole else (True, "", CiId(""))


def _claim(told: Mapping[str, Any]) -> Claim:
    kind, name, sector, lifecycle = map(told.get, ("kind", "name", "sector", "lifecycle"))
    return Claim(told["source"], CiId(told["id"]), kind, name, sector, lifecycle, told.get("attributes", {}))


def _told(claim: Claim) -> dict[str, Any]:
    return {name: value for name, value in claim._asdict().items() if value is not None}


def described(claim: Claim) -> CI:
    """A whole claim as the CI it describes."""
    kind, name, sector, lifecycle = cast(tuple[str, str, str, str], claim[2:6])
    return CI(claim.id, kind, name, sector, lifecycle, attributes_json(dict(claim.attributes)), claim.source)


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


def checked(value: object) -> str:
    """Claims that were read somewhere, in their one form. Raises `ValueFault` BAD_TYPE."""
    if not isinstance(value, list) or not value or not all(map(_is_claim, value)):
        raise ValueFault("BAD_TYPE", str(value), ACCEPTED)
    return canonical(value)


def _is_claim(told: object) -> bool:
    if not isinstance(told, dict) or not isinstance(told.get("source"), str):
        return False
    attributes = told.get("attributes", {})
    texts = (value for name, value in told.items() if name != "attributes")
    return isinstance(attributes, dict) and all(isinstance(text, str) for text in texts)
