"""An iTop export with an object of every class of which something is made."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tests.importers.payloads.payload import Part, Payload

Thing = tuple[str, str, dict[str, object]]


def thing(class_: str, key: int, /, **fields: object) -> Thing:
    return class_, str(key), fields


def ci(class_: str, key: int, /, **fields: object) -> Thing:
    return thing(class_, key, name=f"{class_} {key}", business_criticity="low", status="production", **fields)


THINGS = [
    thing("Organization", 1, name="Health", parent_id=0),
    thing("Organization", 2, name="Hospital", parent_id=1),
    thing("Location", 1, name="Halifax", org_id=1, address="1 Main Street", city="Halifax"),
    ci("Rack", 1, location_id=1),
    thing("Brand", 1, name="Example"),
    ci("PowerSource", 3, location_id=1),
    ci("PDU", 4, rack_id=1, powerstart_id=3),
    ci("PDU", 5, rack_id=1, powerstart_id=3),
    ci("Server", 6, brand_id=1, cpu="8", powerA_id=4, powerB_id=5, rack_id=1, org_id=1),
    thing("Server", 7, name="old", business_criticity="high", status="obsolete", powerA_id=4),
    ci("NetworkDevice", 8, location_id=1),
    ci("StorageSystem", 9, location_id=1),
    thing("LogicalVolume", 1, name="lun", storagesystem_id=9),
    thing("lnkServerToVolume", 1, server_id=6, volume_id=1),
    thing("lnkConnectableCIToNetworkDevice", 1, networkdevice_id=8, connectableci_id=6, connection_type="downlink"),
    ci("Farm", 11),
    ci("Hypervisor", 13, farm_id=11, server_id=6),
    ci("Hypervisor", 14, farm_id=11, server_id=7),
    ci("VirtualMachine", 16, virtualhost_id=11),
    ci("DBServer", 17, system_id=16),
    ci("WebServer", 19, system_id=6),
    ci("WebApplication", 20, webserver_id=19),
    ci("ApplicationSolution", 21, redundancy="50%"),
    ci("BusinessProcess", 23),
    thing("lnkApplicationSolutionToFunctionalCI", 1, applicationsolution_id=21, functionalci_id=17),
    thing("lnkApplicationSolutionToFunctionalCI", 2, applicationsolution_id=21, functionalci_id=20),
    thing("lnkApplicationSolutionToBusinessProcess", 1, businessprocess_id=23, applicationsolution_id=21),
    thing("Team", 1, name="Databases", email="db@example.org", org_id=1),
    thing("Person", 2, name="Lovelace", first_name="Ada", function="Analyst", org_id=1),
    thing("lnkPersonToTeam", 1, team_id=1, person_id=2),
    thing("lnkContactToFunctionalCI", 1, functionalci_id=17, contact_id=1),
    thing("Service", 1, name="Records", org_id=1, status="production"),
    thing("CustomerContract", 1, name="Care", org_id=2, end_date="2027-12-31"),
    thing("lnkCustomerContractToService", 1, customercontract_id=1, service_id=1),
    thing("lnkFunctionalCIToService", 1, service_id=1, functionalci_id=23),
    thing("DocumentWeb", 1, name="Runbook", url="https://example.org/runbook"),
    thing("lnkDocumentToFunctionalCI", 1, functionalci_id=17, document_id=1),
    thing("Server", 77, name="spare", rack_id=1, org_id=1),
]


def element(part: Thing) -> str:
    """One object as iTop writes it."""
    class_, key, fields = part
    inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items())
    return f"<{class_} id={quoteattr(key)}>{inner}</{class_}>\n"


def write(folder: Path, parts: Sequence[Part]) -> Path:
    """Two files."""
    for number in (0, 1):
        text = "<Set>\n" + "".join(map(element, parts[number::2])) + "</Set>"
        (folder / f"part-{number}.xml").write_text(text, encoding="utf-8")
    return folder


ITOP = Payload("itop", THINGS, write, "'spare'", "itop-server-77", thing("Team", 9, name="a\u202eb"), ".xml")
