"""The page about record files names every column and every word that is understood."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from importers.records import words
from importers.records.layouts import FORMS

PAGE = (Path(__file__).parents[2] / "docs" / "record-files.md").read_text(encoding="utf-8")
TABLES = {name: value for name, value in vars(words).items() if name.isupper() and isinstance(value, Mapping)}


@pytest.mark.parametrize("name", FORMS)
def test_every_column_is_told_under_all_of_its_names(name: str) -> None:
    form, told = FORMS[name], set(re.findall(r"`([a-z_]+)`", PAGE))
    assert {*form.columns, *form.names} <= told
    table = PAGE.split(f"**{name}**")[1].split("\n\n")[1]
    assert set(form.required) == set(re.findall(r"\*\*`([a-z_]+)`\*\*", table))
    assert set(form.optional) <= set(re.findall(r"`([a-z_]+)`", table))


@pytest.mark.parametrize("name", TABLES)
def test_every_word_is_told(name: str) -> None:
    for own, others in TABLES[name].items():
        assert f"| `{own}` | {', '.join(others)} |" in PAGE
