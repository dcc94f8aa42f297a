"""What the importer of Terraform states can do."""

from importers.kit.capabilities import Capabilities

CAPABILITIES = Capabilities(
    title="Terraform",
    reads=("`*.tfstate` of version 4, one file or a tree", "what `terraform show -json` writes"),
    kinds=(
        "application_instance", "cloud_resource", "cluster", "database", "endpoint", "network_device", "storage",
        "virtual_machine",
    ),
    relations=("depends_on",),
    pools=("the address of a resource with several instances",),
    becomes=(
        ("machines; database instances and clusters; Kubernetes and other clusters, groups and pools of machines",
         "virtual machines; databases; clusters"),
        ("load balancers, gateways, routers, firewalls; disks, buckets, file systems; DNS records, addresses, API"
         " gateways",
         "network devices; storage; endpoints"),
        ("container services and deployments; networks, functions, queues, registries, zones",
         "application instances; cloud resources"),
        ("`dependencies` between those recorded",
         "dependencies, on the instance of the same index, else on one of all (pool named by the resource)"),
    ),
    left_out="Other types: roles, rules, attachments, keys, passwords, …; data sources; every attribute but a fixed"
    " list of names, keys, regions, versions and addresses, and of those none that the state marks as sensitive.",
    notes="""\
Ids are `prod:module.shop.aws_instance.web[0]`: the source, in a tree the place of the state, and the address. Terraform
records in which order things are built, which mostly is what needs what; where it is the other way round, as between a
database cluster and its instances, correct it from another source. Attachments say nothing about who needs whom:
nothing is made of them.""",
)  # fmt: skip
