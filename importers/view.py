"""What is recorded when an import is planned: read beside the input, and only as far as the plan needs it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType

from cmdb.records.source_types import ImportRun
from cmdb.store.port import Dump, Store
from importers.kit.records import Transformed
from importers.options import BadRows, ImportOptions, MissingEnds
from importers.unchanged import Digests, Rest, large_digests, rest, stated


class View(AbstractContextManager["View"]):
    """A store as `source` looks at it. Large ones are read in columns, while something else reads the input, where what
    is recorded has no say in what the input comes to.

    Every method may raise `StoreUnavailable`.
    """

    def __init__(self, store: Store, source: str, options: ImportOptions) -> None:
        self._store, self._beside = store, ThreadPoolExecutor(1)
        as_read = options.bad_rows is BadRows.refuse and options.missing_ends is MissingEnds.refuse
        self._digests = self._beside.submit(_digested, store, source) if as_read else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beside.shutdown()

    def rest(self, made: Transformed) -> Rest | None:
        """What is left to compare once what stands just so is set aside.

        None where that is as good as everything, or where the options let what is recorded change the input.
        """
        if self._digests is None or (self._digests.done() and self._digests.result() is None):
            return None
        said = stated((made.cis, made.relations, made.pools))  # while what is recorded is still being read
        known = self._digests.result()
        return None if known is None else rest(known, self._store, said)

    def dump(self) -> Dump:
        """Everything, as it is now."""
        head = self._store.head()
        return self._store.dump() if head.revision else Dump(head, [], [], [])


def _digested(store: Store, source: str) -> Digests | None:
    found = large_digests(store, source)
    if found is not None:
        from cmdb.records.form import make_ready  # here, as it is the report that otherwise waits for it in the end

        make_ready(ImportRun.kind)
    return found
