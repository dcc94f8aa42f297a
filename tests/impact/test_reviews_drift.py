"""Drift is the difference of two memberships."""

from hypothesis import given
from hypothesis import strategies as st

from impact.reviews.drift import drift
from impact.states import STATES, ImpactState
from tests.impact.estates import ci, estate

NAMES = [f"ci-{at}" for at in range(8)]
FOUND = estate([ci(name, "client_group" if at % 2 else "server") for at, name in enumerate(NAMES)])
ANSWERS = st.dictionaries(st.sampled_from([*NAMES, "gone"]), st.sampled_from(STATES))


@given(ANSWERS, ANSWERS)
def test_drift_is_set_difference(before: dict[str, ImpactState], after: dict[str, ImpactState]) -> None:
    found = drift(FOUND, before, after, None)
    then, now = ({c for c, state in answer.items() if state.level} for answer in (before, after))
    assert {one.ci.id for one in found.joined.cis} == now - then
    assert {one.ci.id for one in found.left.cis} == then - now
    assert {one.ci.id for one in found.changed.cis} == {c for c in now & then if before[c] is not after[c]}
    groups = {c for c in (now - then) if c != "gone" and int(c[3:]) % 2}
    assert {one.ci.id for one in found.joined.client_groups} == groups
    assert found.joined.client_group_count == len(groups)
    assert found.drifted == bool({c for c in now | then if before.get(c) is not after.get(c)} - _fine(before, after))
    for part in (found.joined, found.left, found.changed):
        assert part.count == len(part.cis)
        for one in part.cis:
            assert (one.before, one.after) == (
                before.get(one.ci.id, ImpactState.operational), after.get(one.ci.id, ImpactState.operational),
            )  # fmt: skip


def _fine(before: dict[str, ImpactState], after: dict[str, ImpactState]) -> set[str]:
    fine = ImpactState.operational
    return {c for c in {*before, *after} if before.get(c, fine) is fine and after.get(c, fine) is fine}


def test_the_first_are_named_groups_first_and_all_counted() -> None:
    after = dict.fromkeys(NAMES, ImpactState.down)
    found = drift(FOUND, {"gone": ImpactState.at_risk}, after, 3)
    assert [one.ci.id for one in found.joined.cis] == ["ci-1", "ci-3", "ci-5"]
    assert (found.joined.count, found.joined.client_group_count) == (8, 4)
    assert [(one.ci.id, one.ci.kind, one.ci.name) for one in found.left.cis] == [("gone", "", "gone")]
    assert not drift(FOUND, after, after).drifted
