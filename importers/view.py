"""What is recorded when an import is planned: read beside the input, and only as far as the plan needs it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from cmdb.records.source_types import ImportRun
from cmdb.store.port import Dump, Store
from importers.digests import Digests, newest
from importers.kit.records import Transformed
from importers.options import BadRows, ImportOptions, MissingEnds
from importers.unchanged import Rest, rest, stated


class View(AbstractContextManager["View"]):
    """A store as `source` looks at it. Large ones are read in columns, while something else reads the input, where what
    is recorded has no say in what the input comes to.

    Every method may raise `StoreUnavailable`.
    """

    def __init__(self, store: Store, source: str, options: ImportOptions) -> None:
        self._store, self._source, self._beside = store, source, ThreadPoolExecutor(1)
        as_read = options.bad_rows is BadRows.refuse and options.missing_ends is MissingEnds.refuse
        self._digests = self._beside.submit(_digested, store, options.digests) if as_read else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beside.shutdown()

    def rest(self, made: Transformed) -> Rest | None:
        """What is left to compare once what stands just so is set aside.

        None where that is as good as everything, or where the options let what is recorded change the input.
        """
        known = self._digests.result() if self._digests else None
        if known is None:
            return None
        return rest(known, self._store, self._source, stated((made.cis, made.relations, made.pools), known.seed))

    def dump(self) -> Dump:
        """Everything, as it is now."""
        head = self._store.head()
        return self._store.dump() if head.revision else Dump(head, [], [], [])


def _digested(store: Store, place: Path | None) -> Digests | None:
    found = newest(store, place)
    if found is not None:
        from cmdb.records.form import make_ready  # here, as it is the report that otherwise waits for it in the end

        make_ready(ImportRun.kind)
    return found
