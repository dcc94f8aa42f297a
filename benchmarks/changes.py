"""How soon one committed change shows in the next answer, on a million CIs."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, percentile, seconds, shown
from benchmarks.generator import generate
from benchmarks.inventory import changeset
from benchmarks.walks import describe
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId, Relation
from cmdb.model.model import standard_model
from cmdb.store.sqlite.store import SqliteStore
from impact.kernels.jit import compile_kernels
from impact.snapshot import Snapshot

SIZE = 1_000_000
CHANGES = 40


def figures(scratch: Path, size: int = SIZE) -> Iterator[Figure]:
    """Commit single relations and ask at once, again and again."""
    compile_kernels()
    estate = generate(size)
    model = standard_model()
    store = SqliteStore(scratch / "million.db", model)
    written = seconds(lambda: store.apply(changeset(estate)))
    snapshot = Snapshot(store, model)
    loaded = seconds(snapshot.current)
    apps = [CiId(i) for i in snapshot.current().estate.register.ids if i.startswith("application-")][: 2 * CHANGES]
    commits, visible = [], []
    for at, (one, other) in enumerate(zip(apps[::2], apps[1::2], strict=True)):
        change = Changeset("bench", "bench", put_relations=[Relation(one, "depends_on", other, "", "", "bench")])
        commits.append(seconds(lambda c=change: store.apply(c)))  # type: ignore[misc]
        before = snapshot._seen  # the estate that the change is to patch
        visible.append(seconds(snapshot.current))
        estate_now = snapshot.current().estate
        assert before is not None
        assert estate_now.graph.relation_count == before.estate.graph.relation_count + 1, at
    store.close()
    what = describe(estate)
    yield Figure(
        f"{what}: one committed change visible in the next answer", shown(median(visible)),
        f"p95 {shown(percentile(visible, 0.95))}; the commit itself {shown(median(commits))}",
        "≤ 20 ms beyond the commit", percentile(visible, 0.95) <= 0.020,
    )  # fmt: skip
    yield Figure(f"{what}: written in one changeset", shown(written), "", "", None)
    yield Figure(f"{what}: read from the store and compiled", shown(loaded), "", "", None)
