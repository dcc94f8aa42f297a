"""Log lines."""

import io
import sys
from errno import ENOSPC

import orjson
import pytest
import structlog

from api.logs import configure_logs


def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    structlog.get_logger().info("answered", path="/health", status=200)
    (line,) = capsys.readouterr().err.splitlines()
    told = orjson.loads(line)
    assert (told["event"], told["level"], told["status"]) == ("answered", "info", 200)


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, _text: str) -> int:
        raise OSError(ENOSPC, "No space left on device")


def test_a_line_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    configure_logs()
    closed = io.StringIO()
    closed.close()
    for stream in (Full(), closed):
        monkeypatch.setattr(sys, "stderr", stream)
        structlog.get_logger().info("nobody reads this")
