"""The board over HTTP: joint impact, pools broken only together, clocks, what it says while the store is away."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from cmdb.store.port import StoreUnavailable
from tests.integration.office import NOW, Office
from tests.integration.test_incidents import ARRAY, START, declare, do, moment, move, wait

ONE, TWO = "vm-mq-health-app-01", "vm-mq-health-app-02"
"""Two of three members of a pool of which two must work."""
RANK = {"operational": 0, "at_risk": 1, "degraded": 2, "down": 3}
CLOCKS = """{ board { ... on Board { impact { summary { soonestDue } clocks(first: 200) { nodes { id clock { due
  remainingMinutes lateMinutes } } } restoreOrder(first: 200) { totalCount nodes { slackMinutes } } } } } }"""


def numbers(board: dict[str, Any]) -> list[str]:
    return [node["incident"]["number"] for node in board["nodes"]]


def test_an_empty_board_says_so(office: Office) -> None:
    board = do(office, "Board")
    assert (board["totalCount"], board["nodes"], board["together"]["nodes"]) == (0, [], [])
    assert board["impact"]["summary"]["people"]["total"] == 0


def test_two_incidents_that_together_break_a_pool_show_it(office: Office) -> None:
    declare(office, ONE)
    wait(office, 30)
    declare(office, TWO, title="Second node", startedAt=office.clock.now.isoformat())
    wait(office, 5)
    board = do(office, "Board")
    assert all(node["services"]["down"] == 0 for node in board["nodes"])
    (broken,) = board["together"]["nodes"]
    assert [party["key"] for party in broken["parties"]] == ["INC-0001", "INC-0002"]
    (pool,) = broken["pools"]
    assert (pool["ci"]["id"], pool["words"]) == ("sw-mq-health", "below 2 of 3: 1 left")
    assert (pool["before"], pool["state"]) == ("at_risk", "down")
    joint, alone = office.states(ONE, TWO), [office.states(ONE), office.states(TWO)]
    assert board["impact"]["summary"]["affected"]["down"] == sum(state == "down" for state in joint.values())
    assert all(RANK[joint[ci]] >= RANK[state] for states in alone for ci, state in states.items())
    assert moment(broken["start"]) == NOW + timedelta(minutes=30)
    move(office, "INC-0001", "resolved")
    assert do(office, "Board")["together"]["nodes"] == []


def test_a_service_down_only_by_both_has_its_clock_from_the_second(office: Office) -> None:
    rto = {"id": "sw-mq-health", "attributes": [{"name": "rto", "value": "1h"}]}
    service = {"id": "svc-mq", "kind": "technical_service", "name": "Messages", "attributes": rto["attributes"]}
    office.edit("UpsertCis", cis=[service])
    office.edit("Relate", relations=[{"from": "svc-mq", "type": "depends_on", "to": "sw-mq-health"}])
    declare(office, ONE)
    second = wait(office, 30)
    declare(office, TWO, title="Second node", startedAt=second.isoformat())
    wait(office, 10)
    found = office.service.ask(CLOCKS)["board"]["impact"]
    clock = next(node["clock"] for node in found["clocks"]["nodes"] if node["id"] == "svc-mq")
    assert moment(clock["due"]) == second + timedelta(hours=1)
    assert clock["remainingMinutes"] == 50
    assert moment(found["summary"]["soonestDue"]) == min(
        moment(node["clock"]["due"]) for node in found["clocks"]["nodes"] if node["clock"]["due"]
    )


def test_clocks_run_from_the_incident_that_takes_a_service_down(office: Office) -> None:
    declare(office, "db-permits-01")
    later = wait(office, 90)
    declare(office, ARRAY, title="Array", startedAt=later.isoformat())
    wait(office, 1)
    board = do(office, "Board")
    assert numbers(board) == ["INC-0002", "INC-0001"]
    dues = [node["due"] for node in board["nodes"]]
    assert dues == sorted(dues)
    clocks = {
        node["id"]: node["clock"]["due"] for node in office.service.ask(CLOCKS)["board"]["impact"]["clocks"]["nodes"]
    }
    assert moment(clocks["svc-dispatch"]) == later + timedelta(hours=1)
    assert moment(clocks["svc-permits"]) == START + timedelta(hours=24)
    assert board["overdue"] == 0
    wait(office, 60)
    assert do(office, "Board")["overdue"] == 1


def test_people_are_counted_once_and_order_does_not_matter(office: Office) -> None:
    declare(office, ARRAY)
    alone = do(office, "Board")["impact"]["summary"]
    declare(office, "db-cad-01", title="Database on that array")
    both = do(office, "Board")
    assert both["impact"]["summary"] == alone
    assert sum(node["people"] for node in both["nodes"]) >= both["impact"]["summary"]["people"]["byState"]["down"]


@pytest.mark.parametrize("order", list(permutations((ARRAY, ONE, "pwr-hdc-ats-a"))))
def test_the_joint_answer_does_not_depend_on_the_order(office: Office, order: tuple[str, ...]) -> None:
    for ci in order:
        declare(office, ci, title=ci)
    joint = office.states(*sorted(order))
    summary = do(office, "Board")["impact"]["summary"]
    assert summary["affected"] == {
        name: sum(state == word for state in joint.values())
        for name, word in (("down", "down"), ("degraded", "degraded"), ("atRisk", "at_risk"))
    }


def test_a_ci_found_fine_hides_nothing_that_another_incident_does(office: Office) -> None:
    declare(office, ARRAY)
    before = do(office, "Board")["impact"]["summary"]["services"]
    declare(office, title="False alarm", cis=[{"ci": "db-cad-01", "state": "operational"}])
    assert do(office, "Board")["impact"]["summary"]["services"] == before


def test_the_board_of_another_moment(office: Office) -> None:
    declare(office, ARRAY)
    revision = office.head
    wait(office, 60)
    move(office, "INC-0001", "resolved")
    declare(office, ONE, title="Node")
    assert numbers(do(office, "Board")) == ["INC-0002"]
    then = do(office, "Board", asOf=f"r{revision}", at=NOW.isoformat())
    assert (numbers(then), then["completeness"]["asOf"]) == (["INC-0001"], True)
    earlier = do(office, "Board", at=(NOW + timedelta(minutes=1)).isoformat())
    assert sorted(numbers(earlier)) == ["INC-0001", "INC-0002"]
    assert moment(earlier["at"]) == NOW + timedelta(minutes=1)


def test_pages_of_the_board_add_up(office: Office) -> None:
    for number in range(5):
        declare(office, "db-permits-01", title=f"Incident {number}")
    first = do(office, "Board", first=2)
    rest = do(office, "Board", first=200, after=first["endCursor"])
    assert numbers(first) + numbers(rest) == [f"INC-000{n}" for n in range(1, 6)]
    assert (first["totalCount"], first["hasNextPage"], rest["hasNextPage"]) == (5, True, False)


def test_the_board_keeps_answering_while_the_store_is_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(office, ARRAY)
    live = do(office, "Board")
    store = office.service.workspace.store

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the store cannot be reached")

    with monkeypatch.context() as patched:
        for name in ("head", "records", "changes", "apply", "get", "dump"):
            patched.setattr(store, name, away)
        told = do(office, "Board")
        assert numbers(told) == ["INC-0001"]
        assert told["impact"]["summary"] == live["impact"]["summary"]
        assert told["completeness"]["source"] == "snapshot"
        assert do(office, "NoteIncident", incident="INC-0001", text="x")["code"] == "STORE_UNAVAILABLE"
        assert do(office, "Board", asOf="r1")["code"] == "STORE_UNAVAILABLE"
        behind = do(office, "IncidentBehind", number="INC-0001")
        assert behind["suspects"]["editsKnown"] is False
    assert do(office, "Board")["completeness"]["source"] == "live"


def test_the_record_of_a_ci_that_is_gone_is_told(office: Office) -> None:
    office.edit("UpsertCis", cis=[{"id": "app-gone", "kind": "application", "name": "Gone"}])
    declare(office, "app-gone", ARRAY)
    office.edit("DeleteCis", cis=[{"id": "app-gone"}])
    cis = do(office, "Incident", number="INC-0001")["cis"]["nodes"]
    assert [(c["ci"]["id"], c["recorded"]) for c in cis] == [("app-gone", False), (ARRAY, True)]
    assert do(office, "Board")["impact"]["summary"]["services"]["down"] == 10


def test_moments_are_told_with_offset(office: Office) -> None:
    declare(office, ARRAY)
    assert datetime.fromisoformat(do(office, "Board")["at"]).utcoffset() == timedelta(0)
