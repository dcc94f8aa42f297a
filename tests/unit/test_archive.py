"""An archive is read as it was written, or refused with the place of the fault."""

import gzip
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.model.model import standard_model
from cmdb.move import archive, sealed
from cmdb.move.archive import Archive, backup
from cmdb.move.recorded import Recorded
from cmdb.move.sealed import write_sealed
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore
from tests.store.estate import ESTATE, change, ci, incident

SEED = 20261122
Edited = Callable[[list[bytes]], object]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with four revisions."""
    with closing(SqliteStore(tmp_path_factory.mktemp("store") / "store.db", standard_model())) as store:
        store.apply(ESTATE)
        store.apply(change(put_cis=[ci("h3", rack=7, tags=["a", "é"], virtual=True)], delete=["h2"], message="more"))
        store.apply(change(retire=["san"]))
        store.apply(change(put_records=[incident("INC-1", ["db"], title="é")]))
        yield store


@pytest.fixture(scope="module")
def whole(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of it."""
    path = tmp_path_factory.mktemp("archive") / "kept.ndjson.gz"
    backup(Recorded(store), path, standard_model())
    return path


def faults(data: bytes, place: Path) -> list[str]:
    """The codes and places of what is wrong with an archive of these bytes."""
    place.write_bytes(data)
    with pytest.raises(InvalidInput) as refused:
        Archive(place)
    assert not isinstance(refused.value.__cause__, OSError)
    return [f"{problem.code} at {problem.place}" for problem in refused.value.problems]


def test_any_gzip_reader_unpacks_it(whole: Path) -> None:
    first, *lines, end, seal = map(orjson.loads, gzip.decompress(whole.read_bytes()).splitlines())
    assert (first["format"], first["version"], first["revision"], end) == ("bluenose-archive", 3, 4, {"end": 4})
    assert list(seal) == ["seal"]
    headings = [line for line in lines if isinstance(line, dict)]
    assert [line["changes"] for line in headings] == [10, 3, 1, 1]
    assert sum(line["changes"] for line in headings) == len(lines) - len(headings)
    assert [
        "+ci",
        "h3",
        "server",
        "h3",
        "shared",
        "live",
        {"rack": 7, "tags": ["a", "é"], "virtual": True},
        "test",
    ] in (lines)
    assert [line for line in lines if "-ci" in line] == [["-ci", "h2"]]
    body = {"cis": [{"ci": "db", "state": "down"}], "title": "é"}
    assert lines[-1] == ["+record", "incident", "bluenose", "INC-1", body]


def test_revisions_can_be_read_from_anywhere(whole: Path) -> None:
    kept = Archive(whole)
    every = list(kept.revisions(0))
    assert [revision.mark.number for revision in every] == [1, 2, 3, 4]
    for after in range(5):
        assert list(kept.revisions(after)) == every[after:]
        assert after == 0 or kept.mark(after) == every[after - 1].mark
    assert every[1].changeset.delete == [CiId("h2")]


def test_every_changed_bit_is_found(whole: Path, tmp_path: Path) -> None:
    data, chance = whole.read_bytes(), random.Random(SEED)
    ends = [*range(12 * 8), *range((len(data) - 100) * 8, len(data) * 8)]
    for bit in [*chance.sample(range(len(data) * 8), 400), *ends]:
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert faults(bytes(changed), tmp_path / "x") == ["CORRUPT_ARCHIVE at x"], f"bit {bit}"


