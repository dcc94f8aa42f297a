"""Every operation of the cookbook runs on the province and answers as the page shows."""

import json
import re
from typing import Any

from tests.contract.service import ROOT, Service

PAGE = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"```graphql\n(?P<query>.*?)```\s+```json variables\n(?P<variables>.*?)```\s+```json answer\n(?P<answer>.*?)```",
    re.S,
)


def holds(actual: Any, shown: Any) -> bool:
    """Whether `shown` is a part of `actual`: some fields of objects, some items of lists, in order."""
    if isinstance(shown, dict):
        return isinstance(actual, dict) and all(k in actual and holds(actual[k], v) for k, v in shown.items())
    if isinstance(shown, list):
        remaining = iter(actual)
        return all(any(holds(item, wanted) for item in remaining) for wanted in shown)
    return bool(actual == shown)


def test_the_comparison_can_fail() -> None:
    assert holds({"a": [1, {"b": 2, "c": 3}]}, {"a": [{"b": 2}]})
    assert not holds({"a": [1, {"b": 2}]}, {"a": [{"b": 2}, 1]})
    assert not holds({"a": None}, {"b": None})


def test_recipes_run_and_answer_as_shown(service: Service) -> None:
    recipes = list(BLOCK.finditer(PAGE))
    assert len(recipes) == len(re.findall(r"^```graphql$", PAGE, re.MULTILINE)) >= 10
    assert len(re.findall(r"^## \d+\. ", PAGE, re.MULTILINE)) == 11
    for recipe in recipes:
        answer = service.ask(recipe["query"], **json.loads(recipe["variables"]))
        assert holds(answer, json.loads(recipe["answer"])), (recipe["query"], answer)
