"""Whatever stands in the input of any importer, it is a plan or told problems with known codes: never another error."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.errors import INPUT_FAULTS
from cmdb.model.errors import InvalidInput, Problem
from cmdb.store.sqlite.store import SqliteStore
from importers.options import BadRows, ImportOptions, MissingEnds
from importers.runner import plan_import
from tests.importers.estate import MODEL
from tests.importers.mutations import Mutation, mutations
from tests.importers.payloads.payload import Payload
from tests.importers.payloads.registered import PAYLOADS

CODES = {fault.code for fault in INPUT_FAULTS}
every = pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.importer)
often = pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.slow)])


@every
@often
def test_whatever_stands_there_it_is_a_plan_or_told_problems(
    payload: Payload, count: int, tmp_path: Path, empty: SqliteStore
) -> None:
    asked, seen = 0, set[str]()

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(mutations(), st.sampled_from(BadRows), st.sampled_from(MissingEnds))
    def run(mutation: Mutation, rows: BadRows, ends: MissingEnds) -> None:
        nonlocal asked
        asked += 1
        folder = tmp_path / "in"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for problem in problems(
            mutation.write(payload, folder), ImportOptions(payload.importer, rows, tmp_path, ends), empty
        ):
            assert problem.code in CODES
            assert str(tmp_path) not in str(problem)
            assert "Traceback" not in str(problem)
            assert str(problem).isprintable()
            seen.add(problem.code)

    run()
    assert asked >= count
    assert len(seen) >= 2


def problems(path: Path, options: ImportOptions, store: SqliteStore) -> list[Problem]:
    """All that is told of an input: problems, or warnings."""
    try:
        return list(plan_import(store, MODEL, path, "test", options=options).warnings)
    except InvalidInput as fault:
        return fault.problems
