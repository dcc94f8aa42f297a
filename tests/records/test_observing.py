"""Observations over a store: evidence is counted once, a decision and its relation are one revision."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from cmdb.model.ci import CiId, Relation
from cmdb.model.model import Model
from cmdb.model.relations import RelationType
from cmdb.records.keeper import BookKeeper
from cmdb.records.observations import Evidence
from cmdb.records.observing import MOST_DECIDED, Decided, ObservationDesk
from cmdb.records.source_types import ObservationState
from cmdb.service import Inventory
from cmdb.store.port import KeyReused
from cmdb.store.sqlite.store import SqliteStore
from tests.records.conftest import BY
from tests.records.faults import codes, refusals
from tests.records.times import Hands

SEEN = datetime(2026, 11, 1, tzinfo=UTC)


def seen(caller: str, called: str, calls: int = 10) -> Evidence:
    return Evidence(CiId(caller), CiId(called), f"{caller} {called}", calls, SEEN, SEEN, True)


@pytest.fixture
def observing(store: SqliteStore, model: Model, keeper: BookKeeper, clock: Hands) -> ObservationDesk:
    return ObservationDesk(store, model, keeper, clock)


def relations(store: SqliteStore, ci: str) -> list[tuple[str, str, str, str, str]]:
    return [relation[:3] + relation[4:6] for relation in store.around([CiId(ci)]).relations]


def test_a_batch_is_one_revision_and_counts_once(observing: ObservationDesk, store: SqliteStore) -> None:
    before = store.head().revision
    told = [seen("app", "db"), seen("app", "host")]
    assert observing.plan("otel", told).created[0].number == "OBS-0001"
    assert observing.record("otel", told, BY) == (before + 1, 2, 0, 0, False)
    assert observing.record("otel", told, BY) == (before + 1, 0, 0, 2, False)
    assert observing.record("otel", [seen("app", "db", 12), seen("app", "host")], BY)[:3] == (before + 2, 0, 1)


def test_a_key_makes_a_retry_safe(observing: ObservationDesk) -> None:
    by = BY._replace(key="one")
    first = observing.record("otel", [seen("app", "db")], by)
    assert observing.record("otel", [seen("app", "db")], by) == (first.revision, 1, 0, 1, True)
    with pytest.raises(KeyReused):
        observing.record("otel", [seen("app", "db", 11)], by)
    confirmed = observing.confirm(["OBS-0001"], BY._replace(key="two"))
    again = observing.confirm(["OBS-0001"], BY._replace(key="two"))
    assert (again.revision, again.replayed) == (confirmed.revision, True)


def test_confirming_records_that_the_caller_depends_on_the_called(
    observing: ObservationDesk, store: SqliteStore, keeper: BookKeeper
) -> None:
    observing.record("otel", [seen("app", "db")], BY)
    before = store.head().revision
    done = observing.confirm(["OBS-0001"], BY._replace(message="they said so"), effect="degraded")
    assert done.revision == before + 1
    assert relations(store, "app") == [("app", "depends_on", "db", "degraded", "console")]
    found = keeper.current().book.find("observation", "OBS-0001")
    assert (found.state, found.who, found.decided_calls) == (ObservationState.confirmed, "ann", 10)
    (logged,) = store.log(before, 5)
    assert (logged.cis, logged.records, logged.message) == (2, (found.key,), "they said so")
    assert observing.confirm(["OBS-0001"], BY).revision == done.revision


def test_what_is_recorded_already_is_not_recorded_again(observing: ObservationDesk, store: SqliteStore) -> None:
    Inventory(store, observing._model).relate([Relation(CiId("app"), "runs_on", CiId("host"), "", "", "x")], BY)
    observing.record("otel", [seen("app", "host"), seen("host", "app")], BY)
    assert observing.confirm(["OBS-0001"], BY).relations == ()
    (back,) = observing.confirm(["OBS-0002"], BY, type_="depends_on").relations
    assert back[:3] == ("host", "depends_on", "app")


def test_an_arrow_that_leads_from_provider_to_dependent_is_turned(
    store: SqliteStore, model: Model, clock: Hands, tmp_path: Path
) -> None:
    feeds = RelationType("feeds", "Gives it what it needs.", ("resource",), ("resource",), "from_to")
    turned = model.extended([], [feeds], [])
    again = SqliteStore(tmp_path / "cmdb.db", turned, clock=clock)
    observing = ObservationDesk(again, turned, BookKeeper(again, clock=clock), clock)
    observing.record("otel", [seen("app", "db")], BY)
    (relation,) = observing.confirm(["OBS-0001"], BY, type_="feeds").relations
    assert relation[:3] == ("db", "feeds", "app")
    observing.record("flows", [seen("app", "db")], BY)
    assert observing.confirm(["OBS-0002"], BY).relations == ()
    again.close()


def test_all_that_is_wrong_is_told_and_nothing_written(observing: ObservationDesk, store: SqliteStore) -> None:
    observing.record("otel", [seen("app", "db"), seen("app", "old"), seen("app", "ghost")], BY)
    before = store.head().revision
    asked = ["OBS-0001", "OBS-0003", "OBS-0002", "OBS-0009", "/"]
    assert sorted(codes(lambda: observing.confirm(asked, BY))) == [
        ("BAD_NUMBER", "numbers[4]"), ("RETIRED_CI", "numbers[1].to"), ("UNKNOWN_CI", "numbers[2].to"),
        ("UNKNOWN_RECORD", "numbers[3]"),
    ]  # fmt: skip
    for type_, effect, code in (
        ("needs", "", "UNKNOWN_RELATION"), ("owned_by", "", "BAD_CHOICE"), ("runs_on", "fatal", "UNKNOWN_EFFECT"),
        ("located_in", "", "RELATION_NOT_ALLOWED"),
    ):  # fmt: skip
        found = codes(partial(observing.confirm, ["OBS-0001"], BY, type_, effect))
        assert [told for told, _ in found] == [code]
    assert codes(lambda: observing.reject([], BY)) == [("MISSING_VALUE", "numbers")]
    assert codes(lambda: observing.reject(["OBS-0001"] * (MOST_DECIDED + 1), BY)) == [("TOO_MANY", "numbers")]
    assert codes(lambda: observing.record("a\nb", [seen("app", "db")], BY)) == [("BAD_NUMBER", "source")]
    assert store.head().revision == before


def test_what_a_relation_records_is_not_rejected(observing: ObservationDesk, store: SqliteStore, model: Model) -> None:
    ends = CiId("app"), CiId("db")
    made = [Relation(ends[0], type_, ends[1], "", "", "x") for type_ in ("uses", "depends_on")]
    observing.record("otel", [seen("app", "db"), seen("db", "app")], BY)
    observing.reject(["OBS-0001"], BY)
    relate = Inventory(store, model)
    relate.relate(made, BY)
    before = store.head().revision
    (problem,) = refusals(lambda: observing.reject(["OBS-0002", "OBS-0001"], BY))
    assert problem[:3] == (
        "BAD_TRANSITION", "numbers[1]", "OBS-0001, recorded as 'app depends_on db', 'app uses db'"
    )  # fmt: skip
    assert "take the relation out first" in problem.accepted
    assert store.head().revision == before
    relate.unrelate([relation.key for relation in made], BY)
    assert observing.reject(["OBS-0002", "OBS-0001"], BY).revision > before + 1


def test_rejecting_and_confirming_what_was_rejected(observing: ObservationDesk, store: SqliteStore) -> None:
    observing.record("otel", [seen("app", "db"), seen("db", "host")], BY)
    done: Decided = observing.reject(["OBS-0001", "OBS-0002", "OBS-0001"], BY)
    assert [one.state.value for one in done.observations] == ["rejected", "rejected"]
    assert relations(store, "app") == []
    assert observing.reject(["OBS-0001"], BY).revision == done.revision
    assert len(observing.confirm(["OBS-0001"], BY).relations) == 1
