"""What a CI looks like beside others of its family, for the search for duplicates."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cmdb.model.ci import CI
from cmdb.model.text import folded
from cmdb.reconcile.keys import text
from cmdb.reconcile.signs import Family, Signs

USUAL, USUAL_SHARE = 3, 0.02
"""A word that so many names have, and this share of those that have the word it may stand for, is no slip."""
REPEATED_SHARE = 0.05
"""The share of host names in several domains from which on a sector is taken to repeat them."""
_DIGITS = re.compile(r"\d+")
_NOT_LETTER = re.compile(r"[\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+")
PLAIN = ("name", "sector", "environment", "hostname")
"""Columns of rules that are compared by themselves; any other one is a strong key."""


class Called(NamedTuple):
    """A name: as it is, its letters, and its figures without the zeros before them."""

    whole: str
    letters: str
    figures: str


class Traits(NamedTuple):
    """A CI with what tells it apart: its names, of a computer without domain; `keys` are the strong ones by column."""

    ci: CI
    signs: Signs
    names: tuple[Called, ...]
    keys: dict[str, str]
    ip: str
    model: str
    os: str
    known: int
    """How many attributes are recorded."""


def called(name: str) -> Called:
    """A name as it is compared."""
    flat = folded(name)
    return Called(flat, _NOT_LETTER.sub("", flat), "".join(_DIGITS.findall(flat)).lstrip("0"))


def traits(family: Family, ci: CI) -> Traits:
    """Of a CI; its attributes are read once."""
    attributes = ci.attributes
    signs = family.signs(ci)
    texts = [ci.name]
    if family.hosts:
        own = str(attributes.get("hostname", ""))
        texts = [label for name in (own, ci.name) if (label := family.label(name))] or [ci.name]
    names = tuple(called(name) for name in dict.fromkeys(texts))
    keys = {c: value for c in family.columns if c not in PLAIN and (value := family.form(c, attributes.get(c)))}
    ip, model, os = (text(attributes.get(column, "")) for column in ("ip_address", "model", "os"))
    return Traits(ci, signs, names, keys, ip, model, os, len(attributes))


class Words:
    """How often each word and each value is used in a family."""

    def __init__(self, every: Sequence[Traits]) -> None:
        self._words = Counter(word for one in every for name in one.names[:1] for word in _WORD.findall(name.whole))
        self.letters = Counter(name.letters for one in every for name in one.names[:1])
        self.values = Counter(item for one in every for item in one.keys.items())
        self.domains = _domains(every)
        self._labels = Counter(sector for sector, _ in self.domains)
        self._repeated = Counter(sector for (sector, _), domains in self.domains.items() if domains > 1)

    def repeats(self, sector: str) -> bool:
        """Whether several domains of a sector use the same host names, so that a bare one says little."""
        return self._repeated[sector] > REPEATED_SHARE * self._labels[sector]

    def usual(self, one: Called, other: Called) -> bool:
        """Whether two names differ only by words that many names have."""
        left, right = Counter(_WORD.findall(one.whole)), Counter(_WORD.findall(other.whole))
        apart = [*(left - right), *(right - left)]
        return bool(apart) and usual([self._words[word] for word in apart])


def usual(counts: Sequence[int]) -> bool:
    """Whether what is counted is so often there that none of it is a slip."""
    return min(counts) > max(USUAL - 1, USUAL_SHARE * max(counts))


def _domains(every: Iterable[Traits]) -> dict[tuple[str, str], int]:
    """In how many domains of a sector each host name is."""
    found = {(one.ci.sector, one.signs.label, one.signs.domain) for one in every if one.signs.domain}
    return Counter((sector, label) for sector, label, _ in found)
