"""Reviews and calendars as JSON, in the shape and under the names of the GraphQL answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.calendar import Calendar
from api.records import listed
from api.render import shape
from api.reviews import Review, told
from api.reviews_report import NamedRecord
from api.verbs.asking import answer
from impact.report import Page
from impact.reviews.report import Collisions

PAGE = 50
ALL = 10**9


def review_json(found: Review, everything: bool) -> dict[str, Any]:
    """A change and its review; lists hold their first page, or all there is."""
    first = ALL if everything else PAGE
    newest = sorted(found.change.timeline, key=lambda entry: entry.at)[::-1]
    lines = listed(newest, first, None)
    basis = found.basis
    review = {
        "moment": shape(found.standing.moment),
        "unrecorded": found.unrecorded,
        "impact": answer(found.question, everything),
        "collisions": collisions_json(found.found.collisions, found.names, first),
        "overlaps": _page(
            listed(found.found.overlaps, first, None), found.names, [one.party.key for one in found.found.overlaps]
        ),
        "freezes": _page(
            listed(found.found.freezes, first, None), found.names, [one.key for one in found.found.freezes]
        ),
        "risk": shape(found.found.risk),
        "suggestions": shape(found.found.suggestions),
        "drift": None if basis is None else shape(found.drift(basis, PAGE)),
    }
    return {"change": shape(told(found.standing, found.change)), "review": review, "timeline": shape(lines)}


def collisions_json(found: Collisions, names: Mapping[str, NamedRecord], first: int) -> dict[str, Any]:
    """Collisions, and the records that they name."""
    shown = listed(found.nodes, first, None)
    keys = [party.key for one in shown.nodes for party in one.parties]
    rest = {"complete": found.complete, "overlapping": found.overlapping, "near": found.near}
    return {**_page(shown, names, keys), **rest}


def calendar_json(found: Calendar, everything: bool) -> dict[str, Any]:
    """A calendar with its collisions."""
    first = None if everything else 100
    told_: dict[str, Any] = shape(found.page(first))
    return {**told_, "collisions": collisions_json(found.collisions, found.names, first or ALL)}


def _page(shown: Page[Any], names: Mapping[str, NamedRecord], keys: Iterable[str]) -> dict[str, Any]:
    records: Sequence[NamedRecord] = [names[key] for key in dict.fromkeys(keys) if key in names]
    return {**shape(shown), "records": shape(records)}
