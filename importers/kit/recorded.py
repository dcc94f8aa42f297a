"""What is recorded, as one source says it: under its own keys, and without what others say."""

from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeVar

from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.claims import Claim, claims_of, voices
from cmdb.reconcile.reconcile import links, named_by
from cmdb.store.port import Dump
from importers.kit.records import Transformed

T = TypeVar("T", Relation, Pool)


def source_of(transformed: Transformed) -> str:
    """The source that an importer read for; empty where it made nothing."""
    first = next(chain[CI | Relation | Pool](transformed.cis, transformed.relations, transformed.pools), None)
    return first.source if first is not None else ""


def own_cis(cis: Iterable[CI], source: str) -> Iterator[tuple[CI, CI]]:
    """Recorded CIs that `source` describes, each with what the source says of it, under the source's key."""
    for ci in cis:
        if not ci.claims_json:
            if ci.source == source:
                yield ci, ci
            continue
        for claim in claims_of(ci):
            if not claim.edited and claim.source == source:
                yield ci, _described(claim)


def _described(claim: Claim) -> CI:
    """What a source says of a CI, as the CI that it describes."""
    kind, name, sector, lifecycle = (text or "" for text in (claim.kind, claim.name, claim.sector, claim.lifecycle))
    return CI(claim.id, kind, name, sector, lifecycle, attributes_json(dict(claim.attributes)), claim.source)


def keys_of(cis: Iterable[CI], source: str) -> Mapping[CiId, CiId]:
    """The source's keys of recorded CIs that it knows by another key than their id."""
    some = (ci for ci in cis if ci.claims_json)
    return {ci.id: own.id for ci, own in own_cis(some, source) if own.id != ci.id}


def with_keys(current: Dump, source: str) -> Dump:
    """What is recorded, with the CIs that `source` may call otherwise once more under each such key."""
    keys = named_by(current.cis, *links(current.cis, source))
    if not keys:
        return current
    every = {ci.id: ci for ci in current.cis}
    more = [every[ci]._replace(id=key) for key, ci in keys.items() if key not in every]
    return current._replace(cis=[*current.cis, *more])


def own_relations(current: Dump, source: str, stated: Container[CiId]) -> Iterator[Relation]:
    """The recorded relations that `source` states, between its keys as far as these are `stated` anew."""
    keys = _stated(current, source, stated)
    for relation in _own(current.relations, source):
        from_id, to_id = (keys.get(end, end) for end in (relation.from_id, relation.to_id))
        yield relation._replace(from_id=from_id, to_id=to_id)


def own_pools(current: Dump, source: str, stated: Container[CiId]) -> Iterator[Pool]:
    """The recorded rules of pools that `source` states, of its keys as far as these are `stated` anew."""
    keys = _stated(current, source, stated)
    for pool in _own(current.pools, source):
        yield pool._replace(ci=keys.get(pool.ci, pool.ci))


def _stated(current: Dump, source: str, stated: Container[CiId]) -> Mapping[CiId, CiId]:
    return {id_: key for id_, key in keys_of(current.cis, source).items() if key in stated}


def _own(things: Iterable[T], source: str) -> Iterator[T]:
    for thing in things:
        if thing.claims_json:
            yield from (voice for voice in voices(thing) if voice.source == source)
        elif thing.source == source:
            yield thing
