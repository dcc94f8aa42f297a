"""The province, in a store of its own, asked by the command and over HTTP."""

from collections.abc import Iterator

import pytest

from api.settings import Settings
from api.workspace import open_workspace
from tests.contract.conftest import service
from tests.contract.service import Service, load_province, serving
from tests.integration.command import Run, runner
from tests.integration.office import office, province, typed

__all__ = ["office", "province", "service", "typed"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The province in a store for the tests of a module."""
    path = tmp_path_factory.mktemp("province") / "store.db"
    load_province(path).close()
    return f"sqlite:{path}"


@pytest.fixture(scope="module")
def served(address: str) -> Iterator[Service]:
    """A service over that store."""
    workspace = open_workspace(address)
    with serving(workspace, Settings()) as service:
        yield service
    workspace.close()


@pytest.fixture
def run(address: str, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, on that store."""
    monkeypatch.setenv("CMDB_STORE", address)
    return runner(capfdbinary)
