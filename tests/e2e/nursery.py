"""Processes of `cmdb`: begun from nothing, or forked off one that has the program loaded, which is much quicker.

Run as a program this is that one: it reads what to start, a JSON object a line, and writes process ids.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self


class Process(Protocol):
    """A running `cmdb`."""

    pid: int

    @property
    def alive(self) -> bool:
        """Whether it still runs."""

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""


class Begun:
    """A process of its own from the start. What it writes goes to `log`."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", *arguments], env={**os.environ, **environment},
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Forked:
    """A child of a nursery, which collects it when it ends."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    @property
    def alive(self) -> bool:
        return Path(f"/proc/{self.pid}").exists()

    def kill(self) -> None:
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
        while self.alive:
            time.sleep(0.001)


def queued(pid: int) -> float:
    """Seconds that the threads of a process were ready to run and had no processor, because others had it (Linux)."""
    waits = [task.read_text().split()[1] for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(map(int, waits)) / 1e9


class Nursery:
    """A process that has the program loaded, and forks. Its children do not outlive it, nor does it outlive us."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
        """A new process; what it writes goes to `log`."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        asked = {"arguments": list(arguments), "environment": dict(environment), "log": str(log)}
        self._parent.stdin.write(json.dumps(asked) + "\n")
        self._parent.stdin.flush()
        return Forked(int(self._parent.stdout.readline()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._parent.communicate()


def fork_off() -> None:
    """Fork for every line that comes in. The children run `cmdb`; the parent never starts a thread."""
    import numba  # noqa: F401  # what a service loads when it starts

    import api.app  # noqa: F401
    import cmdb.store.neo4j.store  # noqa: F401
    from api.cli import main

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        asked = json.loads(line)
        if pid := os.fork():
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.update(asked["environment"])
        redirect(asked["log"])
        main(asked["arguments"])
    os.killpg(os.getpid(), signal.SIGKILL)


def redirect(log: str) -> None:
    """Read nothing from now on, and write to `log`."""
    for number, (place, flags) in enumerate(
        [(os.devnull, os.O_RDONLY), *2 * [(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)]]
    ):
        opened = os.open(place, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)


if __name__ == "__main__":
    fork_off()
