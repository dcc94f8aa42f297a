"""The verbs that keep an estate safe: backup, restore, and copy from store to store; always with its history."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from api.stores import open_store, store_path
from api.verbs.moving import drawn
from api.verbs.options import STORE, JsonOption, ModelOption, Refused, StoreOption, console, print_json
from cmdb.model.extension import load_extension
from cmdb.model.model import Model, standard_model
from cmdb.move.archive import Archive
from cmdb.move.archive import backup as write_archive
from cmdb.move.copying import Copied
from cmdb.move.copying import copy as copy_revisions
from cmdb.move.hashing import fingerprint
from cmdb.move.recorded import Recorded
from cmdb.store.port import Head, Store, StoreUnavailable
from impact.words import counted

FileArgument = Annotated[Path, typer.Argument(help="The archive, such as bluenose-2026-11-22.ndjson.gz.")]


def copy(
    origin: Annotated[str, typer.Option("--from", help="The store to copy, such as sqlite:bluenose.db.")],
    target: Annotated[str, typer.Option("--to", help="An empty store, or one where a copy was interrupted.")],
    as_json: JsonOption = False,
    model: ModelOption = None,
) -> None:
    """Copy a store to another, revision by revision: numbers, times, authors and changes stay the same."""
    declared = _model(model)
    with _store(origin, declared, new=False) as source, _store(target, declared) as copied, drawn() as progress:
        done = copy_revisions(Recorded(source), copied, declared, progress)
    _tell(done, as_json)


def backup(
    file: FileArgument, as_json: JsonOption = False, store: StoreOption = STORE, model: ModelOption = None
) -> None:
    """Write a store with its history to one file, sealed and read back before it gets its name."""
    if file.exists():
        raise Refused("the file exists; name a new one")
    declared = _model(model)
    with _store(store, declared, new=False) as source, drawn() as progress:
        kept = write_archive(Recorded(source), file, declared, progress)
    if as_json:
        return print_json({**_told(kept.head, kept.content), "bytes": kept.size})
    return console().print(f"revision {kept.head.revision:,} and all before it in {kept.size:,} bytes\n{kept.content}")


def restore(
    file: FileArgument, as_json: JsonOption = False, store: StoreOption = STORE, model: ModelOption = None
) -> None:
    """Bring an archive back into an empty store, or go on where a restore was interrupted."""
    declared = _model(model)
    with drawn() as progress:
        archive = Archive(file, progress)
        with _store(store, declared) as target:
            done = copy_revisions(archive, target, declared, progress)
    if archive.model != fingerprint(declared) and not as_json:
        console().print("the archive was written under another model; everything in it fits this one")
    _tell(done, as_json)


def _model(extension: Path | None) -> Model:
    return standard_model() if extension is None else load_extension(extension, standard_model())


@contextmanager
def _store(url: str, model: Model, new: bool = True) -> Iterator[Store]:
    """The store at `url`, closed afterwards; unless it may be `new`, it has to be there."""
    if not new and url.startswith("sqlite:") and not store_path(url).exists():
        raise StoreUnavailable("there is no such store")
    store = open_store(url, model)
    try:
        yield store
    finally:
        store.close()


def _tell(done: Copied, as_json: bool) -> None:
    if as_json:
        return print_json({**_told(done.head, done.content), "already": done.already, "verified": list(done.verified)})
    number = done.head.revision - done.already
    before = f", {done.already:,} were there before" if done.already else ""
    verified = ", ".join(f"r{at}" for at in done.verified) or "none"
    copied = counted(number, "revision")
    return console().print(f"{copied} copied{before}; read back and the same: {verified}\n{done.content}")


def _told(head: Head, content: str) -> dict[str, Any]:
    return {"revision": head.revision, "recordedAt": head.recorded_at, "contentHash": content}
