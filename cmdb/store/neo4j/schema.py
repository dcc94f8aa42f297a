"""Constraints and indexes, and how an empty database becomes a store."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from neo4j import ManagedTransaction, Session

from cmdb.store.neo4j.queries import FORMAT_FOUND, INSIDE, LOCK, NAMES, RELABEL, SET_FORMAT, START, START_REVISION
from cmdb.store.neo4j.read import marked
from cmdb.store.neo4j.vocabulary import RECORD_LABELS
from cmdb.store.port import Head

FORMAT = 3
UPGRADED = frozenset({1, 2})
"""Earlier formats that are brought to this one; the first had no records, the second no claims."""
TEXT_INDEX = "ci_searched"


class Declared(NamedTuple):
    """A constraint or an index, by its name, and the statement that creates it."""

    name: str
    statement: str


def unique(label: str, *properties: str) -> Declared:
    """At most one node with this label has these values. An index comes with it."""
    name = "_".join((label.lower(), *properties))
    listed = ", ".join(f"n.{p}" for p in properties)
    return Declared(name, f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE ({listed}) IS UNIQUE")


def ordered(label: str, *properties: str) -> Declared:
    """A range index."""
    name = "_".join((label.lower(), "by", *properties))
    listed = ", ".join(f"n.{p}" for p in properties)
    return Declared(name, f"CREATE RANGE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON ({listed})")


SCHEMA: tuple[Declared, ...] = (
    unique("Head", "id"),
    unique("CI", "id"),
    unique("Pool", "ci", "name"),
    unique("Revision", "number"),
    unique("Request", "key"),
    ordered("CI", "kind"),
    ordered("Revision", "recorded_at"),
    ordered("Revision", "attempt"),
    ordered("PastCI", "id"),
    ordered("PastCI", "until"),
    ordered("PastRelation", "from_id"),
    ordered("PastRelation", "to_id"),
    ordered("PastRelation", "until"),
    ordered("PastPool", "ci"),
    ordered("PastPool", "until"),
    unique("ServiceRecord", "kind", "source", "number"),
    ordered("ServiceRecord", "since"),
    ordered("ServiceRecord", "missing"),
    ordered("PastRecord", "kind", "source", "number"),
    ordered("PastRecord", "since"),
    ordered("PastRecord", "until"),
    Declared(
        TEXT_INDEX,
        f"CREATE FULLTEXT INDEX {TEXT_INDEX} IF NOT EXISTS FOR (n:CI) ON EACH [n.searched] "
        "OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace'}}",
    ),
)
"""Names have no range index: one may be longer than such an index can hold. The text index finds them."""


class Foreign(Exception):
    """The database holds something that is not ours; the argument is the fact to report."""


def prepare(session: Session, now: Callable[[], datetime]) -> None:
    """Make an empty database a store; leave one of ours alone, or bring it to this format. Raises `Foreign` for any
    other."""
    formats = session.execute_read(lambda tx: tx.run(FORMAT_FOUND).value())
    if not formats and session.execute_read(lambda tx: tx.run(INSIDE).value()):
        raise Foreign("the database holds data that is not a Bluenose store")
    if formats and formats[0] != FORMAT and formats[0] not in UPGRADED:
        raise Foreign(f"the store has format {formats[0]}, this program reads format {FORMAT}")
    if formats and formats[0] in UPGRADED:
        session.execute_write(_upgrade)
    _create_schema(session)
    if not formats:
        session.execute_write(_start, now)


def _create_schema(session: Session) -> None:
    existing = set(session.run(NAMES).value())
    missing = [declared for declared in SCHEMA if declared.name not in existing]
    for declared in missing:
        session.run(declared.statement).consume()
    if missing:
        session.run("CALL db.awaitIndexes(300)").consume()


def _upgrade(tx: ManagedTransaction) -> None:
    """Keep labels of records for records: CIs whose kind had such a label get the one that it has now."""
    tx.run(LOCK).consume()
    if tx.run(FORMAT_FOUND).value() == [FORMAT]:
        return
    for label in ("ServiceRecord", "PastRecord", *RECORD_LABELS.values()):
        tx.run(RELABEL.format(label=label)).consume()
    tx.run(SET_FORMAT, format=FORMAT).consume()


def _start(tx: ManagedTransaction, now: Callable[[], datetime]) -> None:
    """Make revision 0. Who comes second finds it made: the constraints let one node be."""
    begun = Head(0, now())
    tx.run(START, format=FORMAT, mark=marked(begun)).consume()
    tx.run(START_REVISION, now=begun.recorded_at).consume()
