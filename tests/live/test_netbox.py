"""NetBox's REST API, replayed in the shape of versions 3.6 and 4.2, into an inventory."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.errors import InvalidInput
from importers.live.login import Login
from importers.live.netbox_rows import LISTINGS, Listing, row_of
from tests.live.estate import estate_of
from tests.live.service import Question, Reply, fetched, serving

Thing = dict[str, Any]


def brief(number: int, name: str) -> Thing:
    """An object inside another."""
    return {"id": number, "url": f"http://elsewhere.invalid/api/{number}/", "display": name, "name": name}


ACTIVE = {"value": "active", "label": "Active"}
PAYLOAD: dict[str, list[Thing]] = {
    "tenancy/tenants": [{"id": 1, "name": "Health", "description": "", "custom_fields": {"password": "hunter2"}}],
    "tenancy/contacts": [{"id": 4, "name": "Ann Lee", "email": "ann@example.org", "title": "Engineer"}],
    "tenancy/contact-assignments": [
        {"id": 1, "object_type": "dcim.device", "object_id": 1, "contact": brief(4, "Ann Lee"), "role": None},
        {"id": 2, "content_type": "dcim.site", "object_id": 1, "contact": brief(4, "Ann Lee")},
    ],
    "dcim/sites": [{"id": 1, "name": "Halifax", "status": ACTIVE, "tenant": brief(1, "Health"),
                    "physical_address": "1 Main Street", "region": None}],
    "dcim/racks": [{"id": 1, "name": "R1", "status": ACTIVE, "site": brief(1, "Halifax"), "location": None}],
    "dcim/manufacturers": [{"id": 1, "name": "Example"}],
    "dcim/device-types": [{"id": 1, "model": "X1", "manufacturer": brief(1, "Example")}],
    "dcim/device-roles": [
        {"id": 1, "name": "Server", "slug": "server"}, {"id": 2, "name": "Switch", "slug": "switch"},
        {"id": 3, "name": "PDU", "slug": "pdu"},
    ],
    "dcim/devices": [
        {"id": 1, "name": "web-1", "status": ACTIVE, "role": brief(1, "Server"), "device_type": brief(1, "X1"),
         "rack": brief(1, "R1"), "site": brief(1, "Halifax"), "serial": "S1", "cluster": brief(1, "C"),
         "local_context_data": {"token": "hunter2"}, "comments": "the password is hunter2"},
        {"id": 2, "name": "sw-1", "status": ACTIVE, "device_role": brief(2, "Switch"), "device_type": brief(1, "X1"),
         "site": brief(1, "Halifax")},
        {"id": 3, "name": "pdu-1", "status": {"value": "planned", "label": "Geplant"}, "role": brief(3, "PDU"),
         "device_type": brief(1, "X1")},
    ],
    "dcim/power-panels": [{"id": 1, "name": "Panel", "site": brief(1, "Halifax")}],
    "dcim/power-feeds": [{"id": 1, "name": "Feed A", "status": ACTIVE, "power_panel": brief(1, "Panel")}],
    "dcim/power-ports": [{"id": 1, "device": brief(1, "web-1")}, {"id": 2, "device": brief(1, "web-1")}],
    "dcim/power-outlets": [{"id": 1, "device": brief(3, "pdu-1")}],
    "dcim/interfaces": [{"id": 1, "device": brief(1, "web-1")}, {"id": 2, "device": brief(2, "sw-1")}],
    "dcim/cable-terminations": [
        {"id": 1, "cable": 1, "cable_end": "A", "termination_type": "dcim.powerport", "termination_id": 1},
        {"id": 2, "cable": 1, "cable_end": "B", "termination_type": "dcim.poweroutlet", "termination_id": 1},
        {"id": 3, "cable": brief(2, "#2"), "cable_end": "A", "termination_type": "dcim.powerport", "termination_id": 2},
        {"id": 4, "cable": 2, "cable_end": "B", "termination_type": "dcim.powerfeed", "termination_id": 1},
        {"id": 5, "cable": 3, "cable_end": "A", "termination_type": "dcim.interface", "termination_id": 1},
        {"id": 6, "cable": 3, "cable_end": "B", "termination_type": "dcim.interface", "termination_id": 2},
    ],
    "virtualization/clusters": [
        {"id": 1, "name": "C", "status": ACTIVE, "scope_type": "dcim.site", "scope_id": 1, "scope": brief(1, "Halifax")}
    ],
    "virtualization/virtual-machines": [
        {"id": 1, "name": "vm-1", "status": ACTIVE, "memory": 4096, "vcpus": 2.0, "cluster": brief(1, "C"),
         "device": None, "tenant": brief(1, "Health")}
    ],
    "circuits/providers": [{"id": 1, "name": "Telco"}],
    "circuits/circuits": [{"id": 1, "cid": "T-1", "status": ACTIVE, "provider": brief(1, "Telco")}],
    "circuits/circuit-terminations": [
        {"id": 1, "circuit": brief(1, "T-1"), "term_side": "A", "termination_type": "dcim.site", "termination_id": 1},
        {"id": 2, "circuit": brief(1, "T-1"), "term_side": "Z", "site": brief(1, "Halifax")},
    ],
}  # fmt: skip


def replayed(payload: dict[str, list[Thing]], most: int = 50) -> Callable[[Question], Reply]:
    """Answers as NetBox gives them, at most so many objects at once."""

    def answer(question: Question) -> Reply:
        things = payload.get(question.path.removeprefix("/api/").removesuffix("/"), [])
        begin, size = int(question.query["offset"]), min(int(question.query["limit"]), most)
        rows = things[begin : begin + size]
        after = f"http://169.254.169.254/?offset={begin + size}" if begin + size < len(things) else None
        return Reply({"count": len(things), "next": after, "previous": None, "results": rows})

    return answer


@pytest.mark.parametrize("most", [2, 3, 50])
def test_an_inventory(most: int, tmp_path: Path) -> None:
    with serving(replayed(PAYLOAD, most)) as service:
        path = fetched(service, "netbox", tmp_path / "x")
    cis, relations, pools = estate_of(path, "netbox", tmp_path / "store")
    for expected in (
        ("netbox-device-1", "located_in", "netbox-rack-1"), ("netbox-device-1", "powered_by", "netbox-device-3"),
        ("netbox-device-1", "powered_by", "netbox-powerfeed-1"), ("netbox-site-1", "managed_by", "netbox-contact-4"),
        ("netbox-device-1", "connects_through", "netbox-device-2"),
        ("netbox-device-1", "managed_by", "netbox-contact-4"),
        ("netbox-cluster-1", "located_in", "netbox-site-1"), ("netbox-cluster-1", "has_member", "netbox-device-1"),
        ("netbox-virtualmachine-1", "hosted_on", "netbox-cluster-1"),
        ("netbox-virtualmachine-1", "owned_by", "netbox-tenant-1"),
        ("netbox-site-1", "connects_through", "netbox-circuit-1"), ("netbox-site-1", "owned_by", "netbox-tenant-1"),
    ):  # fmt: skip
        assert expected in relations
    assert (cis["netbox-device-1"].kind, cis["netbox-device-2"].kind) == ("server", "network_device")
    assert cis["netbox-device-3"].lifecycle == "planned"
    assert "hunter2" not in path.read_text()
    assert {question.query["ordering"] for question in service.asked} == {"id"}
    assert [(pool.ci, pool.name, pool.required, pool.full) for pool in pools] == [("netbox-device-1", "power", "1", "")]


def test_links_to_elsewhere_are_not_followed(tmp_path: Path) -> None:
    with serving(lambda question: Reply({})) as canary:
        led = {"next": f"http://127.0.0.1:{canary.port}/api/", "previous": None}

        def answer(question: Question) -> Reply:
            reply = replayed(PAYLOAD, 2)(question)
            return Reply({**reply.body, **led})

        with serving(answer) as service:
            path = fetched(service, "netbox", tmp_path / "x")
    assert canary.asked == []
    assert sum(len(things) for things in PAYLOAD.values()) == len(json.loads(path.read_text()))


def _sites(numbers: list[int]) -> dict[str, list[Thing]]:
    return {"dcim/sites": [{"id": number, "name": f"S{number}", "status": ACTIVE} for number in numbers]}


def _changing(states: list[list[int]], most: int = 3) -> Callable[[Question], Reply]:
    """The sites after each question for them, the last state for good."""
    asked = [0]

    def answer(question: Question) -> Reply:
        if question.path != "/api/dcim/sites/":
            return replayed({}, most)(question)
        asked[0] += 1
        return replayed(_sites(states[min(asked[0], len(states)) - 1]), most)(question)

    return answer


def _kept(path: Path) -> list[int]:
    return [row["pk"] for row in json.loads(path.read_text())]


def test_a_row_that_goes_meanwhile_takes_no_other_with_it(tmp_path: Path) -> None:
    before, after = list(range(1, 9)), [2, 3, 4, 5, 6, 7, 8]
    with serving(_changing([before, after])) as service:
        assert _kept(fetched(service, "netbox", tmp_path / "x")) == after


def test_a_row_that_comes_meanwhile_does_no_harm(tmp_path: Path) -> None:
    before, after = list(range(1, 9)), list(range(1, 12))
    with serving(_changing([before, before, after])) as service:
        assert _kept(fetched(service, "netbox", tmp_path / "x")) == after


def test_one_goes_and_one_comes_at_the_same_time(tmp_path: Path) -> None:
    before, after = list(range(1, 9)), [2, 3, 4, 5, 6, 7, 8, 9]
    with serving(_changing([before, after])) as service:
        assert _kept(fetched(service, "netbox", tmp_path / "x")) == after


@pytest.mark.parametrize(
    "states",
    [
        [list(range(n, n + 9)) for n in range(1, 40)],
        [[1, 2, 3, 1, 2, 3]] * 40,
        [list(range(1, 10)), [1, 2, 3]] * 20,
    ],
    ids=["never still", "rows twice", "the end goes"],
)
def test_a_list_that_never_keeps_still(states: list[list[int]], tmp_path: Path) -> None:
    with serving(_changing(states)) as service, pytest.raises(InvalidInput) as caught:
        fetched(service, "netbox", tmp_path / "x")
    assert caught.value.problems[0].code == "INCOMPLETE_PAGES"
    assert not (tmp_path / "x").exists()


def test_fewer_rows_than_it_says(tmp_path: Path) -> None:
    def answer(question: Question) -> Reply:
        reply = replayed(_sites([1, 2, 3]))(question)
        return Reply({**reply.body, "count": 5}) if "sites" in question.path else reply

    with serving(answer) as service, pytest.raises(InvalidInput) as caught:
        fetched(service, "netbox", tmp_path / "x")
    assert caught.value.problems[0].code == "INCOMPLETE_PAGES"


def test_tokens_of_both_kinds(tmp_path: Path) -> None:
    for token, shown in (("abc", "Token abc"), ("nbt_k.abc", "Bearer nbt_k.abc")):
        with serving(replayed(PAYLOAD)) as service:
            fetched(service, "netbox", tmp_path / "x", Login(token=token))
        assert service.asked[0].headers["authorization"] == shown


_names = st.sampled_from(
    ["id", "name", "status", "site", "scope_type", "scope_id", "termination_type", "termination_id", "content_type",
     "object_type", "object_id", "device", "value", "cable", "memory", "vcpus", "tenant"]
)  # fmt: skip
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2**63, 2**63 - 1) | st.floats() | st.text(max_size=8)
    | st.sampled_from(["dcim.site", "dcim.", ".site", "active", "dcim.location", "a.b.c"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
_things = st.dictionaries(_names, _values, max_size=8)


def _any_object(listing: Listing, thing: Thing) -> None:
    row = row_of(listing, thing)
    number = thing.get("id")
    assert (row is None) == (not isinstance(number, int) or isinstance(number, bool))
    if row is not None:
        assert row["model"] == listing.model
        assert {*row["fields"]} <= {*listing.fields, "site", "location"}
        assert all(isinstance(v, str | int | float) or n in {"content_type", "termination_type"}
                   for n, v in row["fields"].items())  # fmt: skip
        orjson.dumps(row)


@settings(max_examples=300, deadline=None, database=None)
@given(st.sampled_from(LISTINGS), _things)
def test_any_object(listing: Listing, thing: Thing) -> None:
    _any_object(listing, thing)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, database=None)
@given(st.sampled_from(LISTINGS), _things)
def test_any_object_at_length(listing: Listing, thing: Thing) -> None:
    _any_object(listing, thing)
