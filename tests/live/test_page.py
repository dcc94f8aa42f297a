"""docs/live-sources.md says what the code does: every API, variable, table, resource and code."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from api.errors import INPUT_FAULTS
from cmdb.model.strict_yaml import parse_yaml
from importers.live.apis import LIVE
from importers.live.kubernetes import RESOURCES
from importers.live.reach import INSIDE, PLAIN
from importers.live.servicenow import OWN_MAPPING
from importers.live.servicenow_tables import tables_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "live-sources.md").read_text("utf-8")
RULES = PAGE.partition("```yaml\n")[2].partition("```")[0]


@pytest.mark.parametrize("name", [api.name for api in LIVE])
def test_every_api(name: str) -> None:
    assert f"| `{name}` |" in PAGE
    assert f"BLUENOSE_{name.upper()}_TOKEN" in PAGE


@pytest.mark.parametrize("name", [INSIDE, PLAIN, OWN_MAPPING, "BLUENOSE_CA_FILE"])
def test_every_variable(name: str) -> None:
    assert name in PAGE


def test_every_table_and_resource() -> None:
    mapping = parse_yaml(files("importers.live").joinpath("servicenow.yaml").read_text("utf-8"), "servicenow.yaml")
    for table in tables_of(mapping):
        assert f"`{table.name}`" in PAGE
    for resource in RESOURCES:
        name = resource.path.rpartition("/")[2]
        assert name in PAGE.partition("```yaml")[0]
        assert name in RULES
        assert resource.version.rpartition("/")[0] in RULES


def test_every_code_has_a_row() -> None:
    """What the rooms raise is in the catalogue, and what a reader meets is on the page."""
    known = {fault.code for fault in INPUT_FAULTS}
    code = re.compile(r'"([A-Z]+_[A-Z_]+)"')
    texts = [file.read_text("utf-8") for file in (ROOT / "importers" / "live").glob("*.py")]
    named = {word for text in texts for word in code.findall(text) if not word.startswith("BLUENOSE")}
    raised = named - {"USER_FILE", "PASSWORD_FILE", "TOKEN_FILE", "CA_FILE"}
    assert raised <= known
    for shown in ("URL_FORBIDDEN", "LOGIN_REFUSED", "FETCH_REFUSED", "FETCH_FAILED", "INCOMPLETE_PAGES", "BAD_ANSWER",
                 "FETCH_TOO_LARGE", "MISSING_LOGIN"):  # fmt: skip
        assert shown in raised
        assert f"`{shown}`" in PAGE
