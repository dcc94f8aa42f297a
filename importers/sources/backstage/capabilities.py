"""What the importer of Backstage catalogues can do."""

from importers.kit.capabilities import Capabilities

CAPABILITIES = Capabilities(
    title="Backstage",
    reads=("`catalog-info.yaml`, one file or a tree of folders with many",),
    kinds=(
        "application", "business_service", "cloud_resource", "cluster", "database", "endpoint", "person", "server",
        "software", "storage", "team", "technical_service", "virtual_machine",
    ),
    relations=("delivered_by", "depends_on", "member_of", "owned_by"),
    becomes=(
        ("Component; Resource; API",
         "an application (`service`, `website`) or software; a database, cluster, server, … by its type, else a cloud"
         " resource; an endpoint"),
        ("System; Domain",
         "a technical service; a business service, delivered by what is in it: losing one part degrades it, since"
         " Backstage does not say how much each matters"),
        ("Group; User", "a team; a person. An owner that no file describes becomes a team of that name"),
        ("`dependsOn`, `dependencyOf`, `consumesApis`",
         "dependencies; an API depends on the components that provide it"),
        ("`subcomponentOf`", "the whole depends on its part, which degrades it"),
        ("`owner`, `memberOf`, `parent`", "who owns, who belongs where"),
    ),
    left_out="Location and Template; fields that are not named here.",
    notes="Ids are `component:pay`, or `component:finance/pay` outside the default namespace.",
)  # fmt: skip
