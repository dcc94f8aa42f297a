"""What headers and values of other tools' exports usually mean. Only a suggestion is made from them."""

from collections.abc import Mapping

HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": (
        "id",
        "ref",
        "reference",
        "number",
        "key",
        "u key",
        "sys id",
        "ci id",
        "item ref",
        "asset tag",
        "identifier",
        "asset no",
        "asset number",
        "asset id",
        "inventory no",
        "inventory number",
        "ci no",
        "ci number",
        "item no",
        "item number",
        "item id",
    ),
    "name": (
        "name", "friendly name", "title", "ci name", "item name", "display name", "label", "system", "service",
        "application", "server", "asset name", "server name", "device name", "system name", "service name",
        "application name",
    ),
    "kind": ("class", "type", "ci type", "item class", "kind", "category", "table", "sys class name", "asset type",
             "asset class", "ci class", "device type", "device class", "server type", "resource type"),
    "sector": ("sector", "department", "division", "business unit"),
    "lifecycle": ("status", "state", "lifecycle", "life cycle status", "operational status", "install status"),
    "description": ("description", "notes", "short description", "comment", "comments"),
    "aliases": ("alias", "aliases", "also known as", "other names"),
    "criticality": ("criticality", "business criticality", "business criticity", "importance", "tier"),
    "verified_at": ("verified", "verified at", "last verified", "last checked", "checked", "last discovered"),
    "rto": ("rto", "recovery time objective", "recovery time"),
    "rpo": ("rpo", "recovery point objective", "recovery point"),
    "restore": ("restore", "restore time", "time to restore"),
    "mtd": ("mtd", "mtpd", "maximum tolerable downtime"),
    "head_count": ("head count", "headcount", "users", "people", "number of users"),
    "email": ("email", "e mail", "mail"),
    "phone": ("phone", "telephone", "tel"),
    "vendor": ("vendor", "supplier name"),
    "version": ("version",),
    "engine": ("engine", "database engine"),
    "environment": ("environment", "env", "used for"),
    "hostname": ("hostname", "host name", "fqdn", "dns name", "host"),
    "ip_address": ("ip", "ip address", "management ip"),
    "os": ("os", "operating system", "platform"),
    "cpus": ("cpus", "cpu count", "cores"),
    "memory_gib": ("memory gib", "ram gib"),
    "manufacturer": ("manufacturer", "make"),
    "model": ("model", "model id"),
    "serial": ("serial", "serial number", "serialnumber", "serial no", "serial nr", "s n"),
    "support_hours": ("support hours", "service hours"),
    "category": ("service category",),
    "address": ("address", "url"),
    "external_id": ("external id", "correlation id"),
}  # fmt: skip
"""Headers, in plain words, by the field or attribute that they usually hold."""
KINDS: Mapping[str, tuple[str, ...]] = {
    "business_service": ("business service", "service", "service business", "sv"),
    "technical_service": ("technical service", "service technical", "infrastructure service"),
    "service_offering": ("service offering", "offering"),
    "application": ("application", "app", "business application", "business app", "application solution"),
    "application_instance": ("application instance", "service auto", "application service", "service instance"),
    "software": ("software", "appl", "middleware", "web server", "package"),
    "database": ("database", "db", "db instance", "database instance", "db server"),
    "server": ("server", "linux server", "windows server", "physical server", "host"),
    "virtual_machine": ("virtual machine", "vm", "vm instance", "virtual server"),
    "hypervisor": ("hypervisor", "esx server", "esxi host"),
    "cluster": ("cluster", "farm", "query based service", "dynamic ci group"),
    "storage": ("storage", "storage device", "san", "nas", "storage system"),
    "network_device": ("network device", "netgear", "switch", "router", "firewall", "ip switch", "ip firewall",
                       "load balancer"),
    "circuit": ("circuit", "wan link", "line"),
    "power": ("power", "ups", "pdu", "power source"),
    "facility": ("facility", "site", "location", "rack", "building", "room", "datacenter", "data center"),
    "cloud_resource": ("cloud resource", "cloud service"),
    "client_group": ("client group", "customer", "department", "organization", "user group"),
    "team": ("team", "group", "support group"),
    "person": ("person", "user", "contact"),
    "supplier": ("supplier", "vendor", "provider"),
}  # fmt: skip
"""Classes of other tools by kind."""
LIFECYCLES: Mapping[str, tuple[str, ...]] = {
    "live": ("live", "production", "operational", "in use", "active", "installed", "up", "in service", "standby"),
    "planned": ("planned", "build", "implementation", "on order", "pending install", "proposed", "in stock"),
    "retired": ("retired", "obsolete", "decommissioned", "disposed", "inactive", "end of life", "absent"),
}
CRITICALITY: Mapping[str, tuple[str, ...]] = {
    "critical": ("critical", "very high", "1 most critical", "1 critical", "mission critical", "p1"),
    "high": ("high", "2 somewhat critical", "2 high", "important", "p2"),
    "medium": ("medium", "moderate", "normal", "3 less critical", "3 medium", "p3"),
    "low": ("low", "4 not critical", "4 low", "minor", "p4"),
}
ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {
    "production": ("production", "prod", "prd"),
    "staging": ("staging", "stage", "pre production", "uat"),
    "test": ("test", "qa", "testing"),
    "development": ("development", "dev"),
    "recovery": ("recovery", "dr", "disaster recovery"),
}
RELATIONS: Mapping[str, tuple[str, ...]] = {
    "depends_on": ("depends on", "depends on used by", "consumes", "consumes consumed by", "uses used by", "requires"),
    "runs_on": ("runs on", "runs on runs"),
    "hosted_on": ("hosted on", "hosted on hosts", "virtualized by", "virtualized by virtualizes"),
    "stores_data_on": ("stores data on", "uses storage"),
    "powered_by": ("powered by", "powered by powers"),
    "located_in": ("located in", "located in houses", "in rack"),
    "connects_through": ("connects through", "connects to", "connects to connected by"),
    "backed_up_by": ("backed up by",),
    "replicates_to": ("replicates to", "replicates to replicated by"),
    "delivered_by": ("delivered by", "provided by", "contains", "contains contained by"),
    "has_member": ("has member", "members", "members member of"),
    "part_of": ("part of", "member of members"),
}
"""Words for dependencies read from the first CI to the second, by relation type."""
TEAMS: Mapping[str, tuple[str, ...]] = {
    "supported_by": ("support group", "supported by", "assignment group", "support team", "managed by group",
                     "managed by team"),
    "owned_by": ("owner", "owned by", "service owner", "owner group", "it owner group", "service owner group",
                 "owner team", "owning team"),
}  # fmt: skip
"""Headers of columns that name a team, by the relation that leads to it."""
FROM = ("from", "parent", "source", "upstream", "consumer", "dependent", "service instance")
TO = ("to", "child", "target", "downstream", "provider", "depends on", "ci")
TYPES = ("type", "relation", "relationship", "association type")
"""Headers of columns that say how two CIs are related."""
DATE_FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y",
    "%d-%b-%Y",
)  # fmt: skip
"""How dates are written, the least ambiguous first."""
