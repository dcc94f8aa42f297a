"""Numbers that a spreadsheet has already spoilt: `1.23457E+19` is not a serial number any more."""

import re

from cmdb.model.errors import ValueFault

_EXPONENT = re.compile(r"\d(\.\d+)?E\+\d+", re.ASCII)
ACCEPTED = "the whole number; format the cell as text in the spreadsheet"


def refuse_exponent(text: str) -> None:
    """Raise `ValueFault` PRECISION_LOST for a text that is a number as spreadsheets shorten it."""
    if "E+" in text and _EXPONENT.fullmatch(text.strip()):
        raise ValueFault("PRECISION_LOST", text, ACCEPTED)
