"""72 hours of a hurricane, replayed without waiting: what the board says at every fixed moment, on both stores."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from api.board import Board
from api.records import standing
from api.storm.board import differences
from api.storm.story import Story, told
from cmdb.records.kinds import ChangeState, ChangeType, IncidentState
from tests.storm.conftest import Replayed, begun
from tests.storm.plain import NAMES, PlainEstate

HOUR = timedelta(hours=1)
SERVICES = ("business_service", "technical_service", "service_offering")


def test_the_story_is_as_large_as_it_says(story: Story) -> None:
    verbs = Counter(event.verb for event in story.events)
    assert verbs["incident"] == 23
    assert story.events[-1].at <= timedelta(hours=72) == story.checks[-1].at
    assert all(event.fields.get("major") for event in story.events if event.verb == "incident")
    zone = ZoneInfo(story.zone)
    assert {story.at(event.at).astimezone(zone).utcoffset() for event in story.events} == {-3 * HOUR, -4 * HOUR}
    assert len(story.checks) >= 12


def test_the_board_says_what_the_file_expects(replayed: Replayed) -> None:
    assert [stop.checked for stop in replayed.stops] == [True] * len(replayed.stops)
    assert {told(stop.at): list(map(str, stop.found)) for stop in replayed.stops if stop.found} == {}


def test_the_board_is_the_law_word_for_word(replayed: Replayed) -> None:
    workspace = replayed.workspace
    plain = PlainEstate(workspace.model, workspace.store.dump())
    for stop in replayed.stops:
        seen = stop.seen
        book, estate = seen.standing.book, seen.standing.estate
        states = plain.joint(book.incidents.values(), seen.standing.moment)
        joint = seen.board.question.walk
        found = {estate.register.ids[ci]: int(level) for ci, level in zip(joint.nodes, joint.levels, strict=True)}
        assert found == {ci: level for ci, level in states.items() if level}, told(stop.at)
        counts = Counter(NAMES[states[ci]] for ci in states if plain.kinds[ci] in SERVICES)
        assert {name: getattr(seen.services, name) for name in NAMES[1:]} == {n: counts[n] for n in NAMES[1:]}


def test_no_incident_alone_is_worse_than_all_together(replayed: Replayed) -> None:
    for stop in replayed.stops:
        joint = stop.seen.board.question.walk
        for row in stop.seen.board.rows:
            alone = row.picture.question.walk
            assert (joint.levels_of(alone.nodes) >= alone.levels).all(), (told(stop.at), row.incident.number)


def test_looking_back_says_what_was_said_then(replayed: Replayed) -> None:
    for stop in replayed.stops[1:-1:3]:
        then = stop.seen.standing.moment
        board = Board(standing(replayed.workspace, as_of=then.isoformat()))
        assert sorted(str(row.incident.key) for row in board.rows) == sorted(
            str(row.incident.key) for row in stop.seen.board.rows
        )
        assert board.question.summary().people == stop.seen.board.question.summary().people
        assert board.question.summary().services == stop.seen.services


def test_what_became_of_the_records(replayed: Replayed) -> None:
    book = replayed.workspace.book.current().book
    states = Counter(incident.state for incident in book.incidents.values())
    assert states == {IncidentState.resolved: 20, IncidentState.closed: 2, IncidentState.on_hold: 1}
    assert all(incident.major and incident.cause for incident in book.incidents.values() if not incident.open)
    changes = Counter((change.type, change.state) for change in book.changes.values())
    assert changes == {
        (ChangeType.normal, ChangeState.rejected): 2, (ChangeType.normal, ChangeState.approved): 1,
        (ChangeType.standard, ChangeState.cancelled): 1, (ChangeType.emergency, ChangeState.completed): 1,
        (ChangeType.emergency, ChangeState.failed): 1,
    }  # fmt: skip
    approved = next(change for change in book.changes.values() if change.state is ChangeState.approved)
    basis = book.basis_of(approved)
    assert basis is not None
    assert basis.down
    moments = [entry.at for incident in book.incidents.values() for entry in incident.timeline]
    assert replayed.replay.story.begins <= min(moments) <= max(moments) <= replayed.replay.clock()


def test_again_into_the_same_store_changes_nothing(replayed: Replayed, address: str, story: Story) -> None:
    head = replayed.workspace.store.head()
    with begun(story, address) as (workspace, replay):
        replay.until(timedelta(hours=72))
        assert workspace.store.head().revision == head.revision
        assert replay.records.keys() == replayed.replay.records.keys()


def test_every_difference_is_told(replayed: Replayed) -> None:
    stop = next(stop for stop in replayed.stops if stop.seen.together())
    right = next(check for check in replayed.replay.story.checks if check.at == stop.at)
    wrong = replace(
        right, open=(*(right.open or ()), "INC-0099"), people={"down": 1}, services={"down": 1},
        states={"svc-dispatch": "operational" if stop.seen.state("svc-dispatch") else "down", "nothing": "down"},
        together=(),
    )  # fmt: skip
    told_of = [difference.what for difference in differences(wrong, stop.seen)]
    assert told_of[:3] == ["open incidents", "people", "services"]
    assert {"nothing", "broken together"} <= set(told_of)
    assert "not recorded" in " ".join(map(str, differences(wrong, stop.seen)))
