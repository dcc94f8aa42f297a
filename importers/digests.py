"""Digests of what is recorded: 64 bits in place of each of a million things tell whether a source says the same of it.

They are kept on disk from one import to the next, which then reads only what was written since.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from secrets import randbits
from zlib import crc32

import orjson
import polars as pl

from cmdb.kept_file import replace_file
from cmdb.model.ci import CI, Pool, Relation
from cmdb.model.record import Record
from cmdb.store.port import CiFilter, Head, Store
from cmdb.store.slices import THING, VALUE, Slice

WORTHWHILE = 20_000
"""Fewer recorded CIs are quicker read as they are."""
FEW, STALE = 20_000, 2_000
"""CIs written since digests were kept: more are not followed one by one; after so many, they are kept anew."""
KEYS: dict[type[CI | Relation], tuple[str, ...]] = {CI: ("id",), Relation: ("from_id", "to_id")}
MAGIC = b"BNDIGE01"


@dataclass(frozen=True, eq=False)
class Digests:
    """What is recorded at `head`, with a digest in place of all that is stated of a CI or a relation.

    `cis` has the columns id, source, shared (several sources state it, or it was edited) and digest; `relations` has
    from_id and to_id in place of the id. Digests are of another kind for every `seed`, so that nobody can make two rows
    with one digest. By chance, one changed row of 10^13 has that of some row among a million, and stays as it was.
    """

    head: Head
    seed: int
    cis: pl.DataFrame
    relations: pl.DataFrame
    pools: Sequence[Pool]
    records: Sequence[Record]


def newest(store: Store, place: Path | None = None) -> Digests | None:
    """Digests of everything recorded, kept at `place` for the next time; None where that is little."""
    if store.page(CiFilter(), 0).total < WORTHWHILE:
        return None
    kept = load(place) if place else None
    found, written = (followed(kept, store) if kept else None) or (digests(store), FEW)
    if place and written > STALE:
        with suppress(OSError):  # a full disk costs the next import time, and nothing else
            save(found, place)
    return found


def digests(store: Store, seed: int | None = None) -> Digests:
    """Digests of everything recorded."""
    seed = randbits(63) if seed is None else seed
    found = store.columns(partial(_of_slice, seed))
    return Digests(
        found.head, seed, pl.concat([_of_things(CI, [], seed), *found.cis]),
        pl.concat([_of_things(Relation, [], seed), *found.relations]), found.pools, found.records,
    )  # fmt: skip


def followed(old: Digests, store: Store) -> tuple[Digests, int] | None:
    """Digests of everything recorded now, and how many CIs were written since the `old` ones.

    None where those are too many, or where the old ones are not of this store.
    """
    head, then = store.head(), old.head.revision
    if not 0 < then <= head.revision or store.changes(then, then).head != old.head:
        return None
    touched = store.changes(then, head.revision).cis
    if touched is None or len(touched) > FEW:
        return None
    around = store.around(touched, head.revision)
    cis = [stored.ci for stored in store.get(touched, head.revision).values()]
    some = pl.Series(list(touched), dtype=pl.String).implode()
    left = [table.filter(~pl.any_horizontal(pl.col(KEYS[kind]).is_in(some)))
            for kind, table in ((CI, old.cis), (Relation, old.relations))]  # fmt: skip
    pools = [pool for pool in old.pools if pool.ci not in touched]
    pools += (pool for pool in around.pools if pool.ci in touched)
    return Digests(
        head, old.seed, pl.concat([left[0], _of_things(CI, cis, old.seed)]),
        pl.concat([left[1], _of_things(Relation, around.relations, old.seed)]),
        sorted(pools),
        [stored.record for stored in store.records(at=head.revision).records],
    ), len(touched)  # fmt: skip


def digest_of(seed: int) -> pl.Expr:
    """The digest of things in columns, a field each."""
    return pl.concat_str(pl.all(), separator=VALUE).hash(seed)


def _of_slice(seed: int, part: Slice) -> pl.DataFrame:
    told = pl.Series([part]).str.split(THING).explode()
    kind = CI if part.split(THING, 1)[0].count(VALUE) + 1 == len(CI._fields) else Relation
    fields = told.str.split_exact(VALUE, len(kind._fields) - 1).struct.rename_fields(kind._fields).struct.unnest()
    return _table(kind, fields, told.hash(seed))


def _of_things(kind: type[CI | Relation], things: Iterable[tuple[str, ...]], seed: int) -> pl.DataFrame:
    fields = pl.DataFrame(list(things), dict.fromkeys(kind._fields, pl.String), orient="row")
    return _table(kind, fields, fields.select(digest_of(seed)).to_series())


def _table(kind: type[CI | Relation], fields: pl.DataFrame, digest: pl.Series) -> pl.DataFrame:
    columns = {name: fields[name] for name in (*KEYS[kind], "source")}
    return pl.DataFrame({**columns, "shared": fields["claims_json"] != "", "digest": digest})


def save(found: Digests, place: Path) -> None:
    """Keep digests: a file that is replaced whole or not at all, and that only its owner can read. Raises `OSError`."""
    tables = [_packed(table) for table in (found.cis, found.relations, _pool_table(found.pools))]
    head = orjson.dumps([
        found.head.revision, found.head.recorded_at.isoformat(), found.seed, pl.__version__, list(map(len, tables)),
    ]) + b"\n"  # fmt: skip
    replace_file(place, [MAGIC + _check(head, *tables) + head, *tables], 0o600)


def load(place: Path) -> Digests | None:
    """What is kept, without its records; None where there is nothing, or it is damaged or of another version."""
    try:
        data = memoryview(place.read_bytes())
    except OSError:
        return None
    start = len(MAGIC) + 4
    if data[: len(MAGIC)] != MAGIC or data[len(MAGIC) : start] != _check(data[start:]):
        return None
    body = start + bytes(data[start : start + 1_000]).index(b"\n") + 1
    revision, recorded_at, seed, version, lengths = orjson.loads(data[start:body])
    if version != pl.__version__:  # which does not promise the same digests
        return None
    tables = []
    for length in lengths:
        tables.append(pl.read_ipc(BytesIO(data[body : body + length])))
        body += length
    cis, relations, pools = tables
    return Digests(
        Head(revision, datetime.fromisoformat(recorded_at)),
        seed,
        cis,
        relations,
        [Pool(*row) for row in pools.rows()],
        [],
    )


def _check(*parts: bytes | memoryview) -> bytes:
    found = 0
    for part in parts:
        found = crc32(part, found)
    return found.to_bytes(4, "little")


def _packed(table: pl.DataFrame) -> bytes:
    file = BytesIO()
    table.rechunk().write_ipc(file)
    return file.getvalue()


def _pool_table(pools: Sequence[Pool]) -> pl.DataFrame:
    return pl.DataFrame(list(pools), dict.fromkeys(Pool._fields, pl.String), orient="row")
