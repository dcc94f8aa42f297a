"""How what several sources say of one thing becomes one value, and where they contradict each other. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from cmdb.model.attributes import Value
from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.claims import STUB, Claim, chorus, claims_json, claims_of, voices
from cmdb.model.model import Model
from cmdb.model.text import folded
from cmdb.reconcile.validate import dependent

T = TypeVar("T", Relation, Pool)
Said = tuple[str, Any]
"""A source and a value."""
FIELDS = ("kind", "name", "sector", "lifecycle")
OWN = frozenset({"name", "description", "aliases", "external_id", "source", "verified_at", STUB})
"""What every source has its own of: that these differ is no conflict."""
VERIFIED = "verified_at"


class Conflict(NamedTuple):
    """Sources that disagree about a field or attribute of a CI, or about a relation or pool of it: what is kept and
    whose it is, and what others say.

    `subject` is the relation or pool, in words; empty for the CI itself. A relation is of the CI that depends.
    """

    ci: CiId
    attribute: str
    kept: Any
    source: str
    others: tuple[Said, ...]
    subject: str = ""


def about(subject: str, attribute: str) -> str:
    """What a conflict is about, in words."""
    return f"{subject}, {attribute}" if subject else attribute


@dataclass(frozen=True, slots=True)
class Judge:
    """Which claim is believed: by the model's precedence, and by which sources are `stale` now.

    An edit is believed before any import, the newest first, unless precedence names its source. Then come sources in
    declared order, fresh ones before stale ones; then the source that the CI came from, `first`; then by name.
    """

    model: Model
    first: str
    stale: Collection[str] = ()

    def ranked(self, claims: Sequence[Claim], attribute: str) -> list[Claim]:
        """Claims, the one that is believed most about `attribute` first."""
        order = self.model.precedence.order(attribute)
        places = {source: place for place, source in enumerate(order)}
        ranks = sorted(range(len(claims)), key=lambda at: self._rank(at, claims[at], places))
        return [claims[at] for at in ranks]

    def _rank(self, at: int, claim: Claim, places: Mapping[str, int]) -> tuple[Any, ...]:
        if claim.edited and claim.source not in places:
            return (0, -at)
        place = places.get(claim.source, len(places))
        return (1, claim.source in self.stale, place, claim.source != self.first, claim.source, at)


def settled(model: Model, ci: CiId, claims: Sequence[Claim], first: str, stale: Collection[str] = ()) -> CI:
    """The CI that claims come to; at least one of them describes it.

    A source that only names it (a stub) is not believed while another describes it. The kind is the one believed, or a
    more special one that a source knows, unless a person set it; a default sector (the model's first) and a name that
    is but the key give way to what another source states; of verification dates the newest counts, unless a person
    took it away. A CI that nobody says is in some lifecycle is retired.
    """
    judge = Judge(model, first, stale)
    heard = _heard(ci, claims)
    kind = _kind(judge, heard)
    values = {name: value for name, value in _attributes(judge, heard) if name in model.attributes.get(kind, ())}
    sources = {claim.source for claim in claims if not claim.edited}
    source = first if first in sources else judge.ranked([c for c in claims if not c.edited], "kind")[0].source
    return CI(
        ci, kind, _name(judge, heard) or ci, _sector(judge, heard), _lifecycle(judge, heard), attributes_json(values),
        source, claims_json(ci, claims),
    )  # fmt: skip


def _heard(ci: CiId, claims: Sequence[Claim]) -> list[Claim]:
    """Those that count, of several descriptions of one source that under the id of the CI first; edits as they came."""
    described = any(not claim.edited and not claim.stub for claim in claims)
    heard = (claim for claim in claims if claim.edited or not (described and claim.stub))
    return sorted(heard, key=lambda claim: (True, False, "") if claim.edited else (False, claim.id != ci, claim.id))


def sets(claim: Claim, name: str) -> bool:
    """Whether a claim states a field or an attribute."""
    return name in claim.attributes or (name in FIELDS and getattr(claim, name) is not None)


def _telling(judge: Judge, claims: Sequence[Claim], name: str) -> list[Claim]:
    """The claims that state a field or an attribute, the one that is believed first; in any order where all agree, as
    most claims do in most."""
    told = [claim for claim in claims if sets(claim, name)]
    values = [_value(claim, name) for claim in told]
    return told if values.count(values[0] if values else None) == len(values) else judge.ranked(told, name)


def _value(claim: Claim, name: str) -> Any:
    return getattr(claim, name) if name in FIELDS else claim.attributes[name]


def _stated(judge: Judge, claims: Sequence[Claim], name: str) -> list[Said]:
    """What is stated of a field or an attribute, the believed value first."""
    return [(claim.source, _value(claim, name)) for claim in _telling(judge, claims, name)]


def _kind(judge: Judge, claims: Sequence[Claim]) -> str:
    first, *others = _telling(judge, claims, "kind")
    best = str(first.kind)
    for kind in (str(other.kind) for other in others if not first.edited):
        if kind in judge.model.kinds and best in judge.model.kinds and judge.model.is_a(kind, best):
            best = kind
    return best


def _lifecycle(judge: Judge, claims: Sequence[Claim]) -> str:
    return next((str(value) for _, value in _stated(judge, claims, "lifecycle")), "retired")


def _name(judge: Judge, claims: Sequence[Claim]) -> str:
    named = _telling(judge, claims, "name")
    return next((c.name for c in named if c.edited or c.name != c.id), named[0].name) or ""


def _sector(judge: Judge, claims: Sequence[Claim]) -> str:
    default = judge.model.sectors[0]
    edits = {claim.source for claim in claims if claim.edited and claim.sector is not None}
    stated = _stated(judge, claims, "sector")
    return next((str(value) for source, value in stated if value != default or source in edits), default)


def _attributes(judge: Judge, claims: Sequence[Claim]) -> Iterable[tuple[str, Value]]:
    for name in sorted({name for claim in claims for name in claim.attributes}):
        first, *others = _telling(judge, claims, name)
        value = first.attributes[name]
        if name == VERIFIED and not (first.edited and value is None):
            dates = (claim.attributes[name] for claim in (first, *others))
            value = max((str(date) for date in dates if date is not None), default=None)
        if value is not None:
            yield name, value


def conflicts(model: Model, ci: CI, stale: Collection[str] = ()) -> list[Conflict]:
    """Where the sources of a CI disagree, by attribute: fields that all should agree on, and attributes."""
    if not ci.claims_json:
        return []
    judge, heard = Judge(model, ci.source, stale), _heard(ci.id, claims_of(ci))
    names = (*FIELDS, *sorted({name for claim in heard for name in claim.attributes}))
    stated = {name: _stated(judge, heard, name) for name in names if name not in OWN}
    stated["sector"] = [(source, value) for source, value in stated["sector"] if value != model.sectors[0]]
    found = (_conflict(model, ci, name, said) for name, said in stated.items())
    return [conflict for conflict in found if conflict is not None]


def _conflict(model: Model, ci: CI, name: str, said: Sequence[Said]) -> Conflict | None:
    if len(said) < 2:
        return None
    (source, kept), *others = said
    if name == "kind":
        kept = ci.kind
        others = [(of, kind) for of, kind in said if kind in model.kinds and not model.is_a(kept, kind)]
    differing = tuple((of, value) for of, value in others if _plain(name, value) != _plain(name, kept))
    return Conflict(ci.id, name, kept, source, differing) if differing else None


def _plain(name: str, value: Any) -> Any:
    """A value without what does not tell two of them apart, as in the keys by which CIs are identified."""
    if not isinstance(value, str):
        return value
    flat = folded(value)
    if name == "serial":
        return "".join(filter(str.isalnum, flat)) or flat
    return flat.rstrip(".") if name == "hostname" else flat


VALUES: Mapping[type[Any], tuple[str, ...]] = {Relation: ("effect",), Pool: ("required", "full", "effect")}
"""What sources may state otherwise of a relation, and of a pool's rule."""
DISPUTABLE = frozenset({*FIELDS, *(name for names in VALUES.values() for name in names)})
"""What sources may disagree on, beside attributes."""


def disputed(model: Model, thing: T) -> list[Conflict]:
    """Where the sources of a relation disagree about its effect, or those of a rule about what it asks for."""
    said = voices(thing)
    if len(said) < 2:
        return []
    found = []
    ci, subject = _called(model, thing)
    rank = belief(model, thing.source)
    ranked = sorted(said, key=lambda voice: rank(voice.source))
    for name in VALUES[type(thing)]:
        kept = _asked(model, thing, name)
        told = [(voice.source, _asked(model, voice, name)) for voice in ranked]
        if others := tuple((source, value) for source, value in told if value != kept):
            mine = next((source for source, value in told if value == kept), thing.source)
            found.append(Conflict(ci, name, kept, mine, others, subject))
    return found


def _asked(model: Model, thing: Relation | Pool, name: str) -> str | None:
    """What a relation or rule states, or is taken to state where it is silent."""
    usual = "down" if isinstance(thing, Pool) else model.relations[thing.type].effect
    return getattr(thing, name) or (usual if name == "effect" else None)


def _called(model: Model, thing: Relation | Pool) -> tuple[CiId, str]:
    """The CI that a relation or rule is of, and what it is there."""
    if isinstance(thing, Pool):
        return thing.ci, f"pool {thing.name}"
    owner = dependent(model, thing)
    told = f"{thing.type} {thing.to_id}" if owner == thing.from_id else f"{thing.from_id} {thing.type} it"
    return owner, f"{told} in pool {thing.pool}" if thing.pool else told


def belief(model: Model, first: str) -> Callable[[str], tuple[int, bool, str]]:
    """How much sources of a relation or pool are believed: by precedence, then the one it came from, then by name."""
    places = {source: place for place, source in enumerate(model.precedence.order("effect"))}
    return lambda source: (places.get(source, len(places)), source != first, source)


def joined_voices(model: Model, said: Sequence[T], first: str) -> T:
    """One relation or rule out of what several sources state of it: it stands as the most believed one says."""
    rank = belief(model, first)
    best = min(said, key=lambda one: rank(one.source))
    source = first if any(one.source == first for one in said) else best.source
    return chorus(said, best._replace(source=source, claims_json=""))


def without(model: Model, thing: T, source: str) -> T | None:
    """A relation or rule once `source` states it no more; None where nobody else does."""
    left = [voice for voice in voices(thing) if voice.source != source]
    return joined_voices(model, left, thing.source) if left else None


def spoken(model: Model, thing: T, said: T) -> T:
    """A recorded relation or rule once a source says `said` of it."""
    every = [voice for voice in voices(thing) if voice.source != said.source]
    every.append(said)
    return joined_voices(model, every, thing.source)
