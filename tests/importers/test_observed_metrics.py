"""Service graphs as metrics: the text of a scrape, and answers of Prometheus to a query."""

import json
from typing import Any

import pytest

from importers.observed.service_graph import MOST_SERIES
from tests.importers.observed import METRIC, READ, at, metrics

SCRAPE = f"""\
# HELP {METRIC} Total count of requests between two nodes
# TYPE {METRIC} counter
{METRIC}{{client="web",server="db",connection_type="database",failed="false"}} 42
  {METRIC}{{ client = "web" , server="au\\"th\\\\" , }} 1.5e3 1764374460000
{METRIC}{{client="user",server="web"}} 0.2 # {{trace_id="a{{b}}"}} 1.0
{METRIC}{{client="idle",server="web"}} 0
traces_service_graph_request_failed_total{{client="web",server="db"}} 3
{METRIC}_created{{client="web",server="db"}} 1.7e9
up{{instance="a"}} 1
"""


def answer(kind: str, *series: tuple[dict[str, str], Any]) -> str:
    place = {"vector": "value", "matrix": "values"}[kind]
    result = [{"metric": labels, place: samples} for labels, samples in series]
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}})


def seconds(minutes: float) -> float:
    return at(minutes).timestamp()


def labels(client: str = "web", server: str = "db", **more: str) -> dict[str, str]:
    return {"client": client, "server": server, **more}


def test_a_scrape_in_the_text_format() -> None:
    told = metrics(SCRAPE.replace("1764374460000", str(int(seconds(1) * 1000))))
    assert told.calls() == [("web", "db", 42), ("web", 'au"th\\', 1500), ("user", "web", 1), ("idle", "web", 0)]
    assert [one.last_seen for one in told.observed] == [READ, at(1), READ, READ]
    assert all(one.counter and one.first_seen == one.last_seen for one in told.observed)
    assert (told.problems, told.warnings) == ([], [])


