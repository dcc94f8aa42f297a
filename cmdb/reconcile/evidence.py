"""How much speaks for two CIs being one, in points and in words."""

from collections.abc import Iterator
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from cmdb.reconcile.keys import numbered_apart
from cmdb.reconcile.signs import Family
from cmdb.reconcile.traits import Called, Traits, Words

LEAST = 50
"""Points from which on a pair is proposed; 100 is as good as sure."""
UNIQUE, SHARED_BY_FEW = 60, 5
"""Points for a strong key that no third CI has; how many may share one so that it still says something."""
LETTERS = 4
"""Letters from which on a name with one wrong is a slip: `GTT` and `NTT` are two."""
WORDS = {
    "serial": "serial number", "external_id": "key in the cloud", "email": "mail address", "address": "address",
}  # fmt: skip


class Fact(NamedTuple):
    """Something that two CIs share or not: points, and the reason in words; empty where it is no reason to give."""

    points: int
    words: str = ""


class Likeness(NamedTuple):
    """The likeness of two names: `same`, `slip` (a letter is wrong), `figure` (one figure differs), `word` (one
    letter differs, and both are usual words), `numbered` (only numbers differ) or `other`."""

    what: str
    words: str = ""


def score(family: Family, words: Words, one: Traits, other: Traits, by_name: bool) -> tuple[int, tuple[str, ...]]:
    """Points from 0 to 100, and the reasons for them, strongest first. `by_name`: whether names identify such CIs."""
    facts = [*_keys(words, one, other), *_circumstances(one, other)]
    likeness = like(words, one, other)
    sure = any(fact.points >= UNIQUE for fact in facts)
    if family.hosts:
        facts += _hosts(words, one, other, likeness, sure)
    else:
        facts.append(_title(likeness, by_name, sure))
    reasons = sorted((fact for fact in facts if fact.points > 0 and fact.words), key=lambda fact: -fact.points)
    points = sum(fact.points for fact in facts)
    return max(0, min(100, points)), tuple(fact.words for fact in reasons)


def like(words: Words, one: Traits, other: Traits) -> Likeness:
    """The best likeness of any of their names."""
    found = [_like(words, a, b) for a in one.names for b in other.names]
    return min(found, key=lambda likeness: ORDER.index(likeness.what))


ORDER = ("same", "slip", "figure", "word", "numbered", "other")


def _like(words: Words, one: Called, other: Called) -> Likeness:
    if one.whole == other.whole:
        return Likeness("same", "same name")
    if one.letters == other.letters and one.figures == other.figures:
        return Likeness("same", "names differ in punctuation only")
    slips = OSA.distance(one.whole, other.whole, score_cutoff=2)
    if one.figures != other.figures:
        apart = OSA.distance(one.figures, other.figures, score_cutoff=1)
        if slips == 1 or (apart == 1 and one.letters == other.letters):
            return Likeness("figure", "names differ in one figure")
        return Likeness("numbered" if numbered_apart(one.whole, other.whole) else "other")
    letters = OSA.distance(one.letters, other.letters, score_cutoff=1)
    if letters == 1:
        short = not one.figures and max(len(one.letters), len(other.letters)) < LETTERS
        return Likeness("word" if short or words.usual(one, other) else "slip", "names differ in one letter")
    if " " in one.whole and fuzz.token_sort_ratio(one.whole, other.whole) >= 94 and not words.usual(one, other):
        return Likeness("slip", "names have the same words")
    return Likeness("other")


def _keys(words: Words, one: Traits, other: Traits) -> Iterator[Fact]:
    for column in one.keys.keys() & other.keys.keys():
        left, right = one.keys[column], other.keys[column]
        name = WORDS.get(column, column)
        if left == right:
            yield _shared(name, words.values[column, left])
        elif column == "serial" and len(left) > 5 and OSA.distance(left, right, score_cutoff=1) == 1:
            yield Fact(10, f"{name}s differ in one character")
        else:
            yield Fact(-70)


def _shared(name: str, by: int) -> Fact:
    if by == 2:
        return Fact(UNIQUE, f"same {name}")
    return Fact(30 if by <= SHARED_BY_FEW else 10, f"same {name}, which {by} have")


def _circumstances(one: Traits, other: Traits) -> Iterator[Fact]:
    """What is around: never enough alone."""
    left, right = one.signs, other.signs
    if one.ci.sector != other.ci.sector:
        yield Fact(-40)
    if left.environment and right.environment:
        yield Fact(3, "same environment") if left.environment == right.environment else Fact(-35)
    if {left.virtual, right.virtual} == {True, False}:
        yield Fact(-30)
    if one.model and other.model:
        yield Fact(4, "same model") if one.model == other.model else Fact(-20)
    if one.os and other.os:
        yield Fact(3, "same operating system") if one.os == other.os else Fact(-10)


def _hosts(words: Words, one: Traits, other: Traits, likeness: Likeness, sure: bool) -> Iterator[Fact]:
    """Names and addresses of computers."""
    left, right = one.signs.domain, other.signs.domain
    apart = bool(left) and bool(right) and left != right
    address = bool(one.ip) and one.ip == other.ip and not apart
    if one.ip and other.ip:
        yield Fact(35, "same network address") if address else Fact(-8)
    if apart:
        yield Fact(-60)
    what, told = likeness
    if what in ("same", "slip"):
        yield _named(words, one, other, likeness)
    elif what in ("figure", "word") and (sure or address):
        yield Fact(15, told)
    elif what == "numbered" or one.signs.virtual or other.signs.virtual:
        yield Fact(-45)
    else:
        yield Fact(-10)


def _named(words: Words, one: Traits, other: Traits, likeness: Likeness) -> Fact:
    what, told = likeness
    left, right = one.signs, other.signs
    if left.domain and right.domain:
        return Fact(75 if what == "same" else 60, f"{told}, same domain")
    if not left.domain and not right.domain:
        return Fact(55 if what == "same" else 50, told)
    label, full = (right.label, left) if left.domain else (left.label, right)
    elsewhere = max(words.domains.get((one.ci.sector, name), 0) for name in (label, full.label)) - 1
    less = min(30, 10 * max(0, elsewhere)) + (20 if words.repeats(one.ci.sector) else 0)
    return Fact((50 if what == "same" else 40) - less, f"{told}, one without its domain")


def _title(likeness: Likeness, by_name: bool, sure: bool) -> Fact:
    """Names of other things, which are called as one likes: where a key is the same, only siblings speak against it."""
    points = {"same": 70, "slip": 60, "numbered": -60}.get(likeness.what, 0 if sure else -20)
    return Fact(points if by_name or points < 0 else points // 2, likeness.words)
