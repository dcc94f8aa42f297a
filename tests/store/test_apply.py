"""`Store.apply`: all or nothing, one revision, safe to repeat, never over another's change."""

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.store.port import Applied, Conflict, KeyReused, Store
from tests.store.estate import CIS, ESTATE, POOLS, RELATIONS, change, ci, rel, rule

APP, DB, H1, H2, SAN = (CiId(x) for x in ("app", "db", "h1", "h2", "san"))


def codes(error: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_an_empty_store_is_at_revision_0(store: Store) -> None:
    assert store.head().revision == 0
    assert store.dump()[1:4] == ([], [], [])


def test_a_load_is_one_revision_and_counts_everything(store: Store) -> None:
    before = store.head().recorded_at
    assert store.apply(ESTATE) == Applied(1, created=10)
    assert store.head().revision == 1
    assert store.head().recorded_at >= before
    assert store.dump()[1:4] == (CIS, RELATIONS, POOLS)


def test_the_same_again_changes_nothing(store: Store) -> None:
    store.apply(ESTATE)
    head = store.head()
    assert store.apply(ESTATE) == Applied(1)
    assert store.apply(change()) == Applied(1)
    assert store.head() == head


def test_only_what_differs_is_written(store: Store) -> None:
    store.apply(ESTATE)
    renamed = ci("app", "application", "Payroll")
    applied = store.apply(
        change(
            put_cis=[*CIS[1:], renamed, ci("new")],
            put_relations=[*RELATIONS[:-1], RELATIONS[-1]._replace(effect="at_risk")],
            put_pools=[rule("db", "hosts", "2")],
        )
    )
    assert applied == Applied(2, created=1, changed=3)
    found = store.get([APP, DB, CiId("new")])
    assert [found[i].revision for i in (APP, DB, CiId("new"))] == [2, 1, 2]
    assert found[APP].ci == renamed


@pytest.mark.parametrize("base", [None, 0, 1])
def test_removals(store: Store, base: int | None) -> None:
    store.apply(ESTATE)
    gone = [relation.key for relation in RELATIONS[1:3]]
    applied = store.apply(change(remove_relations=gone, remove_pools=[POOLS[0].key], base=base))
    assert applied == Applied(2, removed=3)
    assert store.dump()[1:4] == (CIS, [RELATIONS[0], RELATIONS[3]], [])


def test_removing_what_is_not_there_changes_nothing(store: Store) -> None:
    store.apply(ESTATE)
    nothing = change(
        remove_relations=[rel("app", "depends_on", "san").key],
        remove_pools=[rule("app", "hosts").key],
        delete=[CiId("ghost")],
    )
    assert store.apply(nothing) == Applied(1)


def test_retiring_keeps_the_ci_and_its_relations(store: Store) -> None:
    store.apply(ESTATE)
    assert store.apply(change(retire=[SAN])) == Applied(2, removed=1)
    assert store.get([SAN])[SAN].ci == CIS[4]._replace(lifecycle="retired")
    assert store.dump().relations == RELATIONS
    assert store.apply(change(retire=[SAN])) == Applied(2)


def test_put_and_retire_in_one_changeset(store: Store) -> None:
    store.apply(change(put_cis=[ci("h9")], retire=[CiId("h9")]))
    assert store.dump().cis == [ci("h9")._replace(lifecycle="retired")]


def test_deleting_takes_relations_and_pools_along(store: Store) -> None:
    store.apply(ESTATE)
    assert store.apply(change(delete=[DB])) == Applied(2, removed=5)
    assert store.dump()[1:4] == ([c for c in CIS if c.id != DB], [RELATIONS[3]], [])
    assert store.search("db", 5) == []


def test_deleting_and_putting_replaces(store: Store) -> None:
    store.apply(ESTATE)
    assert store.apply(change(delete=[DB], put_cis=[ci("db", "database", "New")])) == Applied(2, changed=1, removed=4)
    assert store.get([DB])[DB].ci.name == "New"


def test_removing_a_rule_that_relations_name_is_refused(store: Store) -> None:
    store.apply(ESTATE)
    with pytest.raises(InvalidInput) as error:
        store.apply(change(remove_pools=[POOLS[0].key], put_cis=[ci("new")], base=1))
    assert codes(error) == ["POOL_WITHOUT_RULE"] * 2
    assert store.head().revision == 1
    assert store.dump()[1:4] == (CIS, RELATIONS, POOLS)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"put_relations": [rel("app", "depends_on", "ghost")]}, "DANGLING_RELATION"),
        ({"put_relations": [rel("san", "runs_on", "h1")]}, "RELATION_NOT_ALLOWED"),
        ({"put_relations": [rel("app", "depends_on", "h1", "web")]}, "POOL_WITHOUT_RULE"),
        ({"put_pools": [rule("ghost", "web")]}, "DANGLING_POOL"),
        ({"retire": ["ghost"]}, "UNKNOWN_CI"),
        ({"put_cis": [ci("x", "spaceship")]}, "UNKNOWN_KIND"),
        ({"delete": ["db"], "put_relations": [rel("app", "depends_on", "db")]}, "DANGLING_RELATION"),
        ({"put_cis": [ci("x"), ci("x")]}, "DUPLICATE_KEY"),
        ({"put_cis": [ci("x"), ci("x", name="y")]}, "DUPLICATE_KEY"),
        ({"put_relations": [RELATIONS[0], RELATIONS[0]._replace(effect="at_risk")]}, "DUPLICATE_KEY"),
        ({"put_pools": [rule("db", "a"), rule("db", "a", "2")]}, "DUPLICATE_KEY"),
        ({"put_cis": [ci("\ud800")]}, "ENCODING_INVALID"),
    ],
)
def test_what_does_not_fit_is_refused_whole(store: Store, parts: dict[str, list[object]], code: str) -> None:
    store.apply(ESTATE)
    parts = {**parts, "put_cis": [ci("also"), *parts.get("put_cis", [])]}
    with pytest.raises(InvalidInput) as error:
        store.apply(change(**parts))
    assert codes(error) == [code]
    assert store.head().revision == 1
    assert store.dump()[1:4] == (CIS, RELATIONS, POOLS)


