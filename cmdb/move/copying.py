"""Copying an inventory with its history: every revision made again, in order, each in one transaction."""

from typing import NamedTuple

from cmdb.model.ci import Pool, PoolKey, Relation
from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.model import Model
from cmdb.move.hashing import Content
from cmdb.move.recorded import Recorded
from cmdb.move.revision import Mark, Revision, Source, Stopped
from cmdb.progress import Progress, Silent
from cmdb.reconcile.validate import dependent, named, references, validate
from cmdb.store.port import Head, Store

SAMPLES = 4
"""How many revisions, the newest among them, are read back and compared after a copy."""


class Copied(NamedTuple):
    """What a copy did: up to where the target now has the source's revisions, how many of them it had before, the
    hash of everything at `head`, and the revisions that were read back and found the same."""

    head: Head
    already: int
    content: str
    verified: tuple[int, ...]


def copy(source: Source, target: Store, model: Model, progress: Progress | None = None) -> Copied:
    """Give `target` every revision of `source` that it lacks: same number, time, author, message and changes.

    A target that holds a part of the source's revisions already, as an interrupted copy leaves it, is gone on with;
    any other is refused. Raises `InvalidInput` TARGET_DIFFERS when nothing was written, `Stopped` when some whole
    revisions were, and what the stores raise.
    """
    watched, newest = progress or Silent(), source.head.revision
    common = _agreed(source, target)
    if common is not None and common.number == newest:
        return Copied(source.head, newest, common.content, (newest,))
    already = common.number if common else 0
    marks = _written(source, target, model, already, watched)
    watched.stage("verify", len(marks))
    for mark in marks:
        if (found := Recorded(target).mark(mark.number)) != mark:
            raise Stopped([_problem("COPY_DIFFERS", mark, found)], newest)
        watched.advance(1)
    content = marks[-1].content if marks else Content().hash
    return Copied(source.head, already, content, tuple(mark.number for mark in marks))


def _agreed(source: Source, target: Store) -> Mark | None:
    """The target's newest revision, which is the source's as well; None for an empty target.

    Raises `InvalidInput` TARGET_DIFFERS.
    """
    newest = target.head().revision
    if newest == 0:
        return None
    if newest > source.head.revision:
        accepted = f"an empty store, or one with the first of the source's {source.head.revision} revisions"
        raise InvalidInput([Problem("TARGET_DIFFERS", "target", f"{newest} revisions", accepted)])
    wanted, found = source.mark(newest), Recorded(target).mark(newest)
    if wanted != found:
        raise InvalidInput([_problem("TARGET_DIFFERS", wanted, found)])
    return wanted


def _written(source: Source, target: Store, model: Model, already: int, progress: Progress) -> list[Mark]:
    """Write what is missing; the marks of some revisions, to compare afterwards."""
    newest, marks = source.head.revision, []
    sampled = {newest - (newest - already) * step // SAMPLES for step in range(SAMPLES)}
    progress.stage("copy", newest - already)
    reached = already
    try:
        for revision in source.revisions(already):
            _write(target, model, revision)
            reached = revision.mark.number
            if reached in sampled:
                marks.append(revision.mark)
            progress.advance(1)
    except InvalidInput as error:
        if reached == already:
            raise
        raise Stopped(error.problems, reached, error.count) from None
    return marks


def _write(target: Store, model: Model, revision: Revision) -> None:
    number, changeset = revision.mark.number, revision.changeset
    kinds = {ci: stored.ci.kind for ci, stored in target.get(references(changeset)).items()}
    pooled = {dependent(model, relation) for relation in changeset.put_relations if relation.pool}
    rules: list[PoolKey] = [pool.key for pool in target.around(pooled).pools] if pooled and changeset.base else []

    def place(thing: Relation | Pool | str) -> str:
        return f"revision {number}, {named(thing)}"  # type: ignore[arg-type]

    if problems := list(validate(model, changeset, kinds, rules, place)):
        raise InvalidInput(problems)
    made = target.apply(changeset).revision
    if made != number:
        accepted = f"revision {number}, with at least one change"
        raise InvalidInput(
            [Problem("TARGET_DIFFERS", f"revision {number}", f"revision {made} as the newest", accepted)]
        )


def _problem(code: str, wanted: Mark, found: Mark) -> Problem:
    """What of a revision is not the same in both stores."""
    other = next(name for name in Mark._fields if getattr(wanted, name) != getattr(found, name))
    told, accepted = (f"{other} {getattr(mark, other)}" for mark in (found, wanted))
    return Problem(code, f"revision {wanted.number}", told, f"{accepted}, as in the source")
