"""What is recorded when an import is planned: read beside the input, and only as far as the plan needs it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType

from cmdb.store.port import Dump, Store
from importers.kit.records import Transformed
from importers.unchanged import Digests, Rest, digests, rest


class Recorded(AbstractContextManager["Recorded"]):
    """A store as `source` looks at it. Large ones are read in columns, while something else reads the input.

    Every method may raise `StoreUnavailable`.
    """

    def __init__(self, store: Store, source: str) -> None:
        self._store, self._beside = store, ThreadPoolExecutor(1)
        self._digests = self._beside.submit(digests, store, source)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beside.shutdown()

    def rest(self, made: Transformed) -> Rest | None:
        """What is left to compare once what stands just so is set aside; None where that is as good as everything."""
        known: Digests | None = self._digests.result()
        return None if known is None else rest(known, self._store, (made.cis, made.relations, made.pools))

    def dump(self) -> Dump:
        """Everything, as it is now."""
        head = self._store.head()
        return self._store.dump() if head.revision else Dump(head, [], [], [])
