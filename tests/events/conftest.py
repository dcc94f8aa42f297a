"""A service over a small store, for subscribers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.workspace import Workspace, open_workspace
from tests.contract.service import Service, serving
from tests.events.clients import commit


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(f"sqlite:{tmp_path / 'store.db'}")
    for label in ("one", "two"):
        commit(opened.store, label)
    yield opened
    opened.close()


@pytest.fixture
def service(workspace: Workspace) -> Iterator[Service]:
    with serving(workspace) as found:
        yield found
