"""An empty database again, between tests."""

from neo4j import Driver

DELETE_ALL = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"
CONSTRAINTS = "SHOW CONSTRAINTS YIELD name RETURN name"
INDEXES = (
    "SHOW INDEXES YIELD name, type, owningConstraint WHERE type <> 'LOOKUP' AND owningConstraint IS NULL RETURN name"
)


def wipe(driver: Driver, *, keep_schema: bool = False) -> None:
    """Delete every node and relationship, and unless asked otherwise every constraint and index but the two built in.

    Names of constraints cannot be query parameters; these come from the server and are quoted.
    """
    with driver.session() as session:
        session.run(DELETE_ALL).consume()
        if keep_schema:
            return
        for name in session.run(CONSTRAINTS).value():
            session.run(f"DROP CONSTRAINT {quoted(name)}").consume()
        for name in session.run(INDEXES).value():
            session.run(f"DROP INDEX {quoted(name)}").consume()


def quoted(name: str) -> str:
    """A name in Cypher's backticks."""
    return "`" + name.replace("`", "``") + "`"
