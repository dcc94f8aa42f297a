"""A Terraform state with a resource of every kind."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.importers.payloads.payload import Part, Payload

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


def resource(type_: str, name: str, *instances: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": type_, "name": name, "provider": AWS, "instances": list(instances), **fields}


def instance(*needs: str, key: object = None, **attributes: Any) -> dict[str, Any]:
    return {"index_key": key, "attributes": attributes, "dependencies": list(needs)}


NETWORK = ("aws_subnet.a", "aws_vpc.main")
RESOURCES = [
    resource("aws_vpc", "main", instance(id="vpc-1", region="ca-central-1", tags={"Name": "Main"})),
    resource("aws_subnet", "a", *(instance("aws_vpc.main", key=key, id=f"subnet-{key}") for key in (0, 1))),
    resource("aws_instance", "web", *(
        instance(*NETWORK, key=key, id=f"i-{key}", private_ip=f"10.0.0.{key}", tags={"Name": f"web {key}"})
        for key in (0, 1))),
    resource("aws_db_instance", "db", {
        **instance(*NETWORK, identifier="orders", engine="postgres", password="hunter2", description="hunter2"),
        "sensitive_attributes": [[{"type": "get_attr", "value": "description"}]]}),
    resource("aws_security_group", "web", instance("aws_vpc.main", name="web")),
    resource("aws_lb", "front", instance(*NETWORK, name="front"), module="module.edge[0]"),
    resource("aws_route53_record", "shop", instance("module.edge.aws_lb.front", fqdn="shop.example.org")),
    resource("aws_s3_bucket", "files", instance(id="files")),
    resource("aws_eks_cluster", "apps", instance(*NETWORK, name="apps")),
    resource("aws_ecs_service", "jobs", instance(*NETWORK, name="jobs")),
    resource("aws_ami", "linux", instance(id="ami"), mode="data"),
    resource("aws_s3_bucket", "spare", instance("aws_vpc.main", id="spare")),
]  # fmt: skip


def write(folder: Path, parts: Sequence[Part]) -> Path:
    """One state."""
    path = folder / "terraform.tfstate"
    path.write_text(json.dumps({"version": 4, "terraform_version": "1.9.0", "resources": list(parts)}))
    return path


BAD = resource("aws_vpc", "evil", instance(id="evil", tags={"Name": "a\u202eb"}))
TERRAFORM = Payload("terraform", RESOURCES, write, "'spare'", "test:aws_s3_bucket.spare", BAD, "terraform.tfstate")
