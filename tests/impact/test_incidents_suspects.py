"""Suspects: recent changes upstream of an incident, ranked, with reasons; and recorded edits beside them."""

from dataclasses import replace

import pytest

from impact.estate import Estate
from impact.incidents.report import Suspect, SuspectKind, SuspectStep
from impact.incidents.suspects import merged, suspects
from impact.incidents.values import IncidentCase, RecordedEdit
from tests.impact.estates import ci, estate, ids
from tests.impact.incident_cases import at, change, incident, place, province

DAY = 1440


@pytest.fixture
def found() -> Estate:
    return province()


@pytest.fixture
def case(found: Estate) -> IncidentCase:
    """Dispatch is down since minute 0."""
    return incident(found, "1", "dispatch")


def numbers(told: list[Suspect]) -> list[str]:
    return [one.number for one in told]


def edit(found: Estate, name: str, hops: int, revision: int, minute: float) -> RecordedEdit:
    ref = found.ref(place(found, name))
    path = (SuspectStep(found.ref(place(found, "dispatch")), "delivered_by"), SuspectStep(ref, None))
    return RecordedEdit(
        ci=ref, hops=hops, path=path if hops else path[1:], revision=revision, recorded_at=at(minute), who="bea",
        what=f"{name} edited",
    )  # fmt: skip


def test_a_suspect_says_why_and_which_way(found: Estate, case: IncidentCase) -> None:
    told = suspects(found, case, [change(found, "7", "m3 san feed", -60, -15, "failed")])[0]
    assert (told.kind, told.key, told.ci.id, told.hops) == (SuspectKind.change, "change/7", "san", 3)
    assert ids([step.ci for step in told.path]) == ["dispatch", "app", "db", "san"]
    assert [step.relation for step in told.path] == ["delivered_by", "depends_on", "stores_data_on", None]
    assert told.because == [
        "concerns SAN, which DISPATCH depends on through 3 dependencies",
        "ended 15 min before it began",
        "recorded as failed",
    ]
    assert told.score == 15 + 25 + 30
    assert told.minutes_before == 15


@pytest.mark.parametrize(
    ("start", "end", "state", "days", "suspected"),
    [
        (-60, -15, "completed", 7, True),
        (-60, 60, "implementing", 7, True),
        (0, 60, "approved", 7, True),
        (1, 60, "implementing", 7, False),
        (-60, -15, "cancelled", 7, False),
        (-60, -15, "rejected", 7, False),
        (-60, -15, "draft", 7, False),
        (-9 * DAY, -7 * DAY, "completed", 7, False),
        (-9 * DAY, -7 * DAY + 1, "completed", 7, True),
        (-9 * DAY, -7 * DAY, "completed", 8, True),
        (-9 * DAY, -8 * DAY, "implementing", 7, True),
    ],
)
def test_when_a_change_is_suspected(
    found: Estate, case: IncidentCase, start: float, end: float, state: str, days: int, suspected: bool
) -> None:
    assert bool(suspects(found, case, [change(found, "7", "app", start, end, state)], days)) is suspected


def test_only_what_the_incident_depends_on(found: Estate, case: IncidentCase) -> None:
    changes = [change(found, name, name, -60, -15) for name in ("dispatch", "app", "feed", "m1", "mail", "region")]
    assert numbers(suspects(found, case, changes)) == ["dispatch", "app", "feed"]
    assert suspects(found, incident(found, "1", "dispatch=operational"), changes) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("app", -60, -15, "completed"), ("db", -60, -15, "completed")),  # nearer
        (("db", -60, -15, "failed"), ("app", -60, -15, "completed")),  # failed outweighs one hop
        (("app", -60, 5, "completed"), ("app", -60, -15, "completed")),  # under way
        (("app", -60, -15, "completed"), ("app", -200, -100, "completed")),  # ended within the hour
        (("app", -500, -240, "completed"), ("app", -500, -241, "completed")),
        (("app", -9000, -1440, "completed"), ("app", -9000, -1441, "completed")),
        (("app", -60, -15, "completed"), ("app", -60, -15, "approved")),
        (("app", -60, -15, "approved"), ("app", -60, -15, "submitted")),
        (("app", -30, -15, "completed"), ("app", -40, -15, "completed")),  # began later
    ],
)
def test_the_likelier_comes_first(
    found: Estate, case: IncidentCase, first: tuple[str, float, float, str], second: tuple[str, float, float, str]
) -> None:
    changes = [change(found, "worse", *second), change(found, "better", *first)]
    assert numbers(suspects(found, case, changes)) == ["better", "worse"]
    assert numbers(suspects(found, case, changes[::-1], most=1)) == ["better"]


def test_how_it_went_is_told_in_words(found: Estate, case: IncidentCase) -> None:
    changes = [change(found, "a", "dispatch", -9, 0), change(found, "b", "app", -500, -100, "implementing"),
               change(found, "c", "app", -5000, -3010, "approved")]  # fmt: skip
    told = {one.number: one.because for one in suspects(found, case, changes)}
    assert told["a"] == ["concerns DISPATCH itself", "ended 1 min before it began", "recorded as completed"]
    assert told["b"] == [
        "concerns APP, which DISPATCH depends on directly",
        "under way when it began",
        "recorded as still being carried out",
    ]
    assert told["c"][1:] == ["ended 2 d 2 h before it began", "approved; not recorded as carried out"]


def test_edits_are_suspects_of_their_own(found: Estate, case: IncidentCase) -> None:
    edits = [edit(found, "app", 1, 12, -30), edit(found, "db", 2, 12, -30), edit(found, "db", 2, 9, -3000),
             edit(found, "db", 2, 15, 1), edit(found, "db", 2, 3, -8 * DAY)]  # fmt: skip
    told = merged([], case, edits)
    assert [(one.kind, one.key, one.ci.id) for one in told] == [
        (SuspectKind.edit, "r12", "app"),
        (SuspectKind.edit, "r9", "db"),
    ]
    assert told[0].because == [
        "concerns APP, which DISPATCH depends on directly",
        "recorded 30 min before it began by bea: app edited",
    ]
    assert (told[0].who, told[0].score) == ("bea", 30 + 25 + 15)


def test_an_edit_within_a_change_is_a_sign_that_it_was_carried_out(found: Estate, case: IncidentCase) -> None:
    changes = suspects(found, case, [change(found, "7", "app", -60, -15, "approved")])
    inside, outside = edit(found, "app", 1, 12, -60), edit(found, "app", 1, 13, -15)
    told = merged(changes, case, [inside, outside])
    assert [(one.key, one.edits) for one in told] == [("r13", 1), ("change/7", 1)]
    assert told[1].score == told[0].score == changes[0].score + 10
    assert told[1].because[-1] == "1 recorded edit of APP in its window"
    completed = [replace(changes[0], state="completed", score=70)]
    assert merged(completed, case, [inside])[0].score == 70
    assert merged(changes, case, []) == changes


def test_no_changes_no_suspects_and_cis_not_in_service_depend_on_nothing() -> None:
    gone = estate([ci("a", lifecycle="retired")])
    case = incident(gone, "1", "a")
    assert suspects(gone, case, []) == []
    assert suspects(gone, case, [change(gone, "1", "a", -9, -1)]) == []
