"""Records in a store: written with CIs or alone, never over another's change, and remembered as they were."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.model.record import OWN_SOURCE, RECORD_KINDS, Record, RecordKey
from cmdb.store.port import Applied, CiFilter, Conflict, KeyReused, Logged, RecordConflict, Records, Store, StoredRecord
from tests.store.estate import CIS, ESTATE, POOLS, RELATIONS, change, ci, incident, kept_as
from tests.store.test_sharing import run

APP, DB = CiId("app"), CiId("db")
ONE, TWO = incident("INC-1", ["db"], title="Disk full"), incident("INC-2", ["h1", "h2"], "assyst", title="Power")
PLAN = kept_as("change", "CHG-1", cis=[{"ci": "san", "state": "down"}], start="2026-11-22T22:00:00Z")
ONE_B = incident("INC-1", ["db", "app"], title="Disk full", state="in_progress")


def held(found: Records) -> list[tuple[Record, int]]:
    return [(stored.record, stored.revision) for stored in found.records]


def test_an_empty_store_has_none(store: Store) -> None:
    assert store.records() == Records(store.head(), [])
    assert store.log(0, 10) == []
    assert store.record_history(ONE.key, 10) == []
    assert list(store.dump().records) == []


def test_records_alone_are_a_revision_that_touches_no_ci(store: Store) -> None:
    store.apply(ESTATE)
    assert store.apply(change(put_records=[TWO, PLAN, ONE])) == Applied(2, created=3)
    assert store.records() == Records(store.head(), [StoredRecord(r, 2) for r in (PLAN, TWO, ONE)])
    assert store.changes(1) == (store.head(), frozenset())
    assert set(store.changes(0).cis or ()) == {c.id for c in CIS}
    assert store.dump()[1:] == (CIS, RELATIONS, POOLS, [PLAN, TWO, ONE])
    assert store.get([DB])[DB].revision == 1
    assert {step.revision for step in store.history([DB], 10)} == {1}


def test_a_record_may_come_before_any_ci(store: Store) -> None:
    assert store.apply(change(put_records=[ONE])) == Applied(1, created=1)
    assert store.apply(ESTATE) == Applied(2, created=10)
    assert store.dump()[1:] == (CIS, RELATIONS, POOLS, [ONE])


def test_only_what_differs_is_written(store: Store) -> None:
    store.apply(change(put_records=[ONE, TWO]))
    assert store.apply(change(put_records=[TWO, ONE])) == Applied(1)
    assert store.apply(change(put_records=[TWO, ONE_B])) == Applied(2, changed=1)
    assert held(store.records()) == [(TWO, 1), (ONE_B, 2)]
    assert store.log(1, 10)[0].records == (ONE.key,)


def test_cis_and_records_in_one_revision(store: Store) -> None:
    assert store.apply(change(put_cis=[ci("x")], put_records=[ONE])) == Applied(1, created=2)
    done = store.apply(change(put_cis=[ci("x", name="y"), ci("z")], put_records=[ONE_B, TWO], delete=[CiId("no")]))
    assert done == Applied(2, created=2, changed=2)
    assert set(store.changes(1).cis or ()) == {"x", "z"}
    told = store.log(0, 10)
    assert [(logged.records, logged.cis) for logged in told] == [((ONE.key,), 1), ((TWO.key, ONE.key), 2)]


def test_one_number_in_each_kind_and_source(store: Store) -> None:
    same = [kept_as(kind, "7", source, n=1) for kind in RECORD_KINDS for source in (OWN_SOURCE, "a", "b")]
    assert store.apply(change(put_records=same)) == Applied(1, created=3 * len(RECORD_KINDS))
    assert store.apply(change(put_records=[kept_as("basis", "7", "b", n=2)])) == Applied(2, changed=1)
    assert {stored.revision for stored in store.records().records} == {1, 2}
    assert [stored.record.key for stored in store.records(1).records] == [("basis", "b", "7")]


@pytest.mark.parametrize(
    ("expected", "conflict"),
    [
        ({ONE.key: 2}, None),
        ({ONE.key: 2, TWO.key: 0}, None),
        ({ONE.key: 1}, (ONE.key, 1, 2)),
        ({ONE.key: 0}, (ONE.key, 0, 2)),
        ({TWO.key: 3}, (TWO.key, 3, 0)),
        ({RecordKey("change", OWN_SOURCE, "INC-1"): 2}, (("change", OWN_SOURCE, "INC-1"), 2, 0)),
    ],
)
def test_expected_revisions(
    store: Store, expected: dict[RecordKey, int], conflict: tuple[RecordKey, int, int] | None
) -> None:
    store.apply(ESTATE)
    store.apply(change(put_records=[ONE]))
    again = change(put_records=[ONE_B], put_cis=[ci("also")], expected_records=expected)
    if conflict is None:
        assert store.apply(again) == Applied(3, created=1, changed=1)
        return
    with pytest.raises(RecordConflict) as error:
        store.apply(again)
    assert (error.value.key, error.value.expected, error.value.actual) == conflict
    assert error.value.code == Conflict.code
    assert store.head().revision == 2
    assert held(store.records()) == [(ONE, 2)]


def test_of_two_who_saw_the_same_one_wins(store: Store) -> None:
    store.apply(change(put_records=[incident("n", count=0)]))

    def count(_: int) -> None:
        while True:
            (seen,) = store.records().records
            plus = incident("n", count=seen.record.body["count"] + 1)
            try:
                store.apply(change(put_records=[plus], expected_records={plus.key: seen.revision}))
            except RecordConflict:
                continue
            return

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(count, range(12)))
    assert store.records().records[0].record.body["count"] == 12
    assert [logged.revision for logged in store.log(0, 99)] == list(range(1, 14))


def test_a_retry_with_its_key_is_applied_once(store: Store) -> None:
    once = change(put_records=[ONE], key="k1", expected_records={ONE.key: 0})
    assert store.apply(once) == Applied(1, created=1)
    store.apply(change(put_records=[ONE_B]))
    assert store.apply(once) == Applied(1, created=1, replayed=True)
    assert held(store.records()) == [(ONE_B, 2)]
    with pytest.raises(KeyReused):
        store.apply(change(put_records=[TWO], key="k1"))


def test_what_was_written_since(store: Store) -> None:
    store.apply(change(put_records=[ONE]))
    store.apply(change(put_cis=[ci("x")]))
    store.apply(change(put_records=[TWO]))
    store.apply(change(put_records=[ONE_B]))
    assert [held(store.records(after)) for after in range(6)] == [
        [(TWO, 3), (ONE_B, 4)], [(TWO, 3), (ONE_B, 4)], [(TWO, 3), (ONE_B, 4)], [(ONE_B, 4)], [], [],
    ]  # fmt: skip
    assert [held(store.records(0, at)) for at in range(5)] == [
        [], [(ONE, 1)], [(ONE, 1)], [(TWO, 3), (ONE, 1)], [(TWO, 3), (ONE_B, 4)],
    ]  # fmt: skip
    assert [held(store.records(at - 1, at)) for at in range(1, 5)] == [[(ONE, 1)], [], [(TWO, 3)], [(ONE_B, 4)]]
    assert held(store.records(3, 2)) == []
    assert [store.records(2, at).head for at in range(5)] == [store.dump(at).head for at in range(5)]
    assert [list(store.dump(at).records) for at in range(5)] == [[], [ONE], [ONE], [TWO, ONE], [TWO, ONE_B]]


def test_the_history_of_a_record(store: Store) -> None:
    store.apply(change(put_records=[ONE, TWO], message="called in"))
    store.apply(change(put_cis=[ci("x")]))
    store.apply(change(put_records=[ONE_B]))
    store.apply(change(put_records=[ONE]))
    found = store.record_history(ONE.key, 10)
    beside = ONE.key._asdict()
    first, second = ({**record.body, **beside} for record in (ONE, ONE_B))
    assert [(c.revision, c.before, c.after) for c in found] == [
        (4, second, first),
        (3, first, second),
        (1, None, first),
    ]
    assert found[2][1:6] == (store.dump(1).head.recorded_at, "ada", "test", "called in", "record")
    assert store.record_history(ONE.key, 1) == found[:1]
    assert store.record_history(ONE.key, 5, before=4) == found[1:]
    assert store.record_history(ONE.key, 1, before=3) == found[2:]
    assert store.record_history(ONE.key, 0) == store.record_history(ONE.key, 5, before=1) == []
    assert store.record_history(ONE.key._replace(kind="change"), 5) == []


def test_the_log_of_revisions(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(put_records=[TWO, ONE], message="two"))
    store.apply(change(delete=[DB], put_records=[ONE_B]))
    at = [store.dump(number).head.recorded_at for number in range(4)]
    whole = store.log(0, 10)
    assert whole == [
        Logged(1, at[1], "ada", "test", "first load", (), 5),
        Logged(2, at[2], "ada", "test", "two", (TWO.key, ONE.key), 0),
        Logged(3, at[3], "ada", "test", "", (ONE.key,), 4),
    ]
    assert [store.log(after, 1) for after in range(4)] == [whole[:1], whole[1:2], whole[2:], []]
    assert (store.log(1, 5), store.log(0, 0), store.log(7, 5)) == (whole[1:], [], [])


def test_a_revision_that_touched_very_much(store: Store) -> None:
    store.apply(change(put_cis=[ci(f"n{n}") for n in range(20_001)], put_records=[ONE]))
    assert [(logged.cis, logged.records) for logged in store.log(0, 1)] == [(None, (ONE.key,))]


def test_a_thousand_records_at_once(store: Store) -> None:
    records = [incident(f"INC-{n:04}", ["app", "db"], "assyst", title="x" * n) for n in range(1_000)]
    store.apply(ESTATE)
    assert store.apply(change(put_records=records[::-1])) == Applied(2, created=1_000)
    assert held(store.records()) == [(record, 2) for record in records]
    assert store.log(1, 1)[0].records == tuple(record.key for record in records)
    moved = [incident(f"INC-{n:04}", ["app"], "assyst", title="y") for n in range(500, 1_000)]
    assert store.apply(change(put_records=[*records[:500], *moved])) == Applied(3, changed=500)
    assert held(store.records(2)) == [(record, 3) for record in moved]
    assert store.dump(2).records == records
    assert store.apply(change(put_records=[*records[:500], *moved])) == Applied(3)


def test_cis_come_and_go_and_records_stay(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(put_records=[ONE, TWO, PLAN]))
    was = store.around([DB])
    assert store.apply(change(delete=[DB])) == Applied(3, removed=5)
    assert held(store.records()) == [(PLAN, 2), (TWO, 2), (ONE, 2)]
    assert store.apply(ESTATE) == Applied(4, created=5)
    assert store.around([DB]) == was == store.around([DB], 2)
    assert store.page(CiFilter(), 9).total == 5
    assert store.apply(change(put_cis=[ci("h1", "hypervisor")])) == Applied(5, changed=1)
    assert {c.entity for c in store.history([DB, APP], 9)} == {"ci", "relation", "pool"}
    assert [hit.ci.id for hit in store.search("INC-1", 3)] == []


HOSTILE = [
    "a'b",
    'a"b',
    "`]->() DELETE r //",
    "x'}) DETACH DELETE (n) //",
    "$key",
    "\\u0027",
    "é",
    "\U0001f600",
    "A/B 1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_only_text(store: Store, text: str) -> None:
    store.apply(change(put_cis=[ci(text)]))
    body = {"cis": [{"ci": text, "state": text, text: text}], "title": text, text: text, "deep": {text: [text, None]}}
    odd = kept_as("incident", text, text, **body)
    store.apply(change(put_records=[odd], expected_records={odd.key: 0}))
    assert held(store.records()) == [(odd, 2)]
    assert odd.body == body
    assert store.record_history(odd.key, 1)[0].after == {**body, **odd.key._asdict()}
    assert store.log(1, 1)[0].records == (odd.key,)
    assert store.apply(change(put_records=[kept_as("incident", text, text, cis=[])])).changed == 1


def test_bodies_hold_any_json(store: Store) -> None:
    body: dict[str, Any] = {
        "cis": [], "": "empty name", "a\0b": "\0", "since": 9, "body": "mine", "missing": 3, "unlinked": ["x"], "id": 1,
        "large": 2**63, "small": -(2**63), "float": 1e300, "none": None, "yes": True, "list": [1, "a", None], "A b": 1,
        "long": "x" * 100_000, "x" * 300: 1, "\u202e": "\u0007",
    }  # fmt: skip
    odd = kept_as("change", "1", **body)
    store.apply(change(put_records=[odd, ONE]))
    assert held(store.records()) == [(odd, 1), (ONE, 1)]
    assert store.dump().records == [odd, ONE]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (ONE._replace(kind="Incident`:X"), "UNKNOWN_KIND"),
        (ONE._replace(kind=""), "UNKNOWN_KIND"),
        (ONE._replace(number=""), "BAD_NUMBER"),
        (ONE._replace(number="a\0b"), "BAD_NUMBER"),
        (ONE._replace(number="a\nb"), "BAD_NUMBER"),
        (ONE._replace(source="x" * 201), "BAD_NUMBER"),
        (ONE._replace(number="\ud800"), "ENCODING_INVALID"),
        (ONE._replace(body_json='{"a":"\ud800"}'), "ENCODING_INVALID"),
        (ONE._replace(body_json='{"a":"\\ud800"}'), "BAD_RECORD"),
        (ONE._replace(body_json=""), "BAD_RECORD"),
        (ONE._replace(body_json="[]"), "BAD_RECORD"),
        (ONE._replace(body_json='{"a": 1}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"b":1,"a":2}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"a":1,"a":2}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"kind":"change"}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"number":"INC-2"}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"a":NaN}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"cis":"db"}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"cis":["db"]}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"cis":[{"state":"down"}]}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"cis":[{"ci":7}]}'), "BAD_RECORD"),
        (ONE._replace(body_json='{"a":' + "[" * 2_000 + "]" * 2_000 + "}"), "BAD_RECORD"),
        (ONE._replace(body_json='{"a":' + "[" * 300 + "]" * 300 + "}"), "BAD_RECORD"),
        (TWO, "DUPLICATE_KEY"),
    ],
)
@pytest.mark.parametrize("key", ["", "k1"])
def test_what_is_no_record_is_refused_whole(store: Store, record: Record, code: str, key: str) -> None:
    store.apply(ESTATE)
    store.apply(change(put_records=[incident("0")]))
    with pytest.raises(InvalidInput) as error:
        store.apply(change(put_records=[incident("1"), TWO, record], put_cis=[ci("also")], key=key))
    assert [problem.code for problem in error.value.problems] == [code]
    assert store.head().revision == 2
    assert held(store.records()) == [(incident("0"), 2)]


def test_what_cannot_be_stored_is_not_found(store: Store) -> None:
    store.apply(change(put_records=[ONE]))
    assert store.record_history(RecordKey("incident", "\ud800", "INC-1"), 5) == []
    with pytest.raises(InvalidInput, match="ENCODING_INVALID"):
        store.apply(change(put_records=[ONE_B], expected_records={RecordKey("incident", "a", "\ud800"): 0}))


def test_another_handle_and_another_process_are_seen(opened: Callable[[], Store], elsewhere: str) -> None:
    one, two = opened(), opened()
    one.apply(change(put_records=[ONE]))
    assert two.records() == one.records()
    source = "from tests.store.estate import change, incident; store.apply(change(put_records=[incident('9')]))"
    out, err = run(f"{elsewhere}{source}\nprint(store.records().head.revision); store.close()").communicate(timeout=60)
    assert (out.strip(), err) == ("2", "")
    assert held(two.records(1)) == [(incident("9"), 2)]


def test_records_are_read_whole_while_others_write(store: Store) -> None:
    store.apply(change(put_records=[incident(str(n), v=0) for n in range(20)]))

    def write(number: int) -> None:
        store.apply(change(put_records=[incident(str(n), v=number) for n in range(20)]))

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: list(map(write, range(1, 40))))
        while not writing.done():
            found = store.records()
            assert {stored.record.body["v"] for stored in found.records} == {found.head.revision - 1}
            assert len(found.records) == 20
            dump = store.dump()
            assert [record.body["v"] for record in dump.records] == [dump.head.revision - 1] * 20
            assert held(store.records(0, 1)) == [(incident(str(n), v=0), 1) for n in sorted(map(str, range(20)))]
            logged = store.log(found.head.revision - 1, 1)
            assert (logged[0].revision, len(logged[0].records)) == (found.head.revision, 20)
        writing.result()
