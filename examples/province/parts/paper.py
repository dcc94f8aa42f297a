"""Suppliers, agreements, runbooks and downtime plans."""

from examples.province.estate import Estate, links, table
from examples.province.tables.paper import AGREEMENTS, COVERS, PLANS, RUNBOOKS, SUPPLIERS
from examples.province.tables.people import DOMAIN


def add_suppliers(estate: Estate) -> None:
    """The companies, with invented ways to reach them."""
    for number, (ci, name) in enumerate(table(SUPPLIERS, 2)):
        mail = f"support@{ci.removeprefix('sup-')}.example"
        estate.ci(ci, "supplier", name, email=mail, phone=f"555-01{number + 40:02d}")


def add_paper(estate: Estate) -> None:
    """Agreements and documents, and what they speak of."""
    for ci, name, until, hours, supplier in table(AGREEMENTS, 5):
        estate.ci(ci, "agreement", name, valid_until=until, support_hours=hours)
        if supplier:
            estate.link(ci, "owned_by", supplier)
    for agreement, covered in table(COVERS, 2):
        for ci, _ in links(covered):
            estate.link(ci, "covered_by", agreement)
    for ci in RUNBOOKS:
        name = f"Runbook: {estate.cis[ci]['name']}"
        _document(estate, f"rb-{ci}", name, ci, "runbooks")
    for plan, name, ci in table(PLANS, 3):
        _document(estate, plan, name, ci, "plans")


def _document(estate: Estate, document: str, name: str, ci: str, shelf: str) -> None:
    sector = estate.cis[ci]["sector"]
    estate.ci(document, "document", name, sector, address=f"https://docs.{DOMAIN}/{shelf}/{document}")
    estate.link(ci, "documented_in", document)
