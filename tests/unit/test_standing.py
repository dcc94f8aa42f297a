"""What people and sources have said of a CI outlives whatever is said after it by somebody else."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.claims import Claim, checked
from cmdb.model.errors import ValueFault
from cmdb.model.model import Model
from cmdb.model.precedence import Precedence
from cmdb.reconcile.claims import settled
from cmdb.reconcile.edit import Draft, merged, withdrawn
from cmdb.reconcile.merge import merge, part
from cmdb.reconcile.plan import plan
from cmdb.service import Inventory, Signed
from cmdb.store.port import Dump, StoredCI
from cmdb.store.sqlite.store import SqliteStore
from tests.unit.test_reconcile import EMPTY, MODEL, Said, applied, ci, imported, rel


def edit(found: CI, who: str, draft: Draft, model: Model = MODEL) -> CI:
    """The CI once somebody has edited it."""
    (made,) = merged(model, [draft], {found.id: StoredCI(found, 1)}, who)
    return made


def only(said: Iterable[tuple[str, Said]]) -> CI:
    (found,) = imported(said).cis
    return found


def with_ci(found: Dump, changed: CI) -> Dump:
    return found._replace(cis=[changed if one.id == changed.id else one for one in found.cis])


def test_an_edit_does_not_bring_back_what_others_have_edited_since() -> None:
    found = only([("a", ([ci("x", "a", rto=60)], [], []))])
    found = edit(found, "ann", Draft("x", attributes={"rto": 5, "os": "aix"}))
    found = edit(found, "bob", Draft("x", attributes={"rto": 7}))
    found = edit(found, "ann", Draft("x", name="Mine"))
    assert (found.name, found.attributes) == ("Mine", {"rto": 7, "os": "aix"})


def test_an_edit_of_a_source_that_edited_before_it_imported_stands() -> None:
    found = edit(only([("a", ([ci("x", "a")], [], []))]), "ui", Draft("x", name="First"))
    dump = with_ci(imported([("a", ([ci("x", "a")], [], []))]), found)
    dump = applied(dump, plan(dump, ([ci("x", "ui")], [], []), "ui", MODEL))
    assert edit(dump.cis[0], "ui", Draft("x", name="Second")).name == "Second"


def test_a_verification_that_a_person_took_away_is_gone_also_when_no_source_states_one() -> None:
    said: Said = [ci("x", "a", verified_at="2026-01-01T00:00:00Z")], [], []
    found = edit(only([("a", said)]), "ann", Draft("x", attributes={"verified_at": None}))
    assert "verified_at" not in found.attributes
    dump = with_ci(imported([("a", said)]), found)
    (after,) = applied(dump, plan(dump, ([ci("x", "a")], [], []), "a", MODEL)).cis
    assert "verified_at" not in after.attributes


def test_a_kind_that_a_person_set_stands_before_a_more_special_one() -> None:
    found = only([("a", ([ci("x", "a", "virtual_machine")], [], []))])
    assert edit(found, "ann", Draft("x", kind="server")).kind == "server"


def test_an_edit_does_not_revive_what_nobody_states_any_more() -> None:
    dump = imported([("a", ([ci("x", "a")], [], []))])
    dump = with_ci(dump, edit(dump.cis[0], "ann", Draft("x", name="Mine")))
    dump = applied(dump, plan(dump, ([], [], []), "a", MODEL))
    assert dump.cis[0].lifecycle == "retired"
    again = edit(dump.cis[0], "bob", Draft("x", attributes={"rto": 5}))
    assert again.lifecycle == "retired"
    assert withdrawn(MODEL, again, "bob").lifecycle == "retired"
    assert edit(again, "ann", Draft("x", lifecycle="live")).lifecycle == "live"
    dump = with_ci(dump, again)
    (stated,) = applied(dump, plan(dump, ([ci("x", "b")], [], []), "b", MODEL)).cis
    assert (stated.lifecycle, stated.name, stated.attributes) == ("live", "Mine", {"rto": 5})


def test_taking_a_retirement_back_does_not_revive_what_nobody_states_any_more() -> None:
    dump = imported([("a", ([ci("x", "a")], [], []))])
    dump = with_ci(dump, edit(dump.cis[0], "ann", Draft("x", lifecycle="retired")))
    planned = plan(dump, ([], [], []), "a", MODEL)
    dump = applied(dump, planned)
    assert plan(dump, ([], [], []), "a", MODEL).empty
    assert withdrawn(MODEL, dump.cis[0], "ann").lifecycle == "retired"


def test_sources_of_which_one_says_retired_come_to_rest() -> None:
    model = replace(MODEL, precedence=Precedence(("a",)))
    mine, theirs = ci("x", "a")._replace(lifecycle="retired"), ci("x", "b")
    found = EMPTY
    for said in (mine, theirs) * 2:
        found = applied(found, plan(found, ([said], [], []), said.source, model))
    assert found.cis[0].lifecycle == "retired"
    for said in (mine, theirs) * 2:
        assert plan(found, ([said], [], []), said.source, model).empty


def test_a_live_ci_stays_live_when_it_becomes_part_of_a_retired_one() -> None:
    gone = imported([("a", ([ci("x", "a")], [], [])), ("a", ([], [], [])), ("b", ([ci("y", "b")], [], []))])
    x, y = gone.cis
    assert x.lifecycle == "retired"
    assert merge(MODEL, x, y, [], []).put_cis[0].lifecycle == "live"
    assert merge(MODEL, y, x, [], []).put_cis[0].lifecycle == "live"
    duplicate = edit(y, "ann", Draft("y", lifecycle="retired"))
    live = ci("z", "c")
    assert merge(MODEL, live, duplicate, [], []).put_cis[0].lifecycle == "live"


def test_what_one_person_set_of_two_cis_can_be_withdrawn_once_they_are_one() -> None:
    x = edit(ci("x", "a"), "ann", Draft("x", attributes={"rto": 5}))
    y = edit(ci("y", "a"), "ann", Draft("y", attributes={"rto": 7, "os": "aix"}))
    (kept,) = merge(MODEL, x, y, [], []).put_cis
    assert kept.attributes == {"rto": 5, "os": "aix"}
    assert withdrawn(MODEL, kept, "ann").attributes == {}


def test_a_part_takes_no_id_that_another_ci_has() -> None:
    found = only([("a", ([ci("x", "a")], [], [])), ("b", ([ci("x", "b")], [], []))])
    new, _ = part(MODEL, found, "b", None, [], [], lambda id_: id_ in {"x", "x@b", "x@b-2"})
    assert new.id == "x@b-3"


def test_a_part_takes_no_rule_of_another_source() -> None:
    found = only([("a", ([ci("x", "a")], [], [])), ("b", ([ci("x", "b")], [], []))])
    theirs, mine = (Pool(CiId("x"), name, "1", "", "down", source) for name, source in (("p", "a"), ("q", "b")))
    _, rewrite = part(MODEL, found, "b", None, [rel("x", "y", "b", "p")], [theirs, mine], lambda _: False)
    assert {(pool.ci, pool.name, pool.source) for pool in rewrite.put_pools} == {("x@b", "p", "b"), ("x@b", "q", "b")}
    assert rewrite.remove_pools == [mine.key]


def test_which_of_two_records_of_a_source_counts_is_no_matter_of_their_order() -> None:
    one, other = (
        Claim("a", CiId(id_), "server", id_, "shared", "live", {"rto": rto}) for id_, rto in (("k", 1), ("m", 2))
    )
    assert settled(MODEL, CiId("x"), [one, other], "a") == settled(MODEL, CiId("x"), [other, one], "a")


def test_relations_of_two_records_that_are_one_do_not_depend_on_their_order() -> None:
    dump = imported([("a", ([ci("k", "a"), ci("m", "a"), ci("z", "a")], [], []))])
    (kept,) = merge(MODEL, dump.cis[0], dump.cis[1], [], []).put_cis
    dump = dump._replace(cis=[kept, dump.cis[2]])
    said = [rel("k", "z", "a", effect="down"), rel("m", "z", "a", effect="degraded")]
    cis = [ci(id_, "a") for id_ in "kmz"]
    first, second = (plan(dump, (cis, way, []), "a", MODEL) for way in (said, said[::-1]))
    assert first.changeset.put_relations == second.changeset.put_relations


def test_a_kind_that_does_not_allow_what_others_state_is_told_before_anything_is_written() -> None:
    app, box = ci("app", "b", "application"), ci("x", "b")
    runs = Relation(CiId("app"), "runs_on", CiId("x"), "", "", "b")
    dump = imported([("a", ([ci("x", "a")], [], [])), ("b", ([app, box], [runs], []))])
    model = replace(MODEL, precedence=Precedence(("a",)))
    planned = plan(dump, ([ci("x", "a", "agreement")], [], []), "a", model)
    assert [clash.relation for clash in planned.clashes] == [runs]


DESCRIBED = {"source": "a", "id": "x", "kind": "server", "name": "x", "sector": "shared", "attributes": {}}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (CI, [{"source": "a"}]),
        (CI, [{**DESCRIBED, "edited": True}]),
        (CI, [DESCRIBED, DESCRIBED]),
        (CI, [{**DESCRIBED, "claims": "x"}]),
        (CI, [{**DESCRIBED, "name": "x\0"}]),
        (CI, [{**DESCRIBED, "attributes": {"os": {"a": 1}}}]),
        (CI, [{**DESCRIBED, "attributes": {"os": "a\0"}}]),
        (CI, [{**DESCRIBED, "edited": "yes"}]),
        (CI, [{**DESCRIBED, "kind": None}]),
        (CI, ["a"]),
        (CI, {}),
        (Relation, [{"source": "a"}]),
        (Relation, [{"source": "a", "effect": "", "from_id": "y"}]),
        (Relation, [{"source": "a", "effect": ""}, {"source": "a", "effect": "down"}]),
        (Pool, [{"source": "a", "effect": "", "required": 1, "full": ""}]),
    ],
)
def test_claims_of_another_form_are_refused(kind: Any, told: object) -> None:
    with pytest.raises(ValueFault, match="BAD_TYPE"):
        checked(told, kind)


def test_claims_that_the_inventory_keeps_are_of_their_form() -> None:
    said = (
        [rel("x", "y", source, "p") for source in "ab"],
        [Pool(CiId("x"), "p", "1", "", "", source) for source in "ab"],
    )
    dump = imported([(source, ([ci(id_, source, rto=5) for id_ in "xy"], said[0][at : at + 1], said[1][at : at + 1]))
                     for at, source in enumerate("ab")])  # fmt: skip
    dump = with_ci(dump, edit(dump.cis[0], "ann", Draft("x", attributes={"os": None, "rto": 7})))
    for kind, things in ((CI, dump.cis), (Relation, dump.relations), (Pool, dump.pools)):
        for thing in things:
            assert thing.claims_json
            assert checked(orjson.loads(thing.claims_json), kind) == thing.claims_json


BY = Signed("ann", "ui", key="k")


def test_a_retry_is_known_by_a_key_from_before_there_were_claims(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "x.db", MODEL)) as store:
        store.apply(Changeset("t", "a", put_cis=[ci("x", "a"), ci("y", "a")]))
        inventory, relation = Inventory(store, MODEL), rel("x", "y", "ui")
        for key, made in (
            ("r", Changeset("ann", "ui", key="r", put_relations=[relation])),
            ("t", Changeset("ann", "ui", key="t", retire=[CiId("y")])),
        ):
            store.apply(made)
            by = BY._replace(key=key)
            done = inventory.relate([relation], by) if key == "r" else inventory.retire([CiId("y")], by)
            assert done.replayed


def test_a_relation_that_another_source_states_meanwhile_is_kept(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "x.db", MODEL)) as store:
        store.apply(Changeset("t", "a", put_cis=[ci("x", "a"), ci("y", "a")]))
        inventory, around, meanwhile = Inventory(store, MODEL), store.around, [rel("x", "y", "a")]

        def slowly(ids: Iterable[CiId], at: int | None = None) -> Any:
            found = around(ids, at)
            if meanwhile:
                store.apply(Changeset("t", "a", put_relations=[meanwhile.pop()]))
            return found

        store.around = slowly  # type: ignore[method-assign]
        inventory.relate([rel("x", "y", "ui")], BY)
        (kept,) = store.dump().relations
        assert [told["source"] for told in orjson.loads(kept.claims_json)] == ["a", "ui"]
