"""The estate of a store on local disk, which all processes of one machine have in common."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from impact.estate import Estate
from impact.estate_file import DamagedFile, load, previous, revision, save
from impact.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Keep:
    """Where an estate is kept on local disk, and the name of the store it is of.

    An estate of fewer than `least` CIs is not kept: it is read from a local store as quickly as its file is checked.
    """

    place: Path
    store: str
    least: int = 0


class KeptEstate:
    """What is kept, and which revision of it this process last wrote or read."""

    def __init__(self, keep: Keep, words: Vocabulary) -> None:
        self._keep, self._words = keep, words
        self._revision = -1

    def load(self) -> Estate | None:
        """The newest kept estate that is whole, or None."""
        for place in (self._keep.place, previous(self._keep.place)):
            with suppress(OSError, DamagedFile):
                return self._read(place)
        return None

    def load_newer(self) -> Estate | None:
        """What another process has kept since this one last wrote or read, or None."""
        keep = self._keep
        with suppress(OSError, DamagedFile):
            if revision(keep.place, keep.store, self._words) > self._revision:
                return self._read(keep.place)
        return None

    def save(self, estate: Estate) -> bool:
        """Keep an estate, unless it is kept already or too small; whether it was written.

        Raises `OSError` when the disk is full, say; `BlockingIOError` while another process writes.
        """
        if estate.revision == self._revision or estate.size < self._keep.least:
            return False
        save(estate, self._keep.place, self._keep.store)
        self._revision = estate.revision
        return True

    def holds(self, estate: Estate) -> bool:
        """Whether this process last wrote or read the revision of `estate`."""
        return estate.revision == self._revision

    def _read(self, place: Path) -> Estate:
        estate = load(place, self._keep.store, self._words)
        self._revision = estate.revision
        return estate
