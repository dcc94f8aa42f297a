"""The worklist behind a number: the CIs that miss something, and what, the most valuable first."""

from collections.abc import Iterator, Sequence

import numpy as np

from impact.analyses.affected import tier
from impact.estate import Estate
from impact.paging import page
from impact.readiness.attributes import CRITICALITIES, WITHOUT
from impact.readiness.ledger import Ledger, bits_of, weights
from impact.readiness.needs import Rule
from impact.readiness.purposes import RULE_NUMBER
from impact.readiness.report import ReadinessWork
from impact.report import Page


def worklist(
    estate: Estate, ledger: Ledger, rules: Sequence[Rule], first: int | None, after: str | None = None
) -> Page[ReadinessWork]:
    """CIs that miss what any of `rules` asks of them. Raises `BadCursor`.

    Services come first, by tier, those without one last; then critical, high, medium, low, not recorded; then the
    larger (people of a client group, direct dependents of anything else); then by id.
    """
    work = ledger.only((ledger.lacks & bits_of(rules)) != 0)
    return page(
        estate.register, work.cis, weights(estate, work), first, after, lambda row: _told(estate, work, rules, row)
    )


def whole(estate: Estate, ledger: Ledger, rules: Sequence[Rule]) -> Iterator[ReadinessWork]:
    """All of a worklist, in its order."""
    work = ledger.only((ledger.lacks & bits_of(rules)) != 0)
    order = np.lexsort((estate.register.ranks(work.cis), weights(estate, work)))
    return (_told(estate, work, rules, row) for row in order.tolist())


def _told(estate: Estate, work: Ledger, rules: Sequence[Rule], row: int) -> ReadinessWork:
    ci, lacks = int(work.cis[row]), int(work.lacks[row])
    missed = [rule for rule in rules if lacks >> RULE_NUMBER[rule] & 1]
    level, service = int(work.criticality[row]), bool(estate.having_role(work.cis[row : row + 1], "service")[0])
    return ReadinessWork(
        estate.register.ids[ci],
        estate.vocabulary.kinds[estate.kind[ci]],
        estate.register.name(ci),
        estate.vocabulary.sectors[estate.sector[ci]],
        tier(estate.number("rto", ci)) if service else None,
        None if level == WITHOUT else CRITICALITIES[level],
        int(work.size[row]),
        [rule.name for rule in missed],
        [rule.lacks for rule in missed],
    )
