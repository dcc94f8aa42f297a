"""How a request is known again."""

from hashlib import blake2b


def request_digest(asked: object) -> str:
    """What tells one request from another: 32 hexadecimal digits of the `repr` of what is asked."""
    return blake2b(repr(asked).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
