"""What every importer keeps to, whatever it reads: each row of `IMPORTERS` goes through all of it."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.errors import InvalidInput
from cmdb.store.sqlite.store import SqliteStore
from importers.options import BadRows, ImportOptions
from importers.planned import ImportPlan
from importers.registry import IMPORTERS, importer_for
from importers.runner import apply_plan, plan_import
from tests.importers.estate import MODEL, plan_of, store_in
from tests.importers.payloads.payload import Part, Payload
from tests.importers.payloads.registered import PAYLOADS

every = pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.importer)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    found = store_in(tmp_path / "store")
    yield found
    found.close()


def written(payload: Payload, folder: Path, parts: Sequence[Part]) -> Path:
    """The path of these parts, in a new folder."""
    folder.mkdir()
    return payload.write(folder, parts)


def planned(
    payload: Payload, folder: Path, parts: Sequence[Part], store: SqliteStore, options: ImportOptions | None = None
) -> ImportPlan:  # fmt: skip
    path = written(payload, folder, parts)
    return plan_import(store, MODEL, path, "test", options=options or ImportOptions(importer=payload.importer))


def graph(changes: Changeset) -> tuple[object, ...]:
    return sorted(changes.put_cis), sorted(changes.put_relations), sorted(changes.put_pools)


def test_every_importer_is_in_the_suite() -> None:
    assert [payload.importer for payload in PAYLOADS] == [importer.name for importer in IMPORTERS]


@every
def test_its_input_is_known_by_its_look(payload: Payload, tmp_path: Path) -> None:
    assert importer_for(written(payload, tmp_path / "in", payload.parts)).name == payload.importer


@every
def test_the_same_input_gives_the_same_changes(payload: Payload, tmp_path: Path, empty: SqliteStore) -> None:
    one, other = (planned(payload, tmp_path / name, payload.parts, empty).changeset for name in "ab")
    assert one == other
    assert one.put_cis


@every
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_input_does_not_matter(
    payload: Payload, seed: int, tmp_path: Path, empty: SqliteStore
) -> None:
    straight = planned(payload, tmp_path / "straight", payload.parts, empty).changeset
    shuffled = planned(payload, tmp_path / "shuffled", payload.shuffled(seed), empty).changeset
    assert graph(straight) == graph(shuffled)


@every
def test_it_makes_what_it_declares_and_nothing_else(payload: Payload, tmp_path: Path, empty: SqliteStore) -> None:
    can = next(importer for importer in IMPORTERS if importer.name == payload.importer).capabilities
    changes = planned(payload, tmp_path / "in", payload.parts, empty).changeset
    if can.kinds is not None:
        assert {ci.kind for ci in changes.put_cis} == set(can.kinds)
    if can.relations is not None:
        assert {relation.type for relation in changes.put_relations} == set(can.relations)
    assert bool(changes.put_pools) == bool(can.pools)
    assert set(can.kinds or ()) <= set(MODEL.concrete)
    assert set(can.relations or ()) <= set(MODEL.relations)


@every
def test_the_same_again_changes_nothing(payload: Payload, tmp_path: Path, store: SqliteStore) -> None:
    path = written(payload, tmp_path / "in", payload.parts)
    apply_plan(store, plan_of(path, store), "ada")
    assert plan_of(path, store).empty
    shuffled = planned(payload, tmp_path / "shuffled", payload.shuffled(1), store)
    assert shuffled.empty


@every
def test_what_is_missing_goes_and_nothing_else(payload: Payload, tmp_path: Path, store: SqliteStore) -> None:
    apply_plan(store, planned(payload, tmp_path / "whole", payload.parts, store), "ada")
    gone = {relation.key for relation in store.dump().relations if payload.gone in relation.key}
    again = planned(payload, tmp_path / "less", payload.without(), store)
    changes = again.changeset
    assert [str(ci) for ci in changes.retire] == [payload.gone]
    assert set(changes.remove_relations) == gone != set()
    assert (*changes.put_cis, *changes.put_relations, *changes.put_pools, *changes.remove_pools) == ()
    apply_plan(store, again, "ada")
    assert planned(payload, tmp_path / "same", payload.without(), store).empty
    back = planned(payload, tmp_path / "back", payload.parts, store).changeset
    assert [str(ci.id) for ci in back.put_cis] == [payload.gone]
    assert {relation.key for relation in back.put_relations} == gone


@every
def test_one_bad_value_refuses_all_of_it(payload: Payload, tmp_path: Path, empty: SqliteStore) -> None:
    path = written(payload, tmp_path / "in", [*payload.parts, payload.bad])
    with pytest.raises(InvalidInput) as caught:
        plan_of(path, empty)
    for problem in caught.value.problems:
        assert problem.code == "BIDI_CONTROL"
        assert payload.name in problem.place
        assert str(tmp_path) not in str(problem)
        assert "\u202e" not in str(problem)


@every
def test_bad_rows_may_be_held_back_from_the_rest(payload: Payload, tmp_path: Path, empty: SqliteStore) -> None:
    hold = ImportOptions(importer=payload.importer, bad_rows=BadRows.hold, held=tmp_path / "held")
    with_bad = planned(payload, tmp_path / "with", [*payload.parts, payload.bad], empty, hold)
    without = planned(payload, tmp_path / "without", payload.parts, empty)
    kept = {part: [thing[:3] for thing in getattr(with_bad.changeset, part)] for part in ("put_cis", "put_relations")}
    for part, things in kept.items():
        assert {thing[:3] for thing in getattr(without.changeset, part)} <= set(things), "all that is not at fault"
    assert with_bad.held
    assert "\u202e" not in repr(with_bad.changeset)


@every
def test_a_part_takes_nothing_away(payload: Payload, tmp_path: Path, store: SqliteStore) -> None:
    apply_plan(store, planned(payload, tmp_path / "whole", payload.parts, store), "ada")
    part = ImportOptions(importer=payload.importer, partial=True)
    changes = planned(payload, tmp_path / "less", payload.without(), store, part).changeset
    assert (*changes.retire, *changes.remove_relations, *changes.remove_pools) == ()


@every
def test_a_part_is_joined_to_what_was_recorded_where_that_is_declared(
    payload: Payload, tmp_path: Path, store: SqliteStore
) -> None:
    can = next(importer for importer in IMPORTERS if importer.name == payload.importer).capabilities
    if not can.partial:
        return
    apply_plan(store, planned(payload, tmp_path / "before", payload.without(), store), "ada")
    options = ImportOptions(importer=payload.importer, partial=True)
    alone = [part for part in payload.parts if payload.lost in repr(part)]
    changes = planned(payload, tmp_path / "part", alone, store, options).changeset
    whole = planned(payload, tmp_path / "whole", payload.parts, store).changeset
    assert {relation.key for relation in changes.put_relations} == {relation.key for relation in whole.put_relations}
    assert changes.put_relations
    assert [str(ci.id) for ci in changes.put_cis] == [payload.gone]


def test_what_they_can_do_is_known_without_loading_them() -> None:
    asked = "import sys; from importers.registry import IMPORTERS; assert all(i.capabilities for i in IMPORTERS)"
    loaded = "; print([name for name in sys.modules if name.endswith('.importer')])"
    found = subprocess.run([sys.executable, "-c", asked + loaded], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
