"""The verb that keeps sources in step: imports each when it is due, until it is told to stop."""

import getpass
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from api.render import shape
from api.stores import is_remote, store_path
from api.verbs.options import STORE, JsonOption, ModelOption, Refused, StoreOption, opened
from cmdb.model.durations import parse_minutes
from cmdb.model.errors import InvalidInput, ValueFault
from cmdb.records.times import utc_now

if TYPE_CHECKING:  # what reads sources takes a command longer to load than to answer
    from importers.schedule.loop import Outcome

FAILED = 2
"""The exit code of `--once` when a source could not be imported."""


def sync(
    config: Annotated[Path, typer.Argument(help="YAML file: the sources, and how often each is imported.")],
    once: Annotated[bool, typer.Option(help="Import every source once, due or not, and leave.")] = False,
    every: Annotated[str, typer.Option(help="How often, for sources that do not say: 1h, 15 min.")] = "",
    metrics: Annotated[Path | None, typer.Option(help="Write metrics to this file in the Prometheus format.")] = None,
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> int:
    """Import the sources of a file again and again, each when it is due; one synchronisation of a store at a time."""
    from api.metrics import SyncMetrics
    from cmdb.records.runs import confirmed
    from importers.schedule.config import read_schedule
    from importers.schedule.lock import sole_sync
    from importers.schedule.loop import Schedule

    sources = read_schedule(config, _interval(every))
    with sole_sync(lock_path(store, config), utc_now()), opened(store, model) as workspace, stopping() as stop:
        runs = list(workspace.records().book.runs.values())
        kept = SyncMetrics(confirmed(runs))

        def tell(outcome: "Outcome") -> None:
            _say(outcome, as_json)
            kept.ran(outcome)
            if metrics is not None:
                kept.write(metrics)

        kept_at = workspace.digests_path
        sources = tuple(replace(one, options=replace(one.options, digests=kept_at)) for one in sources)
        schedule = Schedule(
            workspace.store, workspace.model, sources, getpass.getuser(), workspace.clock, stop.is_set, waiting(stop),
            tell, runs,
        )  # fmt: skip
        if not once:
            schedule.run()
            return 0
        return 0 if all(outcome.good for outcome in schedule.run_once()) else FAILED


def _interval(text: str) -> timedelta | None:
    """A duration of at least a minute; None for an empty text. Raises `InvalidInput`."""
    if not text:
        return None
    try:
        minutes = parse_minutes(text)
    except ValueFault as fault:
        raise InvalidInput([fault.at("--every")]) from None
    if minutes < 1:
        raise Refused("--every takes a minute at least, such as 15 min or 1h", "BAD_DURATION")
    return timedelta(minutes=minutes)


def lock_path(store: str, config: Path) -> Path:
    """The lock file of a store: beside a file; for a database on the network beside the configuration."""
    if is_remote(store):
        return config.with_name(config.name + ".lock")
    place = store_path(store)
    return place.with_name(place.name + ".sync.lock")


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set, so that what goes on can come to an end between two steps."""
    stop = Event()

    def asked(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def waiting(stop: Event) -> Callable[[float], None]:
    """Waits so many seconds, or until it is to stop; a minute at most, since the clock may be set."""

    def wait(seconds: float) -> None:
        stop.wait(min(seconds, 60.0))

    return wait


def _say(outcome: "Outcome", as_json: bool) -> None:
    """One line of a run on standard output."""
    if as_json:
        run = outcome.run
        told = {
            "source": outcome.source, "run": run.number if run else None, "good": outcome.good,
            "outcome": run.outcome.value if run else None, "revision": outcome.revision,
            "seconds": (outcome.finished_at - outcome.started_at).total_seconds(), "problem": outcome.problem or None,
            "nextAt": shape(outcome.next_at),
        }  # fmt: skip
        line = orjson.dumps(told).decode()
    else:
        line = words(outcome)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def words(outcome: "Outcome") -> str:
    """A run in one line: when, which source, what came of it, when it is due next."""
    run, seconds = outcome.run, (outcome.finished_at - outcome.started_at).total_seconds()
    what = run.outcome.value if run else "failed"
    named = f" {run.number} r{outcome.revision}" if run else ""
    sums: dict[str, int] = {}
    for count in run.counts if run else ():
        sums[count.action] = sums.get(count.action, 0) + count.number
    done = "".join(f" {number} {action}" for action, number in sums.items())
    problem = f": {outcome.problem}" if outcome.problem else ""
    began = f"{_utc(outcome.finished_at)} {outcome.source} {what}{named}{done}"
    return f"{began} in {seconds:.1f} s{problem}; next {_utc(outcome.next_at)}"


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
