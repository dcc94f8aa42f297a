"""Filters of lists: names are checked against the model, abstract kinds stand for their descendants."""

from collections.abc import Iterable

import strawberry

from api.errors import Refused
from api.gql.model import Lifecycle
from cmdb.model.model import Model
from cmdb.store import port
from impact.analyses.affected import AffectedFilter as Wanted
from impact.states import ImpactState


@strawberry.input(description="Which CIs to list; what is left out does not restrict.")
class CiFilter:
    kinds: list[str] | None = strawberry.field(default=None, description="An abstract kind stands for its descendants.")
    sectors: list[str] | None = None
    lifecycles: list[Lifecycle] | None = None
    sources: list[str] | None = None

    def checked(self, model: Model) -> port.CiFilter:
        """This filter in the store's words. Raises `Refused` BAD_FILTER."""
        return port.CiFilter(
            kinds_named(model, self.kinds),
            sectors_named(model, self.sectors),
            frozenset(lifecycle.value for lifecycle in self.lifecycles or ()),
            frozenset(self.sources or ()),
        )


@strawberry.input(description="Which affected CIs to show; the verdicts are computed on all of them.")
class AffectedFilter:
    kinds: list[str] | None = strawberry.field(default=None, description="An abstract kind stands for its descendants.")
    states: list[ImpactState] | None = None
    sectors: list[str] | None = None
    max_distance: int | None = None

    def checked(self, model: Model) -> Wanted:
        """This filter in the engine's words. Raises `Refused` BAD_FILTER."""
        return Wanted(
            kinds_named(model, self.kinds),
            frozenset(self.states or ()),
            sectors_named(model, self.sectors),
            self.max_distance,
        )


def kinds_named(model: Model, names: Iterable[str] | None) -> frozenset[str]:
    """The concrete kinds that `names` stand for."""
    wanted = frozenset(names or ())
    _refuse_unknown("kind", wanted.difference(model.kinds))
    return frozenset(kind for kind in model.concrete if wanted.intersection(model.ancestors(kind)))


def sectors_named(model: Model, names: Iterable[str] | None) -> frozenset[str]:
    """The sectors called `names`."""
    wanted = frozenset(names or ())
    _refuse_unknown("sector", wanted.difference(model.sectors))
    return wanted


def _refuse_unknown(what: str, names: frozenset[str]) -> None:
    if names:
        raise Refused("BAD_FILTER", f"no {what} {min(names)!r} in the model; ask `{what}s` for those there are")
