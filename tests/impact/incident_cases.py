"""A small province and short ways to write incidents and changes about it."""

from datetime import datetime, timedelta

from impact.estate import Estate
from impact.incidents.values import ChangeCase, IncidentCase, Part
from impact.states import ImpactState
from tests.impact.estates import NOW, ci, estate, rel, rule

PROVINCE = (
    ci("feed", "power", restore=60), ci("san", "storage", restore=30), ci("db", "database", restore=45),
    ci("app", "application", restore=20), ci("m1"), ci("m2"), ci("m3"), ci("rack", "facility"),
    ci("dispatch", "business_service", rto=60, restore=0), ci("mail", "business_service", rto=240),
    ci("payroll", "business_service", criticality="critical", rto=1440), ci("forms", "business_service"),
    ci("wiki", "business_service", rto=4320, criticality="low"),
    ci("region", "client_group", "health", head_count=1000), ci("ward", "client_group", "health", head_count=300),
    ci("office", "client_group", "government", head_count=50), ci("visitors", "client_group"),
    ci("ann", "person", phone="555-0100"), ci("bob", "person", phone="555-0101"),
)  # fmt: skip
RELATIONS = (
    rel("san powered_by feed"), rel("m1 powered_by feed"), rel("db stores_data_on san"), rel("app depends_on db"),
    rel("dispatch delivered_by app"), rel("payroll delivered_by app", effect="degraded"), rel("forms delivered_by m3"),
    rel("wiki delivered_by m3"), rel("mail delivered_by m1", "boxes"), rel("mail delivered_by m2", "boxes"),
    rel("region uses dispatch"), rel("ward part_of region"), rel("ward uses mail"), rel("office uses wiki"),
    rel("office uses payroll"), rel("visitors uses forms"), rel("dispatch owned_by ann"), rel("mail managed_by bob"),
)  # fmt: skip


def province() -> Estate:
    """feed → san → db → app → dispatch (T0, region, ward in it) and payroll; feed → m1, m2 → mail; m3 → forms, wiki."""
    return estate(PROVINCE, RELATIONS, [rule("mail", "boxes", "1")])


def at(minutes: float) -> datetime:
    """A moment, in minutes after `NOW`."""
    return NOW + timedelta(minutes=minutes)


def incident(found: Estate, number: str, parts: str, start: float = 0, **values: object) -> IncidentCase:
    """`san m1=degraded@10-30`: san is down from the start on, m1 is degraded from minute 10 up to minute 30."""
    told = tuple(part(found, text, start) for text in parts.split())
    stated: dict[str, object] = {"state": "in_progress", "started_at": at(start), "parts": told, **values}
    return IncidentCase(key=f"incident/{number}", number=number, **stated)  # type: ignore[arg-type]


def part(found: Estate, text: str, start: float = 0) -> Part:
    """One CI of an incident, as in `incident`."""
    named, _, span = text.partition("@")
    name, _, state = named.partition("=")
    since, _, until = span.partition("-")
    return Part(
        place(found, name),
        ImpactState(state or "down").level,
        at(float(since) if since else start),
        at(float(until)) if until else None,
    )


def change(found: Estate, number: str, cis: str, start: float, end: float, state: str = "completed") -> ChangeCase:
    """A change of some CIs, from and to minutes after `NOW`."""
    about = tuple(place(found, name) for name in cis.split())
    return ChangeCase(key=f"change/{number}", number=number, state=state, start=at(start), end=at(end), cis=about)


def place(found: Estate, name: str) -> int:
    """The index of a CI."""
    index = found.register.find(name)
    assert index is not None, name
    return index
