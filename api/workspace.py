"""What every entry point is composed of: the model, the store, the inventory and the snapshot of one estate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cmdb.model.extension import load_extension
from cmdb.model.model import Model, standard_model
from cmdb.service import Inventory
from cmdb.store.port import Store, StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore
from impact.question import Question, ask
from impact.snapshot import Keep, Snapshot
from impact.states import Assumption

DEFAULT_STORE = "sqlite:bluenose.db"


@dataclass(frozen=True)
class Workspace:
    """One open estate. Close it when done."""

    model: Model
    store: Store
    inventory: Inventory
    snapshot: Snapshot

    def ask(self, assumptions: Sequence[Assumption], started_at: datetime | None = None) -> Question:
        """Settle a scenario on the newest revision. Raises `UnknownCi`, `ContradictoryScenario`, `StoreUnavailable`."""
        seen = self.snapshot.current()
        return ask(seen.estate, assumptions, datetime.now(UTC), started_at, seen.checked_at, seen.live)

    def close(self) -> None:
        """Keep the newest estate on disk for the next start, and let go of the store."""
        self.snapshot.save()
        self.store.close()


def open_workspace(store_url: str, extension: Path | None = None) -> Workspace:
    """The estate kept at `store_url` (`sqlite:PATH`), under the standard model or one extended by a YAML file.

    Raises `StoreUnavailable`, and `InvalidInput` for a wrong extension.
    """
    model = standard_model() if extension is None else load_extension(extension, standard_model())
    place = store_path(store_url)
    store = SqliteStore(place, model)
    keep = Keep(place.with_name(place.name + ".estate"), str(place.resolve()))
    return Workspace(model, store, Inventory(store, model), Snapshot(store, model, keep))


def store_path(store_url: str) -> Path:
    """The file that `sqlite:PATH` names. Raises `StoreUnavailable` for any other address."""
    scheme, _, place = store_url.partition(":")
    if scheme != "sqlite" or not place:
        raise StoreUnavailable("the store must be given as sqlite:PATH")
    return Path(place)
