"""How a pool rule is written: how many of its members must work."""

import re

from cmdb.model.errors import ValueFault

ACCEPTED = "a count such as 2, or a percentage of the live members such as 50%"
_COUNT = re.compile(r"0*(\d{1,6})", re.ASCII)
_PERCENT = re.compile(r"0*(\d{1,3})(?:\.0+)?\s*%", re.ASCII)


def parse_required(text: str) -> str:
    """`2` or `50%` in one form; empty for empty. Raises `ValueFault` BAD_POOL_RULE.

    A count beyond the members is accepted, as is 0: members come and go. What the rule is computed with then, and how
    an answer reports it, is in `impact.graph.clamp`.
    """
    word = text.strip()
    if not word:
        return ""
    if found := _COUNT.fullmatch(word):
        return found.group(1)
    found = _PERCENT.fullmatch(word)
    if found is None or int(found.group(1)) > 100:
        raise ValueFault("BAD_POOL_RULE", text, ACCEPTED)
    return found.group(1) + "%"
