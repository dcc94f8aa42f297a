"""A storm replayed on the demo province, stopped at fixed moments to look at the board."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from api.records import standing
from api.reviews import reviewed
from api.stores import store_path
from api.storm.board import Difference, Seen, differences
from api.storm.replay import Replay, StormClock
from api.storm.story import Check, Story
from api.workspace import Workspace, open_workspace
from cmdb.records.record_types import Basis

BEFORE = timedelta(days=1)
"""Where the clock of a storm stands at first, so that the province is recorded before it."""
Watcher = Callable[[timedelta], None]


@dataclass(frozen=True)
class Stop:
    """A moment at which the board was looked at: what it said, and where that is not as expected."""

    at: timedelta
    seen: Seen
    checked: bool
    found: Sequence[Difference]


@contextmanager
def replaying(story: Story, store: str) -> Iterator[tuple[Workspace, Replay]]:
    """A store, and a storm about to begin on it; its clock stands a day before, when the province is to be loaded."""
    clock = StormClock(story.begins - BEFORE)
    workspace = open_workspace(store, None, clock)
    try:
        yield workspace, Replay(story, workspace.desk, clock, partial(_basis, workspace))
    finally:
        workspace.close()


def stops_of(
    workspace: Workspace, replay: Replay, end: timedelta | None = None, watcher: Watcher | None = None
) -> Iterator[Stop]:
    """Play the storm up to each fixed moment, and look at the board there; and at `end`, where it stops."""
    checks = [check for check in replay.story.checks if end is None or check.at <= end]
    if end is not None and end not in {check.at for check in checks}:
        checks.append(Check(end))
    for check in checks:
        if watcher is not None:
            watcher(check.at)
        replay.until(check.at)
        seen = Seen(workspace, replay)
        yield Stop(check.at, seen, check != Check(check.at), differences(check, seen))


def _basis(workspace: Workspace, key: str) -> Basis:
    """The answer that an approval of a change rests on now."""
    return reviewed(standing(workspace), key).made_basis()


def fresh(store: str) -> str:
    """A scratch store with nothing in it: what an earlier replay left there is removed."""
    place = store_path(store)
    for file in place.parent.glob(place.name + "*"):
        file.unlink()
    return store
