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
from impact.snapshot import Snapshot
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
        self.store.close()


def open_workspace(store_url: str, extension: Path | None = None) -> Workspace:
    """The estate kept at `store_url` (`sqlite:PATH`), under the standard model or one extended by a YAML file.

    Raises `StoreUnavailable`, and `InvalidInput` for a wrong extension.
    """
    model = standard_model() if extension is None else load_extension(extension, standard_model())
    store = open_store(store_url, model)
    return Workspace(model, store, Inventory(store, model), Snapshot(store, model))


def open_store(store_url: str, model: Model) -> Store:
    """The store at a URL. Raises `StoreUnavailable`."""
    scheme, _, place = store_url.partition(":")
    if scheme != "sqlite" or not place:
        raise StoreUnavailable("the store must be given as sqlite:PATH")
    return SqliteStore(Path(place), model)
