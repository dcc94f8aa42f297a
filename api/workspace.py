"""What every entry point is composed of: the model, the store, the inventory and the snapshot of one estate."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from api.follower import Follower
from cmdb.model.extension import load_extension
from cmdb.model.model import Model, standard_model
from cmdb.service import Inventory
from cmdb.store.port import Store, StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore
from impact.question import Question, ask
from impact.snapshot import Keep, Seen, Snapshot
from impact.states import Assumption

DEFAULT_STORE = "sqlite:bluenose.db"
STALE_SECONDS = 1.5
LEAST_KEPT = 5_000
"""CIs below which an estate is read from a local store as quickly as its file is checked."""


@dataclass
class Workspace:
    """One open estate. Close it when done.

    Questions ask a local store for its newest revision each time, which costs microseconds. A store on the network is
    followed in the background instead (`follow`), and an answer whose estate was not confirmed for `STALE_SECONDS`
    says so.
    """

    model: Model
    store: Store
    inventory: Inventory
    snapshot: Snapshot
    remote: bool = False
    _follower: Follower | None = None
    _written: int = 0

    def follow(self) -> None:
        """Keep the snapshot at the newest revision in the background, until `close`."""
        if self._follower is None:
            self._follower = Follower(self.snapshot)
            self._follower.start()

    def wrote(self, revision: int) -> None:
        """A change of ours was recorded as `revision`: the next answer shows it."""
        self._written = max(self._written, revision)

    def seen(self) -> Seen:
        """The newest estate, and whether it is known to be that. Raises `StoreUnavailable`."""
        seen = self.snapshot.seen
        if self._follower is None or not self.remote or seen is None or seen.estate.revision < self._written:
            return self.snapshot.current()
        fresh = (datetime.now(UTC) - seen.checked_at).total_seconds() < STALE_SECONDS
        return seen if fresh else replace(seen, live=False)

    def ask(self, assumptions: Sequence[Assumption], started_at: datetime | None = None) -> Question:
        """Settle a scenario on the newest revision. Raises `UnknownCi`, `ContradictoryScenario`, `StoreUnavailable`."""
        seen = self.seen()
        return ask(seen.estate, assumptions, datetime.now(UTC), started_at, seen.checked_at, seen.live)

    def close(self) -> None:
        """Keep the newest estate on disk for the next start, and let go of the store."""
        if self._follower is not None:
            self._follower.stop()
        self.snapshot.save()
        self.store.close()


def open_workspace(store_url: str, extension: Path | None = None) -> Workspace:
    """The estate kept at a store URL, under the standard model or one extended by a YAML file.

    Raises `StoreUnavailable`, and `InvalidInput` for a wrong extension.
    """
    model = standard_model() if extension is None else load_extension(extension, standard_model())
    store = open_store(store_url, model)
    remote = not store_url.startswith("sqlite:")
    snapshot = Snapshot(store, model, keep_of(store_url))
    return Workspace(model, store, Inventory(store, model), snapshot, remote)


def open_store(store_url: str, model: Model) -> Store:
    """The store at `sqlite:PATH`. Raises `StoreUnavailable`."""
    return SqliteStore(store_path(store_url), model)


def store_path(store_url: str) -> Path:
    """The file that `sqlite:PATH` names. Raises `StoreUnavailable` for any other address."""
    scheme, _, place = store_url.partition(":")
    if scheme != "sqlite" or not place:
        raise StoreUnavailable("the store must be given as sqlite:PATH")
    return Path(place)


def keep_of(store_url: str) -> Keep:
    """Where the estate of a store is kept on disk: beside a file, else in CMDB_CACHE or ~/.cache/bluenose."""
    if store_url.startswith("sqlite:"):
        place = store_path(store_url)
        return Keep(place.with_name(place.name + ".estate"), str(place.resolve()), LEAST_KEPT)
    folder = Path(os.environ.get("CMDB_CACHE") or Path.home() / ".cache" / "bluenose")
    folder.mkdir(parents=True, exist_ok=True)
    return Keep(folder / f"{sha256(store_url.encode()).hexdigest()[:16]}.estate", store_url)
