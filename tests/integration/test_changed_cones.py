"""The cone of an earlier revision, told from a later estate, is that of the estate compiled of then."""

import random
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from api.before import rewind
from api.workspace import Workspace, open_workspace
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId
from impact.causes.cone import cone
from tests.impact.estates import ci, rel, rule

NAMES = [f"n{number}" for number in range(12)]
LIVES = ("live", "live", "live", "planned", "retired")


def changeset(dice: random.Random, recorded: set[str]) -> Changeset:
    """A few CIs and relations put, changed, taken away."""
    put: list[CI] = [ci(name, lifecycle=dice.choice(LIVES)) for name in dice.sample(NAMES, 4)]
    deleted = [CiId(name) for name in dice.sample(sorted(recorded), 1)] if len(recorded) > 6 else []
    there = (recorded | {c.id for c in put}) - set(deleted)
    put = [c for c in put if c.id not in deleted]
    pairs = [dice.sample(sorted(there), 2) for _ in range(4)]
    ties = [rel(f"{a} {dice.choice(('depends_on', 'connects_through', 'backed_up_by'))} {b}") for a, b in pairs]
    owner, member = dice.sample(sorted(there), 2)
    pooled = [rel(f"{owner} depends_on {member}", "p")]
    gone = [tie.key for tie in [rel(f"{a} depends_on {b}") for a, b in (dice.sample(NAMES, 2) for _ in range(6))]]
    recorded |= {c.id for c in put}
    recorded -= set(deleted)
    gone = [key for key in gone if key not in {tie.key for tie in ties}]
    return Changeset(
        "ada", "test", put_cis=put, put_relations=list({t.key: t for t in [*ties, *pooled]}.values()),
        put_pools=[rule(owner, "p", "1")], remove_relations=gone, delete=deleted,
    )  # fmt: skip


def cones(workspace: Workspace, number: int, asked: str) -> tuple[dict[str, int], dict[str, int]]:
    """Hops by id at a revision: as told from the newest estate, and as compiled of then."""
    then, newest = workspace.inventory.revision_of(f"r{number}"), workspace.seen().estate
    before = rewind(workspace, newest, then, workspace.store.changes(number).cis)
    start = before.find(asked)
    asking = np.array([] if start is None else [start], np.int32)
    told = cone(before.estate.graph, asking, before.rows)
    estate = workspace.snapshot.as_of(then).estate
    place = estate.register.find(asked)
    real = cone(estate.graph, np.array([] if place is None else [place], np.int32))
    return (
        {before.name(at): hops for at, hops in zip(told.cis.tolist(), told.hops.tolist(), strict=True)},
        {estate.register.ids[at]: hops for at, hops in zip(real.cis.tolist(), real.hops.tolist(), strict=True)},
    )


@pytest.mark.parametrize("seed", range(12))
def test_cones_of_every_revision(tmp_path: Path, seed: int) -> None:
    dice, recorded = random.Random(seed), set[str]()
    with closing(open_workspace(f"sqlite:{tmp_path / 'store.db'}")) as workspace:
        revisions = {workspace.store.apply(changeset(dice, recorded)).revision for _ in range(6)}
        found = 0
        for number in revisions:
            for name in NAMES:
                told, real = cones(workspace, number, name)
                if name in real:
                    assert told == real, (number, name)
                    found += len(real)
        assert found > len(NAMES)
