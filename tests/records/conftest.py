"""A desk over an embedded store with a few CIs, and a clock that tests move."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cmdb.model.model import Model, standard_model
from cmdb.reconcile.edit import Draft
from cmdb.records.keeper import BookKeeper
from cmdb.records.service import RecordDesk
from cmdb.service import Inventory, Signed
from cmdb.store.sqlite.store import SqliteStore
from tests.records.times import Hands

BY = Signed("ann", "console")


@pytest.fixture(scope="session")
def model() -> Model:
    return standard_model()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def store(tmp_path: Path, model: Model, clock: Hands) -> Iterator[SqliteStore]:
    """A store with live CIs, one that is retired and one that is planned."""
    with closing(SqliteStore(tmp_path / "cmdb.db", model, clock=clock)) as opened:
        Inventory(opened, model).upsert(
            [
                Draft("app", "application"),
                Draft("db", "database"),
                Draft("host", "server"),
                Draft("old", "server", lifecycle="retired"),
                Draft("next", "server", lifecycle="planned"),
            ],
            BY,
        )
        yield opened


@pytest.fixture
def keeper(store: SqliteStore, clock: Hands) -> BookKeeper:
    return BookKeeper(store, clock=clock)


@pytest.fixture
def desk(store: SqliteStore, model: Model, keeper: BookKeeper, clock: Hands) -> RecordDesk:
    return RecordDesk(store, model, keeper, clock)
