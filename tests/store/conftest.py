"""The stores that the acceptance suite runs over. A store that is not here does not exist."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from cmdb.model.model import Model, standard_model
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore

STORES = ("sqlite",)


@pytest.fixture(scope="session")
def model() -> Model:
    return standard_model()


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest, tmp_path: Path, model: Model) -> Iterator[Callable[[], Store]]:
    """Opens the same, at first empty, inventory again and again, as separate processes would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(SqliteStore(tmp_path / "store.db", model)))


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    return opened()
