"""Model extensions in YAML: what they add, and every way to get them wrong, with line and column."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.extension import extend, load_extension
from cmdb.model.model import Model, standard_model
from cmdb.model.precedence import Precedence
from cmdb.model.strict_yaml import parse_yaml

BASE = standard_model()
GOOD = """\
kinds:
  kiosk:
    description: A public terminal.
    parent: server
    attributes:
      touch: {type: boolean, description: Has a touch screen.}
      floor: {type: integer, unit: floor, description: Where it stands.}
      colour: {description: Its colour., choices: [red, blue]}
  campus: {description: Several sites., abstract: true, role: plain}
  server:
    attributes:
      rack_units: {type: integer, unit: U, description: Height.}
relations:
  guarded_by: {description: Is watched by., from: [resource], to: [team, kiosk], impact: none}
  fed_by: {description: Gets data from., from: [kiosk], to: [database], effect: at_risk, carries_data: true}
sectors: [education]
"""
BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))


def read(text: str) -> Model:
    return extend(parse_yaml(text, "m.yaml"), BASE)


def problems(text: str) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return caught.value.problems


def test_what_is_added() -> None:
    model = read(GOOD)
    assert model.is_a("kiosk", "infrastructure")
    assert model.attributes["kiosk"]["touch"].type == "boolean"
    assert model.attributes["kiosk"]["floor"].unit == "floor"
    assert model.attributes["kiosk"]["colour"].choices == ("red", "blue")
    assert "rack_units" in model.attributes["kiosk"]
    assert "rack_units" in model.attributes["virtual_machine"]
    assert "campus" not in model.concrete
    assert ("application", "guarded_by", "team") in model.allowed
    assert (model.relations["fed_by"].effect, model.relations["fed_by"].carries_data) == ("at_risk", True)
    assert model.relations["guarded_by"].impact == "none"
    assert model.sectors == (*BASE.sectors, "education")


def test_the_base_stays_as_it_was() -> None:
    read(GOOD)
    assert standard_model() == BASE
    assert "kiosk" not in BASE.kinds


def test_what_identifies_may_be_said_anew() -> None:
    model = read(
        "kinds:\n  power: {identified_by: [[serial], [name, sector]]}\n  team: {identified_by: []}\n"
        "  kiosk: {description: x, parent: server, identified_by: [[floor]], attributes: {floor: {type: integer}}}\n"
        "  booth: {description: x, parent: server}\n"
    )
    assert model.identified["power"] == ("power", (("serial",), ("name", "sector")))
    assert "team" not in model.identified
    assert model.identified["kiosk"] == ("kiosk", (("floor",),))
    assert model.identified["booth"] == model.identified["server"] == BASE.identified["server"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "kinds:\n", "kinds: {}\nsectors: []\n", "---\n"])
def test_nothing_to_add(text: str) -> None:
    assert read(text) == BASE


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("- a\n", "BAD_TYPE", "m.yaml line 1, column 1"),
        ("kinds: [a]\n", "BAD_TYPE", "m.yaml line 1, column 8"),
        ("kind: {}\n", "UNKNOWN_KEY", "m.yaml line 1, column 1"),
        ("kinds:\n  k: {descripton: x, description: y}\n", "UNKNOWN_KEY", "m.yaml line 2, column 7"),
        ("kinds:\n  Kiosk: {description: x}\n", "BAD_NAME", "m.yaml line 2, column 3"),
        ("kinds:\n  k: {}\n", "MISSING_KEY", "m.yaml line 2, column 6"),
        ("kinds:\n  k: {description: x, parent: servr}\n", "UNKNOWN_KIND", "m.yaml line 2, column 31"),
        ("kinds:\n  k: {description: x, role: boss}\n", "BAD_CHOICE", "m.yaml line 2, column 29"),
        ("kinds:\n  k: {description: x, abstract: maybe}\n", "BAD_TYPE", "m.yaml line 2, column 33"),
        ("kinds:\n  k: {description: 5}\n", "BAD_TYPE", "m.yaml line 2, column 20"),
        ("kinds:\n  server: {parent: storage}\n", "DUPLICATE_KIND", "m.yaml line 2, column 12"),
        ("kinds:\n  server: {attributes: {a: {type: txt}}}\n", "BAD_CHOICE", "m.yaml line 2, column 35"),
        ("kinds:\n  server: {attributes: {id: {type: text}}}\n", "DUPLICATE_ATTRIBUTE", "m.yaml line 2, column 29"),
        ("kinds:\n  server: {attributes: {rto: {type: text}}}\n", "DUPLICATE_ATTRIBUTE", "m.yaml line 2, column 25"),
        ("kinds:\n  server: {attributes: {a: {choices: [A]}}}\n", "BAD_CHOICE", "m.yaml line 2, column 39"),
        ("kinds:\n  server: {attributes: {a: {type: integer, choices: [a]}}}\n", "BAD_CHOICE",
         "m.yaml line 2, column 53"),
        ("kinds:\n  server: {attributes: {a: {choices: [1]}}}\n", "BAD_TYPE", "m.yaml line 2, column 39"),
        ("relations:\n  r: {description: x, to: [team]}\n", "MISSING_KEY", "m.yaml line 2, column 6"),
        ("relations:\n  r: {description: x, from: team, to: [team]}\n", "BAD_TYPE", "m.yaml line 2, column 29"),
        ("relations:\n  r: {description: x, from: [tema], to: [team]}\n", "UNKNOWN_KIND", "m.yaml line 2, column 30"),
        ("relations:\n  r: {description: x, from: [team], to: [team], impact: both}\n", "BAD_CHOICE",
         "m.yaml line 2, column 57"),
        ("relations:\n  r: {description: x, from: [team], to: [team], effect: gone}\n", "BAD_CHOICE",
         "m.yaml line 2, column 57"),
        ("relations:\n  uses: {description: x, from: [team], to: [team]}\n", "DUPLICATE_RELATION",
         "m.yaml line 2, column 3"),
        ("sectors: [Health Care]\n", "BAD_NAME", "m.yaml line 1, column 11"),
        ("sectors: [a: b]\n", "BAD_TYPE", "m.yaml line 1, column 11"),
        ("kinds:\n  power: {identified_by: serial}\n", "BAD_TYPE", "m.yaml line 2, column 26"),
        ("kinds:\n  power: {identified_by: [serial]}\n", "BAD_TYPE", "m.yaml line 2, column 27"),
        ("kinds:\n  power: {identified_by: [[]]}\n", "BAD_TYPE", "m.yaml line 2, column 27"),
        ("kinds:\n  power: {identified_by: [[serail]]}\n", "UNKNOWN_COLUMN", "m.yaml line 2, column 26"),
        ("kinds:\n  power: {identified_by: [[aliases]]}\n", "UNKNOWN_COLUMN", "m.yaml line 2, column 26"),
        (BOMB, "YAML_ALIAS_FORBIDDEN", "m.yaml line 1, column 4"),
        ("a: *b\n", "YAML_ALIAS_FORBIDDEN", "m.yaml line 1, column 4"),
        ("a: !!python/object/apply:os.system [id]\n", "YAML_TAG_FORBIDDEN", "m.yaml line 1, column 4"),
        ("kinds: !!map {}\n", "YAML_TAG_FORBIDDEN", "m.yaml line 1, column 8"),
        ("sectors: [a]\nsectors: [b]\n", "DUPLICATE_KEY", "m.yaml line 2, column 1"),
        ("kinds:\n  k: {description: x}\n  k: {description: y}\n", "DUPLICATE_KEY", "m.yaml line 3, column 3"),
        ("<<: {a: b}\n", "BAD_YAML", "m.yaml line 1, column 1"),
        ("? [a]\n: b\n", "BAD_YAML", "m.yaml line 1, column 3"),
        ("kinds: {\n", "BAD_YAML", "m.yaml line 2, column 1"),
        ("a: b\n---\nc: d\n", "BAD_YAML", "m.yaml line 2, column 1"),
        ("sectors: [2026-02-30]\n", "BAD_YAML", "m.yaml line 1, column 11"),
        ("a:\n\tb: c\n", "BAD_YAML", "m.yaml line 2, column 1"),
        ("a: \x07\n", "BAD_CHARACTER", "m.yaml line 1"),
        ("[" * 200 + "]" * 200, "BAD_YAML", "m.yaml line 1, column 31"),
    ],
)  # fmt: skip
def test_what_is_wrong_and_where(text: str, code: str, place: str) -> None:
    found = problems(text)
    assert [(p.code, p.place) for p in found] == [(code, place)]
    assert found[0].found
    assert found[0].accepted


def test_parents_in_a_circle() -> None:
    found = problems("kinds:\n  a: {description: x, parent: b}\n  b: {description: x, parent: a}\n")
    assert [(p.code, p.place) for p in found] == [
        ("UNKNOWN_KIND", "m.yaml line 2, column 3"), ("UNKNOWN_KIND", "m.yaml line 3, column 3"),
    ]  # fmt: skip


def test_near_misses_are_suggested() -> None:
    assert problems("kinds:\n  k: {descripton: x, description: y}\n")[0].accepted.endswith(
        "did you mean 'description'?"
    )
    assert problems("kinds:\n  k: {description: x, parent: servr}\n")[0].accepted.endswith("did you mean 'server'?")
    assert problems("xyz: 1\n")[0].accepted == "one of kinds, relations, sectors, precedence"


def test_all_problems_come_together() -> None:
    text = "kinds:\n  k: {parent: x, colour: y}\nrelations:\n  r: {}\nsectors: 5\n"
    assert [p.code for p in problems(text)] == [
        "UNKNOWN_KEY", "UNKNOWN_KIND", "MISSING_KEY", "MISSING_KEY", "MISSING_KEY", "MISSING_KEY", "BAD_TYPE",
    ]  # fmt: skip


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "model.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert "kiosk" in load_extension(file, BASE).kinds
    for content, code in ((b"a: \xff", "ENCODING_INVALID"), (b"#" * (2**20 + 1), "FILE_TOO_LARGE")):
        file.write_bytes(content)
        with pytest.raises(InvalidInput) as caught:
            load_extension(file, BASE)
        assert caught.value.problems[0].code == code
    with pytest.raises(InvalidInput) as caught:
        load_extension(tmp_path / "gone.yaml", BASE)
    assert caught.value.problems[0] == Problem(
        "UNREADABLE_FILE", "gone.yaml", "no such file, or none of data", "a YAML file"
    )


def test_a_bomb_costs_nothing() -> None:
    started = time.perf_counter()
    problems(BOMB)
    assert time.perf_counter() - started < 1


pieces = st.lists(
    st.sampled_from(
        ["kinds", "relations", "sectors", "server", "k", "description", "attributes", "from", "to", ": ", ":\n  ", "\n",
         "- ", "[", "]", "{", "\0", "}", ", ", "&a ", "*a", "!!x ", "'", '"', "#", "5",
         "true", "2026-11-22", "\t", "|\n", "é"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None, database=None)
@given(st.one_of(st.text(max_size=80), pieces))
def test_any_text_is_a_model_or_a_list_of_problems(text: str) -> None:
    try:
        assert isinstance(read(text), Model)
    except InvalidInput as fault:
        assert all(problem.place.startswith(("m.yaml", "kinds", "relations")) for problem in fault.problems)  # noqa: PT017


def test_precedence() -> None:
    text = """\
