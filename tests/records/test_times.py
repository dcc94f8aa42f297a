"""Windows are half-open and told in UTC, whatever offset they came with and whenever clocks are moved."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.errors import ValueFault
from cmdb.model.record import RecordKey
from cmdb.records.times import Window, taken_in
from cmdb.records.windows import Windows
from tests.records.strategies import hours
from tests.records.times import START

HALIFAX = ZoneInfo("America/Halifax")
NOW = datetime(2026, 10, 1, tzinfo=UTC)
windows = st.builds(Window, hours, st.none() | hours).filter(lambda w: w.end is None or w.start < w.end)


def local(*parts: int, fold: int = 0) -> datetime:
    """A time as the clocks of Halifax show it."""
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=HALIFAX, fold=fold)


def window(start: datetime, end: datetime) -> Window:
    return Window(taken_in(start, NOW), taken_in(end, NOW))


def test_clocks_put_back_give_an_hour_twice() -> None:
    # On 1 November 2026 the clocks of Halifax go from 02:00 -03:00 back to 01:00 -04:00.
    first = window(local(2026, 11, 1, 1, 0), local(2026, 11, 1, 1, 30))
    again = window(local(2026, 11, 1, 1, 0, fold=1), local(2026, 11, 1, 1, 30, fold=1))
    assert again.start - first.start == timedelta(hours=1)
    assert not first.overlaps(again)
    both = window(local(2026, 11, 1, 1, 0), local(2026, 11, 1, 1, 30, fold=1))
    assert both.end is not None
    assert both.end - both.start == timedelta(minutes=90)
    assert (both.overlaps(first), both.overlaps(again)) == (True, True)


def test_a_window_that_ends_before_it_begins_by_the_clock_on_the_wall_may_be_right() -> None:
    night = window(local(2026, 11, 1, 1, 45), local(2026, 11, 1, 1, 15, fold=1))
    assert night.end is not None
    assert night.end - night.start == timedelta(minutes=30)


def test_clocks_put_forward_leave_an_hour_out() -> None:
    # On 14 March 2027 they go from 02:00 -04:00 to 03:00 -03:00.
    night = window(local(2027, 3, 14, 1, 30), local(2027, 3, 14, 3, 30))
    assert night.end is not None
    assert night.end - night.start == timedelta(hours=1)


def test_offsets_of_one_moment_are_one_moment() -> None:
    east, west = timezone(timedelta(hours=2)), timezone(timedelta(hours=-4))
    told = [datetime(2026, 11, 1, hour, 0, tzinfo=zone) for hour, zone in ((12, east), (6, west), (10, UTC))]
    assert {taken_in(moment, NOW) for moment in told} == {datetime(2026, 11, 1, 10, 0, tzinfo=UTC)}


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 1, 12, 0),
        datetime(1999, 12, 31, 23, 59, tzinfo=UTC),
        NOW + timedelta(days=3654),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-4))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=4))),
    ],
    ids=["no-offset", "too-early", "too-late", "beyond-the-last", "before-the-first"],
)
def test_times_out_of_range_are_refused(moment: datetime) -> None:
    with pytest.raises(ValueFault) as error:
        taken_in(moment, NOW)
    assert error.value.code == "BAD_DATE"


def test_the_earliest_time_is_taken() -> None:
    assert taken_in(datetime(1999, 12, 31, 20, 0, tzinfo=timezone(timedelta(hours=-4))), NOW).year == 2000


def test_windows_that_touch_do_not_overlap() -> None:
    early, late = Window(START, START + timedelta(hours=1)), Window(START + timedelta(hours=1), None)
    assert (early.overlaps(late), late.overlaps(early), early.common(late)) == (False, False, None)
    assert early.moved(timedelta(microseconds=1)).common(late) == Window(
        late.start, late.start + timedelta(microseconds=1)
    )


@given(windows, windows)
def test_overlap_is_the_same_both_ways_and_as_long_as_what_is_common(one: Window, other: Window) -> None:
    common = one.common(other)
    assert (one.overlaps(other), other.overlaps(one)) == (common is not None, common is not None)
    assert common == other.common(one)
    if common is not None:
        assert common.end is None or common.start < common.end


@given(st.lists(windows, max_size=12), windows)
def test_the_index_finds_what_overlaps(many: list[Window], asked: Window) -> None:
    keyed = {RecordKey("change", "x", str(number)): window for number, window in enumerate(many)}
    index = Windows.none().replaced((), keyed)
    assert set(index.overlapping(asked)) == {key for key, window in keyed.items() if window.overlaps(asked)}


@given(st.lists(windows, min_size=2, max_size=8), st.data())
def test_an_index_with_replaced_windows_is_as_one_made_anew(many: list[Window], data: st.DataObject) -> None:
    keyed = {RecordKey("change", "x", str(number)): window for number, window in enumerate(many)}
    gone = data.draw(st.sets(st.sampled_from(sorted(keyed))))
    new = {key: data.draw(windows) for key in gone if data.draw(st.booleans())}
    after = {key: window for key, window in keyed.items() if key not in gone} | new
    index = Windows.none().replaced((), keyed).replaced(gone, new)
    assert dict(zip(index.keys, index.starts.tolist(), strict=True)).keys() == after.keys()
    asked = data.draw(windows)
    assert set(index.overlapping(asked)) == {key for key, window in after.items() if window.overlaps(asked)}
