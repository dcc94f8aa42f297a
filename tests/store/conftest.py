"""The stores that the acceptance suite runs over. A store that is not here does not exist."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest

from cmdb.model.model import Model, standard_model
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore, utc_now
from tests.neo4j.choice import TestServer
from tests.neo4j.plugin import turn
from tests.neo4j.wiping import wipe

STORES = ("sqlite", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j")))
PATIENCE_S = 20.0
"""How long the database may be silent here, where the machine may be busy and the server's Java still cold."""


@pytest.fixture(scope="session")
def model() -> Model:
    return standard_model()


class Place:
    """Where the inventories of one test are kept, and how to open one."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def open(self, clock: Callable[[], datetime] = utc_now) -> Store:
        """The same inventory again and again, as separate processes would; at first it is empty."""
        raise NotImplementedError

    def renew(self) -> None:
        """From now on `open` opens a new, empty inventory."""
        raise NotImplementedError

    def source(self) -> str:
        """Python source that opens the inventory in another process, as `store`."""
        raise NotImplementedError


class SqlitePlace(Place):
    """A folder for files."""

    def __init__(self, model: Model, folder: Path) -> None:
        super().__init__(model)
        self._folder, self._numbers = folder, count()
        self.renew()

    def open(self, clock: Callable[[], datetime] = utc_now) -> Store:
        return SqliteStore(self._path, self.model, clock=clock)

    def renew(self) -> None:
        self._path = self._folder / f"{next(self._numbers)}.db"

    def source(self) -> str:
        return (
            "from pathlib import Path; from cmdb.model.model import standard_model; "
            "from cmdb.store.sqlite.store import SqliteStore; "
            f"store = SqliteStore(Path({str(self._path)!r}), standard_model())\n"
        )


class Neo4jPlace(Place):
    """The one database of a server."""

    def __init__(self, model: Model, server: TestServer) -> None:
        super().__init__(model)
        self._server = server
        self.renew()

    def open(self, clock: Callable[[], datetime] = utc_now) -> Store:
        user, password = self._server.auth or ("", "")
        return Neo4jStore(self._server.uri, user, password, self.model, silent_seconds=PATIENCE_S, clock=clock)

    def renew(self) -> None:
        with self._server.driver() as driver:
            wipe(driver, keep_schema=True)

    def source(self) -> str:
        user, password = self._server.auth or ("", "")
        return (
            "from cmdb.model.model import standard_model; from cmdb.store.neo4j.store import Neo4jStore; "
            f"store = Neo4jStore({self._server.uri!r}, {user!r}, {password!r}, standard_model(), silent_seconds=30)\n"
        )


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path, model: Model) -> Iterator[Place]:
    """Each of the stores in turn, empty."""
    if request.param == "sqlite":
        yield SqlitePlace(model, tmp_path)
        return
    server: TestServer = request.getfixturevalue("neo4j_session_server")
    with turn(server):
        yield Neo4jPlace(model, server)


@pytest.fixture
def opened(place: Place) -> Iterator[Callable[[], Store]]:
    """Opens the same, at first empty, inventory again and again, as separate processes would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(place.open()))


@pytest.fixture
def fresh(place: Place) -> Callable[..., Store]:
    """Opens a new, empty inventory each time, with the given `clock` or none; whoever opens it closes it."""

    def open_new(clock: Callable[[], datetime] = utc_now) -> Store:
        place.renew()
        return place.open(clock)

    return open_new


@pytest.fixture
def elsewhere(place: Place) -> str:
    """Python source that opens, in another process, the inventory of `opened` as `store`."""
    return place.source()


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    return opened()
