"""Structured logs: one JSON line an event, on standard error, each with its request id."""

import logging
import re
import sys
from contextlib import suppress
from uuid import uuid4

import orjson
import structlog

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class StandardError:
    """Writes whole lines to wherever standard error leads now."""

    def msg(self, line: str) -> None:
        """Write one line; where it can be written no longer (a closed terminal, a full disk), the work goes on."""
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


def configure_logs() -> None:
    """Send structlog's events to standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: StandardError(),
    )


def request_id(given: str | None) -> str:
    """The id a client gave, if it is 1 to 64 letters, digits, dots or dashes; otherwise a new one."""
    return given if given and _SANE.fullmatch(given) else uuid4().hex


def _line(event: object, **_: object) -> str:
    return orjson.dumps(event, default=repr).decode()
