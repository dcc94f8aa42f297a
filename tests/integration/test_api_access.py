"""Who may ask, from where, and what the watching routes say."""

import re
import threading
import time
from collections.abc import Iterator

import pytest

from api.logs import request_id
from api.settings import Settings, UnsafeListen, check_listen
from tests.contract.service import Service, serving

TOKEN = "correct-horse-battery"
PATHS = ("/graphql", "/metrics", "/export/impact.csv?ci=san-gdc-01", "/nothing")


@pytest.fixture(scope="module")
def guarded(service: Service) -> Iterator[Service]:
    settings = Settings.from_environment({"CMDB_TOKEN": TOKEN, "CMDB_PRINCIPAL": "desk"})
    with serving(service.workspace, settings) as found:
        yield found


def test_without_the_token_every_route_gives_the_same_answer(guarded: Service) -> None:
    for presented in (b"", b"Bearer wrong", b"Bearer", b"Basic " + TOKEN.encode(), b"\xff"):
        bodies = set()
        for path in PATHS:
            for method in ("GET", "POST"):
                headers = {b"authorization": presented, b"x-request-id": b"same"}
                answer = guarded.client.request(method, path, headers=headers)
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
                bodies.add(answer.content)
        assert len(bodies) == 1


def test_with_the_token_all_is_answered_and_changes_bear_its_name(guarded: Service) -> None:
    mine = {"authorization": f"Bearer {TOKEN}", "host": "cmdb.example"}
    change = 'mutation { upsertCis(cis: [{id: "t-guard", kind: "team"}]) { __typename } }'
    answer = guarded.client.post("/graphql", json={"query": change}, headers=mine)
    assert answer.json()["data"]["upsertCis"]["__typename"] == "Applied"
    assert guarded.client.get("/metrics", headers=mine).status_code == 200
    history = guarded.workspace.inventory.history(["t-guard"], 1)  # type: ignore[list-item]
    assert history[0].who == "desk"


def test_health_and_readiness_need_no_token(guarded: Service) -> None:
    assert guarded.client.get("/health").json() == {"status": "alive"}
    ready = guarded.ready()
    assert (ready["status"], ready["live"]) == ("ready", True)
    assert ready["cis"] > 1_600


def test_a_name_that_is_not_this_machine_is_refused_without_a_token(service: Service) -> None:
    for host, status in (
        ("evil.example", 421), ("evil.example:8000", 421), ("127.0.0.1.evil.example", 421), ("", 421),
        ("localhost:1", 200), ("LOCALHOST", 200), ("[::1]:8000", 200), ("127.0.0.1", 200),
    ):  # fmt: skip
        assert service.client.get("/health", headers={"host": host}).status_code == status, host


def test_no_page_elsewhere_is_let_in(service: Service) -> None:
    answer = service.client.options(
        "/graphql", headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
    )
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_token(host: str) -> None:
    check_listen(host, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "cmdb.example", "", "localhost.example"])
def test_elsewhere_needs_one(host: str) -> None:
    with pytest.raises(UnsafeListen, match="CMDB_TOKEN") as refusal:
        check_listen(host, "")
    assert refusal.value.code == "TOKEN_REQUIRED"
    check_listen(host, TOKEN)


@pytest.mark.parametrize("token", ["short", "fifteen-letters", "with a space in it", "ungültig-ungültig"])
def test_weak_tokens_are_refused(token: str) -> None:
    with pytest.raises(UnsafeListen, match="at least 16") as refusal:
        Settings.from_environment({"CMDB_TOKEN": token})
    assert refusal.value.code == "WEAK_TOKEN"
    assert token not in str(refusal.value)


def test_a_token_is_not_shown() -> None:
    assert TOKEN not in repr(Settings(token=TOKEN))


def test_request_ids_are_taken_if_sane() -> None:
    assert request_id("abc-1.2_3") == "abc-1.2_3"
    for odd in (None, "", "a" * 65, "a b", "a\nb", "é"):
        assert re.fullmatch(r"[0-9a-f]{32}", request_id(odd))


def test_metrics_count_what_was_asked(service: Service) -> None:
    def value(name: str) -> float:
        text = service.client.get("/metrics").text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    before = value("cmdb_question_affected_count")
    service.ask('{ impact(scenario: [{ci: "san-gdc-01"}]) { __typename } }')
    assert value("cmdb_question_affected_count") == before + 1
    assert value("cmdb_revision ") >= 1
    service.client.get("/made/up/path")
    assert value('cmdb_requests_total{method="GET",route="other",status="404"}') >= 1


def test_health_does_not_wait_for_large_questions(service: Service) -> None:
    pins = [{"ci": ci, "state": "operational"} for ci in service.workspace.snapshot.current().estate.register.ids[:900]]
    pins = [pin for pin in pins if pin["ci"] != "san-gdc-01"]
    query = "query($s: [AssumptionInput!]!) { impact(scenario: $s) { ... on Impact { scenario { cutOff } } } }"
    took: list[float] = []

    def ask() -> None:
        start = time.monotonic()
        service.ask(query, s=[{"ci": "san-gdc-01"}, *pins])
        took.append(time.monotonic() - start)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    waits = []
    while any(thread.is_alive() for thread in threads):
        start = time.monotonic()
        service.client.get("/health")
        waits.append(time.monotonic() - start)
    for thread in threads:
        thread.join()
    assert max(took) > 0.3, "the questions are too small to prove anything"
    assert len(waits) >= 5
    assert sorted(waits)[len(waits) // 2] < 0.1


def test_too_many_waiting_questions_are_refused(service: Service) -> None:
    settings = Settings(question_threads=1, waiting_questions=1)
    ids = service.workspace.snapshot.current().estate.register.ids
    pins = [{"ci": ci, "state": "operational"} for ci in ids[:600]]
    query = "query($s: [AssumptionInput!]!) { impact(scenario: $s) { ... on Impact { scenario { cutOff } } } }"
    codes: list[int] = []
    with serving(service.workspace, settings) as small:

        def ask() -> None:
            answer = small.client.post("/graphql", json={"query": query, "variables": {"s": pins}})
            codes.append(answer.status_code)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {200, 503} == set(codes)
