"""An inventory with its history, copied from store to store and through an archive, is the same at every revision."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.cli import main
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.model.kinds import Kind
from cmdb.model.model import Model, standard_model
from cmdb.move.archive import Archive, backup
from cmdb.move.copying import Copied, copy
from cmdb.move.hashing import content_hash
from cmdb.move.recorded import Recorded
from cmdb.move.revision import Source, Stopped
from cmdb.progress import Silent
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Change, Store, Touched
from cmdb.store.sqlite.store import SqliteStore
from tests.neo4j.choice import TestServer
from tests.store.estate import ESTATE, change, ci, incident, rel, rule
from tests.store.twin import IDS, changesets, replayed

LONG_AGO = datetime(2020, 2, 29, 23, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)
Opener = Callable[..., Store]
histories = st.lists(changesets, min_size=1, max_size=8)
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def model() -> Model:
    return standard_model()


@pytest.fixture
def fresh(tmp_path: Path, model: Model) -> Opener:
    """Opens a new, empty store each time."""
    numbers = count()
    return lambda kind=SqliteStore, model=model, **more: kind(tmp_path / f"{next(numbers)}.db", model, **more)


RECORDS = [incident("1", ["db", "h2"], "assyst", title="é"), incident("2", ["db"])]


def ticking() -> Callable[[], datetime]:
    """A clock of long ago that now and then stands still."""
    ticks = count()
    return lambda: LONG_AGO + next(ticks) // 2 * SECOND


@pytest.fixture
def lived(fresh: Opener) -> Iterator[Store]:
    """A store with five revisions."""
    with closing(fresh(clock=ticking())) as store:
        store.apply(ESTATE)
        store.apply(change(put_cis=[ci("h3", rack=7, tags=["a", "é"]), ci("h1", name="new name")], message="more"))
        store.apply(change(put_relations=[rel("db", "runs_on", "h3", "hosts")], put_records=RECORDS[1:]))
        store.apply(change(retire=["san"], delete=["h2"], put_records=[*RECORDS, incident("3", ["db"])]))
        store.apply(Changeset("bob", "elsewhere", "a word\nand another", put_cis=[ci("san", "storage")]))
        yield store


def assert_same(source: Store, target: Store) -> None:
    """Whether everything that can be asked of both is answered alike, at every revision and time."""
    newest = source.head()
    assert target.head() == newest
    ids = [CiId(i) for i in (*IDS, "app", "db", "h1", "h2", "h3", "san")]
    for at in range(newest.revision + 1):
        assert target.dump(at)[1:] == source.dump(at)[1:]
        assert target.get(ids, at) == source.get(ids, at)
        assert target.around(ids[:2], at) == source.around(ids[:2], at)
        assert content_hash(target, at) == content_hash(source, at)
        for after in (0, at // 2):
            assert target.records(after, at).records == source.records(after, at).records
    for at in range(1, newest.revision + 1):
        told = source.changes(at, at).head
        assert target.changes(at, at).head == told
        assert target.changes(at - 1, at) == source.changes(at - 1, at)
        for moment in (told.recorded_at - SECOND / 2, told.recorded_at, told.recorded_at + SECOND / 2):
            assert target.head(moment).revision == source.head(moment).revision
    assert target.history(ids, 1000) == source.history(ids, 1000)
    assert target.log(0, 1000) == source.log(0, 1000)
    for stored in source.records().records:
        assert target.record_history(stored.record.key, 1000) == source.record_history(stored.record.key, 1000)


class Unlisted(SqliteStore):
    """A store in which always too much changed to be listed."""

    def changes(self, after: int, until: int | None = None) -> Touched:
        return Touched(super().changes(after, until).head, None)


@pytest.mark.parametrize("kind", [SqliteStore, Unlisted])
@relaxed
@given(steps=histories)
def test_a_copy_of_any_history_is_the_same_at_every_revision(
    fresh: Opener, model: Model, kind: type[SqliteStore], steps: list[Changeset]
) -> None:
    with closing(fresh(kind=kind, clock=ticking())) as source, closing(fresh(kind=kind)) as target:
        replayed(source, steps)
        done = copy(Recorded(source), target, model)
        assert (done.head, done.already, done.content) == (source.head(), 0, content_hash(source))
        assert done.head.revision in done.verified
        assert_same(source, target)


@relaxed
@given(steps=histories)
def test_a_backup_of_any_history_brings_it_back(
    fresh: Opener, model: Model, tmp_path: Path, steps: list[Changeset]
) -> None:
    file, again = tmp_path / "kept.ndjson.gz", tmp_path / "again.ndjson.gz"
    with closing(fresh(clock=ticking())) as source, closing(fresh()) as target:
        replayed(source, steps)
        kept = backup(Recorded(source), file, model)
        assert (kept.head, kept.content, kept.size) == (source.head(), content_hash(source), file.stat().st_size)
        assert copy(Archive(file), target, model).content == kept.content
        assert_same(source, target)
        backup(Recorded(target), again, model)
        assert again.read_bytes() == file.read_bytes()
        assert {path.name for path in tmp_path.iterdir() if ".db" not in path.name} == {file.name, again.name}


def test_any_history_goes_through_neo4j_and_back(
    lived: Store, fresh: Opener, model: Model, neo4j_server: TestServer
) -> None:
    user, password = neo4j_server.auth or ("", "")
    lived.apply(change(put_cis=[ci("s0", name="one"), ci("s1")], put_relations=[rel("s0", "depends_on", "s1")]))
    lived.apply(change(put_cis=[ci("s0", "virtual_machine", "one")], delete=["s1"]))
    lived.apply(change(put_records=[incident("2", ["s0", "s1"], title="alone"), *RECORDS[:1]]))
    with (
        closing(Neo4jStore(neo4j_server.uri, user, password, model, silent_seconds=30)) as middle,
        closing(fresh()) as target,
    ):
        with pytest.raises(KeyboardInterrupt):
            copy(Recorded(lived), middle, model, Interrupted(3))
        assert copy(Recorded(lived), middle, model).already == 4
        assert_same(lived, middle)
        assert copy(Recorded(middle), target, model).content == content_hash(lived)
        assert_same(lived, target)


class Interrupted(Silent):
    """Progress that fails after so many steps, as a killed process would."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def advance(self, n: int) -> None:
        self.left -= n
        if self.left < 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("archived", [False, True], ids=["store", "archive"])
