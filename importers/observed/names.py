"""Which CI a name stands for, as observers use it: an id, a name, an alias, a host name or an address.

Nothing is guessed: a name that fits no CI, or several, stands for none.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import orjson

from cmdb.model.ci import CiId
from cmdb.model.text import folded

SEARCHED = ("aliases", "hostname", "ip_address")
"""Attributes that hold other names of a CI."""
PORT = re.compile(r"([^:]++|\[[^\]]++\]):\d{1,5}", re.ASCII)
POD = re.compile(r"(.+)-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}", re.ASCII)
"""A name made by Kubernetes for one pod of a deployment: the deployment's name and two made up parts."""


class Reason(StrEnum):
    """Why a name stands for no CI."""

    unknown = "unknown"
    ambiguous = "ambiguous"
    not_in_service = "not_in_service"


Candidate = tuple[CiId, str, str, bool]
"""A CI that may be meant: its id, its name, its attributes as JSON, and whether it is in service."""


class Meant(NamedTuple):
    """What a name stands for: a CI, or none for a `reason`; then `cis` has those that it may stand for.

    `as_` is what the name was taken as, if not as it was written.
    """

    ci: CiId | None
    reason: Reason | None = None
    cis: tuple[CiId, ...] = ()
    as_: str = ""


@dataclass(frozen=True)
class _Found:
    """The CIs that some texts stand for, by id and by every other name, those in service apart from the others."""

    ids: dict[str, bool] = field(default_factory=dict)
    names: dict[str, set[CiId]] = field(default_factory=dict)
    resting: dict[str, set[CiId]] = field(default_factory=dict)


def meant(names: Collection[str], cis: Iterable[Candidate]) -> dict[str, Meant]:
    """What each name stands for among `cis`. An id as it is written comes before anything else it may be."""
    forms = {name: [name, *shorter(name)] for name in names}
    texts = {form for tried in forms.values() for form in tried}
    found = _find(texts, cis)
    return {name: _meant(tried, found) for name, tried in forms.items()}


def shorter(name: str) -> Iterator[str]:
    """A name without what tells instances of one thing apart: a port, and what Kubernetes adds for a pod."""
    while (rest := PORT.fullmatch(name) or POD.fullmatch(name)) is not None:
        name = rest[1].strip("[]")
        yield name


def _find(texts: Collection[str], cis: Iterable[Candidate]) -> _Found:
    """The CIs among `cis` that any of the texts may stand for; nearly all of a large estate are none of them."""
    wanted, found = {key for text in texts if (key := folded(text))}, _Found()
    for ci_id, name, attributes, live in cis:
        called = {_key(ci_id), _key(name)}
        if '"hostname":' in attributes or '"ip_address":' in attributes or '"aliases":' in attributes:
            called.update(map(folded, _others(attributes)))
        if called.isdisjoint(wanted):
            continue
        if ci_id in texts:
            found.ids[ci_id] = live
        for text in called & wanted:
            (found.names if live else found.resting).setdefault(text, set()).add(ci_id)
    return found


def _key(text: str) -> str:
    """What `folded` makes of a text, faster for most."""
    return text.lower().strip() if text.isascii() and text.isprintable() and "  " not in text else folded(text)


def _others(attributes_json: str) -> Iterator[str]:
    attributes = orjson.loads(attributes_json)
    for value in map(attributes.get, SEARCHED):
        if isinstance(value, list):
            yield from value
        elif isinstance(value, str):
            yield value


def _meant(tried: list[str], found: _Found) -> Meant:
    for form in tried:
        as_ = "" if form == tried[0] else form
        if form in found.ids:
            ci = CiId(form)
            return Meant(ci, as_=as_) if found.ids[form] else Meant(None, Reason.not_in_service, (ci,), as_)
        cis = tuple(sorted(found.names.get(folded(form), ())))
        if len(cis) == 1:
            return Meant(cis[0], as_=as_)
        if cis:
            return Meant(None, Reason.ambiguous, cis, as_)
        if resting := tuple(sorted(found.resting.get(folded(form), ()))):
            return Meant(None, Reason.not_in_service, resting, as_)
    return Meant(None, Reason.unknown)