def test_times_are_seconds_in_openmetrics_and_milliseconds_else() -> None:
    line = f'{METRIC}{{client="a",server="b"}} 1 {seconds(2):.3f}\n'
    assert metrics(line + "# EOF\n").observed[0].last_seen == at(2)
    assert metrics(line).codes == ["BAD_DATE"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f'{METRIC}{{client="a",server="b"}}', "BAD_SAMPLE"),
        (f'{METRIC}{{client="a",server="b"}} x', "BAD_NUMBER"),
        (f'{METRIC}{{client="a",server="b"}} NaN', "BAD_NUMBER"),
        (f'{METRIC}{{client="a",server="b"}} +Inf', "BAD_NUMBER"),
        (f'{METRIC}{{client="a",server="b"}} 1e999', "BAD_NUMBER"),
        (f'{METRIC}{{client="a",server="b"}} -1', "BAD_NUMBER"),
        (f'{METRIC}{{client="a",server="b"}} 1_000', "BAD_NUMBER"),
        (f'{METRIC}{{client="a",server="b"}} 1e19', "OUT_OF_RANGE"),
        (f'{METRIC}{{client="a",server="b"}} 1 99999999999999999', "BAD_DATE"),
        (f'{METRIC}{{client="a",server="b"}} 1 4102444800000', "BAD_DATE"),
        (f'{METRIC}{{client="a",server="b"}} 1 1.2.3', "BAD_DATE"),
        (f'{METRIC}{{client="a",server="b" 1', "BAD_SAMPLE"),
        (f'{METRIC}{{client="a,server="b"}} 1', "BAD_SAMPLE"),
        (f'{METRIC}{{client="a",client="b",server="c"}} 1', "DUPLICATE_KEY"),
        (f'{METRIC}{{client="{"a" * 201}",server="b"}} 1', "FIELD_TOO_LONG"),
        (f'{METRIC}{{client="a\u202eb",server="b"}} 1', "BIDI_CONTROL"),
        (f'{METRIC}{{client="a\u200bb",server="b"}} 1', "BAD_CHARACTER"),
        (f'{METRIC}{{client="a\\nb",server="b"}} 1', "BAD_CHARACTER"),
        ("up 1", "MISSING_KEY"),
        ("", "EMPTY_FILE"),
        (b"\xff\xfea\0b\0", "ENCODING_UNKNOWN"),
        (f'{METRIC}{{client="\x00',  "BAD_SAMPLE"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_scrape(line: str | bytes, code: str) -> None:
    told = metrics(line)
    assert told.codes == [code]
    assert metrics(line).observed == []


def test_every_faulty_line_is_told_with_its_place() -> None:
    good = f'{METRIC}{{client="a",server="b"}} 1'
    told = metrics("\n".join([good, good.replace(" 1", " x"), good, good.replace(" 1", " y")]))
    assert told.problems == [("BAD_NUMBER", "m row 2"), ("BAD_NUMBER", "m row 4")]


def test_what_is_no_dependency_is_left_out_and_told() -> None:
    told = metrics(
        f'{METRIC}{{client="a",server=""}} 1\n{METRIC}{{client="a"}} 1\n{METRIC} 1\n'
        f'{METRIC}{{client="a",server="b",connection_type="messaging_system"}} 1\n'
        f'{METRIC}{{client="a",server="b",connection_type="virtual_node"}} 1\n'
    )
    assert told.calls() == [("a", "b", 1)]
    assert told.warnings == [("IGNORED_VALUE", f"m row {row}") for row in (1, 2, 3, 4)]


def test_a_pair_has_so_many_series_and_no_more() -> None:
    lines = [f'{METRIC}{{client="a",server="b",pod="{number}"}} 1' for number in range(MOST_SERIES + 2)]
    assert metrics("\n".join(lines[:MOST_SERIES])).codes == []
    assert metrics("\n".join(lines)).problems == [("TOO_MANY", f"m row {MOST_SERIES + 1}")]


def test_a_vector() -> None:
    told = metrics(
        answer(
            "vector",
            (labels(__name__=METRIC, job="tempo"), [seconds(0), "7"]),
            (labels("web", "auth"), [seconds(1), "2.6"]),
            (labels(__name__="up"), [seconds(0), "1"]),
            (labels("idle"), [seconds(0), "0"]),
        )
    )
    assert (told.calls(), told.problems) == ([("web", "db", 7), ("web", "auth", 3), ("idle", "db", 0)], [])
    assert [one.last_seen for one in told.observed] == [at(0), at(1), at(0)]


def test_of_a_matrix_the_turns_of_each_series_count() -> None:
    rising = [[seconds(minute), str(calls)] for minute, calls in enumerate((5, 5, 8, 12, 3, 3, 15))]
    told = metrics(answer("matrix", (labels(), rising), (labels("user", "web"), [[seconds(0), "4"]])))
    assert [(one.calls, one.last_seen) for one in told.observed if one.from_ == "web"] == [
        (5, at(0)), (12, at(3)), (3, at(4)), (15, at(6)),
    ]  # fmt: skip
    assert len({one.series for one in told.observed}) == 2


def test_a_counter_that_is_read_at_nought_began_anew() -> None:
    told = metrics(answer("matrix", (labels(), [[seconds(at), str(n)] for at, n in enumerate((0, 100, 0, 150))])))
    assert [(one.calls, one.last_seen) for one in told.observed] == [
        (0, at(0)), (100, at(1)), (0, at(2)), (150, at(3)),
    ]  # fmt: skip


def test_the_order_of_labels_and_samples_does_not_matter() -> None:
    told = metrics(answer("matrix", ({"client": "a", "server": "b"}, [[seconds(0), "1"], [seconds(1), "2"]])))
    same = metrics(answer("matrix", ({"server": "b", "client": "a"}, [[seconds(1), "2"], [seconds(0), "1"]])))
    assert told.observed == same.observed


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        ("[]", ["BAD_TYPE"]),
        ("{}", ["BAD_TYPE"]),
        ("{", ["BAD_JSON"]),
        ("[" * 5000, ["BAD_JSON"]),
        ('{"status": "error", "error": "bad query"}', ["BAD_TYPE"]),
        ('{"status": "success"}', ["BAD_CHOICE"]),
        ('{"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}', ["BAD_CHOICE"]),
        ('{"status": "success", "data": {"resultType": ["vector"], "result": []}}', ["BAD_CHOICE"]),
        ('{"status": "success", "data": {"resultType": "vector", "result": []}}', ["MISSING_KEY"]),
        ('{"status": "success", "data": {"resultType": "vector", "result": [1]}}', ["BAD_TYPE"]),
        (answer("vector", ({"client": "a", "server": 1}, [1.0, "1"])), ["BAD_TYPE"]),  # type: ignore[dict-item]
        (answer("vector", (labels(), [True, "1"])), ["BAD_TYPE"]),
        (answer("vector", (labels(), ["1", 1])), ["BAD_TYPE"]),
        (answer("vector", (labels(), None)), ["BAD_TYPE"]),
        (answer("vector", (labels(), [1e300, "1"])), ["BAD_DATE"]),
        (answer("vector", (labels(), [10**18, "1"])), ["BAD_DATE"]),
        (answer("vector", (labels(), [seconds(0), "NaN"])), ["BAD_NUMBER"]),
        (answer("matrix", (labels(), {"0": 1})), ["BAD_TYPE"]),
        (answer("matrix", (labels(), [[seconds(0), "1"], "x"])), ["BAD_TYPE"]),
        (answer("matrix", (labels("a\u202eb"), [[seconds(0), "1"]])), ["BIDI_CONTROL"]),
    ],
)
def test_what_is_wrong_with_an_answer(document: str, codes: list[str]) -> None:
    told = metrics(document)
    assert (told.codes, told.observed) == (codes, [])
