"""The kinds of CI, declared once. A kind inherits its parent's attributes; abstract kinds hold no CIs."""

from dataclasses import dataclass

from cmdb.model.attributes import Attribute


@dataclass(frozen=True, slots=True)
class Kind:
    """A declared kind: `role` says what an impact answer makes of it (service, client, contact or plain).

    `identified_by` says what makes two CIs from two sources one: keys, strongest first, each of attributes, `name` or
    `sector` that must all agree. None takes the parent's; an empty tuple means that nothing does. Kinds that share
    their rules may be one CI: what a source calls a server may be another's virtual machine.
    """

    name: str
    description: str
    parent: str | None = "ci"
    attributes: tuple[Attribute, ...] = ()
    abstract: bool = False
    role: str | None = None
    identified_by: tuple[tuple[str, ...], ...] | None = None


SECTORS = ("shared", "government", "health")
LIFECYCLES = ("planned", "live", "retired")
ROLES = ("service", "client", "contact", "plain")

COMMON = (
    Attribute("description", "text", "What this CI is, in a sentence."),
    Attribute("aliases", "list", "Other names people use for it; searched."),
    Attribute("criticality", "text", "How much depends on it.", choices=("critical", "high", "medium", "low")),
    Attribute("verified_at", "time", "When a person or a tool last confirmed this record."),
    Attribute("source", "text", "The system or person this record came from."),
    Attribute("external_id", "text", "Its key in the system it came from."),
    Attribute("stub", "boolean", "Nobody has described it yet: only relations name it."),
)
CONTINUITY = (
    Attribute("rto", "duration", "Recovery time objective: from disruption to restored, promised.", "minutes"),
    Attribute("rpo", "duration", "Recovery point objective: the data loss tolerated.", "minutes"),
    Attribute("restore", "duration", "Hands-on time to restore it once what it needs is back.", "minutes"),
    Attribute("mtd", "duration", "Maximum tolerable downtime.", "minutes"),
)
REACH = (
    Attribute("email", "text", "Where to write to."),
    Attribute("phone", "text", "Where to call."),
)
HOST = (
    Attribute("hostname", "text", "Its name on the network; searched."),
    Attribute("ip_address", "text", "Its main network address."),
    Attribute("os", "text", "Operating system."),
    Attribute("cpus", "integer", "Processor cores.", "cores"),
    Attribute("memory_gib", "number", "Memory.", "GiB"),
)
HARDWARE = (
    Attribute("manufacturer", "text", "Who made it."),
    Attribute("model", "text", "Manufacturer's model."),
    Attribute("serial", "text", "Manufacturer's serial number."),
)
ENVIRONMENT = Attribute(
    "environment", "text", "Which environment it serves.",
    choices=("production", "staging", "test", "development", "recovery"),
)  # fmt: skip
NAMED = (("name", "sector"),)
SERIAL = (("serial",),)
NOTHING: tuple[tuple[str, ...], ...] = ()
"""Names of such things repeat rightly: `R101` is a rack at every site, `Gold` an offering of every service."""

