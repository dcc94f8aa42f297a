"""Text search: Lucene finds candidates, a comparison of the whole texts ranks them.

What is indexed is the plain form of each searched field, letters, marks and digits in words; user text reaches
Lucene only as such words, so nothing in it can be syntax.
"""

from collections.abc import Iterator

from neo4j import ManagedTransaction

from cmdb.model.ci import CI, CiId
from cmdb.store.likeness import ENOUGH, LEAST, LONGEST, plain, score
from cmdb.store.neo4j import queries
from cmdb.store.neo4j.schema import TEXT_INDEX
from cmdb.store.neo4j.stored import StoredGraph, storable, typed, unpacked
from cmdb.store.port import Hit


def search(tx: ManagedTransaction, text: str, first: int) -> list[Hit]:
    """The CIs that resemble `text`, best first; equal ones by id."""
    query = plain(text[:LONGEST])
    hits = [Hit(ci, score(query, text, ci)) for ci in _candidates(tx, query, text, max(first, ENOUGH))]
    hits.sort(key=lambda hit: (-hit.score, hit.ci.id))
    return [hit for hit in hits if hit.score >= LEAST][: max(first, 0)]


def _candidates(tx: ManagedTransaction, query: str, text: str, enough: int) -> list[CI]:
    found = StoredGraph(tx).cis(storable([CiId(text)]))
    words = query.split()
    if words:
        asked = list(lucene(words))
        found += unpacked(tx.run(queries.FOUND, index=TEXT_INDEX, queries=asked, limit=enough).value())
    return typed(CI, dict.fromkeys(tuple(row[:-1]) for row in found))


def lucene(words: list[str]) -> Iterator[str]:
    """Queries for CIs with all the words in a row; that begin so; that contain them; that have words like them."""
    yield f'"{" ".join(words)}"'
    whole = " ".join(f"+{word}" for word in words[:-1])
    yield f"{whole} +{words[-1]}*"
    if len(words) == 1:
        yield f"*{words[0]}*"
    else:
        middle = " ".join(f"+{word}" for word in words[1:-1])
        yield f"+*{words[0]} {middle} +{words[-1]}*"
    yield " ".join(map(like, words))


def like(word: str) -> str:
    """A word, or one that is a slip or two away from it."""
    slips = 0 if len(word) < 3 else 1 if len(word) < 5 else 2
    return f"{word}~{slips}" if slips else word
