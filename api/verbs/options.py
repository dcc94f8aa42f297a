"""What every verb understands: where the estate is kept, and how to answer."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import IO, Annotated, Any, TextIO, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
import typer
from rich.console import Console

from api.stores import DEFAULT_STORE
from api.unknown import meant, recorded_now
from api.workspace import Workspace, open_workspace
from cmdb.model.errors import InvalidInput
from cmdb.model.revision import NUMBER
from cmdb.store.port import Head
from impact.states import Assumption, ContradictoryScenario, ImpactState, UnknownCi

LOCALTIME = Path("/etc/localtime")
StoreOption = Annotated[str, typer.Option("--store", envvar="CMDB_STORE", help="Where the estate is kept.")]
ModelOption = Annotated[
    Path | None, typer.Option("--model", envvar="CMDB_MODEL", help="YAML file that extends the model.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, in the shape of the GraphQL answer.")]
ZoneOption = Annotated[str, typer.Option("--tz", help="Time zone for people, such as America/Halifax.")]
Failed = Annotated[
    list[str], typer.Argument(help="CI, or CI=STATE: down (default), degraded, at_risk, operational (checked, fine).")
]
AsOfOption = Annotated[
    str, typer.Option("--as-of", help="As it was recorded then: r42, 02:40 or 2026-11-22T02:40:00-04:00.")
]
STORE = DEFAULT_STORE


class Refused(Exception):
    """A request that cannot be answered as it was put; the message says what would be."""

    def __init__(self, message: str, code: str = "BAD_REQUEST") -> None:
        self.code = code
        super().__init__(message)


@contextmanager
def opened(store: str, model: Path | None) -> Iterator[Workspace]:
    """The estate at `store`, closed afterwards; unknown CIs and contradictions become usage errors with suggestions."""
    workspace = open_workspace(store, model)
    try:
        yield workspace
    except UnknownCi as error:
        raise Refused("\n".join(unknown(workspace, ci, error.as_of) for ci in error.ids)) from None
    except ContradictoryScenario as error:
        raise Refused(str(error)) from None
    finally:
        workspace.close()


def unknown(workspace: Workspace, ci: str, as_of: int | None = None) -> str:
    """Says that there is no such CI, or was none at a revision, and which ones may have been meant."""
    if as_of is not None and recorded_now(workspace, ci):
        return f"no CI '{ci}' as of r{as_of}. It was recorded later; see: cmdb history {ci}"
    then = "" if as_of is None else f" as of r{as_of}"
    return f"no CI '{ci}'{then}. {meant(workspace, ci, as_of).words or 'Find one with: cmdb search TEXT'}"


def scenario_of(given: list[str]) -> list[Assumption]:
    """`CI` and `CI=STATE` arguments as assumptions; a CI whose id holds `=` is written with its state."""
    return [_assumption(text) for text in given]


def _assumption(text: str) -> Assumption:
    ci, sign, state = text.rpartition("=")
    if not sign:
        return Assumption(text)
    word = state.strip().lower()
    if not ci or word not in ImpactState.__members__:
        accepted = ", ".join(ImpactState.__members__)
        raise Refused(f"'{state}' is not a state; write CI=STATE with one of {accepted}")
    return Assumption(ci, ImpactState[word])


def zone_of(name: str) -> tzinfo:
    """A time zone by name; for an empty one the machine's own, with its rules for all times of the year.

    Raises `Refused`.
    """
    if name:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Refused(f"'{name}' is not a time zone; write one like America/Halifax") from None
    own = os.environ.get("TZ", "").lstrip(":") or os.path.realpath(LOCALTIME).partition("zoneinfo/")[2]
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(own)
    return datetime.now().astimezone().tzinfo or UTC


def moment_of(text: str, zone: tzinfo) -> datetime | None:
    """`02:40` (the last time it was that), or an ISO 8601 time; without an offset, in `zone`. None for an empty one."""
    if not text:
        return None
    now = datetime.now(zone)
    try:
        if len(text) <= 5:
            clock = datetime.strptime(text, "%H:%M")
            moment = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
            return moment if moment <= now else moment - timedelta(days=1)
        moment = datetime.fromisoformat(text)
    except ValueError:
        accepted = "02:40 or 2026-11-22T02:40:00-04:00"
        raise Refused(f"'{text}' is not a time; write {accepted}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def revision_of(workspace: Workspace, text: str, zone: tzinfo) -> Head | None:
    """The revision that `r42`, `42`, `02:40` or a time stands for; None for an empty text."""
    if not text:
        return None
    try:
        moment = None if NUMBER.fullmatch(text.strip()) else moment_of(text, zone)
        return workspace.inventory.revision_of(moment.isoformat() if moment else text)
    except Refused:
        accepted = "r42, 02:40 or 2026-11-22T02:40:00-04:00"
        raise Refused(f"'{text}' is neither a revision nor a time; write {accepted}", "BAD_REVISION") from None
    except InvalidInput as error:
        (problem,) = error.problems
        raise Refused(f"revision {problem.found}: accepted is {problem.accepted}", problem.code) from None


def console() -> Console:
    """The terminal: colour and full width where there is one; piped, plain text at 80 columns (or COLUMNS)."""
    if sys.stdout.isatty():
        return Console(highlight=False, emoji=False)
    return Console(file=cast(IO[str], Trimmed(sys.stdout)), width=int(os.environ.get("COLUMNS") or 80), highlight=False)


class Trimmed:
    """Standard output without the spaces that tables leave at the end of a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write `text`, each of its lines trimmed."""
        return self._out.write("\n".join(line.rstrip() for line in text.split("\n")))

    def flush(self) -> None:
        """Hand on what was written."""
        self._out.flush()


def print_json(value: Any) -> None:
    """Write `value` to standard output as one JSON document."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
