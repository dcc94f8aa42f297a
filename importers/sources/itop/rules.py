"""What iTop's standard data model says: its classes as our kinds, and which of its keys and links carry impact.

iTop draws impact from what fails to what that takes along; here a relation leads from what depends to what it needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

HARDWARE: Mapping[str, str] = {
    "Server": "server", "NetworkDevice": "network_device", "SANSwitch": "network_device",
    "StorageSystem": "storage", "NAS": "storage", "TapeLibrary": "storage",
}  # fmt: skip
"""Devices of a data centre: the classes with two power connections."""
POWER: Mapping[str, str] = {"PDU": "power", "PowerSource": "power"}
HOSTS: Mapping[str, str] = {"Farm": "cluster", "Hypervisor": "hypervisor"}
VIRTUAL: Mapping[str, str] = {**HOSTS, "VirtualMachine": "virtual_machine"}
SOFTWARE: Mapping[str, str] = {
    "DBServer": "database", "WebServer": "software", "Middleware": "software", "PCSoftware": "software",
    "OtherSoftware": "software",
}  # fmt: skip
FUNCTIONAL: Mapping[str, str] = {
    **HARDWARE, **POWER, **VIRTUAL, **SOFTWARE, "PC": "server", "Rack": "facility", "Enclosure": "facility",
    "MiddlewareInstance": "software", "DatabaseSchema": "database", "WebApplication": "application",
    "ApplicationSolution": "application", "BusinessProcess": "business_service",
}  # fmt: skip
"""Functional CIs, which share one series of keys."""
CONTACTS: Mapping[str, str] = {"Person": "person", "Team": "team"}
CONTRACTS: Mapping[str, str] = {"CustomerContract": "agreement", "ProviderContract": "agreement"}
DOCUMENTS: Mapping[str, str] = dict.fromkeys(("DocumentFile", "DocumentNote", "DocumentWeb"), "document")
CLASSES: Mapping[str, str] = {
    **FUNCTIONAL, **CONTACTS, **CONTRACTS, **DOCUMENTS, "Organization": "client_group", "Location": "facility",
    "LogicalVolume": "storage", "NASFileSystem": "storage", "Tape": "storage", "Service": "business_service",
}  # fmt: skip
ORGANISATIONS = ("Organization",)
CONNECTABLE = ("Server", "NetworkDevice", "SANSwitch", "StorageSystem", "NAS", "TapeLibrary", "PC")


@dataclass(frozen=True, slots=True)
class Key:
    """A field that holds the key of an object of one of `targets`, and the relation that it is."""

    classes: tuple[str, ...]
    field: str
    relation: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A class whose objects join two others; with `only`, those whose field `only[0]` is `only[1]` or empty."""

    class_: str
    start: str
    starts: tuple[str, ...]
    relation: str
    end: str
    ends: tuple[str, ...]
    only: tuple[str, str] = ("", "")


KEYS: tuple[Key, ...] = (
    Key(("Hypervisor",), "server_id", "hosted_on", ("Server",)),
    Key(("VirtualMachine",), "virtualhost_id", "hosted_on", tuple(HOSTS)),
    Key(tuple(SOFTWARE), "system_id", "runs_on", tuple(FUNCTIONAL)),
    Key(("MiddlewareInstance",), "middleware_id", "runs_on", ("Middleware",)),
    Key(("DatabaseSchema",), "dbserver_id", "runs_on", ("DBServer",)),
    Key(("WebApplication",), "webserver_id", "runs_on", ("WebServer",)),
    Key(("LogicalVolume",), "storagesystem_id", "hosted_on", ("StorageSystem",)),
    Key(("NASFileSystem",), "nas_id", "hosted_on", ("NAS",)),
    Key(("Tape",), "tapelibrary_id", "hosted_on", ("TapeLibrary",)),
    Key(("PDU",), "powerstart_id", "powered_by", tuple(POWER)),
    Key(("Organization",), "parent_id", "part_of", ORGANISATIONS),
    Key(tuple(CONTACTS), "org_id", "member_of", ORGANISATIONS),
    Key(tuple(CLASSES.keys() - CONTACTS.keys()), "org_id", "owned_by", ORGANISATIONS),
)
LINKS: tuple[Link, ...] = (
    Link("lnkApplicationSolutionToBusinessProcess", "businessprocess_id", ("BusinessProcess",), "delivered_by",
         "applicationsolution_id", ("ApplicationSolution",)),
    Link("lnkConnectableCIToNetworkDevice", "connectableci_id", CONNECTABLE, "connects_through",
         "networkdevice_id", ("NetworkDevice",), ("connection_type", "downlink")),
    Link("lnkSanToDatacenterDevice", "datacenterdevice_id", tuple(HARDWARE), "connects_through",
         "san_id", ("SANSwitch",)),
    Link("lnkServerToVolume", "server_id", ("Server",), "stores_data_on", "volume_id", ("LogicalVolume",)),
    Link("lnkVirtualDeviceToVolume", "virtualdevice_id", tuple(VIRTUAL), "stores_data_on",
         "volume_id", ("LogicalVolume",)),
    Link("lnkFunctionalCIToService", "service_id", ("Service",), "delivered_by", "functionalci_id",
         tuple(FUNCTIONAL)),
    Link("lnkContactToFunctionalCI", "functionalci_id", tuple(FUNCTIONAL), "supported_by",
         "contact_id", tuple(CONTACTS)),
    Link("lnkContactToService", "service_id", ("Service",), "supported_by", "contact_id", tuple(CONTACTS)),
    Link("lnkPersonToTeam", "person_id", ("Person",), "member_of", "team_id", ("Team",)),
    Link("lnkFunctionalCIToProviderContract", "functionalci_id", tuple(FUNCTIONAL), "covered_by",
         "providercontract_id", ("ProviderContract",)),
    Link("lnkDocumentToFunctionalCI", "functionalci_id", tuple(FUNCTIONAL), "documented_in",
         "document_id", tuple(DOCUMENTS)),
    Link("lnkCustomerContractToService", "service_id", ("Service",), "covered_by",
         "customercontract_id", ("CustomerContract",)),
)  # fmt: skip
SOLUTION_PARTS = Link(
    "lnkApplicationSolutionToFunctionalCI", "applicationsolution_id", ("ApplicationSolution",), "depends_on",
    "functionalci_id", tuple(FUNCTIONAL),
)  # fmt: skip
CUSTOMERS = "lnkCustomerContractToService"
"""The class that says which services the customer of a contract uses."""
REDUNDANCY: Mapping[str, str] = {"Farm": "1", "ApplicationSolution": "disabled"}
"""What the field `redundancy` is where an export does not say: how many must be up, or that all must."""
STATES: Mapping[str, str] = {
    "implementation": "planned", "stock": "planned", "obsolete": "retired", "inactive": "retired",
}  # fmt: skip
"""Lifecycles by the states that are not live."""
OWN_FIELDS = (
    "name", "first_name", "description", "status", "business_criticity", "redundancy", "email", "phone", "function",
    "address", "postal_code", "city", "country", "serialnumber", "brand_id", "model_id", "managementip", "cpu",
    "osfamily_id", "osversion_id", "iosversion_id", "servicefamily_id", "end_date", "url", "enclosure_id", "rack_id",
    "location_id", "powera_id", "powerb_id", "farm_id", "finalclass",
)  # fmt: skip
FIELDS: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *OWN_FIELDS,
            *(key.field for key in KEYS),
            *(name for link in (*LINKS, SOLUTION_PARTS) for name in (link.start, link.end, link.only[0]) if name),
        )
    )
)
"""Every field that is read, in lower case."""
