"""When a revision is recorded. Pure: every store calls it inside its transaction, before it writes a revision."""

from datetime import UTC, datetime

from cmdb.model.changeset import Changeset
from cmdb.model.errors import InvalidInput, Problem
from cmdb.store.port import Head


def recorded_at(changeset: Changeset, head: Head, now: datetime) -> datetime:
    """The time of the revision after `head`: the store's own clock, never before `head`; or the copied time.

    A copied revision only ever follows the one it followed in its own store, which `changeset.base` names. Behind
    revision 0, the empty store, it may have any time: the store has to set back the time of its revision 0.
    Raises `InvalidInput` TARGET_DIFFERS.
    """
    if changeset.recorded_at is None:
        return max(head.recorded_at, now)
    moment = changeset.recorded_at.astimezone(UTC)
    if changeset.base != head.revision:
        _refuse(f"revision {head.revision} as the newest", f"revision {changeset.base}, which the copied one follows")
    if head.revision and moment < head.recorded_at:
        _refuse(f"a revision of {moment.isoformat()}", f"one of {head.recorded_at.isoformat()} or later")
    return moment


def _refuse(found: str, accepted: str) -> None:
    raise InvalidInput([Problem("TARGET_DIFFERS", "target", found, accepted)])
