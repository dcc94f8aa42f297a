"""While the store is away nothing is told and nothing lost; connections stay. Another history ends subscriptions."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from api.workspace import Workspace
from cmdb.model.model import standard_model
from cmdb.store.port import Store, StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore
from tests.contract.service import Service, serving
from tests.events.clients import Socket, commit, events, revision, stream


class Door:
    """A store that can be shut, and of which another can be put behind the door."""

    def __init__(self, store: Store) -> None:
        self.store, self.shut = store, False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.store, name)

        def ask(*arguments: Any, **named: Any) -> Any:
            if self.shut:
                raise StoreUnavailable("the door is shut")
            return found(*arguments, **named)

        return ask


@pytest.fixture
def door(workspace: Workspace) -> Door:
    return Door(workspace.store)


@pytest.fixture
def doored(workspace: Workspace, door: Door) -> Iterator[Service]:
    """A service whose store can be shut."""
    with serving(replace(workspace, store=door), Settings(keepalive_seconds=0.1)) as found:
        yield found


def silence(client: Socket) -> None:
    """Nothing but signs of life for a while."""
    assert [client.connection.recv(5) for _ in range(5)] == ['{"type":"ping"}'] * 5


def test_nothing_is_lost_while_the_store_is_away(doored: Service, door: Door) -> None:
    store = door.store
    with Socket(doored.url).begin().subscribe(after=1) as client:
        assert client.event()["revision"] == 2
        door.shut = True
        for number in range(3, 8):
            commit(store, f"r{number}")
        silence(client)
        with (
            Socket(doored.url).begin().subscribe(after=0) as later,
            Socket(doored.url).begin().subscribe(after=100) as wrong,
            stream(doored.url, after=6) as response,
        ):
            silence(later)
            door.shut = False
            assert [client.event()["revision"] for _ in range(5)] == [3, 4, 5, 6, 7]
            assert [later.event()["revision"] for _ in range(7)] == [1, 2, 3, 4, 5, 6, 7]
            assert revision(next(events(response))) == 7
            assert wrong.error() == "RESUME_UNKNOWN"
        commit(store, "r8")
        assert client.event()["revision"] == 8


def test_a_subscription_begun_while_it_is_away_goes_on_from_what_was_seen(doored: Service, door: Door) -> None:
    with Socket(doored.url).begin().subscribe(after=1) as client:
        assert client.event()["revision"] == 2
        door.shut = True
        silence(client)
        client.subscribe("now").settled()
        commit(door.store, "r3")
        door.shut = False
        assert {client.receive()["id"] for _ in range(2)} == {"1", "now"}


@pytest.mark.parametrize("revisions", [1, 6])
def test_subscriptions_end_when_the_store_holds_another_history(
    doored: Service, door: Door, tmp_path: Path, revisions: int
) -> None:
    other = SqliteStore(tmp_path / "other.db", standard_model())
    for number in range(revisions):
        commit(other, f"another {number}")
    with Socket(doored.url).begin().subscribe(after=1) as client, stream(doored.url, after=1) as response:
        told = events(response)
        assert client.event()["revision"] == revision(next(told)) == 2
        door.shut = True
        silence(client)
        before, door.store = door.store, other
        door.shut = False
        assert client.error() == "RESUME_UNKNOWN"
        failure = next(told)
        assert (failure.event, failure.id) == ("next", "")
        assert failure.data["errors"][0]["extensions"]["code"] == "RESUME_UNKNOWN"
        assert [event.event for event in told] == ["complete"]
        client.subscribe("again", after=revisions)
        commit(other, "one more")
        assert client.event("again")["revision"] == revisions + 1
    door.store = before
    other.close()
