"""Sources that were not confirmed for too long: what only they describe is not fresh, and an answer says so."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from cmdb.model.ci import CI
from cmdb.model.claims import claim_of, claims_json
from cmdb.store.port import Dump, Head
from impact.analyses import completeness
from impact.estate_file import load, save
from impact.origins import Origins
from impact.question import Asked, ask
from impact.readiness.ledger import open_ledger, scores
from impact.readiness.purposes import PURPOSES
from impact.snapshot import compile_estate
from impact.stale import StaleSource, span_words
from impact.states import Assumption
from tests.impact.estates import WORDS
from tests.store.estate import ci, rel
from tests.store.test_time import NOON

DAY = 20_000
VERIFIED = "2024-10-01"
DAYS = timedelta(days=1)
NETBOX = StaleSource("netbox", 9 * DAYS, 2 * DAYS)
ITOP = StaleSource("itop", None, timedelta(hours=1))


def known_to(told: CI, *others: str) -> CI:
    """A CI that other sources describe as well."""
    claims = [claim_of(told), *(claim_of(told)._replace(source=source) for source in others)]
    return told._replace(claims_json=claims_json(told.id, claims))


CIS = [
    ci("app", "application", source="itop", verified_at=VERIFIED),
    known_to(ci("host", source="netbox", verified_at=VERIFIED), "itop"),
    ci("rack", "facility", source="netbox", verified_at=VERIFIED),
]
RELATIONS = [rel("app", "runs_on", "host"), rel("host", "located_in", "rack")]
ESTATE = compile_estate(WORDS, Dump(Head(1, NOON), CIS, RELATIONS, []))


def spots(*stale: StaleSource) -> list[tuple[str, int, list[str]]]:
    question = ask(ESTATE, [Assumption("rack")], Asked(NOON, stale=stale))
    found = completeness(question).blind_spots
    return [(s.message, s.count, [ref.id for ref in s.examples]) for s in found if s.code == "STALE_SOURCE"]


def test_who_describes_each() -> None:
    every = np.arange(3, dtype=np.int32)
    assert ESTATE.origins.counts(every) == {"itop": 2, "netbox": 2}
    assert ESTATE.origins.only(every, {"netbox"}).tolist() == [False, False, True]
    assert ESTATE.origins.only(every, {"netbox", "itop"}).tolist() == [True, True, True]
    assert ESTATE.origins.naming(every, "itop").tolist() == [True, True, False]


def test_an_estate_that_says_nothing_of_sources() -> None:
    every = np.arange(3, dtype=np.int32)
    assert Origins().only(every, {"netbox"}).tolist() == [False] * 3
    assert Origins().counts(every) == {}
    later = Origins().placed(4, np.array([3], np.int32), [("netbox",)])
    assert later.only(np.arange(4, dtype=np.int32), {"netbox"}).tolist() == [False, False, False, True]
    assert later.placed(4, np.array([3], np.int32), [("netbox",)]) is later


def test_what_only_stale_sources_describe_is_a_blind_spot() -> None:
    words = "affected, as recorded by a stale source: source netbox last confirmed 9 days ago, fresh for 2 days"
    assert spots(NETBOX) == [(words, 1, ["rack"])]
    assert [count for _, count, _ in spots(NETBOX, ITOP)] == [2, 2]
    assert spots(ITOP) == [
        ("affected, as recorded by a stale source: source itop never confirmed, fresh for 60 minutes", 1, ["app"])
    ]
    assert spots() == []


def test_what_is_stale_is_not_fresh() -> None:
    def fresh(*stale: str) -> int:
        ledger = open_ledger(ESTATE, DAY, stale=frozenset(stale))
        return scores(ledger, PURPOSES[:1])[0].tally.fresh

    day = scores(open_ledger(ESTATE, DAY), PURPOSES[:1])[0].tally
    assert day.fresh == day.met > 0
    assert 0 < fresh("netbox") < fresh() == day.fresh
    assert fresh("netbox", "itop") == 0
    assert open_ledger(ESTATE, DAY, stale=frozenset({"netbox"})).stale.tolist() == [False, False, True]


def test_the_file_keeps_who_describes_each(tmp_path: Path) -> None:
    save(ESTATE, tmp_path / "kept", "s")
    kept = load(tmp_path / "kept", "s", WORDS)
    assert (kept.origins.sets, kept.origins.of.tolist()) == (ESTATE.origins.sets, ESTATE.origins.of.tolist())


def test_an_edit_is_no_source() -> None:
    host = known_to(ci("host", source="netbox"))
    edit = claim_of(host)._replace(source="cli", edited=True)
    host = host._replace(claims_json=claims_json(host.id, [claim_of(host), edit]))
    estate = compile_estate(WORDS, Dump(Head(1, NOON), [host], [], []))
    assert estate.origins.counts(np.zeros(1, np.int32)) == {"netbox": 1}


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 minutes"), (timedelta(minutes=1), "1 minute"), (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"), (timedelta(hours=47), "47 hours"), (2 * DAYS, "2 days"),
        (3000 * DAYS, "3,000 days"),
    ],
)  # fmt: skip
def test_spans(span: timedelta, words: str) -> None:
    assert span_words(span) == words
