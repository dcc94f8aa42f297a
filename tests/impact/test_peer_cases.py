"""Fifteen situations that another impact engine is known to be tested with, restated in our terms.

What that engine calls impacted is `down` here. A mark set by a person is an assumption, one that the engine computed
is a CI `down` at distance 1 or more; "not impacted" and "do not notify" are pins. A farm is a pool of its hosts that
needs one. People are client groups that reach the network through a CI.
"""

from dataclasses import dataclass

import pytest

from impact.analyses import affected, notify, scenario
from impact.analyses.affected import AffectedFilter
from impact.question import Question
from tests.impact.estates import asked, ci, distances, down, estate, rel, rule

KINDS = {"server": "server", "host": "hypervisor", "farm": "cluster", "people": "client_group"}


@dataclass(frozen=True)
class Case:
    """`arrows` lead from what fails to what that takes along; `assumed` and `pinned` are the scenario; `elsewhere` is
    assumed by another open incident; `computed` is what must follow."""

    name: str
    arrows: str
    assumed: str = ""
    pinned: str = ""
    computed: str = ""
    elsewhere: str = ""


CASES = (
    Case("what depends directly", "server-1>host-1 server-1>people-1", "server-1", computed="host-1 people-1"),
    Case("never against the arrow", "server-1>host-1", "host-1"),
    Case("through any number of hops", "server-1>host-1 host-1>farm-1 farm-1>people-1", "server-1",
         computed="host-1 farm-1 people-1"),
    Case("every dependent of a kind", "server-1>host-1 server-1>host-2", "server-1", computed="host-1 host-2"),
    Case("two ways to a CI, one answer", "host-1>farm-1 host-2>farm-1 host-1>people-1 host-2>people-1",
         "host-1 host-2", computed="farm-1 people-1"),
    Case("earlier answers are not assumptions", "server-1>host-1 host-1>people-1 server-2>people-2", "server-1",
         computed="host-1 people-1"),
    Case("without an assumption an earlier answer is gone", "server-1>host-1 host-1>people-1"),
    Case("nothing assumed, nothing recorded", ""),
    Case("redundancy holds", "host-1>farm-1 host-2>farm-1", "host-1"),
    Case("redundancy is used up", "host-1>farm-1 host-2>farm-1", "host-1 host-2", computed="farm-1"),
    Case("a pin stops it", "server-1>host-1 host-1>farm-1 host-1>people-1", "server-1", "host-1 people-1"),
    Case("a pin out of reach stays", "host-1>people-1", pinned="host-1 people-1"),
    Case("another incident took the redundancy", "host-1>farm-1 host-2>farm-1", "host-2", elsewhere="host-1",
         computed="farm-1"),
)  # fmt: skip
HIDDEN = Case("a host the reader may not see", "server-1>host-1 host-1>farm-1", "server-1", computed="host-1 farm-1")


def question(case: Case, hidden: str = "") -> Question:
    """The case, asked; CIs of `hidden` belong to another sector."""
    pairs = [tuple(arrow.split(">")) for arrow in case.arrows.split()]
    cis = [
        ci(name, KINDS[name[:-2]], "health" if name in hidden.split() else "government")
        for name in {end for pair in pairs for end in pair}
    ]
    relations = [
        rel(f"{end} has_member {start}", "hosts") if end[:4] == "farm"
        else rel(f"{end} {'connects_through' if end[:6] == 'people' else 'depends_on'} {start}")
        for start, end in pairs
    ]  # fmt: skip
    rules = {end: rule(end, "hosts", "1") for _, end in pairs if end[:4] == "farm"}
    pins = [f"{name}=operational" for name in case.pinned.split()]
    return asked(estate(cis, relations, list(rules.values())), " ".join([case.assumed, case.elsewhere, *pins]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_down(case: Case) -> None:
    answer = question(case)
    assumed = {*case.assumed.split(), *case.elsewhere.split()}
    assert down(answer) == assumed | set(case.computed.split())
    assert {at for at, far in distances(answer).items() if far == 0} == assumed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_people_are_notified_only_for_what_is_down_or_at_risk(case: Case) -> None:
    wanted = {name for name in case.computed.split() if name.startswith("people")}
    assert {contact.ci.id for contact in notify(question(case))} == wanted


def test_a_pin_is_answered_with_what_it_cut_off() -> None:
    (case,) = (c for c in CASES if c.name == "a pin stops it")
    _, host, people = scenario(question(case))
    assert (host.ci.id, [ref.id for ref in host.cut]) == ("host-1", ["farm-1", "host-1"])
    assert (people.ci.id, people.cut_off) == ("people-1", 0), "the other pin alone keeps them out of it"


def test_with_one_host_left_the_farm_is_at_risk_not_down() -> None:
    (case,) = (c for c in CASES if c.name == "redundancy holds")
    assert distances(question(case)) == {"host-1": 0, "farm-1": 1}
    assert down(question(case)) == {"host-1"}


def test_what_a_reader_may_not_see_still_passes_the_failure_on() -> None:
    """The peer offers two modes: stop at a hidden CI, or go on behind it. Here there is one: verdicts are computed on
    the whole graph and only then narrowed, so the farm is down whoever asks, and the hidden host is not shown."""
    answer = question(HIDDEN, hidden="host-1")
    shown = affected(answer, None, where=AffectedFilter(sectors=frozenset({"government"}))).nodes
    assert {found.id for found in shown} == {"server-1", "farm-1"}
    assert down(answer) == {"server-1", "host-1", "farm-1"}
