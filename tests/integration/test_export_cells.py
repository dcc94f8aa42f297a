"""What a spreadsheet would compute is written so that it computes nothing, and is read again as it was."""

from pathlib import Path

import pytest

from cmdb.model.model import standard_model
from cmdb.reconcile.edit import Draft
from cmdb.service import Inventory, Signed
from cmdb.store.sqlite.store import SqliteStore
from tests.integration.command import runner, shown

NAMES = ("=1+1", "+1 902 555 0100", "-x", "@x", "'=1+1", "''=x", "'x", "plain", "?? x", "'?? x")


def test_there_and_back(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    run = runner(capfdbinary)
    before = SqliteStore(tmp_path / "a.db", standard_model())
    drafts = [Draft(f"x{at}", "server", name, attributes={"description": name}) for at, name in enumerate(NAMES)]
    Inventory(before, standard_model()).upsert(drafts, Signed("ann", "exported"))
    shown(run, "export", str(tmp_path / "exported"), "--store", f"sqlite:{tmp_path / 'a.db'}")
    cells = (tmp_path / "exported" / "cis.csv").read_text(encoding="utf-8")
    assert "'=1+1" in cells
    assert ",=1+1" not in cells
    shown(run, "import", str(tmp_path / "exported"), "--store", f"sqlite:{tmp_path / 'b.db'}")
    after = SqliteStore(tmp_path / "b.db", standard_model())
    assert after.dump().cis == before.dump().cis
    before.close()
    after.close()
