"""What the importer of iTop exports can do."""

from importers.kit.capabilities import Capabilities

CAPABILITIES = Capabilities(
    title="iTop",
    reads=("XML, JSON of its REST service, or CSV named by class; one file or a tree",),
    kinds=(
        "agreement", "application", "business_service", "client_group", "cluster", "database", "document", "facility",
        "hypervisor", "network_device", "person", "power", "server", "software", "storage", "team", "virtual_machine",
    ),
    relations=(
        "connects_through", "covered_by", "delivered_by", "depends_on", "documented_in", "has_member", "hosted_on",
        "located_in", "member_of", "owned_by", "part_of", "powered_by", "runs_on", "stores_data_on", "supported_by",
        "uses",
    ),
    pools=("`power`", "`hypervisors`", "`parts`"),
    becomes=(
        ("Organization; Team, Person", "a client group, which owns; a team, a person, members of it"),
        ("Location, Rack, Enclosure", "facilities, each part of the larger one"),
        ("Server, PC; NetworkDevice, SANSwitch; StorageSystem, NAS, TapeLibrary, LogicalVolume, NASFileSystem, Tape",
         "servers; network devices; storage"),
        ("PDU, PowerSource", "power; a device with two connections needs one (pool `power`)"),
        ("Farm, Hypervisor, VirtualMachine",
         "a cluster of hypervisors, each hosted on its server; virtual machines on either"),
        ("DBServer, DatabaseSchema; WebServer, Middleware and its instances, PCSoftware, OtherSoftware; WebApplication",
         "databases; software; an application; each runs on what it names"),
        ("ApplicationSolution; BusinessProcess",
         "an application that depends on its CIs; a business service delivered by it"),
        ("Service; CustomerContract, ProviderContract",
         "a business service; agreements, and the customer uses what the contract covers"),
        ("contacts of CIs and services; documents", "who supports them; documents"),
    ),
    left_out="Classes of CIs that have no kind here (printers, phones, your own), with a warning; tickets, types and"
    " other things that are no CIs, without.",
    notes="""\
Ids are `itop-server-17`: class and key. `redundancy` becomes a pool: of a farm, one hypervisor is enough unless the
export says otherwise; of a solution, everything is needed unless it says otherwise; a percentage stays one. CSV files
are named by class (`Server.csv`), with attribute codes as columns. Links may stand inside an object or on their own.

What fails in iTop is down here: its impact rules are followed, relation by relation. The differences:

- iTop knows impacted or not. Here a farm that lost one of two hypervisors is at risk, which iTop does not show.
- Places carry impact here: what stands in a rack is lost with it. So do services by the CIs they are delivered by.
- Rights never change an answer here; they only hide names. iTop stops at what the reader may not see, unless asked for
  a complete analysis.
- Network uplinks are not followed, as in iTop; a CI with several downlinks needs all of them, as in iTop.

A key of an object that the export lacks is a warning, and its relation is left out. A key of objects of two classes, as
in iTop's own sample set, is that of the class that comes first by name, with a warning.""",
)  # fmt: skip
