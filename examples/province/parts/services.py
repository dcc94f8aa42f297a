"""Services with their owners, the applications that deliver them, and what infrastructure they are made of."""

from examples.province.estate import Estate, links, table
from examples.province.parts.people import Roster
from examples.province.tables.services import BUSINESS, DELIVERY, ENABLING, OFFERINGS

# Enabling services made of infrastructure: service, pool, rule, effect, members
MADE_OF = (
    ("wan", "core", "1/3", "", ("rtr-core-gdc-01", "rtr-core-gdc-02", "rtr-core-hdc-01", "rtr-core-hdc-02")),
    ("wan", "data-centre-links", "1", "degraded", ("ckt-dci-a", "ckt-dci-b")),
    ("internet", "lines", "1", "", ("ckt-inet-a", "ckt-inet-b")),
    ("internet", "firewalls", "2", "", ("fw-gdc-01", "fw-gdc-02", "fw-hdc-01", "fw-hdc-02")),
    ("telephony", "trunks", "1", "", ("ckt-voice-a", "ckt-voice-b")),
    ("storage", "arrays", "2/4", "", ("san-gdc-01", "san-gdc-02", "san-hdc-01", "san-hdc-02")),
    ("backup", "stores", "1/2", "", ("bkp-gdc-01", "bkp-hdc-01")),
    ("backup", "media", "50%", "degraded", tuple(f"srv-media-{s}-{n:02d}" for s in ("gdc", "hdc") for n in (1, 2))),
    ("vm-hosting", "government", "1/2", "", ("vmc-gdc-prod-01", "vmc-gdc-prod-02")),
    ("vm-hosting", "health", "1/2", "", ("vmc-hdc-prod-01", "vmc-hdc-prod-02")),
    ("db-hosting", "clusters", "1/2", "", ("dbc-gdc-sql-01", "dbc-hdc-sql-01")),
)  # fmt: skip

# Addresses the public reaches a service by: service, address, load balancers of
ADDRESSES = (
    ("public-website", "www.merrow.example", "gdc", "hdc"),
    ("payments", "pay.merrow.example", "gdc", "hdc"),
    ("open-data", "data.merrow.example", "gdc", ""),
    ("patient-portal", "mychart.health.merrow.example", "hdc", ""),
    ("vehicle-registration", "vehicles.merrow.example", "gdc", ""),
    ("land-registry", "titles.merrow.example", "gdc", ""),
    ("permits", "permits.merrow.example", "gdc", "hdc"),
    ("courts", "courts.merrow.example", "gdc", ""),
    ("student-records", "students.merrow.example", "gdc", "hdc"),
    ("self-service", "me.merrow.example", "gdc", "hdc"),
    ("road-conditions", "roads.merrow.example", "gdc", "hdc"),
    ("vpn", "remote.merrow.example", "gdc", "hdc"),
)


def add_services(estate: Estate, roster: Roster) -> None:
    """Business and enabling services, offerings, delivery and addresses."""
    for row in table(BUSINESS, 11):
        _service(estate, roster, "business_service", row)
    for row in table(ENABLING, 11):
        _service(estate, roster, "technical_service", row)
    _offerings(estate)
    for short, applications, built_on in table(DELIVERY, 3):
        for application, effect in links(applications):
            estate.link(f"svc-{short}", "delivered_by", f"app-{application}", effect)
        for service, effect in links(built_on):
            estate.link(f"svc-{short}", "uses", f"svc-{service}", effect)
    for short, pool, rule, effect, members in MADE_OF:
        required, _, full = rule.partition("/")
        estate.pool(f"svc-{short}", pool, required, "delivered_by", members, full, effect)
    _addresses(estate)


def _service(estate: Estate, roster: Roster, kind: str, row: list[str]) -> None:
    short, name, category, sector, rto, rpo, restore, mtd, criticality, hours, owner = row
    ci = estate.ci(
        f"svc-{short}", kind, name, sector, category=category, rto=rto, rpo=rpo, restore=restore, mtd=mtd,
        criticality=criticality, support_hours=hours,
    )  # fmt: skip
    if person := roster.answerable(owner):
        estate.link(ci, "owned_by", person)
    if owner.startswith("team-"):
        estate.link(ci, "supported_by", owner)
    else:
        estate.link(ci, "supported_by", "team-service-desk")


def _offerings(estate: Estate) -> None:
    for ci, name, service, sector, rto, criticality, hours in table(OFFERINGS, 7):
        estate.ci(
            ci, "service_offering", name, sector, rto=rto, criticality=criticality, support_hours=hours,
            category=estate.cis[f"svc-{service}"]["category"], restore="0m",
        )  # fmt: skip
        estate.link(ci, "part_of", f"svc-{service}")


def _addresses(estate: Estate) -> None:
    for short, address, site, other in ADDRESSES:
        sector = estate.cis[f"svc-{short}"]["sector"]
        ci = estate.ci(f"ep-{short}", "endpoint", address, sector, address=f"https://{address}", restore="5m")
        members = [f"lb-{s}-{n:02d}" for s in (site, other) if s for n in (1, 2)]
        estate.pool(ci, "balancers", "1", "connects_through", members)
        estate.link(f"svc-{short}", "depends_on", ci, "degraded" if site == "gdc" and not other else "")
