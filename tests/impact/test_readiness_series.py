"""Points of a trend: kept, found again, and not believed when damaged or of another store, model or set of rules."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from impact.readiness import series
from impact.readiness.ledger import Ledger, open_ledger, point_scores
from impact.readiness.purposes import PURPOSES
from impact.readiness.series import LEDGERS, Ledgers, Series, subject
from tests.impact.estates import NOW, WORDS, ci, estate

DAY = 20_000
GOOD = estate([ci("a", "application", rto=5), ci("b", "business_service")])
HEAD = GOOD.head


class Counted:
    """Opens the ledger of `GOOD`, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Ledger:
        self.times += 1
        return open_ledger(GOOD, DAY)


def test_a_point_is_computed_once_and_found_again_by_another_process(tmp_path: Path) -> None:
    place, opened = tmp_path / "x.readiness", Counted()
    expected = point_scores(open_ledger(GOOD, DAY))
    first = Series(place, "s")
    assert first.point(HEAD, DAY, opened) == first.point(HEAD, DAY, opened) == expected
    assert Series(place, "s").point(HEAD, DAY, opened) == expected
    assert opened.times == 1
    assert [p.name for p in tmp_path.iterdir()] == ["x.readiness"]


@pytest.mark.parametrize(
    ("head", "day"),
    [((2, HEAD[1]), DAY), ((1, HEAD[1] + timedelta(microseconds=1)), DAY), (HEAD, DAY + 1)],
)
def test_another_revision_time_or_day_is_another_point(tmp_path: Path, head: series.Head, day: int) -> None:
    kept, opened = Series(tmp_path / "x", "s"), Counted()
    kept.point(HEAD, DAY, opened)
    kept.point(head, day, opened)
    assert opened.times == 2


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda raw: raw[: len(raw) // 2],
    "empty": lambda raw: b"",
    "a number changed": lambda raw: raw.replace(b'"major_incident":[', b'"major_incident":[9'),
    "of another version": lambda raw: raw.replace(b'"format":1', b'"format":2'),
    "a list": lambda raw: b"[]",
    "without points": lambda raw: b'{"format":1,"of":"s","check":""}',
    "noise": lambda raw: os.urandom(200),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_not_believed_and_replaced(tmp_path: Path, damage: str) -> None:
    place, opened = tmp_path / "x", Counted()
    expected = Series(place, "s").point(HEAD, DAY, opened)
    place.write_bytes(DAMAGE[damage](place.read_bytes()))
    assert Series(place, "s").point(HEAD, DAY, opened) == expected
    assert opened.times == 2
    Series(place, "s").point(HEAD, DAY, opened)
    assert opened.times == 2


def test_points_of_another_subject_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, opened = tmp_path / "x", Counted()
    of = subject(WORDS, "one")
    Series(place, of).point(HEAD, DAY, opened)
    assert subject(WORDS, "two") != of
    monkeypatch.setattr(series, "PURPOSES", PURPOSES[:3])
    assert subject(WORDS, "one") != of
    Series(place, subject(WORDS, "one")).point(HEAD, DAY, opened)
    assert opened.times == 2


def test_what_another_process_wrote_meanwhile_stays(tmp_path: Path) -> None:
    place, opened = tmp_path / "x", Counted()
    one, two = Series(place, "s"), Series(place, "s")
    one.point(HEAD, DAY, opened)
    two.point(HEAD, DAY, opened)
    one.point(HEAD, DAY + 1, opened)
    two.point(HEAD, DAY + 2, opened)
    points = orjson.loads(place.read_bytes())["points"]
    assert sorted(int(key.split()[2]) - DAY for key in points) == [0, 1, 2]


def test_only_so_many_are_kept_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MOST", 3)
    kept, opened = Series(tmp_path / "x", "s"), Counted()
    for revision in (9, 10, 11, 2, 12):
        kept.point((revision, NOW), DAY, opened)
    points = orjson.loads((tmp_path / "x").read_bytes())["points"]
    assert sorted(int(key.split()[0]) for key in points) == [10, 11, 12]


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    kept, opened = Series(tmp_path / "no such folder" / "x", "s"), Counted()
    kept.point(HEAD, DAY, opened)
    kept.point(HEAD, DAY, opened)
    assert opened.times == 1


def test_ledgers_are_kept_for_as_long_as_their_estate_and_only_a_few() -> None:
    kept = Ledgers()
    ledger = kept.of(GOOD, DAY)
    assert kept.of(GOOD, DAY) is ledger
    for day in range(1, LEDGERS + 1):
        assert kept.of(GOOD, DAY + day).day == DAY + day
    assert kept.of(GOOD, DAY) is not ledger
    other = estate([ci("z", "application")])
    assert len(kept.of(other, DAY).cis) == 1
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: kept.of(other, DAY), range(8)))
    assert all(one is found[0] for one in found)
