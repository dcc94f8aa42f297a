"""What the importer of NetBox inventories can do."""

from importers.kit.capabilities import Capabilities

CAPABILITIES = Capabilities(
    title="NetBox",
    reads=("what `manage.py dumpdata` writes, one `.json` or `.json.gz`",),
    kinds=(
        "circuit", "client_group", "cluster", "facility", "network_device", "person", "power", "server", "supplier",
        "virtual_machine",
    ),
    relations=(
        "connects_through", "has_member", "hosted_on", "located_in", "managed_by", "owned_by", "part_of", "powered_by",
        "supplied_by",
    ),
    pools=("`power`", "`network`", "`circuits`"),
    becomes=(
        ("sites, locations, racks", "facilities, each part of the larger one"),
        ("tenants; providers; contacts",
         "client groups, which own; suppliers; people, who manage what they are assigned to"),
        ("devices",
         "by the name of their role: `power` (PDU, UPS), `network_device` (router, switch, firewall, …), else `server`;"
         " located in their rack, else location, else site"),
        ("power panels, feeds, ports and their cables",
         "power; a device with several sources needs one of them (pool `power`)"),
        ("network cables",
         "a server depends on the network devices at the other ends; with several it needs one (pool `network`)."
         " Between two network devices NetBox does not say which needs which: nothing is made of those"),
        ("circuits", "a site with several needs one of them (pool `circuits`)"),
        ("clusters, virtual chassis, device bays",
         "clusters with members; a virtual machine is hosted on its device, else on its cluster"),
    ),
    left_out="All other models, such as addresses, VLANs, tags, users and change logs.",
    notes="""\
Ids are `netbox-device-17`: NetBox's own keys, so that renaming a device does not make it another. States become
lifecycles: what failed or is offline is still there; `retired`, `decommissioned` and `inactive` are retired.""",
)  # fmt: skip
