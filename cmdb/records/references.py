"""Whether what a record refers to exists, and is in service."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from cmdb.model.ci import CiId
from cmdb.model.errors import ValueFault, shown
from cmdb.model.model import Model
from cmdb.model.record import parse_key
from cmdb.model.text import parse_id
from cmdb.records.book import Book
from cmdb.records.drafts import AnyDraft, AnyEdit
from cmdb.records.faults import Faults
from cmdb.records.kinds import ProblemState
from cmdb.records.record_types import AnyRecord, Change, Freeze, Incident, ProblemRecord
from cmdb.store.port import StoredCI

Asked = AnyDraft | AnyEdit | AnyRecord
RETIRED, PLANNED = "retired", "planned"


def named_cis(asked: Asked) -> Iterator[tuple[str, CiId]]:
    """The CIs that are named, in the form they are kept in, and where; what is no id is for others to report."""
    parts: Any = getattr(asked, "cis", None) or ()
    cause = getattr(asked, "cause", None)
    given = [(f"cis[{number}].ci", part.ci) for number, part in enumerate(parts)]
    if cause is not None and cause.ci is not None:
        given.append(("cause.ci", cause.ci))
    for place, ci in given:
        try:
            yield place, CiId(parse_id(ci))
        except ValueFault:
            continue


def check_cis(
    named: Iterable[tuple[str, CiId]], old: AnyRecord | None, out: frozenset[str], stored: Mapping[CiId, StoredCI],
    faults: Faults,
) -> None:  # fmt: skip
    """UNKNOWN_CI for what is named and not among the `stored`, RETIRED_CI for what is in a lifecycle state of `out`.

    What the `old` record names already is not looked at; and what caused something may be out of service by now.
    """
    before = {ci for _, ci in named_cis(old)} if old is not None else set()
    for place, ci in named:
        if ci in before:
            continue
        if ci not in stored:
            faults.add("UNKNOWN_CI", place, shown(ci), "the id of a recorded CI")
        elif place != "cause.ci" and (lifecycle := stored[ci].ci.lifecycle) in out:
            faults.add("RETIRED_CI", place, f"{shown(ci)}, which is {lifecycle}", "a CI in service")


def out_of_service(kind: str) -> frozenset[str]:
    """The lifecycle states of CIs that a record of this kind may not name: one that is only planned cannot fail."""
    return frozenset({RETIRED, PLANNED}) if kind == Incident.kind else frozenset({RETIRED})


def check_links(asked: Asked, old: AnyRecord | None, book: Book, faults: Faults) -> None:
    """UNKNOWN_RECORD for the problem, or the change as a cause, that is named and not in the `old` record."""
    for kind, place in (("problem", "problem"), ("change", "cause.change")):
        text = _linked(asked, place)
        if text and text.strip() and (old is None or text != _linked(old, place)):
            try:
                key = parse_key(kind, text)
            except ValueFault:
                continue  # reported where the field is taken in
            with faults.gathered():
                book.at(key, place)


def _linked(asked: Any, place: str) -> str | None:
    if place == "problem":
        found: str | None = getattr(asked, "problem", None)
        return found
    cause = getattr(asked, "cause", None)
    return None if cause is None else cause.change


def check_scope(asked: Any, model: Model, faults: Faults) -> None:
    """UNKNOWN_KIND and UNKNOWN_SECTOR for what a freeze window names."""
    for number, kind in enumerate(getattr(asked, "kinds", None) or ()):
        if kind not in model.kinds:
            faults.add("UNKNOWN_KIND", f"kinds[{number}]", kind, "one of " + ", ".join(model.kinds))
    for number, sector in enumerate(getattr(asked, "sectors", None) or ()):
        if sector not in model.sectors:
            faults.add("UNKNOWN_SECTOR", f"sectors[{number}]", sector, "one of " + ", ".join(model.sectors))


def is_over(value: AnyRecord, now: datetime) -> bool:
    """Whether a record tells of the past only, and so may name what is out of service since."""
    if isinstance(value, Incident):
        return not value.open
    if isinstance(value, Change):
        return not value.planned and value.end <= now
    if isinstance(value, Freeze):
        return value.cancelled or value.end <= now
    return not isinstance(value, ProblemRecord) or value.state is ProblemState.closed
