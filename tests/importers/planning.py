"""A plan beside the plan of what is left once everything that stands just so is set aside."""

import math
from dataclasses import replace
from typing import Any

from cmdb.model.model import Model
from cmdb.reconcile.plan import Plan, plan
from cmdb.reconcile.reconcile import Desired
from cmdb.store.port import Dump, Store
from importers.digests import digests
from importers.unchanged import rest, stated


def assert_same_plan(
    store: Store, said: Desired, source: str, model: Model, partial: bool = False, dump: Dump | None = None
) -> Plan:
    """The plan, once it is known to be the same as that of everything. The store must not be empty."""
    whole = plan(dump or store.dump(), said, source, model, partial)
    recorded = digests(store)
    left = rest(recorded, store, source, stated(said, recorded.seed), most=math.inf)
    assert left is not None
    part = plan(left.current, left.desired, source, model, partial)
    aside = len(said[1]) - len(left.desired[1])
    before = part.relations_before + aside
    assert _told(replace(part, owned=part.owned + left.owned, relations_before=before)) == _told(whole)
    return whole


def _told(found: Plan) -> list[Any]:
    parts = [
        [list(things) for things in (part.created, part.changed, part.removed)]
        for part in (found.cis, found.relations, found.pools)
    ]
    counts = [found.owned, found.relations_before, found.released, found.conflict_count]
    others = [found.joined, found.doubts, found.conflicts, found.clashes]
    return [parts, found.changeset.base, found.changeset.digest(), counts, others]
