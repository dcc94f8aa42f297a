"""The page on changes: its example runs as shown, and its tables say what the program does."""

import ast
import re
import shlex

import pytest

from api.calendar import COLUMNS
from api.cli import GROUPS
from cmdb.records.kinds import CHANGE_MOVES, ChangeState
from impact.reviews import risk
from impact.reviews.report import ChangeReview, Collision, OverlapType
from impact.reviews.suggestions import DAYS, EACH_WAY
from tests.contract.service import ROOT
from tests.integration.command import Run, shown
from tests.integration.office import Office

PAGE = (ROOT / "docs" / "changes.md").read_text(encoding="utf-8")
ROWS = {name: row for row in re.findall(r"^\| `\w.*$", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row[:60])}
WORDS = " ".join(PAGE.split())


def test_the_example_runs_as_shown(office: Office, typed: Run) -> None:
    (block,) = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    commands = re.split(r"^\$ cmdb ", block, flags=re.MULTILINE)[1:]
    assert len(commands) == 2
    for text in commands:
        line, _, expected = text.partition("\n")
        printed = iter(shown(typed, *shlex.split(line), "--tz", "America/Halifax").splitlines())
        missing = [wanted for wanted in expected.splitlines() if wanted not in printed]
        assert missing == []


def reasons() -> set[str]:
    """Every code that the rules of risk state."""
    tree = ast.parse((ROOT / "impact" / "reviews" / "risk.py").read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(r"[A-Z][A-Z_]{4,}", text)} | {
        one.name.upper() for one in OverlapType
    }


@pytest.mark.parametrize("code", sorted(reasons()))
def test_every_reason_of_risk_has_a_row(code: str) -> None:
    assert code in ROWS


def test_points_are_those_of_the_rules() -> None:
    for code, points in {
        **risk.BLIND, "NO_CIS": risk.NOTHING_NAMED, "CI_NOT_RECORDED": risk.MISSING, "STALE_ESTATE": risk.STALE,
        "FREEZE": risk.FREEZE, "BLACKOUT": risk.BLACKOUT, "WINDOW_OVER_RTO": risk.PROMISE, "LEAD_TIME": risk.LEAD,
        "BACK_OUT_UNKNOWN": risk.BACK_OUT, "BACK_OUT_TOO_LONG": risk.BACK_OUT, "RECOVERY_GAP": risk.RECOVERY,
        "RECOVERY_UNKNOWN": risk.RECOVERY, "EMERGENCY": risk.EMERGENCY, "COLLISIONS_UNTRIED": risk.UNTRIED,
    }.items():  # fmt: skip
        assert ROWS[code].split("|")[2].strip() == str(points), code
    for code, each, most in (
        ("SAME_CI", *risk.OVERLAP[OverlapType.same_ci]),
        ("SHARED_SERVICE", *risk.OVERLAP[OverlapType.shared_service]),
        ("NO_REDUNDANCY_LEFT", risk.NO_SPARE, risk.MOST_NO_SPARE),
    ):
        assert f"{each} each, up to {most}" in ROWS[code], code
    for tier, points_of in risk.SERVICE.items():
        assert tier == "unknown" or f"{tier} {', '.join(map(str, points_of))}" in ROWS["SERVICES_HIT"], tier
    assert risk.SERVICE["unknown"] == risk.SERVICE["T0"]
    for least, points in risk.PEOPLE:
        assert f"from {least:,} {points}" in ROWS["PEOPLE_HIT"], least
    for state, points in risk.COLLISION.items():
        assert f"{state.replace('_', ' ')} {points}" in ROWS["COLLISIONS"], state
    assert f"up to {risk.MOST_COLLISIONS}" in ROWS["COLLISIONS"]
    assert f"up to {risk.MOST_SERVICES}" in ROWS["SERVICES_HIT"]
    assert [limit - 1 for limit, _ in risk.WORDS] == [24, 49, 74]
    assert "Up to 24 it is low, up to 49 medium, up to 74 high" in WORDS
    assert (
        f"less than {risk.LEAD_DAYS['normal']} days before its start (standard: {risk.LEAD_DAYS['standard']} day)"
        in (ROWS["LEAD_TIME"])
    )


def test_states_fields_and_columns_are_told() -> None:
    for state in ChangeState:
        assert state.value in ROWS, state
        for to in CHANGE_MOVES[state]:
            assert to.value in ROWS[state.value], (state, to)
    for name in ("collisions", "overlaps", "freezes", "risk", "suggestions"):
        assert name in ChangeReview.__dataclass_fields__
        assert name in ROWS, name
    for name in Collision.__dataclass_fields__:
        word = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
        assert word in ROWS or name in {"parties", "first"} or name.endswith("_count"), name
    assert f"the nearest {['', 'one', 'two'][EACH_WAY]} before and after" in WORDS
    assert f"at most {DAYS} days away" in WORDS
    assert ",".join(COLUMNS) in PAGE


def test_every_verb_is_told() -> None:
    for group, verbs, _ in GROUPS:
        for verb, _ in verbs:
            told = re.search(rf"cmdb {group} (\w+ \| )*{verb}\b", PAGE)
            assert told or group not in {"change", "freeze"}, (group, verb)