def test_every_cut_and_every_addition_is_found(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    for length in range(len(data)):
        assert faults(data[:length], tmp_path / "x") == ["CORRUPT_ARCHIVE at x"], f"{length} bytes"
    for more in (b"\0", b"\n", data, gzip.compress(b"more\n")):
        assert faults(data + more, tmp_path / "x") == ["CORRUPT_ARCHIVE at x"]


def test_pages_that_changed_places_are_found(whole: Path, tmp_path: Path) -> None:
    data, chance = whole.read_bytes(), random.Random(SEED)
    for _ in range(100):
        a, b, c = sorted(chance.sample(range(len(data)), 3))
        mixed = data[:a] + data[b:c] + data[a:b] + data[c:]
        if mixed != data:
            assert faults(mixed, tmp_path / "x") == ["CORRUPT_ARCHIVE at x"], f"{a} {b} {c}"


def put(at: int, old: bytes, new: bytes) -> Edited:
    """Puts `new` in the place of `old` in line `at`."""

    def edit(lines: list[bytes]) -> None:
        assert lines[at].count(old) == 1
        lines[at] = lines[at].replace(old, new)

    return edit


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        (put(0, b"bluenose-archive", b"other"), "line 1"),
        (put(0, b'"version":3', b'"version":4'), "line 1"),
        (put(0, b'"version":3', b'"version":true'), "line 1"),
        (put(0, b'"revision":4', b'"revision":5'), "line 21"),
        (put(0, b'"revision":4', b'"revision":3'), "line 18"),
        (put(0, b'"recordedAt":"2', b'"recordedAt":"3'), "line 20"),
        (put(0, b"+00:00", b""), "line 1"),
        (put(1, b"+00:00", b"+25:00"), "line 2"),
        (put(1, b'"recordedAt":"20', b'"recordedAt":"30'), "line 13"),
        (put(1, b'"revision":1', b'"revision":2'), "line 2"),
        (put(1, b'"who":"ada"', b'"who":null'), "line 2"),
        (put(1, b'"who":"ada"', b'"who":"ada","why":"x"'), "line 2"),
        (put(1, b'"who":"ada"', b'"who":"a\\u0000a"'), "line 2"),
        (put(1, b'"changes":10', b'"changes":11'), "line 13"),
        (put(1, b'"changes":10', b'"changes":9'), "line 12"),
        (put(1, b'"changes":10', b'"changes":-1'), "line 2"),
        (put(1, b'"changes":10', b'"changes":20000001'), "line 2"),
        (put(1, b'"changes":10', b'"changes":1e1'), "line 2"),
        (put(2, b'"+ci"', b'"+cis"'), "line 3"),
        (put(2, b'"+ci"', b'["+ci"]'), "line 3"),
        (put(2, b'"+ci",', b'"+ci",1,'), "line 3"),
        (put(2, b'"app","ap', b'7,"ap'), "line 3"),
        (put(2, b'"app","ap', b'"a\\u0000b","ap'), "line 3"),
        (put(2, b'"app","ap', b'"\\ud800","ap'), "line 3"),
        (put(2, b"{}", b"[]"), "line 3"),
        (put(2, b"{}", b'{"a":{"b":1}}'), "line 3"),
        (put(2, b"{}", b'{"a":[1]}'), "line 3"),
        (put(2, b"{}", b'{"a":null}'), "line 3"),
        (put(2, b"{}", b'{"a":NaN}'), "line 3"),
        (put(2, b"{}", b'{"a":9223372036854775808}'), "line 3"),
        (put(2, b"{}", b"[" * 100_000), "line 3"),
        (put(2, b"]\n", b"]"), "line 3"),
        (put(2, b"]\n", b"\xff]\n"), "line 3"),
        (put(2, b"]\n", b"]\n\n"), "line 4"),
        (put(19, b'"incident"', b'"ticket"'), "line 20"),
        (put(19, b'"INC-1"', b"1"), "line 20"),
        (put(19, b'"INC-1"', b'""'), "line 20"),
        (put(19, b'"INC-1"', b'"\\u0000"'), "line 20"),
        (put(19, b'{"cis"', b'{"kind":"x","cis"'), "line 20"),
        (put(19, b'{"ci":"db"', b'{"on":"db"'), "line 20"),
        (put(19, b'"\xc3\xa9"', b"[" * 300 + b"]" * 300), "line 20"),
        (put(19, b'"\xc3\xa9"', b'"\\ud800"'), "line 20"),
        (put(19, b'{"cis"', b'["cis"],{"cis"'), "line 20"),
        (list[bytes].pop, "line 21"),
        (lambda lines: lines.pop(5), "line 12"),
        (list[bytes].clear, "line 1"),
    ],
)
def test_a_sealed_archive_that_makes_no_sense_is_refused(whole: Path, tmp_path: Path, edit: Edited, place: str) -> None:
    lines = gzip.decompress(whole.read_bytes()).splitlines(keepends=True)[:-1]
    edit(lines)
    write_sealed(tmp_path / "made", lines, Path.exists)
    assert faults((tmp_path / "made").read_bytes(), tmp_path / "x") == [f"CORRUPT_ARCHIVE at x {place}"]


def test_what_is_too_large_is_neither_written_nor_read(
    store: Store, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = gzip.decompress(whole.read_bytes()).splitlines(keepends=True)[:-1]
    bomb = [lines[0], b'"' + b" " * sealed.MAX_LINE + b'"\n']
    with pytest.raises(InvalidInput, match="ARCHIVE_TOO_LARGE"):
        write_sealed(tmp_path / "made", bomb, Path.exists)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(sealed, "MAX_LINE", 2 * sealed.MAX_LINE)
    write_sealed(tmp_path / "made", bomb, Path.exists)
    monkeypatch.undo()
    assert faults((tmp_path / "made").read_bytes(), tmp_path / "x") == ["ARCHIVE_TOO_LARGE at x line 2"]
    monkeypatch.setattr(archive, "MAX_CHANGES", 9)
    with pytest.raises(InvalidInput, match="ARCHIVE_TOO_LARGE at revision 1"):
        backup(Recorded(store), tmp_path / "z", standard_model())
