"""iTop's REST service, replayed as `core/get` answers, with pages that have no order of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.errors import InvalidInput
from importers.live import itop
from importers.live.itop import kept
from importers.live.login import Login
from tests.live.estate import estate_of
from tests.live.service import LOGIN, SECRET, Question, Reply, fetched, serving

Thing = dict[str, Any]


def thing(class_: str, key: int, /, **fields: Any) -> Thing:
    """An object as iTop shows it; keys of others are texts."""
    own = {"id": str(key), "friendlyname": "shown", "contacts_list": [{"contact_id": "1"}], "password": "hunter2"}
    return {"code": 0, "message": "", "class": class_, "key": str(key), "fields": {**own, **fields}}


PAYLOAD: dict[str, list[Thing]] = {
    "Organization": [thing("Organization", 1, name="Health")],
    "Server": [
        thing("Server", 10, name="web-1", org_id="1", brand_id="3", serialnumber="S1", powera_id="20", powerb_id="21"),
        thing("Server", 11, name="web-2", org_id="1", status="obsolete"), thing("Server", 12, name="web-3", org_id="1"),
        thing("Server", 13, name="web-4", org_id="1"), thing("Server", 14, name="web-5", org_id="1"),
    ],
    "PDU": [thing("PDU", 20, name="A", org_id="1"), thing("PDU", 21, name="B", org_id="1")],
    "Brand": [thing("Brand", 3, name="Example")],
    "Farm": [thing("Farm", 30, name="Farm", org_id="1", redundancy="1")],
    "Hypervisor": [
        thing("Hypervisor", 31, name="h1", org_id="1", server_id="12", farm_id="30"),
        thing("Hypervisor", 32, name="h2", org_id="1", server_id="13", farm_id="30"),
    ],
    "Service": [thing("Service", 40, name="Pay", org_id="1")],
    "lnkFunctionalCIToService": [thing("lnkFunctionalCIToService", 1, service_id="40", functionalci_id="10")],
}  # fmt: skip
ABSENT = "Tape"


def replayed(payload: dict[str, list[Thing]]) -> Callable[[Question], Reply]:
    """Answers as iTop gives them."""

    def answer(question: Question) -> Reply:
        assert question.path == "/itop/webservices/rest.php"
        asked = json.loads(question.form["json_data"])
        assert asked["operation"] == "core/get"
        class_ = asked["class"]
        if class_ == ABSENT:
            return Reply({"code": 100, "message": f"Error: class: '{class_}' is not a valid class"})
        things = payload.get(class_, [])
        _, _, wanted = asked["key"].partition(" WHERE id IN ")
        if wanted:
            things = [one for one in things if one["key"] in wanted.strip("()").split(",")]
        size, page = int(asked.get("limit", 0)), int(asked.get("page", 1))
        some = things[size * (page - 1) : size * page] if size else things
        objects = {f"{one['class']}::{one['key']}": one for one in some}
        return Reply({"code": 0, "message": f"Found: {len(things)}", "objects": objects or None})

    return answer


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(itop, "SIZE", 2)
    monkeypatch.setattr(itop, "KEYS_SIZE", 3)


def fetch(answer: Callable[[Question], Reply], folder: Path, login: Login = LOGIN) -> Path:
    with serving(answer) as service:
        service.path = "/itop"
        return fetched(service, "itop", folder, login)


def test_an_estate(tmp_path: Path) -> None:
    path = fetch(replayed(PAYLOAD), tmp_path / "x")
    cis, relations, pools = estate_of(path, "itop", tmp_path / "store")
    assert {
        ("itop-server-10", "powered_by", "itop-pdu-20"), ("itop-server-10", "owned_by", "itop-organization-1"),
        ("itop-farm-30", "has_member", "itop-hypervisor-31"), ("itop-hypervisor-32", "hosted_on", "itop-server-13"),
        ("itop-service-40", "delivered_by", "itop-server-10"),
    } <= relations  # fmt: skip
    assert cis["itop-server-11"].lifecycle == "retired"
    assert cis["itop-server-10"].attributes["manufacturer"] == "Example"
    assert {(pool.ci, pool.name, pool.required) for pool in pools} == {
        ("itop-server-10", "power", "1"), ("itop-farm-30", "hypervisors", "1"),
    }  # fmt: skip
    assert all("hunter2" not in file.read_text() for file in path.iterdir())
    assert f"{ABSENT}: this iTop has no such class" in (path / "FETCHED.txt").read_text()


def test_logins(tmp_path: Path) -> None:
    """The login stands in the form alone."""
    for login, shown in (
        (LOGIN, {"auth_user": "reader", "auth_pwd": SECRET}),
        (Login(token="abc"), {"auth_token": "abc"}),
    ):
        with serving(replayed(PAYLOAD)) as service:
            service.path = "/itop"
            fetched(service, "itop", tmp_path / "x", login)
        assert all(question.query == {"version": "1.3"} for question in service.asked)
        assert shown.items() <= service.asked[0].form.items()
        assert "authorization" not in service.asked[0].headers


def _servers(path: Path) -> set[str]:
    return {name.rpartition("::")[2] for name in json.loads((path / "Server.json").read_text())["objects"]}


def _turning(states: list[list[int]]) -> Callable[[Question], Reply]:
    """The servers after each question for them, the last state for good."""
    asked = [0]

    def answer(question: Question) -> Reply:
        if json.loads(question.form["json_data"])["class"] != "Server":
            return replayed({})(question)
        asked[0] += 1
        state = states[min(asked[0], len(states)) - 1]
        return replayed({"Server": [thing("Server", key, name=f"s{key}") for key in state]})(question)

    return answer


def test_pages_without_order(tmp_path: Path) -> None:
    """Each page in another order: what no page had is asked for by its key."""
    path = fetch(_turning([[1, 2, 3, 4, 5], [3, 4, 1, 2, 5], [5, 4, 3, 2, 1], [1, 2, 3, 4, 5]]), tmp_path / "x")
    assert _servers(path) == {"1", "2", "3", "4", "5"}


def test_one_goes_while_pages_are_read(tmp_path: Path) -> None:
    """The others move up, past the page that is read next."""
    path = fetch(_turning([[1, 2, 3, 4, 5], [2, 3, 4, 5, 6]]), tmp_path / "x")
    assert {"2", "3", "4", "5", "6"} <= _servers(path)


def test_an_itop_that_knows_no_pages(tmp_path: Path) -> None:
    def answer(question: Question) -> Reply:
        asked = json.loads(question.form["json_data"])
        whole = orjson.dumps({name: text for name, text in asked.items() if name not in {"limit", "page"}}).decode()
        return replayed(PAYLOAD)(Question("POST", question.path, {}, {"json_data": whole}, {}))

    assert _servers(fetch(answer, tmp_path / "x")) == {"10", "11", "12", "13", "14"}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"code": 1, "message": "LEAK Invalid login"}, "LOGIN_REFUSED"), ({"code": 5}, "LOGIN_REFUSED"),
        ({"code": 100, "message": "LEAK"}, "FETCH_REFUSED"), ({"code": 11}, "FETCH_REFUSED"), ({}, "BAD_ANSWER"),
        ([], "BAD_ANSWER"), ({"code": "0"}, "BAD_ANSWER"), ({"code": 0, "objects": [1]}, "BAD_ANSWER"),
        ({"code": 0, "objects": {"Server::1": {"key": "1"}}}, "BAD_ANSWER"),
        ({"code": 0, "objects": {"Server::1": {"class": "Server", "key": "1) OR 1", "fields": {}}}}, "BAD_ANSWER"),
        ({"code": 0, "message": "Found: 7", "objects": None}, "INCOMPLETE_PAGES"),
        ({"code": 0, "message": "Found: 0", "objects": None}, "INCOMPLETE_PAGES"),
    ],
)  # fmt: skip
def test_answers_that_are_refused(document: Any, code: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        fetch(lambda question: Reply(document), tmp_path / "x")
    assert caught.value.problems[0].code == code
    assert "LEAK" not in str(caught.value)
    assert not (tmp_path / "x").exists()


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
_things = st.one_of(
    _values,
    st.fixed_dictionaries(
        {},
        optional={
            "class": st.sampled_from(["Server", "Person"]) | _values, "key": st.integers().map(str) | _values,
            "fields": st.dictionaries(st.sampled_from(["id", "name", "NAME", "org_id", "password"]), _values) | _values,
        },
    ),
)  # fmt: skip


def _any_thing(value: Any) -> None:
    found = kept(value)
    if found is not None:
        assert found["key"].isdecimal()
        assert "password" not in found["fields"]
        assert all(isinstance(text, str | int | float) for text in found["fields"].values())


@settings(max_examples=300, deadline=None, database=None)
@given(_things)
def test_any_thing(value: Any) -> None:
    _any_thing(value)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, database=None)
@given(_things)
def test_any_thing_at_length(value: Any) -> None:
    _any_thing(value)
