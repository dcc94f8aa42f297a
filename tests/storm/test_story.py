"""Reading a storm: times from its beginning, one verb an event, and what is wrong named with line and column."""

from datetime import timedelta
from pathlib import Path

import pytest

from api.storm.replay import StormClock
from api.storm.stops import replaying
from api.storm.story import VERBS, Story, parse_offset, read_story, told
from cmdb.model.errors import InvalidInput, ValueFault

HEAD = "name: Gale\nbegins: 2026-10-30T18:00:00-03:00\nzone: America/Halifax\nevents:\n"
DOCS = (Path(__file__).parents[2] / "docs" / "storm.md").read_text(encoding="utf-8")


def written(folder: Path, events: str, checks: str = "checks: []\n") -> Path:
    (folder / "hurricane.yaml").write_text(HEAD + events, encoding="utf-8")
    (folder / "board.yaml").write_text(checks, encoding="utf-8")
    return folder


def refused(folder: Path) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        read_story(folder)
    (problem,) = caught.value.problems
    return problem.code, problem.place


@pytest.mark.parametrize(
    ("text", "minutes"), [("+00:00", 0), ("T+02:40", 160), ("+72:00", 4320), ("T-01:30", -90), ("+100:05", 6005)]
)
def test_offsets(text: str, minutes: int) -> None:
    assert parse_offset(text) == timedelta(minutes=minutes)
    assert parse_offset(told(parse_offset(text))) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["2:40", "+2:60", "02:40", "+2h", "T+", "+1000:00"])
def test_what_is_no_offset(text: str) -> None:
    with pytest.raises(ValueFault) as caught:
        parse_offset(text)
    assert caught.value.code == "BAD_DURATION"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ("- at: T+01:00\n  note: INC-0001\n", ("MISSING_KEY", "hurricane.yaml line 5, column 3")),
        ("- at: T+01:00\n  shout: INC-0001\n", ("BAD_CHOICE", "hurricane.yaml line 5, column 3")),
        ("- at: T+01:00\n  close: A\n  cancel: B\n", ("BAD_CHOICE", "hurricane.yaml line 5, column 3")),
        ("- at: T+01:00\n  close: A\n  texd: B\n", ("UNKNOWN_KEY", "hurricane.yaml line 7, column 3")),
        ("- at: +1\n  close: A\n", ("MISSING_VALUE", "hurricane.yaml line 5, column 7")),
        ("- at: soon\n  close: A\n", ("BAD_DURATION", "hurricane.yaml line 5, column 7")),
        ("- close: A\n", ("MISSING_KEY", "hurricane.yaml line 5, column 3")),
        ("- A\n", ("BAD_YAML", "hurricane.yaml line 5, column 3")),
        (
            "- at: T+01:00\n  close: A\n- at: T+00:59\n  close: A\n",
            ("BAD_DATE", "hurricane.yaml line 7, column 3"),
        ),
    ],
)
def test_what_is_wrong_has_its_place(tmp_path: Path, events: str, expected: tuple[str, str]) -> None:
    assert refused(written(tmp_path, events)) == expected


def test_a_check_of_nothing_known(tmp_path: Path) -> None:
    checks = "checks:\n- at: T+01:00\n  peeple: {down: 1}\n"
    assert refused(written(tmp_path, "  []\n", checks)) == ("UNKNOWN_KEY", "board.yaml line 3, column 3")


def test_a_beginning_needs_an_offset(tmp_path: Path) -> None:
    written(tmp_path, "  []\n")
    file = tmp_path / "hurricane.yaml"
    file.write_text(file.read_text().replace("-03:00", ""))
    assert refused(tmp_path) == ("BAD_DATE", "hurricane.yaml line 2, column 9")


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ("- {at: T+01:00, note: INC-9, text: Who}\n", "UNKNOWN_RECORD"),
        ("- {at: T+01:00, incident: I, title: T, started: T+01:00, cis: {x: down}}\n", "UNKNOWN_CI"),
        ("- {at: T+01:00, incident: I, title: T, started: T+00:00, cis: {}, impact: huge}\n", "BAD_CHOICE"),
        ("- {at: T+01:00, problem: P, title: T}\n- {at: T+02:00, move: P, to: nowhere}\n", "BAD_CHOICE"),
        ("- {at: T+01:00, freeze: F, title: T, start: T+02:00, end: T+01:00}\n", "END_BEFORE_START"),
        ("- {at: T+01:00, problem: P, title: T, cause: {type: magic}}\n", "BAD_CHOICE"),
        ("- {at: T+01:00, incident: I, title: T, started: soon, cis: {}}\n", "BAD_DURATION"),
    ],
)
def test_an_event_that_cannot_be_recorded_is_named(tmp_path: Path, events: str, code: str) -> None:
    story = read_story(written(tmp_path, events))
    with replaying(story, f"sqlite:{tmp_path / 'storm.db'}") as (_, replay), pytest.raises(InvalidInput) as caught:
        replay.until(timedelta(hours=3))
    assert [problem.code for problem in caught.value.problems] == [code]
    assert all(problem.place.startswith("hurricane.yaml line ") for problem in caught.value.problems)


def test_the_clock_never_goes_back(story: Story) -> None:
    clock = StormClock(story.begins)
    clock.reach(story.begins - timedelta(hours=1))
    assert clock() == story.begins


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_field_is_told(verb: str) -> None:
    row = next(line for line in DOCS.splitlines() if line.startswith("| `") and f"`{verb}`" in line.split("|")[1])
    assert all(f"`{field}`" in row for field in (*VERBS[verb][0], *VERBS[verb][1]))
