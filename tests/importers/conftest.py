"""One empty store for a whole module: bad inputs must leave it empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cmdb.store.sqlite.store import SqliteStore
from tests.importers.estate import store_in


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    store = store_in(tmp_path_factory.mktemp("store"))
    yield store
    assert store.head().revision == 0
    store.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the generated cases of a module write over and over."""
    return tmp_path_factory.mktemp("generated")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """A store that the cases of a module may write to."""
    store = store_in(tmp_path_factory.mktemp("scratch"))
    yield store
    store.close()
