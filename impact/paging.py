"""Pages of a list that was computed whole, in a total order, without building more items than one page holds."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from impact.kernels.types import I32, I64
from impact.register import Register
from impact.report import Page

T = TypeVar("T")
PAGE_LIMIT = 200


class BadCursor(ValueError):
    """A cursor that this product did not give out."""

    code = "BAD_CURSOR"


RANK_BITS = 40


def encode_cursor(weight: int, ci: str) -> str:
    """An opaque text for a place in a list: the weight of the item there, and its id."""
    return urlsafe_b64encode(f"{weight}:{ci}".encode()).decode().rstrip("=")


def decode_cursor(text: str) -> tuple[int, str]:
    """The place a cursor stands for. Raises `BadCursor`."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode()
        weight, _, ci = raw.partition(":")
        place = int(weight) if len(weight) < 10 else -1, ci
    except ValueError:
        raise BadCursor("not a cursor of this list") from None
    if place[0] < 0 or encode_cursor(*place) != text:
        raise BadCursor("not a cursor of this list")
    return place


def page(
    register: Register, cis: I32, weights: I64, first: int | None, after: str | None, build: Callable[[int], T]
) -> Page[T]:
    """The items behind `after`, at most `first` (None: all), in order of weight (below 2^22), then of CI id.

    `build` makes the item at a position of `cis`. Raises `BadCursor`.
    """
    keys = (weights << RANK_BITS) | register.ranks(cis)
    rows = np.arange(len(keys))
    if after is not None:
        weight, ci = decode_cursor(after)
        rows = rows[keys > (weight << RANK_BITS) + register.rank(ci)]
    behind = len(rows)
    if first is not None and first < behind:
        rows = rows[np.argpartition(keys[rows], first)[:first]]
    rows = rows[np.argsort(keys[rows])]
    end = encode_cursor(int(weights[rows[-1]]), register.ids[cis[rows[-1]]]) if len(rows) else None
    return Page([build(int(row)) for row in rows], len(keys), end, len(rows) < behind)


def packed(*columns: tuple[npt.NDArray[Any], int]) -> I64:
    """One weight of several columns, the first the weightiest; each with its width in bits, larger values cut."""
    weight = np.zeros(len(columns[0][0]), np.int64)
    for values, bits in columns:
        weight = (weight << bits) | np.minimum(values.astype(np.int64), (1 << bits) - 1)
    return weight