@pytest.mark.parametrize("steps", range(6))
def test_an_interrupted_copy_is_gone_on_with(
    lived: Store, fresh: Opener, model: Model, tmp_path: Path, steps: int, archived: bool
) -> None:
    source = kept(lived, tmp_path, model) if archived else Recorded(lived)
    with closing(fresh()) as target:
        with pytest.raises(KeyboardInterrupt):
            copy(source, target, model, Interrupted(steps))
        reached = min(steps + 1, 5)
        assert target.head().revision == reached
        assert target.dump()[1:] == lived.dump(reached)[1:]
        assert copy(source, target, model).already == reached
        assert_same(lived, target)
        assert copy(source, target, model) == Copied(lived.head(), 5, content_hash(lived), (5,))


def kept(store: Store, folder: Path, model: Model) -> Source:
    """The revisions of `store` in an archive."""
    backup(Recorded(store), folder / "kept.ndjson.gz", model)
    return Archive(folder / "kept.ndjson.gz")


def test_a_source_that_grows_is_copied_up_to_where_it_was(lived: Store, fresh: Opener, model: Model) -> None:
    with closing(fresh()) as target:
        source = Recorded(lived)
        lived.apply(change(put_cis=[ci("late")]))
        assert copy(source, target, model).head.revision == 5
        assert copy(Recorded(lived), target, model).already == 5
        assert_same(lived, target)


@pytest.mark.parametrize("archived", [False, True], ids=["store", "archive"])
@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([change(put_cis=[ci("other")])], "recorded_at"),
        ([change(put_cis=[ci(f"c{n}")]) for n in range(6)], "6 revisions"),
    ],
)
def test_another_target_is_refused_and_left_alone(
    lived: Store, fresh: Opener, model: Model, tmp_path: Path, steps: list[Changeset], found: str, archived: bool
) -> None:
    source = kept(lived, tmp_path, model) if archived else Recorded(lived)
    with closing(fresh()) as target:
        for step in steps:
            target.apply(step)
        before = target.dump()
        with pytest.raises(InvalidInput, match=f"TARGET_DIFFERS.*{found}"):
            copy(source, target, model)
        assert target.dump() == before


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"who": "eve"}, "who eve"),
        ({"message": "another"}, "message another"),
        ({"put_cis": [ci("db", "database", "another"), *ESTATE.put_cis[2:], ESTATE.put_cis[0]]}, "content"),
    ],
)
def test_a_target_of_the_same_time_but_with_something_else_is_refused(
    lived: Store, fresh: Opener, model: Model, told: dict[str, object], found: str
) -> None:
    first = next(Recorded(lived).revisions(0)).changeset
    parts = {name: getattr(first, name) for name in Changeset.__slots__}
    with closing(fresh()) as target:
        target.apply(Changeset(**{**parts, **told}))
        with pytest.raises(InvalidInput, match=f"TARGET_DIFFERS at revision 1: found {found}"):
            copy(Recorded(lived), target, model)
        assert target.head().revision == 1


