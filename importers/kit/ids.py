"""Ids made of names that other systems allow to be longer than ours."""

from hashlib import blake2s

from cmdb.model.text import MAX_ID

DIGEST_BYTES = 8


def fitted(text: str) -> str:
    """`text` as an id: whole, or, where it is too long, its beginning and a digest of all of it."""
    if len(text) <= MAX_ID:
        return text
    digest = blake2s(text.encode(errors="replace"), digest_size=DIGEST_BYTES).hexdigest()
    return f"{text[: MAX_ID - len(digest) - 1]}~{digest}"
