"""One revision as it travels from store to store: who, when, why, what it changes, and what stood at its end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, Protocol

from cmdb.model.changeset import Changeset
from cmdb.model.errors import InvalidInput, Problem
from cmdb.reconcile.difference import Diff
from cmdb.store.port import Head


class Mark(NamedTuple):
    """What makes a revision the same one in two stores; `content` is the hash of everything at its end."""

    number: int
    recorded_at: datetime
    who: str
    source: str
    message: str
    content: str


class Revision(NamedTuple):
    """A revision and the changeset that makes it again behind its predecessor."""

    mark: Mark
    changeset: Changeset


class Source(Protocol):
    """Where revisions are copied from: a store, or an archive of one. `head` does not move while it is read."""

    head: Head

    def mark(self, number: int) -> Mark:
        """What identifies one revision, from 1 to the newest."""

    def revisions(self, after: int) -> Iterator[Revision]:
        """Every revision after number `after`, in order."""


class Stopped(InvalidInput):
    """A copy that could not go on; the target stands whole at revision `reached`, and a repeat goes on from there."""

    def __init__(self, problems: list[Problem], reached: int, count: int | None = None) -> None:
        super().__init__(problems, count)
        self.reached = reached


def revision_of(mark: Mark, diff: Diff) -> Revision:
    """The revision that changed what `diff` tells."""
    made = changeset_of(mark)
    changeset = replace(
        made,
        put_cis=[*diff.cis.created, *(after for _, after in diff.cis.changed)],
        put_relations=[*diff.relations.created, *(after for _, after in diff.relations.changed)],
        put_pools=[*diff.pools.created, *(after for _, after in diff.pools.changed)],
        put_records=[*diff.records.created, *(after for _, after in diff.records.changed)],
        remove_relations=[relation.key for relation in diff.relations.removed],
        remove_pools=[pool.key for pool in diff.pools.removed],
        delete=[ci.id for ci in diff.cis.removed],
    )
    return Revision(mark, changeset)


def changeset_of(mark: Mark) -> Changeset:
    """The changeset of a revision, so far without what it changes."""
    return Changeset(mark.who, mark.source, mark.message, recorded_at=mark.recorded_at, base=mark.number - 1)
