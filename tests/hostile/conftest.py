"""One empty store for a module: hostile inputs must leave it empty."""

from tests.importers.conftest import empty

__all__ = ["empty"]
