"""Text search: a trigram index finds candidates, a comparison of the whole texts ranks them.

Each searched field is indexed as one line with two line breaks before it and one behind, so that trigrams
also tell how a field begins and ends. User text reaches a query only as quoted trigrams of letters, digits,
spaces and line breaks.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from math import log
from operator import itemgetter
from typing import cast

import apsw
import orjson

from cmdb.model.ci import CI, CiId
from cmdb.store.likeness import ENOUGH, LEAST, LONGEST, fields, plain, score
from cmdb.store.port import Hit
from cmdb.store.sqlite.delta import Delta
from cmdb.store.sqlite.read import LISTED, typed
from cmdb.store.sqlite.schema import CIS, Row

COMMON = 5_000
"""A trigram in more CIs than this says too little to rank by."""
_ASCII_LINES = bytes(i if (chr(i).isalnum() and i < 128) or i == 10 else 32 for i in range(256))
ID, NAME, ATTRIBUTES = (CI._fields.index(name) for name in ("id", "name", "attributes_json"))


def line(ci: CI) -> str:
    """What is indexed for a CI."""
    return "".join([f"\n\n{field}\n" for field in fields(ci)])


def lines(cis: Sequence[CI]) -> list[str]:
    """`line` of each CI; many plain ones at once, an order of magnitude faster than one by one."""
    texts = ["\n".join(map(itemgetter(at), cis)) for at in (ID, NAME)]
    if not all(text.isascii() and text.count("\n") == len(cis) - 1 for text in texts):
        return [line(CI._make(ci)) for ci in cis]
    ids, names = (_plain_lines(text) for text in texts)
    found = [f"\n\n{i}\n" if i == n else f"\n\n{i}\n\n\n{n}\n" for i, n in zip(ids, names, strict=True)]
    for at, attributes in enumerate(map(itemgetter(ATTRIBUTES), cis)):
        if '"aliases":' in attributes or '"hostname":' in attributes or '"external_id":' in attributes:
            found[at] = line(CI._make(cis[at]))
    return found


def _plain_lines(text: str) -> list[str]:
    """`plain` of every line of an ASCII text."""
    spaced = text.lower().encode().translate(_ASCII_LINES).decode()
    return re.sub(" *\n *", "\n", re.sub("  +", " ", spaced)).strip(" ").split("\n")


def leave(connection: apsw.Connection, cis: Delta) -> list[Row]:
    """Take removed CIs, and changed ones whose line changes, out of the index, before they are written.

    Returns number and new line of the changed ones, for `enter`.
    """
    lines = ((row[0], line(CI._make(old[:-1])), line(CI._make(row))) for old, row in cis.changed)
    new = {ci: after for ci, before, after in lines if before != after}
    gone = [row[0] for row in cis.removed]
    sql = "SELECT number, id FROM ci WHERE id = ?"
    rows = list(connection.executemany(sql, [(ci,) for ci in (*new, *gone)]))
    connection.executemany("DELETE FROM found WHERE rowid = ?", [(number,) for number, _ in rows])
    return [(number, new[ci]) for number, ci in rows if ci in new]


def enter(connection: apsw.Connection, cis: Delta, moved: list[Row]) -> None:
    """Put created CIs, just written in this order, and changed ones into the index."""
    first = connection.last_insert_rowid() - len(cis.created) + 1
    rows = enumerate(lines(cast(list[CI], cis.created)), first)
    sql = "INSERT INTO found(rowid, text) VALUES(?, ?)"
    connection.executemany(sql, moved)
    connection.executemany(sql, rows)


def search(connection: apsw.Connection, text: str, first: int) -> list[Hit]:
    """The CIs that resemble `text`, best first; equal ones by id."""
    query = plain(text[:LONGEST])
    found = _candidates(connection, query, text, max(first, ENOUGH))
    hits = [Hit(ci, score(query, text, ci)) for ci in found]
    hits.sort(key=lambda hit: (-hit.score, hit.ci.id))
    return [hit for hit in hits if hit.score >= LEAST][: max(first, 0)]


def _candidates(connection: apsw.Connection, query: str, text: str, enough: int) -> list[CI]:
    numbers: set[int] = set()
    exact = connection.execute("SELECT number FROM ci WHERE id = ?", (_valid(text),))
    numbers.update(number for (number,) in exact)
    for match in _matches(query):
        sql = "SELECT rowid FROM found WHERE found MATCH ? LIMIT ?"
        numbers.update(number for (number,) in connection.execute(sql, (match, enough)))
    if len(query) > 2 and len(numbers) < enough:
        numbers.update(_overlapping(connection, query))
    sql = f"SELECT {CIS.listed} FROM ci WHERE number {LISTED}"
    return typed(CI, connection.execute(sql, (orjson.dumps(list(numbers)).decode(),)))


def _matches(query: str) -> Iterator[str]:
    """Queries for CIs with a field that equals, begins with or contains `query`, or differs by one slip."""
    if not query:
        return
    yield _all(trigrams(f"\n\n{query}\n"))
    yield _all(trigrams(f"\n\n{query}"))
    if len(query) < 3:
        return
    yield _all(trigrams(query))
    for at in range(len(query)):
        rest = trigrams(f"\n\n{query[:at]}") + trigrams(f"{query[at + 2 :]}\n")
        if len(rest) > 1:
            yield _all(rest)


def _overlapping(connection: apsw.Connection, query: str) -> Iterable[int]:
    """The CIs that share most trigrams with `query`, rare ones counting more."""
    weights: defaultdict[int, float] = defaultdict(float)
    for trigram in dict.fromkeys(trigrams(f"\n\n{query}\n")):
        sql = "SELECT rowid FROM found WHERE found MATCH ? LIMIT ?"
        rows = connection.execute(sql, (_all([trigram]), COMMON + 1)).fetchall()
        if len(rows) <= COMMON:
            weight = log(10.0 * COMMON / (len(rows) + 1))
            for row in rows:
                weights[cast(int, row[0])] += weight
    return nlargest(2 * ENOUGH, weights, key=lambda number: (weights[number], -number))


def trigrams(text: str) -> list[str]:
    """Every run of three characters."""
    return [text[at : at + 3] for at in range(len(text) - 2)]


def _all(parts: Iterable[str]) -> str:
    return " AND ".join(f'"{part}"' for part in dict.fromkeys(parts))


def _valid(text: str) -> CiId:
    return CiId(text.encode("utf-8", "replace").decode())
