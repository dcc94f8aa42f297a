"""A table of freeze windows to freeze windows."""

from collections.abc import Iterator

from cmdb.records.kinds import FreezeType
from cmdb.records.record_types import CoveredCi, Freeze
from importers.records.cells import NO_CIS, NO_WORDS, parse_cis, parse_flag, parse_words
from importers.records.sheet import Sheet
from importers.records.words import FREEZE_TYPES


def freezes(sheet: Sheet) -> Iterator[Freeze | None]:
    """The window of each row; None where one cannot be made of it, which is reported."""
    rows = zip(
        sheet.numbers(), sheet.titles(), sheet.moments("start", required=True), sheet.moments("end", required=True),
        sheet.words("type", FREEZE_TYPES), sheet.parsed("cis", parse_cis, NO_CIS),
        sheet.parsed("kinds", parse_words, NO_WORDS), sheet.parsed("sectors", parse_words, NO_WORDS),
        sheet.parsed("cancelled", parse_flag, False), strict=True,
    )  # fmt: skip
    for number, title, start, end, type_, cis, kinds, sectors, cancelled in rows:
        if not number or start is None or end is None:
            yield None
            continue
        yield Freeze(
            number=number, source=sheet.source, title=title, type=type_ or FreezeType.freeze, start=start, end=end,
            cis=tuple(map(CoveredCi, cis)), kinds=kinds, sectors=sectors, cancelled=cancelled,
        )  # fmt: skip
