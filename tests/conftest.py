"""Brings the fixtures of `plugin` to this folder."""

import gc
import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # before it is loaded: the workers share the cores

from tests.neo4j.plugin import (
    neo4j_driver,
    neo4j_process,
    neo4j_server,
    neo4j_session_server,
    pytest_collection_modifyitems,
    pytest_terminal_summary,
    pytest_testnodedown,
)

__all__ = [
    "neo4j_driver",
    "neo4j_process",
    "neo4j_server",
    "neo4j_session_server",
    "pytest_collection_modifyitems",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]


def pytest_collection_finish() -> None:
    """Thousands of tests and all modules are there for good: no need to look for garbage among them time and again."""
    gc.collect()
    gc.freeze()
