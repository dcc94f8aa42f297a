"""The province, served."""

from collections.abc import Iterator

import pytest

from tests.contract.service import Service, load_province, serving


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    workspace = load_province(tmp_path_factory.mktemp("province") / "store.db")
    with serving(workspace) as found:
        yield found
    workspace.close()
