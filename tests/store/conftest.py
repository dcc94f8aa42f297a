"""The stores that the acceptance suite runs over. A store that is not here does not exist."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

import pytest

from cmdb.model.model import Model, standard_model
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore, utc_now

STORES = ("sqlite",)


@pytest.fixture(scope="session")
def model() -> Model:
    return standard_model()


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest, tmp_path: Path, model: Model) -> Iterator[Callable[[], Store]]:
    """Opens the same, at first empty, inventory again and again, as separate processes would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(SqliteStore(tmp_path / "store.db", model)))


@pytest.fixture(params=STORES)
def fresh(request: pytest.FixtureRequest, tmp_path: Path, model: Model) -> Callable[..., Store]:
    """Opens a new, empty inventory each time, with the given `clock` or none; whoever opens it closes it."""
    numbers = count()
    return lambda clock=utc_now: SqliteStore(tmp_path / f"{next(numbers)}.db", model, clock=clock)


@pytest.fixture
def elsewhere(opened: object, tmp_path: Path) -> str:
    """Python source that opens, in another process, the inventory of `opened` as `store`."""
    return (
        "from pathlib import Path; from cmdb.model.model import standard_model; "
        "from cmdb.store.sqlite.store import SqliteStore; "
        f"store = SqliteStore(Path({str(tmp_path / 'store.db')!r}), standard_model())\n"
    )


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    return opened()
