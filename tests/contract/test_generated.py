"""What is written from the code stands as the code says."""

from pathlib import Path

import pytest

from api import generated


def test_what_is_committed_is_what_the_code_says() -> None:
    assert generated.differing() == []


def test_what_differs_is_named_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generated, "ROOT", tmp_path)
    monkeypatch.setattr(generated, "GENERATED", {"one.md": lambda: "one\n", "two.md": lambda: "two\n"})
    (tmp_path / "one.md").write_bytes(b"one\r\n")
    assert generated.main(["--check"]) == 1
    assert "one.md, two.md; write anew with: python3 dev.py schema" in capsys.readouterr().err
    assert generated.main(["--force"]) == 2
    assert generated.main([]) == 0
    assert generated.main(["--check"]) == 0
    assert (tmp_path / "one.md").read_bytes() == b"one\n"
