"""The province, served: one service for the tests of a module."""

from tests.contract.conftest import service

__all__ = ["service"]
