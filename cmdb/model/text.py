"""One form for ids and for search: what looks the same is the same."""

import re
import unicodedata
from hashlib import blake2s

from cmdb.model.attributes import parse_text
from cmdb.model.errors import ValueFault

MAX_ID = 200
DIGEST_BYTES = 8
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_PLAIN = re.compile(r"[!-~]{1,200}", re.ASCII)


def parse_id(text: str) -> str:
    """An id: 1 to 200 visible characters, trimmed, in Unicode form NFC. Raises `ValueFault`."""
    if _PLAIN.fullmatch(text):
        return text
    raw = parse_text(text.strip().strip("\u00a0\ufeff"))
    accepted = f"an id of 1 to {MAX_ID} visible characters"
    if not raw:
        raise ValueFault("MISSING_VALUE", text, accepted)
    if len(raw) > MAX_ID:
        raise ValueFault("FIELD_TOO_LONG", text, accepted)
    if INVISIBLE.search(raw) or not raw.replace(" ", "").isprintable():
        raise ValueFault("BAD_CHARACTER", text, accepted)
    return unicodedata.normalize("NFC", raw)


def folded(text: str) -> str:
    """`text` without case, accents, compatibility forms or repeated space: for search and for look-alike ids."""
    if text.isascii():
        return " ".join(text.lower().split())
    flat = unicodedata.normalize("NFKD", INVISIBLE.sub("", text).casefold())
    return " ".join("".join(c for c in flat if unicodedata.category(c) != "Mn").split())


def fitted(text: str) -> str:
    """`text` as an id: whole, or, where it is too long, its beginning and a digest of all of it."""
    if len(text) <= MAX_ID:
        return text
    digest = blake2s(text.encode(errors="replace"), digest_size=DIGEST_BYTES).hexdigest()
    return f"{text[: MAX_ID - len(digest) - 1]}~{digest}"
