"""Things in columns are a list of them to whoever asks."""

import gc

import polars as pl

from cmdb.model.ci import Pool
from importers.kit.things import Things

POOLS = [Pool(*row, "test") for row in (("a", "p", "1", "", "down"), ("b", "p", "2", "3", "at_risk"))]  # type: ignore[arg-type]


def things() -> Things[Pool]:
    """The pools in columns."""
    return Things(Pool, "test", *(pl.Series(texts) for texts in zip(*(pool[:5] for pool in POOLS), strict=True)))


def test_they_are_a_list_of_what_they_hold() -> None:
    assert list(things()) == POOLS
    assert things() == POOLS
    assert things() != POOLS[:1]
    assert [type(pool) for pool in things()] == [Pool, Pool]
    assert (things()[1], things()[:1], len(things())) == (POOLS[1], POOLS[:1], 2)
    assert POOLS[0] in things()


def test_nothing_is_no_things() -> None:
    empty = Things(Pool, "test", *(pl.Series(dtype=pl.String) for _ in range(5)))
    assert not empty
    assert list(empty) == []


def test_they_are_made_once() -> None:
    found = things()
    assert found[0] is next(iter(found))
    assert gc.isenabled()
