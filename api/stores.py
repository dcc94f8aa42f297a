"""Stores by their address: an embedded file, or a Neo4j database."""

import os
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cmdb.model.model import Model
from cmdb.store.port import Store, StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore, utc_now
from impact.kept import Keep

DEFAULT_STORE = "sqlite:bluenose.db"
NEO4J = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
ACCEPTED = "sqlite:PATH or neo4j://HOST:PORT"
LEAST_KEPT = 5_000
"""CIs below which an estate is read from a local store as quickly as its file is checked."""


def is_remote(store_url: str) -> bool:
    """Whether the store is a database on the network. Raises `StoreUnavailable` for an address that is neither."""
    scheme, _, place = store_url.partition(":")
    if scheme in NEO4J and place.startswith("//"):
        return True
    store_path(store_url)
    return False


def open_store(store_url: str, model: Model, clock: Callable[[], datetime] = utc_now) -> Store:
    """The store at a URL; `NEO4J_USER` and `NEO4J_PASSWORD` are for a database. Raises `StoreUnavailable`.

    `clock` tells when a revision is recorded.
    """
    if not is_remote(store_url):
        return SqliteStore(store_path(store_url), model, clock=clock)
    from cmdb.store.neo4j.store import Neo4jStore

    user, password = os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", "")
    return Neo4jStore(store_url, user, password, model, clock=clock)


def store_path(store_url: str) -> Path:
    """The file that `sqlite:PATH` names. Raises `StoreUnavailable` for any other address."""
    scheme, _, place = store_url.partition(":")
    if scheme != "sqlite" or not place:
        raise StoreUnavailable(f"the store must be given as {ACCEPTED}")
    return Path(place)


def keep_of(store_url: str) -> Keep:
    """Where the estate of a store is kept on disk: beside a file, else in CMDB_CACHE or ~/.cache/bluenose.

    What else is kept of it has the same name with another suffix.
    """
    if not is_remote(store_url):
        place = store_path(store_url)
        return Keep(place.with_name(place.name + ".estate"), str(place.resolve()), LEAST_KEPT)
    folder = Path(os.environ.get("CMDB_CACHE") or Path.home() / ".cache" / "bluenose")
    folder.mkdir(parents=True, exist_ok=True)
    return Keep(folder / f"{sha256(store_url.encode()).hexdigest()[:16]}.estate", store_url)
