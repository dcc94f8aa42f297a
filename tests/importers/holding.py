"""What an importer makes of a path, held back, planned and applied; without the runner."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cmdb.progress import Silent
from cmdb.reconcile.plan import plan
from cmdb.store.port import Dump, Head
from cmdb.store.sqlite.store import SqliteStore
from importers.kit.held import Held, hold_back
from importers.kit.protected import with_protected
from importers.kit.records import Transformed
from importers.registry import importer_for
from tests.importers.estate import MODEL

EMPTY = Dump(Head(0, datetime(2026, 1, 1, tzinfo=UTC)), [], [], [])


def made(path: Path, source: str = "test", importer: str = "") -> Transformed:
    """What the importer of `path` makes of it."""
    return importer_for(path, importer).read(path, MODEL, source, Silent())


def held_of(path: Path, current: Dump = EMPTY, source: str = "test") -> Held:
    """What is held back of `path`, and what is kept."""
    return hold_back(made(path, source), MODEL, current)


def recorded(path: Path, source: str = "test") -> Dump:
    """An inventory that holds just what stands at `path`."""
    found = made(path, source)
    found.problems.refuse()
    return EMPTY._replace(cis=sorted(found.cis), relations=sorted(found.relations), pools=sorted(found.pools))


def ids(things: Transformed | Held) -> list[str]:
    """The ids of the CIs that are kept."""
    kept = things.kept if isinstance(things, Held) else things
    return sorted(ci.id for ci in kept.cis)


def told(held: Held) -> list[tuple[str, str, str]]:
    """Entity, place and code of every row that is held back."""
    return [(row.entity, str(row.at), row.code) for row in held.rows]


def links(things: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The keys of relations, in order."""
    return sorted(tuple(thing[:4]) for thing in things)


def load_held(store: SqliteStore, path: Path, source: str = "test") -> Held:
    """Import `path` without its bad rows."""
    current = store.dump()
    held = held_of(path, current, source)
    load(store, with_protected(held, current, source, MODEL), source, held.kept.part)
    return held


def load(store: SqliteStore, what: Transformed, source: str = "test", partial: bool = False) -> None:
    """Import what was made."""
    what.problems.refuse()
    planned = plan(store.dump(), (what.cis, what.relations, what.pools), source, MODEL, partial)
    store.apply(replace(planned.changeset, who="somebody", base=None))
