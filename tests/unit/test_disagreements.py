"""Where sources disagree: what is told as kept is recorded, its source says so, and the reason is the rule."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.identity import (
    Disagreement,
    Grounds,
    disagreements,
    disagreements_around,
    every_disagreement,
    known,
    known_words,
    value_words,
)
from api.identity_held import spots_of
from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.claims import Claim, claims_of, voices
from cmdb.model.model import Model, standard_model
from cmdb.model.precedence import Precedence
from cmdb.model.relations import RelationType
from cmdb.reconcile.claims import FIELDS, joined_voices, settled
from cmdb.reconcile.merge import merge
from cmdb.store.port import Around

MODEL = standard_model()
X = CiId("x")


def claim(source: str, key: str = "x", edited: bool = False, kind: str | None = "server", **said: Any) -> Claim:
    if edited:
        return Claim(source, X, None, None, None, None, said, True)
    return Claim(source, CiId(key), kind, "x", "shared", "live", said)


def preferring(*sources: str) -> Model:
    return replace(MODEL, precedence=Precedence(sources=sources))


def about(
    claims: Sequence[Claim], first: str = "a", stale: Sequence[str] = (), model: Model = MODEL, name: str = "rto"
) -> Disagreement:
    """The disagreement about an attribute, settled and told with these sources stale."""
    found = disagreements(model, settled(model, X, claims, first, stale), stale)
    (one,) = (one for one in found if one.attribute == name)
    return one


@pytest.mark.parametrize(
    ("claims", "more", "kept", "source", "grounds"),
    [
        ([claim("a", rto=1), claim("b", rto=2)], {}, 1, "a", Grounds.first_source),
        ([claim("a", rto=1), claim("b", rto=2)], {"first": "b"}, 2, "b", Grounds.first_source),
        ([claim("a", rto=1), claim("b", rto=2)], {"model": preferring("b")}, 2, "b", Grounds.precedence),
        ([claim("a", rto=1), claim("b", rto=2)], {"stale": ["a"]}, 2, "b", Grounds.fresher),
        ([claim("a"), claim("b", rto=2), claim("c", rto=1)], {}, 2, "b", Grounds.by_name),
        ([claim("a", rto=1), claim("a", "y", rto=2)], {}, 1, "a", Grounds.same_source),
        ([claim("a", rto=1), claim("b", edited=True, rto=2)], {}, 2, "b", Grounds.by_hand),
        ([claim("a", rto=1), claim("b", edited=True, rto=None)], {}, None, "b", Grounds.by_hand),
        (
            [claim("a", rto=1), claim("b", edited=True, rto=2)],
            {"model": preferring("a", "b")}, 1, "a", Grounds.precedence,
        ),
    ],
)  # fmt: skip
def test_the_rule_is_told(
    claims: list[Claim], more: dict[str, Any], kept: int | None, source: str, grounds: Grounds
) -> None:
    one = about(claims, **more)
    assert (one.kept, one.source, one.grounds, one.unit) == (kept, source, grounds, "minutes")
    assert one.why
    assert "{" not in one.why


def test_the_more_special_kind_is_kept() -> None:
    claims = [claim("a", kind="endpoint"), claim("b", kind="server"), claim("c", kind="database")]
    one = about(claims, name="kind")
    assert (one.kept, one.source, one.grounds) == ("endpoint", "a", Grounds.first_source)
    assert [said.value for said in one.others] == ["server", "database"]


def test_what_was_settled_under_another_rule_is_said_to_be_so() -> None:
    ci = settled(MODEL, X, [claim("a", rto=1), claim("b", rto=2)], "a")
    (one,) = disagreements(preferring("b"), ci)
    assert (one.kept, one.source, one.grounds) == (1, "a", Grounds.outdated)
    assert [(said.source, said.value) for said in one.others] == [("b", 2)]
    assert one.why == "kept until the next import, when b is believed"


@pytest.mark.parametrize("keep", ["b", "z"])
def test_of_two_records_of_one_source_the_one_that_stays_is_believed(keep: str) -> None:
    gone = "z" if keep == "b" else "b"
    cis = [
        CI(CiId(i), "server", i, "shared", "live", attributes_json({"cpus": at}), "a")
        for at, i in ((1, keep), (2, gone))
    ]
    (merged,) = merge(MODEL, cis[0], cis[1], [], []).put_cis
    again = settled(MODEL, merged.id, claims_of(merged), merged.source)
    assert (merged.attributes["cpus"], merged.name, again) == (1, keep, merged)
    (one,) = disagreements(MODEL, merged)
    assert [said.speaker for said in one.others] == [f"a ({gone})"]


def test_who_knows_it_in_words() -> None:
    claims = [claim("netbox", "d-9"), claim("itop", "S::3"), claim("itop", "S::4"), claim("ops", edited=True, os="bsd")]
    ci = settled(MODEL, X, claims, "netbox")
    assert known_words(ci) == "known to itop as S::3 and S::4, to netbox as d-9; os set by hand by ops"
    assert [(one.source, one.key, one.edited) for one in known(ci)][-1] == ("ops", "x", True)
    alone = settled(MODEL, X, [claim("netbox", rto=5)], "netbox")
    assert (known_words(alone), known(alone)[0].values["rto"]) == ("", 5)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (240, "minutes", "4h"),
        (None, "minutes", "none"),
        (True, "", "yes"),
        (["a", "b"], "", "a, b"),
        (4, "cores", "4 cores"),
    ],
)
def test_values_in_words(value: Any, unit: str, words: str) -> None:
    assert value_words(value, unit) == words


SOURCES = st.sampled_from("abc")
SAID = st.builds(
    lambda source, key, edited, values: claim(source, key, edited, **values),
    SOURCES, st.sampled_from("xy"), st.booleans(),
    st.dictionaries(st.sampled_from(["rto", "cpus"]), st.integers(1, 3), max_size=2),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    claims=st.lists(SAID, min_size=1, max_size=6, unique_by=lambda one: one.key),
    first=SOURCES, order=st.permutations("abc"), ranked=st.integers(0, 3), stale=st.sets(SOURCES), now=st.sets(SOURCES),
)  # fmt: skip
def test_what_is_told_is_what_is_recorded(
    claims: list[Claim], first: str, order: list[str], ranked: int, stale: set[str], now: set[str]
) -> None:
    if all(one.edited for one in claims):
        return
    model = preferring(*order[:ranked])
    ci = settled(model, X, claims, first, stale)
    found = disagreements(model, ci, now)
    assert [(one.ci, one.attribute, one.sources, None) for one in found] == spots_of(model, ci)
    for one in found:
        assert one.kept == ci.attributes.get(one.attribute)
        said = [c.attributes[one.attribute] for c in claims if c.source == one.source and one.attribute in c.attributes]
        assert one.kept in said
        assert one.others
        assert all(other.value != one.kept for other in one.others)
        assert one.attribute not in FIELDS
        if now == stale:
            assert one.grounds is not Grounds.outdated


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        ("serial", "AB-12345", "ab12345", True),
        ("serial", "AB-12345", "AB-12346", False),
        ("hostname", "web01.example.", "WEB01.example", True),
        ("os", "Dél", "del", True),
        ("os", "RHEL 9", "RHEL-9", False),
    ],
)
def test_what_does_not_tell_two_apart_is_no_disagreement(name: str, one: str, other: str, same: bool) -> None:
    said: list[dict[str, Any]] = [{name: one}, {name: other}]
    ci = settled(MODEL, X, [claim("a", **said[0]), claim("b", **said[1])], "a")
    assert [found.attribute for found in disagreements(MODEL, ci)] == ([] if same else [name])


def test_records_of_one_source_that_say_other_kinds_are_told_as_that() -> None:
    claims = [claim("a", "x", kind="server"), claim("a", "y", kind="application")]
    found = about(claims, name="kind")
    assert (found.grounds, found.source) == (Grounds.same_source, "a")


def relation(source: str, effect: str, to: str = "y") -> Relation:
    return Relation(X, "depends_on", CiId(to), "", effect, source)


@pytest.mark.parametrize(
    ("said", "first", "order", "told"),
    [
        ("a:down b:degraded", "a", "", ("down", "a", [("b", "degraded")], Grounds.first_source)),
        ("a:down b:degraded", "b", "", ("degraded", "b", [("a", "down")], Grounds.first_source)),
        ("a:down b:degraded", "c", "", ("down", "a", [("b", "degraded")], Grounds.first_source)),
        ("a:down b:degraded", "a", "b", ("degraded", "b", [("a", "down")], Grounds.precedence)),
        ("a: b:degraded", "a", "", ("down", "a", [("b", "degraded")], Grounds.first_source)),
        ("a:down b:degraded c:at_risk", "c", "b", ("degraded", "b", [("c", "at_risk"), ("a", "down")],
                                                   Grounds.precedence)),
    ],
)  # fmt: skip
def test_the_rule_is_told_of_a_relation_too(said: str, first: str, order: str, told: tuple[Any, ...]) -> None:
    model = preferring(*order)
    every = [relation(*one.split(":")) for one in said.split()]
    joined = joined_voices(model, every, first)
    (one,) = disagreements_around(model, Around([joined], []))
    others = [(other.source, other.value) for other in one.others]
    assert (one.kept, one.source, others, one.grounds) == told
    assert (one.ci, one.subject, one.attribute) == (X, "depends_on y", "effect")
    other = next(name for name, _ in others)
    (now,) = disagreements_around(preferring(other), Around([joined], []))
    assert (now.kept, now.source, now.grounds) == (one.kept, one.source, Grounds.outdated)
    assert now.why == f"kept until the next import, when {other} is believed"


def test_a_relation_is_of_the_ci_that_depends_whichever_way_it_is_drawn() -> None:
    feeds = RelationType("feeds", "Gives it what it needs.", ("resource",), ("resource",), "from_to")
    model = MODEL.extended([], [feeds], [])
    every = [Relation(CiId("y"), "feeds", X, pool, effect, source)
             for pool in ("", "p") for source, effect in (("a", "down"), ("b", "at_risk"))]  # fmt: skip
    joined = [joined_voices(model, every[:2], "a"), joined_voices(model, every[2:], "a")]
    found = disagreements_around(model, Around(joined, []))
    assert [(one.ci, one.subject) for one in found] == [(X, "y feeds it"), (X, "y feeds it in pool p")]


RULES = st.builds(
    Pool, st.just(X), st.just("p"), st.sampled_from("12"), st.sampled_from(["", "2"]),
    st.sampled_from(["", "down", "degraded"]), SOURCES,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(said=st.lists(RULES, min_size=1, max_size=3, unique_by=lambda one: one.source), first=SOURCES,
       order=st.permutations("abc"), ranked=st.integers(0, 3))  # fmt: skip
def test_what_is_told_of_a_pool_is_what_is_recorded(
    said: list[Pool], first: str, order: list[str], ranked: int
) -> None:
    model = preferring(*order[:ranked])
    pool = joined_voices(model, said, first)
    found = {one.attribute: one for one in disagreements_around(model, Around([], [pool]))}
    usual = {"required": None, "full": None, "effect": "down"}
    for name, silent in usual.items():
        values = {voice.source: getattr(voice, name) or silent for voice in voices(pool)}
        assert (name in found) == (len(set(values.values())) > 1)
        if name in found:
            one = found[name]
            assert one.kept == (getattr(pool, name) or silent) == values[one.source]
            assert {(other.source, other.value) for other in one.others} == {
                (source, value) for source, value in values.items() if value != one.kept
            }
            assert one.grounds is not Grounds.outdated
            assert one.sources == set(values)


def test_a_ci_has_the_relations_that_leave_it() -> None:
    here, there = (joined_voices(MODEL, [relation("a", "down", to), relation("b", "at_risk", to)], "a") for to in "yz")
    there = there._replace(from_id=CiId("z"), to_id=X)
    ci = settled(MODEL, X, [claim("a", rto=1), claim("b", rto=2)], "a")
    found = every_disagreement(MODEL, ci, (), Around([here, there], []))
    assert [(one.subject, one.attribute) for one in found] == [("", "rto"), ("depends_on y", "effect")]
