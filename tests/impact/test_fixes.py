"""What would fix it: every fix is held against the report of the estate in which it was done."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from impact.continuity.fixes import compared, fixes
from impact.continuity.gap_report import Fix, FixType
from impact.continuity.gaps import Facts, assess, assessed
from impact.estate import Estate
from tests.impact.test_gaps import made


def messages(found: Estate) -> list[str]:
    return [fix.message for fix in fixes(found)]


def test_one_slow_restore_time_behind_many() -> None:
    found = made("a:rto=60,restore=5 b:rto=90,restore=5 c:rto=95,restore=5 db:restore=90",
                 "a needs db; b needs db; c needs db")  # fmt: skip
    assert messages(found)[0] == "restoring db in 55 min instead of 90 closes 2 of 2 gaps"


def test_one_long_promise_behind_many() -> None:
    found = made("a:rto=60 b:rto=60 c:rto=240 san:rto=240", "a needs b; b needs san; c needs san")
    assert messages(found)[0] == "an RTO of 60 min for san instead of 240 closes 2 of 2 gaps"


def test_a_second_provider_where_two_things_are_too_slow() -> None:
    found = made("a:rto=60 app x:rto=240 y:rto=480", "a needs app; app needs x; app needs y")
    (fix,) = fixes(found)
    assert (fix.type, fix.ci.id, fix.dependent and fix.dependent.id) == (FixType.pool, "app", "a")
    assert fix.message == "a second provider beside app for a (a pool of 1 of 2) closes 1 of 1 gaps"


def test_a_shorter_promise_that_opens_another_gap_says_so() -> None:
    found = made("a:rto=60 b:rto=60 san:rto=240,restore=100", "a needs san; b needs san")
    promise = next(fix for fix in fixes(found) if fix.type is FixType.promise)
    assert promise.message == "an RTO of 60 min for san instead of 240 closes 2 of 4 gaps and opens 1"


def test_nothing_to_fix() -> None:
    assert fixes(made("a:rto=60,restore=5 b:rto=60,restore=5", "a needs b")) == []


def done(found: Estate, fix: Fix) -> Facts:
    """The facts of an estate in which the restore time or promise is as proposed."""
    assert fix.proposed is not None
    name = "restore" if fix.type is FixType.restore else "rto"
    column = found.numbers[name].copy()
    column[found.register.ids.index(fix.ci.id)] = fix.proposed
    return replace(Facts.of(found), numbers={**found.numbers, name: column})


@pytest.mark.parametrize("seed", range(40))
def test_what_a_fix_is_said_to_close_is_what_it_closes(seed: int) -> None:
    random = Random(seed)
    names = [f"c{at}" for at in range(12)]
    values = [f"{n}:rto={random.choice([30, 60, 240])},restore={random.choice([5, 20, 60])},rpo=5" for n in names]
    ties = {(a, b) for a in range(12) for b in range(a) if random.random() < 0.2}
    found = made(" ".join(values), "; ".join(f"c{a} needs c{b}" for a, b in sorted(ties)))
    before, listed = assessed(found), fixes(found, 20)
    assert [f.closes - f.opens for f in listed] == sorted((f.closes - f.opens for f in listed), reverse=True)
    for fix in listed:
        if fix.type is FixType.pool:
            assert fix.dependent is not None
            left = ties - {(int(fix.dependent.id[1:]), int(fix.ci.id[1:]))}
            after = assess(Facts.of(made(" ".join(values), "; ".join(f"c{a} needs c{b}" for a, b in sorted(left)))))
        else:
            after = assess(done(found, fix))
        assert compared(before, after.short) == (fix.closes, fix.opens)
        assert fix.of == before.gap_count == sum(int(np.count_nonzero(s)) for s in before.short.values())
