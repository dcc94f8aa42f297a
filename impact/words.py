"""Numbers of things, in words."""


def counted(count: int, one: str, many: str = "") -> str:
    """So many of a thing: `1 service`, `1,200 services`; `many` is its plural where that is not `one` and an s."""
    return f"{count:,} {noun(count, one, many)}"


def noun(count: int, one: str, many: str = "") -> str:
    """The word for one thing, or for none or several."""
    return one if count == 1 else many or f"{one}s"
