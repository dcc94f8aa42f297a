"""Every revision is told, in order, once, also to one who comes back; over both transports, by whoever wrote it."""

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.model.model import standard_model
from cmdb.model.record import Record
from cmdb.records.form import kept
from cmdb.records.record_types import AffectedCi, Incident
from cmdb.store.sqlite.store import SqliteStore
from tests.contract.service import Service
from tests.events.clients import Socket, commit, events, revision, stream
from tests.events.dropping import Follow, by_socket, by_stream, follow


def test_a_subscriber_is_told_what_a_revision_is(service: Service) -> None:
    record = Record("incident", "assyst", "INC-1", '{"cis":[]}')
    with Socket(service.url).begin().subscribe(after=2) as client:
        service.workspace.store.apply(Changeset("maria", "api", message="storm", put_records=[record]))
        event = client.event()
        assert event.pop("recordedAt").endswith("+00:00")
        assert event == {
            "revision": 3, "who": "maria", "source": "api", "message": "storm", "cis": 0, "recordCount": 1,
            "records": [{"kind": "incident", "number": "INC-1", "source": "assyst", "key": "assyst/INC-1"}],
        }  # fmt: skip


def test_an_event_brings_the_board_as_it_stands_then(service: Service) -> None:
    query = """subscription { boardChanged(after: 2) { revision board { ... on Board {
      totalCount completeness { revision } nodes { incident { number } services { down } } } } } }"""
    begun = datetime.now(UTC) - timedelta(minutes=5)
    with Socket(service.url).begin().subscribe(query=query) as client:
        for number in (1, 2):
            part = AffectedCi(CiId("host"), "down", begun)
            incident = Incident(number=f"INC-{number}", title="Down", started_at=begun, cis=(part,))
            service.workspace.store.apply(Changeset("maria", "api", put_records=[kept(incident)]))
            event = client.event()
            assert event["revision"] == number + 2
            assert event["board"]["totalCount"] == number
            assert event["board"]["completeness"]["revision"] >= event["revision"]
            assert {row["incident"]["number"] for row in event["board"]["nodes"]} >= {f"INC-{number}"}


def test_of_many_records_the_first_are_told_and_how_many_there_are(service: Service) -> None:
    records = [Record("incident", "assyst", f"INC-{n:02}", '{"cis":[]}') for n in range(60)]
    query = "subscription { boardChanged(after: 2) { recordCount records(first: 2) { number } } }"
    service.workspace.store.apply(Changeset("maria", "api", put_records=records))
    with Socket(service.url).begin().subscribe(query=query) as client:
        assert client.event() == {"recordCount": 60, "records": [{"number": "INC-00"}, {"number": "INC-01"}]}


def test_what_another_process_writes_is_told_within_a_second(service: Service, tmp_path: Path) -> None:
    with (
        closing(SqliteStore(tmp_path / "store.db", standard_model())) as other,
        Socket(service.url).begin().subscribe(after=2) as client,
    ):
        waits = []
        for number in range(3, 14):
            committed = time.monotonic()
            assert commit(other, f"r{number}") == number
            assert client.event()["revision"] == number
            waits.append(time.monotonic() - committed)
        assert median(waits) < 1


def test_without_a_position_it_is_told_from_now_on(service: Service) -> None:
    with stream(service.url) as response:
        commit(service.workspace.store, "three")
        assert revision(next(events(response))) == 3


def test_one_who_asks_after_an_event_is_answered_of_that_revision(service: Service) -> None:
    question = '{ impact(scenario: [{ci: "host"}]) { ... on Impact { completeness { revision } } } }'
    with Socket(service.url).begin().subscribe(after=2) as client:
        for number in range(3, 8):
            commit(service.workspace.store, f"r{number}")
            assert client.event()["revision"] == number
            assert service.ask(question)["impact"]["completeness"]["revision"] >= number


@pytest.mark.parametrize("how", ["Last-Event-ID", "after", "GET"])
def test_a_stream_goes_on_where_its_client_says(service: Service, how: str) -> None:
    for number in range(3, 6):
        commit(service.workspace.store, f"r{number}")
    given = {
        "Last-Event-ID": {"after": 1, "last_seen": 3}, "after": {"after": 3}, "GET": {"after": 3, "method": "GET"},
    }[how]  # fmt: skip
    with stream(service.url, **given) as response:  # type: ignore[arg-type]
        told = events(response)
        assert [revision(next(told)) for _ in range(2)] == [4, 5]


@pytest.mark.parametrize("by", [by_socket, by_stream])
def test_nothing_is_lost_or_told_twice_over_dropped_connections(service: Service, by: Follow) -> None:
    follow(service.url, service.workspace.store, by, 1)
