"""How an import is to go about it: what becomes of bad rows and of ends that are missing, and what may be removed."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class BadRows(StrEnum):
    """What becomes of rows at fault: everything is refused, or they are held back in a folder, to be put right."""

    refuse = "refuse"
    hold = "hold"


class MissingEnds(StrEnum):
    """What becomes of a relation to a CI that nobody recorded: it is refused, or the CI is recorded as a stub."""

    refuse = "refuse"
    stub = "stub"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`importer` names one, else the first that accepts the input is taken. `held` is the folder for rows held back.

    A `partial` input says nothing of what is not in it: nothing of the source is retired or removed. With
    `allow_removals`, most of the CIs of a source may be retired. `digests` is where digests of a large estate are kept
    from one import to the next.
    """

    importer: str = ""
    bad_rows: BadRows = BadRows.refuse
    held: Path | None = None
    missing_ends: MissingEnds = MissingEnds.refuse
    partial: bool = False
    allow_removals: bool = False
    digests: Path | None = None


DEFAULT = ImportOptions()
