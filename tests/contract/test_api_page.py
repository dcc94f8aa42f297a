"""The page on the API names every route, limit and weight as they are."""

from pathlib import Path

from api.app import create_app
from api.gql.cost import HEAVY_NODES, WEIGHTS
from api.settings import Settings
from api.workspace import open_workspace
from impact.analyses.affected import COLUMNS
from impact.paging import PAGE_LIMIT
from tests.contract.service import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


def test_every_route_has_a_row(tmp_path: Path) -> None:
    workspace = open_workspace(f"sqlite:{tmp_path / 'store.db'}")
    paths = {str(getattr(route, "path", "")) for route in create_app(workspace, Settings()).routes}
    workspace.close()
    assert len(paths) == 6
    assert [path for path in paths if f" {path}` |" not in PAGE] == []


def test_limits_are_those_of_the_settings() -> None:
    default = Settings()
    for number in (
        f"{default.max_body_bytes:,} bytes", f"{default.max_tokens:,} tokens", f"| {default.max_depth} |",
        f"| {default.max_aliases},", f"| {PAGE_LIMIT} |", f"| {default.max_cost:,} |",
        f"{default.question_threads} run, {default.waiting_questions} wait",
    ):  # fmt: skip
        assert number in PAGE, number


def test_weights_and_columns_are_told() -> None:
    for name, weight in {**WEIGHTS, **HEAVY_NODES}.items():
        assert f"`{name}` {weight}" in WORDS, name
    assert "`" + ", ".join(COLUMNS) + "`" in WORDS
