"""The error catalogue is complete: every code that the sources state has a row, and every row is stated somewhere."""

import ast
import re
from collections.abc import Iterator

from api.errors import EXPECTED, INPUT_FAULTS, REQUEST_ERRORS
from impact.analyses.completeness import RULES
from impact.causes import blind
from impact.continuity import gap_counts
from impact.sweep import blind as sweep_blind
from tests.contract.service import ROOT

CODE = re.compile(r"[A-Z][A-Z0-9]+(_[A-Z0-9]+)+|BUSY|INTERNAL|CONFLICT|UNAUTHORIZED")
BLIND_SPOTS = {code for code, *_ in (*RULES, *gap_counts.RULES, *blind.RULES, *sweep_blind.RULES)} | {
    "BAD_POOL_RULE",
    "STALE_SOURCE",
}
REASONS = ROOT / "impact" / "reviews" / "risk.py"
"""States why a change is risky, and no errors; docs/changes.md has a row for each."""
SETTINGS = {"USER_FILE", "PASSWORD_FILE", "TOKEN_FILE"}
"""Ends of the names of settings, which have the form of a code."""
ROWS = {row[0] for table in (REQUEST_ERRORS, EXPECTED, INPUT_FAULTS) for row in table}


def stated() -> Iterator[str]:
    """Texts in the sources that have the form of a code."""
    for room in ("api", "cmdb", "impact", "importers"):
        for path in (ROOT / room).rglob("*.py"):
            if path != REASONS and (path.name != "errors.py" or room != "api"):
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                        yield node.value


def test_every_code_has_a_row_and_every_row_a_code() -> None:
    codes = {code for code in stated() if not code.startswith(("BLUENOSE_", "CMDB_", "NEO4J_"))} - SETTINGS
    assert sorted(codes - BLIND_SPOTS - ROWS) == []
    assert sorted(ROWS - codes) == []


def test_no_code_stands_twice_in_a_table() -> None:
    for table in (REQUEST_ERRORS, EXPECTED, INPUT_FAULTS):
        codes = [row[0] for row in table]
        assert len(codes) == len(set(codes))
    assert [fault.code for fault in INPUT_FAULTS] == sorted(fault.code for fault in INPUT_FAULTS)
