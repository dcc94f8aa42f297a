"""How much a CI resembles what somebody typed. Every store scores alike, whatever finds its candidates."""

import unicodedata

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from cmdb.model.ci import CI
from cmdb.model.claims import claims_of
from cmdb.model.text import folded

SEARCHED = ("aliases", "hostname", "external_id")
LEAST = 66.0
"""A score below this is noise, not a typing error."""
LONGEST = 64
"""Characters of a query that are looked at."""
ENOUGH = 100
"""Candidates taken from one query of an index, if no more are asked for."""
_ASCII = bytes(i if chr(i).isalnum() and i < 128 else 32 for i in range(256))


def plain(text: str) -> str:
    """`text` folded, with anything but letters, marks and digits taken as space."""
    if text.isascii():
        return " ".join(text.lower().encode().translate(_ASCII).decode().split())
    flat = folded(text)
    return " ".join("".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in flat).split())


def fields(ci: CI) -> list[str]:
    """The texts a CI is found by, in their plain form; what any source calls it is among them."""
    ci_id, _, name, _, _, attributes_json, _, claims = ci
    texts = [ci_id] if ci_id == name else [ci_id, name]
    if '"aliases":' in attributes_json or '"hostname":' in attributes_json or '"external_id":' in attributes_json:
        for searched in map(ci.attributes.get, SEARCHED):
            if searched is not None:
                texts += searched if isinstance(searched, list) else [str(searched)]
    if claims:
        texts += [text for claim in claims_of(ci) for text in (claim.id, claim.name) if text]
    if len(texts) == 1:
        return [plain(ci_id)]
    return list({plain(text): None for text in texts})


def score(query: str, text: str, ci: CI) -> float:
    """How well a CI answers a query, 0 to 100: equal, beginning, contained, resembling."""
    if text in (ci.id, ci.name):
        return 100.0
    return max((_likeness(query, field) for field in fields(ci)), default=0.0)


def _likeness(query: str, field: str) -> float:
    if not query or not field:
        return 0.0
    if query == field:
        return 99.0
    share = min(1.0, len(query) / len(field))
    if field.startswith(query):
        return 92.0 + 6.0 * share
    if f" {query}" in field:
        return 88.0 + 4.0 * share
    if query in field:
        return 84.0 + 4.0 * share
    slips = 100.0 * OSA.normalized_similarity(query, field)
    words = max(fuzz.token_sort_ratio(query, field), fuzz.WRatio(query, field) - 5.0)
    return 0.88 * max(slips, words)
