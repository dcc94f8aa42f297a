"""One number for everything an inventory holds, the same on every store and for every order of reading."""

from collections.abc import Iterable
from hashlib import blake2b
from itertools import repeat
from typing import Literal, TypeVar

import orjson

from cmdb.model.ci import CI, Pool, Relation
from cmdb.model.model import Model
from cmdb.model.record import Record
from cmdb.reconcile.difference import Diff, Difference
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Dump, Store

Entity = Literal["ci", "relation", "pool", "record"]
T = TypeVar("T", CI, Relation, Pool, Record)
_BYTES = 32
_MODULUS = 1 << 8 * _BYTES


class Content:
    """The sum, modulo 2^256, of the BLAKE2b digests of all things: it follows changes one by one.

    It finds every accident. It is no signature: who can choose what is recorded could make two inventories agree.
    """

    def __init__(self) -> None:
        self._sum = 0

    def add(self, dump: Dump) -> "Content":
        """Take in everything of `dump`."""
        self._sum += _total("ci", dump.cis) + _total("relation", dump.relations)
        self._sum += _total("pool", dump.pools) + _total("record", dump.records)
        return self

    def follow(self, diff: Diff) -> str:
        """Take in a change; the hash afterwards."""
        self._sum += _moved("ci", diff.cis) + _moved("relation", diff.relations)
        self._sum += _moved("pool", diff.pools) + _moved("record", diff.records)
        return self.hash

    @property
    def hash(self) -> str:
        """The number as 64 hexadecimal digits."""
        return f"{self._sum % _MODULUS:0{2 * _BYTES}x}"


def content_hash(store: Store, at: int | None = None) -> str:
    """The hash of everything that stood at the end of revision `at`. Raises what `Store.dump` raises."""
    with collector_paused():
        return Content().add(store.dump(at)).hash


def fingerprint(model: Model) -> str:
    """Tells whether two models declare the same."""
    declared = (list(model.kinds.values()), list(model.relations.values()), model.sectors)
    return blake2b(orjson.dumps(declared), digest_size=16).hexdigest()


def _moved(entity: Entity, part: Difference[T]) -> int:
    gained = _total(entity, part.created) + _total(entity, (after for _, after in part.changed))
    return gained - _total(entity, part.removed) - _total(entity, (before for before, _ in part.changed))


def _total(entity: Entity, things: Iterable[T]) -> int:
    return sum(map(_number, repeat(entity), things))


def _number(entity: Entity, thing: tuple[str, ...]) -> int:
    if not thing[-1]:  # no claims: as it was before there were any
        thing = thing[:-1]
    return int.from_bytes(blake2b(orjson.dumps((entity, *thing)), digest_size=_BYTES).digest(), "little")
