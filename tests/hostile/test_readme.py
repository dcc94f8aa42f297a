"""The table of hostile inputs names tests that exist, and codes that are documented."""

import re
from pathlib import Path

import pytest

from api.errors import INPUT_FAULTS, REQUEST_ERRORS

ROOT = Path(__file__).parents[2]
PAGE = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
CODES = {fault.code for fault in INPUT_FAULTS} | {error.code for error in REQUEST_ERRORS}


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_every_test_named_exists(file: str, name: str) -> None:
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_code_named_is_documented() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 40
    assert {code for row in rows for code in re.findall(r"`([A-Z][A-Z_]+)`", row.split("|")[2])} <= CODES
