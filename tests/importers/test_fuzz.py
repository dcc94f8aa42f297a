"""Whatever stands in the input of any importer, it is a plan or told problems with known codes: never another error.

Every input goes through what the importer itself does with it. One in twenty-five goes on through what all importers
share: its values are checked, rows held back, ends completed, the rest planned. The native format is what all of them
end in, so every input of it has its values checked.
"""

import shutil
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from api.errors import INPUT_FAULTS
from cmdb.model.errors import InvalidInput, Problem
from cmdb.progress import Silent
from cmdb.store.sqlite.store import SqliteStore
from importers.options import BadRows, ImportOptions, MissingEnds
from importers.runner import plan_import
from tests.importers.estate import MODEL
from tests.importers.mutations import Mutation, mutations
from tests.importers.payloads.payload import Payload
from tests.importers.payloads.registered import PAYLOADS

CODES = {fault.code for fault in INPUT_FAULTS}
WAYS = [(rows, ends) for rows in BadRows for ends in MissingEnds]
every = pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.importer)
PARTS = 4
"""Into how many parts the ten thousand inputs of each importer are divided, for several workers to take."""
slow = [pytest.param(10_000 // PARTS, part, marks=pytest.mark.slow) for part in range(1, PARTS + 1)]
often = pytest.mark.parametrize(("count", "part"), [(200, 0), *slow])


@every
@often
def test_whatever_stands_there_it_is_a_plan_or_told_problems(
    payload: Payload, count: int, part: int, tmp_path: Path, empty: SqliteStore
) -> None:
    asked, seen = 0, set[str]()

    @seed(part)
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(mutations())
    def run(mutation: Mutation) -> None:
        nonlocal asked
        asked += 1
        folder = tmp_path / "in"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        path = mutation.write(payload, folder)
        problems = list(read(path, payload.importer))
        turn, way = divmod(mutation.chance, 25)
        if way == 0:
            rows, ends = WAYS[turn % len(WAYS)]
            problems += planned(path, ImportOptions(payload.importer, rows, tmp_path / "held", ends), empty)
        for problem in problems:
            assert problem.code in CODES
            assert str(problem).isprintable()
            assert str(tmp_path) not in str(problem)
            assert "Traceback" not in str(problem)
            seen.add(problem.code)

    run()
    assert asked >= count
    assert len(seen) >= 2


def read(path: Path, importer: str) -> Iterable[Problem]:
    """What an importer tells of an input before its values are checked; of the native format, with that."""
    module = import_module(f"importers.sources.{importer}.importer")
    try:
        if importer == "native":
            made = module.read(path, MODEL, "test", Silent())
            return [*made.problems.problems, *made.warnings.problems]
        if importer == "mapped":
            *_, problems, warnings = module.tabled(path, MODEL, Silent())
        else:
            *_, problems, warnings = module.built(path, MODEL, "test", Silent())
    except InvalidInput as fault:
        return fault.problems
    return [*problems.problems, *warnings.problems]


def planned(path: Path, options: ImportOptions, store: SqliteStore) -> Iterable[Problem]:
    """What is told of an input in the end: problems, or warnings."""
    try:
        return plan_import(store, MODEL, path, "test", options=options).warnings
    except InvalidInput as fault:
        return fault.problems