KINDS: tuple[Kind, ...] = (
    Kind("ci", "Anything recorded in the inventory.", None, COMMON, abstract=True, role="plain"),
    Kind("party", "People, alone or together.", "ci", REACH, abstract=True, role="contact"),
    Kind("client_group", "A group of people the services are for; nests through part_of.", "party", (
        Attribute("head_count", "integer", "People in the group, nested groups included.", "people"),
    ), role="client", identified_by=NAMED),
    Kind("person", "One person: an expert, an owner, a contact.", "party", (
        Attribute("title", "text", "What the person does."),
    ), identified_by=(("email",),)),
    Kind("team", "A support group or an on-call rota.", "party", (
        Attribute("hours", "text", "When it answers."),
    ), identified_by=NAMED),
    Kind("supplier", "A company that provides something.", "party", identified_by=NAMED),
    Kind("resource", "What can fail and be restored.", "ci", CONTINUITY, abstract=True),
    Kind("service", "What is offered to somebody.", "resource", (
        Attribute("category", "text", "The service category in the catalogue."),
        Attribute("support_hours", "text", "When support is given."),
    ), abstract=True, role="service"),
    Kind("business_service", "A service its clients know by name.", "service", identified_by=NAMED),
    Kind("technical_service", "An enabling service: other services are built on it.", "service", identified_by=NAMED),
    Kind("service_offering", "A service at one level of commitment.", "service", identified_by=NOTHING),
    Kind("application", "A business application.", "resource", (
        Attribute("vendor", "text", "Who makes it."),
        Attribute("version", "text", "Installed version."),
    ), identified_by=NAMED),
    Kind("application_instance", "One deployment of an application.", "resource", (
        ENVIRONMENT, Attribute("version", "text", "Installed version."),
    ), identified_by=(("name", "sector", "environment"),)),
    Kind("software", "A program, package or middleware.", "resource", (
        ENVIRONMENT,
        Attribute("vendor", "text", "Who makes it."),
        Attribute("version", "text", "Installed version."),
        Attribute("section", "text", "Section of the catalogue it is listed in."),
        Attribute("owner_team", "text", "Who maintains it, as named by its source."),
    ), identified_by=NOTHING),
    Kind("database", "A database or data store instance.", "software", (
        Attribute("engine", "text", "Database product."),
    ), identified_by=(("name", "sector", "environment"),)),
    Kind("infrastructure", "What software runs on and through.", "resource", abstract=True),
    Kind("server", "A physical or virtual computer.", "infrastructure", (*HOST, *HARDWARE, ENVIRONMENT), identified_by=(
        ("serial",), ("hostname",), ("name", "sector"),
    )),
    Kind("virtual_machine", "A server run by a hypervisor.", "server"),
    Kind("hypervisor", "A server that runs virtual machines.", "server"),
    Kind("cluster", "Several members that act as one.", "infrastructure", (ENVIRONMENT,), identified_by=(
        ("name", "sector", "environment"),
    )),
    Kind("storage", "An array, a volume or a file system.", "infrastructure", (
        *HARDWARE, Attribute("capacity_tib", "number", "Usable capacity.", "TiB"),
    ), identified_by=SERIAL),
    Kind("network_device", "A switch, router, firewall or load balancer.", "infrastructure", (
        *HOST, *HARDWARE,
    ), identified_by=(("serial",), ("hostname",))),
    Kind("circuit", "A line between two places.", "infrastructure", (
        Attribute("bandwidth_mbps", "number", "Bandwidth.", "Mbit/s"),
    ), identified_by=NOTHING),
    Kind("power", "A feed, UPS, generator or distribution unit.", "infrastructure", HARDWARE, identified_by=SERIAL),
    Kind("facility", "A site, building, room or rack; nests through part_of.", "infrastructure", (
        Attribute("address", "text", "Where it is."),
    ), identified_by=(("name", "address"),)),
    Kind("cloud_resource", "Something rented from a cloud.", "infrastructure", (
        Attribute("provider", "text", "Whose cloud."),
        Attribute("region", "text", "Where in that cloud."),
        ENVIRONMENT,
    ), identified_by=(("external_id", "provider"),)),
    Kind("endpoint", "An address that clients reach something by.", "infrastructure", (
        Attribute("address", "text", "URL, host name or address."),
    ), identified_by=(("address",),)),
    Kind("record", "A paper that governs or describes CIs.", "ci", abstract=True),
    Kind("agreement", "A contract, SLA or OLA.", "record", (
        Attribute("valid_until", "time", "When it ends."),
        Attribute("support_hours", "text", "When support is given."),
    ), identified_by=NOTHING),
    Kind("document", "A runbook, plan or manual.", "record", (
        Attribute("address", "text", "Where it is kept."),
    ), identified_by=(("name", "address"),)),
)  # fmt: skip
