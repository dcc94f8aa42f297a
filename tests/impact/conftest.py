"""Estates as the product gets them: written to an embedded store, read back by a snapshot."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, Pool, Relation
from cmdb.store.sqlite.store import SqliteStore
from impact.estate import Estate
from impact.snapshot import Snapshot
from tests.impact.estates import MODEL

Stored = Callable[..., Estate]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store."""
    with closing(SqliteStore(tmp_path / "cmdb.db", MODEL)) as opened:
        yield opened


@pytest.fixture
def stored(store: SqliteStore) -> Stored:
    """Writes CIs, relations and pools as one revision and gives the estate of it."""

    def write(cis: Sequence[CI], relations: Sequence[Relation] = (), pools: Sequence[Pool] = ()) -> Estate:
        store.apply(Changeset("ada", "test", put_cis=cis, put_relations=relations, put_pools=pools))
        return Snapshot(store, MODEL).current().estate

    return write
