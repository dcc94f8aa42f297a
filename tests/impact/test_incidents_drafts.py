"""Draft messages: filled from facts, short, without ids, and open about what is not known."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.estate import Estate
from impact.incidents.after import after
from impact.incidents.drafts import MOST_WORDS, draft, told_duration, told_time
from impact.incidents.facts import facts_after, facts_now
from impact.incidents.picture import question_of
from impact.incidents.report import DraftKind
from impact.question import Asked
from tests.impact.estates import ci, estate, rel
from tests.impact.incident_cases import at, incident, province

HALIFAX = ZoneInfo("America/Halifax")
DESK = "Service Desk, 902-555-0199"


@pytest.fixture
def found() -> Estate:
    return province()


def test_the_first_notice_says_what_is_known(found: Estate) -> None:
    case = incident(found, "INC7", "db", title="Data centre without power.", declared_at=at(5), priority=1)
    told = draft(
        DraftKind.first_notice, facts_now(question_of(found, case, Asked(at(10))), case, contact=DESK), HALIFAX
    )
    assert told.subject == "DISPATCH and PAYROLL are affected (INC7)"
    assert told.body.splitlines() == [
        "What happened: Data centre without power.",
        "DISPATCH is not available.",
        "PAYROLL is working with limits.",
        "Since: Saturday 21 November 2026, 23:00 AST.",
        "Who is affected: REGION and OFFICE; 1,050 people.",
        "Expected back: Sunday 22 November 2026, 00:10 AST.",
        "What you can do: not known yet.",
        "Next update: Saturday 21 November 2026, 23:40 AST.",
        "Contact: Service Desk, 902-555-0199. Reference: INC7.",
    ]
    assert told.missing == ["advice"]
    assert told.words == len(told.body.split())


def test_nothing_is_invented(found: Estate) -> None:
    case = incident(found, "INC7", "m3")
    told = draft(DraftKind.first_notice, facts_now(question_of(found, case, Asked(at(10))), case), HALIFAX)
    assert "Expected back: not known." in told.body
    assert "What you can do: not known yet." in told.body
    assert "Contact: not known." in told.body
    assert "at least 50 people" in told.body
    assert told.missing == ["title", "head count", "expected back", "advice", "contact"]


def test_what_a_person_knows_is_told(found: Estate) -> None:
    case = incident(found, "INC7", "m3")
    facts = facts_now(
        question_of(found, case, Asked(at(10))),
        case,
        advice="Use the paper forms.",
        expected_at=at(90),
        next_update_at=at(45),
    )
    told = draft(DraftKind.first_notice, facts, ZoneInfo("UTC")).body
    assert "What you can do: Use the paper forms." in told
    assert "Expected back: Sunday 22 November 2026, 04:30 UTC." in told
    assert "Next update: Sunday 22 November 2026, 03:45 UTC." in told


def test_an_estimate_that_has_passed_is_not_repeated(found: Estate) -> None:
    case = incident(found, "INC7", "db", declared_at=at(0))
    assert facts_now(question_of(found, case, Asked(at(64))), case).expected_at == at(65)
    assert facts_now(question_of(found, case, Asked(at(65))), case).expected_at is None


def test_an_update_says_what_is_back(found: Estate) -> None:
    case = incident(found, "INC7", "db@0-30 m3=degraded")
    before = facts_now(question_of(found, case, Asked(at(10))), case)
    told = draft(DraftKind.update, facts_now(question_of(found, case, Asked(at(40))), case, before=before), HALIFAX)
    assert told.subject == "Update: WIKI and FORMS are working with limits (INC7)"
    assert "Update of Saturday 21 November 2026, 23:40 AST." in told.body
    assert "Back since our last message: DISPATCH and PAYROLL." in told.body


def test_the_last_message_looks_back(found: Estate) -> None:
    case = incident(found, "INC7", "db@0-75 m1@0-75", state="resolved", resolved_at=at(80))
    facts = facts_after(question_of(found, case, Asked(at(200))), case, after(found, case, at(200)), contact=DESK)
    told = draft(DraftKind.resolved, facts, HALIFAX)
    assert told.subject == "Resolved: DISPATCH and PAYROLL are back (INC7)"
    assert told.body.splitlines() == [
        "DISPATCH and PAYROLL are back since Sunday 22 November 2026, 00:20 AST.",
        "It began: Saturday 21 November 2026, 23:00 AST.",
        "It lasted 1 h 20 min.",
        "Who was affected: REGION and OFFICE; 1,050 people.",
        "Contact: Service Desk, 902-555-0199. Reference: INC7.",
    ]


def test_at_risk_only_is_said_to_be_no_more(found: Estate) -> None:
    case = incident(found, "INC7", "m1", title="Mailbox server lost")
    told = draft(DraftKind.first_notice, facts_now(question_of(found, case, Asked(at(1))), case), HALIFAX)
    assert "MAIL is working, at increased risk." in told.body
    assert "Who is affected: WARD; 300 people, at increased risk only." in told.body
    over = incident(found, "INC7", "m1@0-9", state="resolved", resolved_at=at(9))
    facts = facts_after(question_of(found, over, Asked(at(20))), over, after(found, over, at(20)))
    assert draft(DraftKind.resolved, facts, HALIFAX).subject == "Resolved: MAIL is no longer at increased risk (INC7)"


def test_nothing_affected_is_said(found: Estate) -> None:
    case = incident(found, "INC7", "rack", title="Door open")
    told = draft(DraftKind.first_notice, facts_now(question_of(found, case, Asked(at(1))), case), HALIFAX)
    assert told.subject == "No service is known to be affected (INC7)"
    assert "No service is recorded as affected." in told.body
    assert "Who is affected: not known." in told.body


@pytest.mark.parametrize("title", ["m1 broke", "Lost (DB), all of it", "Is it the feed?", "feed/rack"])
def test_a_title_that_names_a_ci_by_id_is_left_out(found: Estate, title: str) -> None:
    case = incident(found, "INC7", "m1", title=title)
    facts = facts_now(question_of(found, case, Asked(at(1))), case)
    assert facts.title == ""
    assert "What happened" not in draft(DraftKind.first_notice, facts, HALIFAX).body


def test_long_lists_are_cut_and_counted() -> None:
    cis = [ci("s")]
    for n in range(30):
        cis += [ci(f"v{n:02}", "business_service", rto=60 + n), ci(f"g{n:02}", "client_group", head_count=10)]
    relations = [rel(text) for n in range(30) for text in (f"v{n:02} delivered_by s", f"g{n:02} uses v{n:02}")]
    found = estate(cis, relations)
    case = incident(found, "INC7", "s")
    told = draft(DraftKind.first_notice, facts_now(question_of(found, case, Asked(at(1))), case), HALIFAX)
    assert told.subject == "V00, V01 and 28 more are not available (INC7)"
    assert "V00, V01, V02, V03 and 26 more are not available." in told.body
    assert "and 26 more; 300 people." in told.body


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.sampled_from(list(DraftKind)), st.integers(0, 90))
def test_messages_are_short_and_hold_no_ids(lengths: list[int], kind: DraftKind, minute: int) -> None:
    cis, relations = [ci("s-01")], []
    for n, words in enumerate(lengths):
        service = ci(f"svc-{n}", "business_service", rto=60)._replace(name=" ".join(["Long"] * words))
        cis += [service, ci(f"grp-{n}", "client_group", head_count=10)._replace(name=" ".join(["People"] * words))]
        relations += [rel(f"svc-{n} delivered_by s-01"), rel(f"grp-{n} uses svc-{n}")]
    found = estate(cis, relations)
    case = incident(found, "INC7", "s-01@0-60", title="svc-0 is gone", state="resolved", resolved_at=at(60))
    question = question_of(found, case, Asked(at(minute)))
    over = kind is DraftKind.resolved
    told = draft(
        kind,
        facts_after(question, case, after(found, case, at(minute))) if over else facts_now(question, case),
        HALIFAX,
    )
    assert told.words <= MOST_WORDS
    assert not re.search(r"svc-|grp-|s-01", told.subject + told.body)


def test_times_and_durations_for_people() -> None:
    assert told_time(at(0), HALIFAX) == "Saturday 21 November 2026, 23:00 AST"
    assert told_time(at(-200 * 1440), HALIFAX).endswith("00:00 ADT")
    durations = [told_duration(timedelta(minutes=minutes)) for minutes in (-3, 0, 59, 60, 135, 1440, 1501)]
    assert durations == ["0 min", "0 min", "59 min", "1 h", "2 h 15 min", "1 d", "1 d 1 h 1 min"]
