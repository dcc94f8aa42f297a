"""Waiting for a condition, with an end."""

import time
from collections.abc import Callable

from tests.contract.service import Service
from tests.events.clients import PATIENCE_S


def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds; fail when it does not in time."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


def metric(service: Service, name: str) -> float:
    """A number of /metrics; 0 where it was never counted."""
    lines = service.client.get("/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)
