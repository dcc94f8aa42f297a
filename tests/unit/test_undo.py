"""What undoes a difference: everything put back, unless something of it stands otherwise by now."""

from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey
from cmdb.reconcile.difference import Diff, Difference
from cmdb.reconcile.undo import undone
from cmdb.store.port import Dump, Head
from tests.store.estate import ci, rel, rule
from tests.store.test_time import NOON

THEN, NOW = Head(1, NOON), Head(2, NOON)
A, B, C = ci("a"), ci("b"), ci("c")
LINK = rel("a", "depends_on", "b")


def diff(
    cis: Difference[CI] | None = None, relations: Difference[Relation] | None = None,
    pools: Difference[Pool] | None = None,
) -> Diff:  # fmt: skip
    return Diff(THEN, NOW, cis or Difference(), relations or Difference(), pools or Difference())


def now(*things: CI | Relation | Pool) -> Dump:
    return Dump(
        NOW, [t for t in things if isinstance(t, CI)], [t for t in things if isinstance(t, Relation)],
        [t for t in things if isinstance(t, Pool)],
    )  # fmt: skip


def test_what_was_created_is_deleted() -> None:
    pool = rule("b", "p")
    found = undone(diff(Difference([A]), Difference([LINK]), Difference([pool])), now(A, B, LINK, pool))
    assert (found.changeset.delete, found.changeset.remove_relations) == ([CiId("a")], [])
    assert found.changeset.remove_pools == [PoolKey(CiId("b"), "p")]
    assert (found.cis.removed, found.relations.removed, found.met) == ([A], [LINK], [])


def test_a_relation_between_cis_that_stay_is_taken_away() -> None:
    found = undone(diff(relations=Difference([LINK])), now(A, B, LINK))
    assert found.changeset.remove_relations == [RelationKey(CiId("a"), "depends_on", CiId("b"), "")]
    assert found.changeset.delete == []


def test_what_was_changed_or_removed_stands_again() -> None:
    other = A._replace(name="other")
    found = undone(diff(Difference([], [(A, other)], [B]), Difference([], [], [LINK])), now(other))
    assert (found.changeset.put_cis, found.changeset.put_relations) == ([A, B], [LINK])
    assert (found.cis.changed, found.cis.created, found.met) == ([(other, A)], [B], [])
    assert found.changeset.base == 2


def test_what_was_changed_since_is_met() -> None:
    other = A._replace(name="other")
    changed = diff(Difference([C], [(A, other)], [B]))
    for stands in (now(A._replace(name="third"), C), now(C), now(other), now(other, C, B)):
        assert len(undone(changed, stands).met) == 1
    assert [met.name for met in undone(changed, now(A, B)).met] == ["c", "a", "b"]


def test_what_was_hung_on_it_since_is_met() -> None:
    created = diff(Difference([A]))
    found = undone(created, now(A, B, LINK, rule("a", "p")))
    assert [(met.entity, met.name) for met in found.met] == [("relation", "a depends_on b"), ("pool", "p of a")]


def test_nothing_to_undo() -> None:
    assert undone(diff(), now(A)).empty
