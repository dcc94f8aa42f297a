"""Cells of CSV files that people open in a spreadsheet."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(cell: object) -> object:
    """The cell itself; a text that a spreadsheet would compute gets a leading quote."""
    return "'" + cell if isinstance(cell, str) and cell.startswith(FORMULA) else cell
