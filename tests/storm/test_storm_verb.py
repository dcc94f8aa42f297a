"""`cmdb storm`: the board as people read it, and where it is not as expected."""

import json
from pathlib import Path

import pytest

from api.verbs import storm
from tests.integration.command import Run, answer, runner, shown


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    return runner(capfdbinary, "storm")


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'storm.db'}"


def test_the_board_at_the_fixed_moments_until_one(run: Run, store: str) -> None:
    out = shown(run, "--until", "+04:30", "--store", store)
    blocks = out.split("\n\n")
    assert [block.split(" · ")[0].strip() for block in blocks[:5]] == [
        "T+00:30", "T+02:30", "T+04:00", "T+04:20", "T+04:30"
    ]  # fmt: skip
    assert "Fri 30 Oct 22:20 · 4 open incidents" in blocks[3]
    assert "■ down 25 · ▲ degraded 42 · ◆ at risk 8" in blocks[3]
    assert "INC-0004 and INC-0005 break pool source of pwr-hdc-ats-a: ■ down" in blocks[3]
    assert "Electronic Health Record 23:10, in 50" in " ".join(blocks[3].split())
    assert [block.count("✓ as expected") for block in blocks[:5]] == [1, 1, 1, 1, 0]
    assert "4 moments checked, ✓ all as expected" in out


def test_the_same_as_json(run: Run, store: str) -> None:
    stops = answer(run, "--until", "+04:20", "--store", store)["stops"]
    assert [stop["at"] for stop in stops] == ["T+00:30", "T+02:30", "T+04:00", "T+04:20"]
    assert stops[-1]["services"] == {"down": 25, "degraded": 42, "at_risk": 8}
    assert stops[-1]["together"][0]["incidents"] == ["INC-0004", "INC-0005"]
    assert not any(stop["differences"] for stop in stops)


def test_a_difference_is_told_and_leaves_with_one(
    run: Run, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("hurricane.yaml", "board.yaml"):
        text = (storm.STORM / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("down: 2910", "down: 2911"), encoding="utf-8")
    monkeypatch.setattr(storm, "STORM", tmp_path)
    code, out, _ = run("--until", "+02:30", "--store", store)
    assert code == 1
    told = " ".join(out.split())
    assert "✗ people: expected down 2,911, degraded 620, at_risk 15,150, the board says down 2,910" in told
    assert "2 moments checked, 1 differ" in told


def test_a_storm_goes_on_where_it_stopped(run: Run, store: str) -> None:
    first = answer(run, "--until", "+02:30", "--store", store)["stops"]
    again = answer(run, "--until", "+04:00", "--store", store)["stops"]
    assert again[: len(first)] == first


def test_everything_as_it_happens(run: Run, store: str) -> None:
    out = shown(run, "--watch", "--pace", "100000", "--until", "+02:30", "--store", store)
    assert "T+01:15 Fri 19:15 INC-0002 incident" in out
    assert out.index("INC-0003 incident") < out.index("T+02:30 · Fri")


def test_a_scratch_store_is_made_anew(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        code, out, _ = run("--until", "+00:30", "--json")
        assert (code, len(json.loads(out)["stops"])) == (0, 1)
    assert (tmp_path / "bluenose-storm.db").exists()


def test_an_offset_that_is_none(run: Run, store: str) -> None:
    code, out, err = run("--until", "tomorrow", "--store", store)
    assert (code, out) == (2, "")
    assert "hours and minutes from the beginning" in err
