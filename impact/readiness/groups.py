"""Readiness by kind, owner or sector: who has to do how much."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from impact.estate import Estate
from impact.kernels.types import B1, I32, I64
from impact.paging import BadCursor, decode_cursor, encode_cursor
from impact.readiness.ledger import Ledger, bits_of, marks_of, ownership, summed, tallied, told
from impact.readiness.needs import Rule
from impact.readiness.report import ReadinessBy, ReadinessGroup
from impact.report import CiRef, Page

NOBODY = -1
"""The owner of what nobody owns."""
NOBODY_WORDS = "nobody recorded"
MOST = 10**9 - 1


@dataclass(frozen=True, slots=True)
class Grouping:
    """Rows of (place in the ledger, number of a group): a CI may stand in several groups. `labels` by that number."""

    rows: I32
    group: I32
    labels: I32


def group(
    estate: Estate, ledger: Ledger, rules: Sequence[Rule], by: ReadinessBy, first: int | None, after: str | None = None
) -> Page[ReadinessGroup]:
    """The groups that `rules` ask something of, those with most needs not met first. Raises `BadCursor`."""
    asked = ledger.only((ledger.applies & bits_of(rules)) != 0)
    grouping = _grouping(estate, asked, by)
    counts = _counts(asked, rules, grouping)
    missing = (counts[:, 0] - counts[:, 1]).sum(axis=0)
    keys = [_key(estate, by, label) for label in grouping.labels.tolist()]
    order = sorted(range(len(keys)), key=lambda at: (-int(missing[at]), keys[at]))
    behind = _behind(after, lambda at: (MOST - int(missing[at]), keys[at]), order)
    shown = order[behind:] if first is None else order[behind : behind + first]
    sizes = np.bincount(grouping.group, minlength=len(keys))
    nodes = [_told(estate, by, int(grouping.labels[at]), int(sizes[at]), rules, counts[:, :, at]) for at in shown]
    end = encode_cursor(MOST - int(missing[shown[-1]]), keys[shown[-1]]) if shown else None
    return Page(nodes, len(keys), end, behind + len(shown) < len(order))


def _grouping(estate: Estate, ledger: Ledger, by: ReadinessBy) -> Grouping:
    rows = np.arange(len(ledger.cis), dtype=np.int32)
    if by is ReadinessBy.owner:
        owned, owner = ownership(estate, ledger.cis)
        ownerless = np.nonzero(np.bincount(owned, minlength=len(rows)) == 0)[0]
        rows = np.concatenate([owned, ownerless]).astype(np.int32)
        label = np.concatenate([owner, np.full(len(ownerless), NOBODY, np.int32)])
    else:
        label = (estate.kind if by is ReadinessBy.kind else estate.sector)[ledger.cis].astype(np.int32)
    present = np.bincount(label - NOBODY) > 0
    labels = (np.nonzero(present)[0] + NOBODY).astype(np.int32)
    return Grouping(rows, (np.cumsum(present) - 1)[label - NOBODY].astype(np.int32), labels)


def _counts(ledger: Ledger, rules: Sequence[Rule], grouping: Grouping) -> I64:
    """Needs (asked, met, fresh, verified) by rule and group; shape (rules, 4, groups)."""

    def counted(marks: B1) -> I64:
        return np.bincount(grouping.group[marks[grouping.rows]], minlength=len(grouping.labels)).astype(np.int64)

    found = [[counted(marks) for marks in marks_of(ledger, rule)] for rule in rules]
    return np.array(found, np.int64).reshape(len(rules), 4, len(grouping.labels))


def _key(estate: Estate, by: ReadinessBy, label: int) -> str:
    """What tells one group from another: the id of an owner, the name of a kind or sector."""
    if by is ReadinessBy.owner:
        return "" if label == NOBODY else estate.register.ids[label]
    words = estate.vocabulary
    return (words.kinds if by is ReadinessBy.kind else words.sectors)[label]


def _behind(after: str | None, key: Callable[[int], tuple[int, str]], order: Sequence[int]) -> int:
    """How many of the groups stand before the place of a cursor, that place included. Raises `BadCursor`."""
    if after is None:
        return 0
    try:
        place = decode_cursor(after)
    except UnicodeError:
        raise BadCursor("not a cursor of this list") from None
    return sum(key(at) <= place for at in order)


def _told(estate: Estate, by: ReadinessBy, label: int, cis: int, rules: Sequence[Rule], counts: I64) -> ReadinessGroup:
    tallies = [tallied(*row) for row in counts.tolist()]
    name, owner = _key(estate, by, label), None
    if by is ReadinessBy.owner:
        register = estate.register
        owner = (
            None if label == NOBODY else CiRef(name, estate.vocabulary.kinds[estate.kind[label]], register.name(label))
        )
        name = owner.name if owner else NOBODY_WORDS
    worst = max(zip(rules, tallies, strict=True), key=lambda pair: pair[1].missing)
    return ReadinessGroup(name, owner, cis, summed(tallies), told(*worst) if worst[1].missing else None)
