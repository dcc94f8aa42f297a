"""A table of problems to problems."""

from collections.abc import Iterator

from cmdb.records.kinds import ProblemState
from cmdb.records.record_types import CoveredCi, ProblemRecord
from importers.records.cells import NO_CIS, parse_cis
from importers.records.sheet import Sheet
from importers.records.words import PROBLEM_STATES


def problems(sheet: Sheet) -> Iterator[ProblemRecord | None]:
    """The problem of each row; None where one cannot be made of it, which is reported."""
    rows = zip(
        sheet.numbers(), sheet.titles(), sheet.texts("description"), sheet.words("state", PROBLEM_STATES),
        sheet.moments("opened_at", required=True), sheet.moments("closed_at"), sheet.parsed("cis", parse_cis, NO_CIS),
        sheet.causes(), strict=True,
    )  # fmt: skip
    for number, title, description, state, opened, closed, cis, cause in rows:
        if not number or opened is None:
            yield None
            continue
        yield ProblemRecord(
            number=number, source=sheet.source, title=title, description=description,
            state=state or (ProblemState.closed if closed else ProblemState.open), opened_at=opened, closed_at=closed,
            cis=tuple(map(CoveredCi, cis)), cause=cause,
        )  # fmt: skip
