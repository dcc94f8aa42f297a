"""What a source says just as it is recorded is set aside before anything is compared thing by thing.

A night in which one row of a thousand changed costs little more than reading the input: rows are compared by digests,
in columns, and only those that differ, with whatever stands around them, are read and planned one by one. That is so
for a source without pools whose relations end at CIs of its own, where no row is held back and no end stubbed.
"""

from typing import NamedTuple, TypeVar

import polars as pl

from cmdb.model.ci import CI, CiId, Relation
from cmdb.model.claims import claims_of
from cmdb.reconcile.reconcile import Desired
from cmdb.store.port import Dump, Store
from importers.digests import Digests, digest_of
from importers.kit.texts import folded_column
from importers.kit.things import in_columns

R = TypeVar("R", CI, Relation)
MOST = 0.25
"""Where more than this part of the CIs is to be looked at, all of them are quicker read as they are."""


class Stated(NamedTuple):
    """What a source says; its CIs and relations in columns too, with a digest of each."""

    desired: Desired
    cis: pl.DataFrame
    relations: pl.DataFrame


class Rest(NamedTuple):
    """What is left to compare of what is recorded and of what the source says; `owned` counts the CIs of the source
    in service or planned among those set aside."""

    current: Dump
    desired: Desired
    owned: int


def stated(desired: Desired, seed: int) -> Stated:
    """What a source says, ready to be compared with digests of this seed."""
    parts = [in_columns(CI, desired[0]), in_columns(Relation, desired[1])]
    return Stated(desired, *pl.collect_all(part.lazy().with_columns(digest=digest_of(seed)) for part in parts))


def rest(recorded: Digests, store: Store, source: str, said: Stated, most: float = MOST) -> Rest | None:
    """What is left to compare of what `source` says; None where it is more than the part `most`, so that everything
    may as well be.

    What is left gives the same plan: a CI that stands just so on both sides, and of which this source alone speaks,
    is nobody else's record and joined with none; a relation that stands just so between two such CIs keeps its name.
    Every relation at a CI that is left is left too, with the CIs at its ends.
    """
    at = recorded.head.revision
    new = said.cis["id"].filter(_only(said.cis, recorded.cis))
    old = recorded.cis.filter(_only(recorded.cis, said.cis))
    mine = (old["source"] == source) & ~old["shared"]
    shared = old.filter("shared")["id"].to_list()
    if len(shared) > most * len(recorded.cis):
        return None
    known = store.get(shared, at).values()
    keys = {claim.id for found in known for claim in claims_of(found.ci) if not claim.edited}
    core = {*new, *shared, *keys, *old["id"].filter(mine | old["id"].is_in(new.implode()))}
    if unknown := {*new.filter(~new.is_in(old["id"].implode()))} - keys:
        core.update(old["id"].filter(~mine), _alike(recorded.cis["id"], unknown))
    core.update(pool.ci for pool in (*recorded.pools, *said.desired[2]) if pool.source == source or pool.claims_json)
    core.update(*_ends(said.relations.filter(_only(said.relations, recorded.relations))))
    gone = recorded.relations.filter(_only(recorded.relations, said.relations))
    core.update(*_ends(gone.filter((gone["source"] == source) | gone["shared"])))
    if len(core) > most * len(recorded.cis):
        return None
    left = pl.Series(list(core), dtype=pl.String).implode()
    linked = said.relations.filter(pl.col("from_id").is_in(left) | pl.col("to_id").is_in(left))
    relations = sorted(store.around([CiId(ci) for ci in core], at).relations)
    ends = core.union(*_ends(linked), *((relation.from_id, relation.to_id) for relation in relations))
    cis = sorted(found.ci for found in store.get([CiId(ci) for ci in ends], at).values())
    beside = said.cis["id"].is_in(pl.Series(list(ends), dtype=pl.String).implode())
    return Rest(
        Dump(recorded.head, cis, relations, list(recorded.pools), recorded.records),
        (_made(CI, said.cis.filter(beside)), _made(Relation, linked), said.desired[2]),
        int((~beside & (said.cis["lifecycle"] != "retired")).sum()),
    )


def _only(some: pl.DataFrame, others: pl.DataFrame) -> pl.Series:
    """Which rows have digests that are not among those of the others."""
    return ~some["digest"].is_in(others["digest"].implode())


def _made(kind: type[R], table: pl.DataFrame) -> list[R]:
    return [kind(*row) for row in table.select(kind._fields).rows()]


def _alike(ids: pl.Series, some: set[str]) -> pl.Series:
    """The ids that differ from some others in case, space or Unicode form only."""
    looks = folded_column(pl.Series(list(some), dtype=pl.String)).implode()
    return ids.filter(folded_column(ids).is_in(looks))


def _ends(relations: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    return relations["from_id"], relations["to_id"]
