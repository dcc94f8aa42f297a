"""Tiny estates for the importer tests: written as files, read back as plans or problems."""

from pathlib import Path

import pytest

from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.model import standard_model
from cmdb.store.sqlite.store import SqliteStore
from importers.planned import ImportPlan
from importers.runner import plan_import

MODEL = standard_model()
CIS = "id,kind,name\napp,application,App\ndb,database,DB\n"
RELATIONS = "from,type,to,effect,pool\napp,depends_on,db,,\n"


def write(
    folder: Path, cis: str | bytes = CIS, relations: str | bytes = RELATIONS, pools: str | bytes | None = None
) -> Path:
    """A folder with the three files; `pools` may be left out."""
    folder.mkdir(exist_ok=True)
    for name, content in (("cis", cis), ("relations", relations), ("pools", pools)):
        if content is not None:
            (folder / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def store_in(folder: Path) -> SqliteStore:
    """An empty store."""
    folder.mkdir(exist_ok=True)
    return SqliteStore(folder / "cmdb.db", MODEL)


def plan_of(path: Path, store: SqliteStore, source: str = "test") -> ImportPlan:
    """The plan of importing `path`."""
    return plan_import(store, MODEL, path, source)


def problems_of(path: Path, store: SqliteStore) -> list[Problem]:
    """What is wrong with the estate at `path`, the first 50."""
    with pytest.raises(InvalidInput) as caught:
        plan_of(path, store)
    assert caught.value.count >= len(caught.value.problems)
    return caught.value.problems


def warnings_of(path: Path, store: SqliteStore) -> list[tuple[str, str]]:
    """Code and place of every warning of a plan that is otherwise fine."""
    return [(warning.code, warning.place) for warning in plan_of(path, store).warnings]
