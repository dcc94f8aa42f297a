"""How a run tells how far it is; the command line draws it, other callers ignore it."""

from typing import Protocol


class Progress(Protocol):
    """Told the name and size of each stage, then how many of its things are done."""

    def stage(self, name: str, total: int) -> None:
        """A stage begins; `total` things will be done, 0 if not known."""

    def advance(self, n: int) -> None:
        """`n` more things of the stage are done."""


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int) -> None:
        """Nothing to show."""

    def advance(self, n: int) -> None:
        """Nothing to show."""
