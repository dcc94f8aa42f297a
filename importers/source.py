"""Where an import comes from: a path, or an API whose answers are fetched into a folder first."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

from cmdb.model.errors import InvalidInput, Problem
from cmdb.progress import Progress
from importers.live.apis import is_address


class Found(NamedTuple):
    """What is to be read: where it stands, and what reports call it (an address without its query or login)."""

    path: Path
    name: str


@contextmanager
def fetched(
    place: str, source: str, importer: str, progress: Progress, keep: Path | None = None
) -> Iterator[Found]:  # fmt: skip
    """The input at a path or an address; what was fetched is gone afterwards, unless it goes to the folder `keep`.

    An address needs the name of its `source`, and of the `importer` that reads it. Raises `InvalidInput`.
    """
    if not is_address(place):
        yield Found(Path(place), Path(place).name)
        return
    missing = [name for name, value in (("source", source), ("importer", importer)) if not value]
    if missing:
        accepted = "an address comes with the name of its source, and of the importer that reads it"
        raise InvalidInput([Problem("MISSING_VALUE", name, "nothing", accepted) for name in missing])
    if keep is not None:
        from importers.kit.held_file import check_free  # with it, what reads whole columns is loaded

        check_free(keep)
    with TemporaryDirectory(prefix="bluenose-") as folder:
        from importers.live.fetch import fetch
        from importers.live.login import login_for

        progress.stage("fetch", 0)
        path = fetch(place, importer, keep or Path(folder), login_for(importer, source), progress)
        yield Found(path, named(place))


def named(address: str) -> str:
    """An address as reports show it: without user, password, query and fragment."""
    try:
        parts = urlsplit(address)
        return f"{parts.hostname or ''}{parts.path}".rstrip("/")
    except ValueError:
        return "an address that is none"