def test_duplicates_are_refused_in_an_empty_store_too(store: Store) -> None:
    with pytest.raises(InvalidInput) as error:
        store.apply(change(put_cis=[ci("x"), ci("y"), ci("x", name="z")], base=0))
    assert codes(error) == ["DUPLICATE_KEY"]
    assert store.dump().cis == []


def test_many_problems_are_counted_and_the_first_are_listed(store: Store) -> None:
    with pytest.raises(InvalidInput) as error:
        store.apply(change(put_cis=[ci(f"x{n}", "spaceship") for n in range(70)]))
    assert (len(error.value.problems), error.value.count) == (50, 70)


def test_validation_stands_only_while_the_store_is_where_it_was(store: Store) -> None:
    store.apply(ESTATE)
    late = change(put_relations=[rel("app", "depends_on", "san")], base=1)
    store.apply(change(delete=[SAN]))
    with pytest.raises(InvalidInput) as error:
        store.apply(late)
    assert codes(error) == ["DANGLING_RELATION"]


def test_a_stored_rule_serves_new_relations(store: Store) -> None:
    store.apply(ESTATE)
    more = change(put_cis=[ci("h3")], put_relations=[rel("db", "runs_on", "h3", "hosts")])
    assert store.apply(more) == Applied(2, created=2)


@pytest.mark.parametrize(
    ("expected", "conflict"),
    [
        ({"app": 1}, None),
        ({"app": 1, "ghost": 0}, None),
        ({"app": 0}, (APP, 0, 1)),
        ({"ghost": 3}, (CiId("ghost"), 3, 0)),
        ({"app": 1, "db": 2}, (DB, 2, 1)),
    ],
)
def test_expected_revisions(store: Store, expected: dict[CiId, int], conflict: tuple[CiId, int, int] | None) -> None:
    store.apply(ESTATE)
    renamed = change(put_cis=[ci("app", "application", "Payroll")], expected=expected)
    if conflict is None:
        assert store.apply(renamed) == Applied(2, changed=1)
        return
    with pytest.raises(Conflict) as error:
        store.apply(renamed)
    assert (error.value.ci, error.value.expected, error.value.actual) == conflict
    assert store.head().revision == 1


def test_a_retry_with_its_key_is_applied_once(store: Store) -> None:
    once = change(put_cis=[ci("a")], key="k1", expected={"a": 0})
    assert store.apply(once) == Applied(1, created=1)
    store.apply(change(put_cis=[ci("a", name="other")]))
    assert store.apply(once) == Applied(1, created=1, replayed=True)
    assert store.get([CiId("a")])[CiId("a")].ci.name == "other"
    assert store.head().revision == 2


def test_a_retry_of_what_changed_nothing_stays_so(store: Store) -> None:
    store.apply(ESTATE)
    nothing = change(put_cis=CIS, key="k1")
    assert store.apply(nothing) == Applied(1)
    store.apply(change(delete=[APP]))
    assert store.apply(nothing) == Applied(1, replayed=True)
    assert APP not in store.get([APP])


def test_a_key_with_other_content_is_refused(store: Store) -> None:
    store.apply(change(put_cis=[ci("a")], key="k1"))
    with pytest.raises(KeyReused) as error:
        store.apply(change(put_cis=[ci("b")], key="k1"))
    assert error.value.key == "k1"
    assert store.head().revision == 1


def test_a_refused_changeset_leaves_its_key_free(store: Store) -> None:
    with pytest.raises(InvalidInput):
        store.apply(change(put_cis=[ci("a", "spaceship")], key="k1"))
    assert store.apply(change(put_cis=[ci("a")], key="k1")) == Applied(1, created=1)


def test_a_large_first_load_and_its_repeat(store: Store) -> None:
    cis = [ci(f"n{n:05}", "software") for n in range(6_000)]
    relations = [rel(cis[n].id, "depends_on", cis[n // 2].id) for n in range(1, 6_000)]
    load = Changeset("ada", "bulk", put_cis=cis[::-1], put_relations=relations[::-1], base=0)
    assert store.apply(load) == Applied(1, created=11_999)
    assert store.apply(load) == Applied(1)
    changed = [cis[0]._replace(name="changed"), *cis[1:], ci("more")]
    assert store.apply(change(put_cis=changed)) == Applied(2, created=1, changed=1)
    assert store.dump()[1:4] == (sorted(changed), sorted(relations), [])
    assert [hit.ci.id for hit in store.search("n05999", 1)] == ["n05999"]
    assert store.around([CiId("n00001")]).relations == [relations[0], relations[1], relations[2]]