class Meddled(Silent):
    """Writes to the target while a copy is under way."""

    def __init__(self, target: Store) -> None:
        self.target = target

    def advance(self, n: int) -> None:
        self.target.apply(change(put_cis=[ci("meddled")]))


def test_another_writer_stops_a_copy_without_a_wrong_revision(lived: Store, fresh: Opener, model: Model) -> None:
    with closing(fresh()) as target:
        with pytest.raises(Stopped, match=r"TARGET_DIFFERS.*revision 2 as the newest") as stopped:
            copy(Recorded(lived), target, model, Meddled(target))
        assert (stopped.value.reached, target.head().revision) == (1, 2)
        with pytest.raises(InvalidInput, match="TARGET_DIFFERS at revision 2"):
            copy(Recorded(lived), target, model)


def test_a_model_that_lacks_a_kind_stops_the_copy_where_it_is_needed(fresh: Opener, model: Model) -> None:
    wide = model.extended([Kind("kiosk", "A public terminal.", "server")], [], [])
    with closing(fresh(model=wide)) as source, closing(fresh()) as target:
        source.apply(ESTATE)
        source.apply(change(put_cis=[ci("k", "kiosk")]))
        with pytest.raises(Stopped, match="UNKNOWN_KIND at revision 2, ci k: found 'kiosk'") as stopped:
            copy(Recorded(source), target, model)
        assert (stopped.value.reached, target.head().revision) == (1, 1)
        assert copy(Recorded(source), target, wide).already == 1
        assert_same(source, target)


class Forgetful(SqliteStore):
    """A store whose history lost something."""

    def history(self, ids: Sequence[CiId], first: int, before: int | None = None) -> list[Change]:
        return [told for told in super().history(ids, first, before) if told.entity != "pool"]


def test_a_history_that_does_not_add_up_is_told(fresh: Opener, model: Model, tmp_path: Path) -> None:
    with closing(Forgetful(tmp_path / "forgetful.db", model)) as source:
        source.apply(change(put_cis=[ci("a"), ci("b")], put_pools=[rule("a", "p")]))
        file = tmp_path / "kept.ndjson.gz"
        with pytest.raises(InvalidInput, match="HISTORY_INCOMPLETE at revision 1: found other contents"):
            backup(Recorded(source), file, model)
        source.apply(change(put_pools=[rule("a", "p", "2")]))
        with closing(fresh()) as target, pytest.raises(Stopped, match="HISTORY_INCOMPLETE at revision 2: found no rec"):
            copy(Recorded(source), target, model)
        assert [path.name for path in tmp_path.iterdir() if ".db" not in path.name] == []


def test_an_empty_store_is_copied_and_kept_as_one(fresh: Opener, model: Model, tmp_path: Path) -> None:
    with closing(fresh()) as source, closing(fresh()) as target:
        done = copy(kept(source, tmp_path, model), target, model)
        assert (done.head.revision, done.content, target.head().revision) == (0, content_hash(target), 0)
        target.apply(ESTATE)
        with pytest.raises(InvalidInput, match="TARGET_DIFFERS"):
            copy(Recorded(source), target, model)


def test_a_copied_revision_has_to_follow_its_predecessor(lived: Store) -> None:
    later = lived.head().recorded_at + SECOND
    copied = change(put_cis=[ci("x")], recorded_at=later, base=5)
    for wrong in (replace(copied, base=4), replace(copied, base=None), replace(copied, recorded_at=LONG_AGO)):
        with pytest.raises(InvalidInput, match="TARGET_DIFFERS"):
            lived.apply(wrong)
    halifax = later.astimezone(timezone(timedelta(hours=-4)))
    assert lived.apply(replace(copied, recorded_at=halifax)).revision == 6
    assert lived.head() == (6, later)
    assert copied.digest() == replace(copied, recorded_at=None).digest()


