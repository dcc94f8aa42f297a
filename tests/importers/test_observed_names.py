"""Names of callers and called: what stands for one CI is that CI, anything else is listed and never guessed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.ci import CiId
from cmdb.model.text import folded
from importers.observed.evidence import Observed
from importers.observed.names import Candidate, Meant, Reason, meant, shorter
from importers.observed.resolved import resolve
from tests.importers.observed import READ


def ci(id_: str, name: str = "", attributes: str = "{}", live: bool = True) -> Candidate:
    return CiId(id_), name or id_, attributes, live


CIS = (
    ci("app-pay", "Payments", '{"aliases":["pay","payments-api"]}'),
    ci("srv-1", "Server 1", '{"hostname":"web01.corp.example","ip_address":"10.0.0.1"}'),
    ci("srv-2", "Server 2", '{"hostname":"web02","ip_address":"10.0.0.9"}'),
    ci("srv-3", "Server 3", '{"ip_address":"10.0.0.9"}'),
    ci("web02", "Décoration"),
    ci("old", "Ledger", live=False),
    ci("payroll"),
    ci("svc-payroll", "Payroll"),
)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("app-pay", Meant(CiId("app-pay"))),
        ("APP-PAY", Meant(CiId("app-pay"))),
        ("payments", Meant(CiId("app-pay"))),
        ("Pay", Meant(CiId("app-pay"))),
        ("decoration", Meant(CiId("web02"))),
        ("web01.corp.example", Meant(CiId("srv-1"))),
        ("10.0.0.1:443", Meant(CiId("srv-1"), as_="10.0.0.1")),
        ("payments-api-7d4f8b9c6d-x2vkq", Meant(CiId("app-pay"), as_="payments-api")),
        ("payments-api-7d4f8b9c6d-x2vkq:8080", Meant(CiId("app-pay"), as_="payments-api")),
        ("web02", Meant(CiId("web02"))),  # an id, although it is a host name of another as well
        ("payroll", Meant(CiId("payroll"))),
        ("PAYROLL", Meant(None, Reason.ambiguous, (CiId("payroll"), CiId("svc-payroll")))),
        ("10.0.0.9", Meant(None, Reason.ambiguous, (CiId("srv-2"), CiId("srv-3")))),
        ("old", Meant(None, Reason.not_in_service, (CiId("old"),))),
        ("ledger", Meant(None, Reason.not_in_service, (CiId("old"),))),
        ("web01", Meant(None, Reason.unknown)),  # no domain is added or taken away
        ("payments-1", Meant(None, Reason.unknown)),  # nor a number
        ("paymnts", Meant(None, Reason.unknown)),  # nor a slip forgiven
    ],
)
def test_what_a_name_stands_for(name: str, told: Meant) -> None:
    assert meant([name], CIS) == {name: told}
    assert meant([name], CIS[::-1]) == {name: told}


def test_one_in_service_is_meant_rather_than_one_that_is_not() -> None:
    assert meant(["Ledger"], [*CIS, ci("new", "Ledger")])["Ledger"].ci == "new"


def test_what_tells_instances_apart() -> None:
    assert list(shorter("db:5432")) == ["db"]
    assert list(shorter("[::1]:80")) == ["::1"]
    assert list(shorter("::1")) == []
    assert list(shorter("app-http2")) == list(shorter("a-bcdfgh-bcdf")) == list(shorter(":80")) == []


def test_pairs_of_known_names_are_evidence() -> None:
    def seen(from_: str, to: str, calls: int) -> Observed:
        return Observed(from_, to, f"{from_} {to}", calls, READ, READ + timedelta(minutes=1), False)

    found = resolve(
        [
            seen("payments", "srv-1", 5), seen("pay", "web01.corp.example:80", 6), seen("user", "pay", 9),
            seen("user", "srv-9", 3), seen("pay", "payments", 4), seen("payments", "srv-1", 0),
        ],
        CIS,
    )  # fmt: skip
    assert [(one.caller, one.called, one.calls) for one in found.evidence] == [
        ("app-pay", "srv-1", 5),
        ("app-pay", "srv-1", 6),
    ]
    assert (found.pairs, found.own_calls, found.shortened) == (1, 4, {"web01.corp.example:80": "srv-1"})
    assert [(one.name, one.calls, one.reason.value) for one in found.unresolved] == [
        ("user", 12, "unknown"), ("srv-9", 3, "unknown"),
    ]  # fmt: skip


Names = st.sampled_from(
    ["a", "A", " a", "á", "a:80", "a:80:80", "[a]:80", "a b", "a  b ", "b", "a-bcdfgh-bcdfg", "\u0301"]
)
Ids = Names.filter(folded)


@given(
    st.lists(st.tuples(Ids, Ids, st.booleans()), max_size=8),
    st.lists(Names, max_size=5),
)
def test_a_name_stands_for_a_ci_in_service_or_says_why_not(
    cis: Sequence[tuple[str, str, bool]], names: list[str]
) -> None:
    known = {id_: ci(id_, name, live=live) for id_, name, live in cis}
    for name, told in meant(names, known.values()).items():
        forms = [name, *shorter(name)]
        assert told == next(
            (found for form in forms if (found := plainly(form, name, known))), Meant(None, Reason.unknown)
        )


def plainly(form: str, name: str, known: Mapping[str, Candidate]) -> Meant | None:
    """What one form of a name stands for, looked up one by one."""
    as_ = "" if form == name else form
    same = [one for one in known.values() if folded(form) and folded(form) in map(folded, one[:2])]
    live = sorted(one[0] for one in same if one[3])
    exact = [one for one in same if one[0] == form]
    if exact or len(live) == 1:
        ci_id, serves = (exact[0][0], exact[0][3]) if exact else (live[0], True)
        return Meant(ci_id, as_=as_) if serves else Meant(None, Reason.not_in_service, (ci_id,), as_)
    if live:
        return Meant(None, Reason.ambiguous, tuple(live), as_)
    return Meant(None, Reason.not_in_service, tuple(sorted(one[0] for one in same)), as_) if same else None