precedence:
  sources: [servicenow, "NetBox, Halifax"]
  attributes: {os: [netbox], name: [hr], colour: [a]}
  fresh_for: {netbox: 2 d}
kinds:
  kiosk: {description: A public terminal., attributes: {colour: {}}}
"""
    found = read(text).precedence
    assert found == Precedence(
        ("servicenow", "NetBox, Halifax"), {"os": ("netbox",), "name": ("hr",), "colour": ("a",)}, {"netbox": 2880}
    )
    assert found.order("os") == ("netbox", "servicenow", "NetBox, Halifax")
    assert read(GOOD).precedence == Precedence()


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("precedence: [a]\n", "BAD_TYPE", "m.yaml line 1, column 13"),
        ("precedence: {order: [a]}\n", "UNKNOWN_KEY", "m.yaml line 1, column 14"),
        ("precedence: {sources: a}\n", "BAD_TYPE", "m.yaml line 1, column 23"),
        ("precedence: {sources: [a, a]}\n", "DUPLICATE_VALUE", "m.yaml line 1, column 23"),
        ("precedence: {attributes: {colour: [a]}}\n", "UNKNOWN_ATTRIBUTE", "m.yaml line 1, column 27"),
        ("precedence: {fresh_for: {a: soon}}\n", "BAD_DURATION", "m.yaml line 1, column 29"),
    ],
)
def test_a_wrong_precedence(text: str, code: str, place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(text)
    assert [(problem.code, problem.place) for problem in refused.value.problems] == [(code, place)]
