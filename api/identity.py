"""What sources say of a CI: by which keys they know it, where they disagree, and why one is believed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, TypeVar

from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.claims import Claim, claims_of, voices
from cmdb.model.durations import show_minutes
from cmdb.model.model import Model
from cmdb.reconcile.claims import FIELDS, Conflict, belief, conflicts, disputed, sets
from cmdb.store.port import Around

T = TypeVar("T", Relation, Pool)


@dataclass(frozen=True)
class Known:
    """What one source says of a CI that it knows by `key`; `edited` where it set single values by hand.

    A value of None is stated to be absent.
    """

    source: str
    key: str
    edited: bool
    values: Mapping[str, Any]


def known(ci: CI) -> list[Known]:
    """What each source says of a CI, by source; behind them what was set by hand, the newest at the end."""
    return [Known(claim.source, claim.id, claim.edited, _values(claim)) for claim in claims_of(ci)]


def _values(claim: Claim) -> dict[str, Any]:
    fields = {name: getattr(claim, name) for name in FIELDS if getattr(claim, name) is not None}
    return {**fields, **dict(sorted(claim.attributes.items()))}


def known_words(ci: CI) -> str:
    """`known to netbox as device-9, to itop as Server::3; os set by hand by ops`; empty where nothing adds to what the
    one source that describes it says."""
    if not ci.claims_json:
        return ""
    keys: dict[str, list[str]] = {}
    edits: dict[str, dict[str, None]] = {}
    for one in known(ci):
        if one.edited:
            edits.setdefault(one.source, {}).update(dict.fromkeys(one.values))
        else:
            keys.setdefault(one.source, []).append(one.key)
    told = ", ".join(f"to {source} as {' and '.join(own)}" for source, own in keys.items())
    by_hand = "".join(f"; {', '.join(names)} set by hand by {source}" for source, names in edits.items())
    return f"known {told}{by_hand}"


class Grounds(Enum):
    """Why a value is kept although another source says otherwise."""

    by_hand = "by_hand"
    precedence = "precedence"
    fresher = "fresher"
    special_kind = "special_kind"
    first_source = "first_source"
    same_source = "same_source"
    by_name = "by_name"
    outdated = "outdated"


WORDS = {
    Grounds.by_hand: "it was set by hand",
    Grounds.precedence: "the model names {source} before {other}",
    Grounds.fresher: "{other} is stale",
    Grounds.special_kind: "it is the more special kind",
    Grounds.first_source: "{source} stated it first",
    Grounds.same_source: "{source} has several records of it; its id, then the first key decides",
    Grounds.by_name: "nothing else decides; {source} comes first by name",
    Grounds.outdated: "kept until the next import, when {other} is believed",
}


class Said(NamedTuple):
    """What a source says; None: that there is no value. `key` tells which of its records, where it has several."""

    source: str
    value: Any
    key: str = ""

    @property
    def speaker(self) -> str:
        """The source, with its key where there is one."""
        return f"{self.source} ({self.key})" if self.key else self.source


def others_words(others: Sequence[Said], unit: str) -> str:
    """What others say, in words."""
    return "; ".join(f"{said.speaker} says {value_words(said.value, unit)}" for said in others)


@dataclass(frozen=True)
class Disagreement:
    """A field or attribute of a CI, or a value of a relation or pool of it, on which sources disagree: the value that
    is kept and whose it is, what the others say, and why it is kept, for programs and in words. `sources` are all that
    say something of it, also those that agree with what is kept. Durations are minutes (`unit`). `subject` is the
    relation or pool, in words; empty for the CI itself."""

    ci: CiId
    attribute: str
    unit: str
    kept: Any
    source: str
    others: Sequence[Said]
    grounds: Grounds
    why: str
    sources: frozenset[str]
    subject: str = ""


def disagreements(model: Model, ci: CI, stale: Collection[str] = ()) -> list[Disagreement]:
    """Where the sources of a CI disagree about it, by attribute. `stale` are sources that are not believed for now."""
    found = conflicts(model, ci, stale)
    claims = claims_of(ci) if found else []
    declared = model.attributes[ci.kind]
    told = (_told(model, ci, one, claims, stale) for one in found if one.attribute in (*FIELDS, *declared))
    return sorted(told, key=lambda one: one.attribute)


def _told(model: Model, ci: CI, found: Conflict, claims: Sequence[Claim], stale: Collection[str]) -> Disagreement:
    """A conflict as it stands: the recorded value was settled by the last change, when others may have been stale."""
    name = found.attribute
    stored = getattr(ci, name) if name in FIELDS else ci.attributes.get(name)
    said = [Said(found.source, found.kept), *(Said(*one) for one in found.others)]
    if name == "kind":
        said[0] = Said(next((c.source for c in claims if c.kind == stored), found.source), stored)
    source = next((one.source for one in said if one.value == stored), found.source)
    others = [one._replace(key=_key(name, one, claims)) for one in said if one.value != stored]
    if source != said[0].source:
        grounds, rival = Grounds.outdated, said[0].source
    else:
        rival = others[0].source if others else found.others[0][0]
        grounds = _grounds(model, ci, _Pair(name, source, rival), claims, stale)
    unit = model.attributes[ci.kind][name].unit if name not in FIELDS else ""
    why = WORDS[grounds].format(source=source, other=rival)
    return Disagreement(ci.id, name, unit, stored, source, others, grounds, why, speakers(name, claims))


def disagreements_around(model: Model, around: Around) -> list[Disagreement]:
    """Where sources disagree about the effect of a relation or the rule of a pool, by CI, and relation or pool."""
    relations = (_told_around(model, thing, one) for thing in around.relations for one in disputed(model, thing))
    pools = (_told_around(model, thing, one) for thing in around.pools for one in disputed(model, thing))
    return sorted([*relations, *pools], key=lambda one: (one.ci, one.subject))


def every_disagreement(model: Model, ci: CI, stale: Collection[str], around: Around) -> list[Disagreement]:
    """Where sources disagree about a CI, and about those of some relations and pools that are its own: relations by
    which it depends on others, pools that it has."""
    return disagreements(model, ci, stale) + [one for one in disagreements_around(model, around) if one.ci == ci.id]


def _told_around(model: Model, thing: T, found: Conflict) -> Disagreement:
    """A conflict about a relation or pool: what precedence does not settle, the source that it came from does."""
    rank = belief(model, thing.source)
    mine, theirs = rank(found.source), rank(found.others[0][0])
    known = Grounds.precedence if mine[0] < theirs[0] else Grounds.first_source
    grounds = known if mine < theirs else Grounds.outdated
    why = WORDS[grounds].format(source=found.source, other=found.others[0][0])
    others, sources = [Said(*one) for one in found.others], frozenset(voice.source for voice in voices(thing))
    return Disagreement(
        found.ci, found.attribute, "", found.kept, found.source, others, grounds, why, sources, found.subject
    )


def _key(name: str, said: Said, claims: Sequence[Claim]) -> str:
    """The key of the record in which a source says so, if it has several of the CI."""
    own = [claim for claim in claims if claim.source == said.source and not claim.edited]
    found = (c.id for c in own if sets(c, name) and _values(c)[name] == said.value)
    return next(found, "") if len(own) > 1 else ""


class _Pair(NamedTuple):
    """The source that is believed about an attribute, and the next one that says something else."""

    attribute: str
    source: str
    rival: str


def _grounds(model: Model, ci: CI, pair: _Pair, claims: Sequence[Claim], stale: Collection[str]) -> Grounds:
    """By which rule the source is believed: see `cmdb.reconcile.claims.Judge`, whose order this follows."""
    name, source, rival = pair
    order = model.precedence.order(name)
    if source not in order and any(c.edited and c.source == source and sets(c, name) for c in claims):
        return Grounds.by_hand
    if source not in stale and rival in stale:
        return Grounds.fresher
    if source != rival and source in order and (rival not in order or order.index(source) < order.index(rival)):
        return Grounds.precedence
    if source == rival:
        return Grounds.same_source
    if name == "kind" and any(c.source == rival and model.is_a(ci.kind, c.kind) for c in claims if c.kind):
        return Grounds.special_kind
    return Grounds.first_source if source == ci.source else Grounds.by_name


def speakers(name: str, claims: Iterable[Claim]) -> frozenset[str]:
    """Who says something of a field or attribute."""
    return frozenset(claim.source for claim in claims if sets(claim, name))


def value_words(value: Any, unit: str) -> str:
    """A value for people: durations as such, lists with commas, nothing as a dash."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return show_minutes(value) if unit == "minutes" and isinstance(value, int) else f"{value} {unit}".strip()
