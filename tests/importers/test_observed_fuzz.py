"""Whatever a file of observed dependencies holds: it is read, or refused with codes; nothing else ever happens."""

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.errors import INPUT_FAULTS, REQUEST_ERRORS
from cmdb.model.ci import CiId
from importers.observed.resolved import resolve
from tests.importers.observed import METRIC, NOW, READ, Told, content, metrics

CODES = {fault.code for fault in INPUT_FAULTS} | {error.code for error in REQUEST_ERRORS}
FAST, SLOW = 300, 10_000
Read = Callable[[bytes], Told]
NAMES = st.one_of(
    st.sampled_from(["a", "b", "", " ", "a:80", "x" * 300, "\u202e", "é", '"', "\\"]), st.text(max_size=8)
)
NUMBERS = st.one_of(
    st.sampled_from(["0", "1", "1e3", "NaN", "+Inf", "-1", "1e400", "9" * 25, "", "1_0", "0x1", "1.5"]),
    st.floats().map(str), st.integers().map(str),
)  # fmt: skip
STAMPS = st.one_of(st.just(""), st.integers().map(str), st.floats().map(str), st.just("1763769600000"))
MOMENTS = st.sampled_from(
    ["2026-11-22T00:00:00Z", "2026-11-21", "", "soon", "9999-12-31T23:59:59-23:59", "2026-11-22T01:00:00+00:00"]
)


def quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@st.composite
def scrapes(draw: st.DrawFn) -> bytes:
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        labels = draw(
            st.lists(st.tuples(st.sampled_from(["client", "server", "connection_type", "x"]), NAMES), max_size=4)
        )
        told = ",".join(f'{name}="{quoted(value)}"' for name, value in labels)
        lines.append(f"{METRIC}{{{told}}} {draw(NUMBERS)} {draw(STAMPS)}")
    lines += draw(
        st.lists(st.sampled_from(["# EOF", "up 1", "", METRIC, METRIC + "{", METRIC + '{client="']), max_size=2)
    )
    text = "\n".join(draw(st.permutations(lines)))
    return _spoilt(draw, text.encode("utf-8", "surrogatepass"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NAMES | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
SERIES = st.fixed_dictionaries(
    {"metric": st.fixed_dictionaries({"client": NAMES, "server": NAMES}) | JSON},
    optional={
        "value": st.tuples(st.integers() | st.floats() | st.just(READ.timestamp()), NUMBERS) | JSON,
        "values": st.lists(st.tuples(st.just(READ.timestamp()) | st.floats(), NUMBERS) | JSON, max_size=3) | JSON,
    },
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(["vector", "matrix", "scalar"]))
    result = draw(st.lists(SERIES | JSON, max_size=3) | JSON)
    document = draw(st.just({"status": "success", "data": {"resultType": kind, "result": result}}) | JSON)
    return _spoilt(draw, json.dumps(document).encode("utf-8", "surrogatepass"))


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    header = draw(st.just(["from", "to", "calls", "first_seen", "last_seen", "port"]) | st.lists(NAMES, max_size=7))
    rows = [header]
    for _ in range(draw(st.integers(0, 4))):
        row = [draw(kind) for kind in (NAMES, NAMES, NUMBERS, MOMENTS, MOMENTS, NUMBERS)]
        rows.append(row[: draw(st.integers(4, 6))] if draw(st.booleans()) else row)
    quote = draw(st.booleans())
    text = "\n".join(
        ",".join('"' + cell.replace('"', '""') + '"' if quote else cell for cell in row) for row in rows
    )  # fmt: skip
    return _spoilt(draw, text.encode("utf-8", "surrogatepass"))


def _spoilt(draw: st.DrawFn, data: bytes) -> bytes:
    """The data itself most of the time, else with some bytes cut out or put in."""
    if not draw(st.integers(0, 3)) and data:
        at = draw(st.integers(0, len(data)))
        return data[:at] + draw(st.binary(max_size=4)) + data[min(len(data), at + draw(st.integers(0, 4))) :]
    return data


def told(observed: Told) -> None:
    """Either there are problems, with codes that are in the catalogue, or what was observed can be counted."""
    assert {code for code, _ in (*observed.problems, *observed.warnings)} <= CODES
    if not observed.problems:
        for one in observed.observed:
            assert "" not in {one.from_, one.to}
            assert 0 <= one.calls < 2**63
            assert one.first_seen <= one.last_seen <= NOW.replace(day=NOW.day + 1)
        resolve(observed.observed, [(CiId(name), name, "{}", True) for name in ("a", "b")])


def check(examples: int, data: st.SearchStrategy[bytes], read: Read) -> None:
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data)
    def run(given_data: bytes) -> None:
        told(read(given_data))

    run()


def flows(data: bytes) -> Told:
    return content(data, "flows.csv")


METRICS = pytest.mark.parametrize("data", [scrapes(), answers(), st.binary(max_size=60)], ids=["text", "json", "bytes"])


@METRICS
def test_metrics_are_read_or_refused(data: st.SearchStrategy[bytes]) -> None:
    check(FAST, data, metrics)


def test_flows_are_read_or_refused() -> None:
    check(FAST, tables(), flows)


@pytest.mark.slow
@METRICS
def test_many_metrics_are_read_or_refused(data: st.SearchStrategy[bytes]) -> None:
    check(SLOW, data, metrics)


@pytest.mark.slow
def test_many_flows_are_read_or_refused() -> None:
    check(SLOW, tables(), flows)
