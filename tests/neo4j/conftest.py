"""The store on the test server, and what the graph really holds."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from neo4j import Driver

from cmdb.model.model import Model, standard_model
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Store
from tests.neo4j.choice import TestServer

Open = Callable[..., Neo4jStore]


@pytest.fixture
def opened(neo4j_server: TestServer) -> Iterator[Open]:
    """Opens the store with the given model, closing it afterwards."""
    stores: list[Store] = []
    user, password = neo4j_server.auth or ("", "")

    def open_it(model: Model | None = None, **more: Any) -> Neo4jStore:
        settings = {"uri": neo4j_server.uri, "user": user, "password": password, "silent_seconds": 20.0, **more}
        store = Neo4jStore(model=model or standard_model(), **settings)
        stores.append(store)
        return store

    yield open_it
    for store in stores:
        store.close()


def asked(driver: Driver, query: str) -> list[list[Any]]:
    """What the database answers."""
    with driver.session() as session:
        return session.run(query).values()
