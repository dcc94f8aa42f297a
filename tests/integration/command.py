"""The command, run as a person runs it."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from api.cli import main

Run = Callable[..., tuple[int, str, str]]
"""Runs the command with arguments: exit code, standard output, standard error without what a service logs meanwhile."""


def runner(capture: pytest.CaptureFixture[bytes], *first: str) -> Run:
    """Runs the command in this process, with these arguments before those of a call."""

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([*first, *arguments])
        sys.stdout.flush()
        out, err = capture.readouterr()
        told = [line for line in err.decode().splitlines(keepends=True) if not line.startswith('{"request_id"')]
        return int(left.value.code or 0), out.decode(), "".join(told)

    return call


def answer(run: Run, *arguments: str) -> Any:
    """What the command says with `--json`."""
    code, out, err = run(*arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def shown(run: Run, *arguments: str) -> str:
    """What the command prints for people: at most 80 columns, no colours, no spaces at the ends of lines."""
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert all(len(line) <= 80 and line == line.rstrip() and "\x1b" not in line for line in out.splitlines())
    return out