def test_the_time_goes_on_after_a_copy(lived: Store, fresh: Opener, model: Model) -> None:
    with closing(fresh(clock=lambda: LONG_AGO - SECOND)) as target:
        copy(Recorded(lived), target, model)
        target.apply(change(put_cis=[ci("x")]))
        assert target.head() == (6, lived.head().recorded_at)


Cmdb = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cmdb(capfdbinary: pytest.CaptureFixture[bytes]) -> Cmdb:
    """Runs a command: exit code, standard output, standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        out, err = capfdbinary.readouterr()
        return int(left.value.code or 0), out.decode(), err.decode()

    return call


def test_the_province_goes_round(cmdb: Cmdb, model: Model, tmp_path: Path) -> None:
    first, second, third = (f"sqlite:{tmp_path / name}.db" for name in ("first", "second", "third"))
    file = str(tmp_path / "province.ndjson.gz")
    assert cmdb("demo", "--no-serve", "--store", first)[0] == 0
    with closing(SqliteStore(tmp_path / "first.db", model)) as source:
        source.apply(change(retire=["san-gdc-01"]))
        content = content_hash(source)
    code, out, _ = cmdb("copy", "--from", first, "--to", second, "--json")
    told = json.loads(out)
    assert (code, told["revision"], told["already"], told["contentHash"]) == (0, 3, 0, content)
    assert json.loads(cmdb("backup", file, "--store", second, "--json")[1])["contentHash"] == content
    assert (Path(file).stat().st_mode & 0o777) == 0o600
    code, out, _ = cmdb("restore", file, "--store", third)
    assert (code, out.splitlines()) == (0, ["3 revisions copied; read back and the same: r1, r2, r3", content])
    assert "0 revisions copied, 3 were there before" in cmdb("copy", "--from", third, "--to", first)[1]
    ends = (SqliteStore(tmp_path / name, model) for name in ("first.db", "third.db"))
    with closing(next(ends)) as source, closing(next(ends)) as target:
        assert_same(source, target)


def test_what_cannot_be_moved_is_said(cmdb: Cmdb, lived: Store, tmp_path: Path) -> None:
    missing, full, other = (f"sqlite:{tmp_path / name}.db" for name in ("missing", "0", "other"))
    file = tmp_path / "kept.ndjson.gz"
    assert cmdb("backup", str(file), "--store", full)[0] == 0
    for arguments, code, words in (
        (("backup", str(file), "--store", full), 2, "the file exists"),
        (("backup", str(tmp_path / "no" / "x"), "--store", full), 2, "UNWRITABLE_FILE"),
        (("backup", str(tmp_path / "x"), "--store", missing), 3, "no such store"),
        (("copy", "--from", missing, "--to", other), 3, "no such store"),
        (("copy", "--from", full, "--to", "elsewhere"), 3, ""),
        (("restore", str(tmp_path / "y"), "--store", other), 2, "UNREADABLE_FILE at y"),
        (("restore", str(tmp_path / "0.db"), "--store", other), 2, "CORRUPT_ARCHIVE at 0.db"),
    ):
        got, out, err = cmdb(*arguments)
        assert (got, out) == (code, "")
        assert words in err
        assert "Traceback" not in err
    assert not (tmp_path / "other.db").exists()
    assert not (tmp_path / "missing.db").exists()
    with closing(SqliteStore(tmp_path / "other.db", standard_model())) as target:
        target.apply(ESTATE)
    got, _, err = cmdb("restore", str(file), "--store", other)
    assert (got, "nothing was written" in err, "TARGET_DIFFERS at revision 1" in err) == (2, True, True)


def test_how_far_a_stopped_copy_came_is_said(cmdb: Cmdb, model: Model, tmp_path: Path) -> None:
    wide = model.extended([Kind("kiosk", "A public terminal.", "server")], [], [])
    with closing(SqliteStore(tmp_path / "wide.db", wide)) as source:
        source.apply(ESTATE)
        source.apply(change(put_cis=[ci("k", "kiosk")]))
    stores = ("--from", f"sqlite:{tmp_path / 'wide.db'}", "--to", f"sqlite:{tmp_path / 'narrow.db'}")
    code, _, err = cmdb("copy", *stores)
    assert (code, "1 problem; it holds revisions up to 1" in err, "UNKNOWN_KIND" in err) == (2, True, True)
    extension = tmp_path / "kiosk.yml"
    extension.write_text("kinds: {kiosk: {description: A public terminal., parent: server}}\n")
    code, out, _ = cmdb("copy", *stores, "--model", str(extension))
    assert (code, "1 revision copied, 1 were there before" in out) == (0, True)
