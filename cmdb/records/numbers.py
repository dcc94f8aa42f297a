"""Numbers of our own: `INC-0001`, `CHG-0001`, `FRZ-0001`, `PRB-0001`, `RUN-0001`, `MAT-0001`, `OBS-0001`."""

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import islice

from cmdb.model.record import OWN_SOURCE, RecordKey

PREFIXES: Mapping[str, str] = {
    "incident": "INC", "change": "CHG", "freeze": "FRZ", "problem": "PRB",
    "run": "RUN", "match": "MAT", "observation": "OBS",
}  # fmt: skip
_OURS = re.compile(r"([A-Z]{3})-(\d{1,9})", re.ASCII)
NEAR = 5
"""How many numbers that resemble a wrong one are named."""
LEAST = 60.0
"""How much they have to resemble it, of 100."""


def ordinal(key: RecordKey) -> int:
    """Which one of our own a record is; 0 for one that is numbered otherwise."""
    if key.source != OWN_SOURCE or key.kind not in PREFIXES:
        return 0
    found = _OURS.fullmatch(key.number)
    return int(found[2]) if found and found[1] == PREFIXES[key.kind] else 0


def numbered(kind: str, ordinal: int) -> str:
    """The number of our own that is `ordinal` among its kind."""
    return f"{PREFIXES[kind]}-{ordinal:04}"


def near(key: RecordKey, keys: Collection[RecordKey]) -> str:
    """What could have been meant by a key that is none of `keys`, in words."""
    what = {"basis": "answer"}.get(key.kind, key.kind)
    meant = list(islice(_resembling(key, keys), NEAR))
    if not keys:
        return f"the number of a recorded {what}; none is recorded"
    return f"the number of a recorded {what}" + (", such as " + ", ".join(meant) if meant else "")


def _resembling(key: RecordKey, keys: Collection[RecordKey]) -> Iterable[str]:
    """First those that differ in case or in source only, then those that look alike."""
    from rapidfuzz import fuzz, process

    same = sorted(str(other) for other in keys if other.number.casefold() == key.number.casefold())
    texts = [text for other in keys if (text := str(other)) not in same]
    yield from same
    found = process.extract(str(key), texts, scorer=fuzz.ratio, processor=str.casefold, limit=NEAR, score_cutoff=LEAST)
    yield from (text for text, _, _ in found)
