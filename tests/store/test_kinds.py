"""A CI that changes its kind keeps only relations that the model still allows."""

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Relation
from cmdb.model.errors import InvalidInput
from cmdb.store.port import Store


def ci(id_: str, kind: str) -> CI:
    return CI(CiId(id_), kind, id_, "shared", "live", "{}", "test")


HOSTED = Relation(CiId("vm"), "hosted_on", CiId("host"), "", "", "test")


def test_a_kind_that_breaks_a_stored_relation_is_refused(store: Store) -> None:
    store.apply(Changeset("me", "test", put_cis=[ci("vm", "virtual_machine"), ci("host", "hypervisor")],
                          put_relations=[HOSTED]))  # fmt: skip
    for base in (None, store.head().revision):
        with pytest.raises(InvalidInput) as refused:
            store.apply(Changeset("me", "test", put_cis=[ci("host", "person")], base=base))
        assert [p.code for p in refused.value.problems] == ["RELATION_NOT_ALLOWED"]
    assert store.get([CiId("host")])[CiId("host")].ci.kind == "hypervisor"


def test_a_kind_may_change_where_the_relations_still_fit_or_go(store: Store) -> None:
    store.apply(Changeset("me", "test", put_cis=[ci("vm", "virtual_machine"), ci("host", "hypervisor")],
                          put_relations=[HOSTED]))  # fmt: skip
    store.apply(Changeset("me", "test", put_cis=[ci("host", "cluster")]))
    store.apply(Changeset("me", "test", put_cis=[ci("host", "person")], remove_relations=[HOSTED.key]))
    assert store.get([CiId("host")])[CiId("host")].ci.kind == "person"
