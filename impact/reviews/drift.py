"""Drift: how the answer of now differs from the one that was approved, by membership."""

from collections.abc import Iterable, Mapping

from impact.estate import Estate
from impact.report import CiRef
from impact.reviews.report import Drift, DriftedCi, DriftPart
from impact.states import ImpactState

FINE = ImpactState.operational
Moves = Mapping[str, tuple[ImpactState, ImpactState]]


def drift(
    estate: Estate, before: Mapping[str, ImpactState], after: Mapping[str, ImpactState], first: int | None = 50
) -> Drift:
    """Who joined, left or is in another state: answers as states by id, operational ones left out or not.

    `first` of each are named, None: all.
    """
    moves = {
        ci: (then, now)
        for ci in sorted(before.keys() | after.keys())
        if (then := before.get(ci, FINE)) is not (now := after.get(ci, FINE))
    }
    joined = {ci: move for ci, move in moves.items() if move[0] is FINE}
    left = {ci: move for ci, move in moves.items() if move[1] is FINE}
    changed = {ci: move for ci, move in moves.items() if FINE not in move}
    return Drift(bool(moves), *(_part(estate, part, first) for part in (joined, left, changed)))


def _part(estate: Estate, moves: Moves, first: int | None) -> DriftPart:
    groups = [ci for ci in moves if _is_group(estate, ci)]
    others = sorted(moves.keys() - set(groups))
    return DriftPart(
        len(moves), _named(estate, moves, [*groups, *others][:first]),
        len(groups), _named(estate, moves, groups[:first]),
    )  # fmt: skip


def _named(estate: Estate, moves: Moves, cis: Iterable[str]) -> list[DriftedCi]:
    return [DriftedCi(_ref(estate, ci), *moves[ci]) for ci in cis]


def _is_group(estate: Estate, ci: str) -> bool:
    at = estate.register.find(ci)
    return at is not None and estate.vocabulary.roles[estate.kind[at]] == "client"


def _ref(estate: Estate, ci: str) -> CiRef:
    """A CI, named; one that is no longer recorded has its id for a name, and no kind."""
    at = estate.register.find(ci)
    return CiRef(ci, "", ci) if at is None else estate.ref(at)
