"""Asks for an import that must not be; sees to it that nothing is written, and nothing told of the machine."""

import re
from pathlib import Path

import pytest

from api.errors import INPUT_FAULTS
from cmdb.model.errors import InvalidInput, Problem
from cmdb.store.sqlite.store import SqliteStore
from importers.options import ImportOptions
from importers.runner import plan_import
from tests.importers.estate import MODEL

CODES = {fault.code for fault in INPUT_FAULTS}
INSIDE = re.compile(r"Traceback|Errno|site-packages|0x[0-9a-f]{8}|\w+(Error|Exception)\b")
"""What only the machine, or a fault of the program, would say."""


def checked(problems: list[Problem], path: Path) -> list[tuple[str, str]]:
    """Code and place of each; all of them documented, printable, and without the path of the input."""
    for problem in problems:
        told = str(problem)
        assert problem.code in CODES
        assert told.isprintable()
        assert len(told) < 5_000
        assert str(path.parent) not in told
        assert not INSIDE.search(told), told
    return [(problem.code, problem.place) for problem in problems]


def told(path: Path, store: SqliteStore, importer: str = "") -> list[tuple[str, str]]:
    """What is wrong with an input: code and place of each problem."""
    before = store.head()
    with pytest.raises(InvalidInput) as caught:
        plan_import(store, MODEL, path, "test", options=ImportOptions(importer=importer))
    assert store.head() == before
    return checked(caught.value.problems, path)


def warned(path: Path, store: SqliteStore, importer: str = "") -> list[tuple[str, str]]:
    """What an input that can be imported is warned of."""
    options = ImportOptions(importer=importer)
    return checked(list(plan_import(store, MODEL, path, "test", options=options).warnings), path)
