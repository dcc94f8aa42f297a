"""A NetBox dump with an object of every model that is read."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.importers.payloads.payload import Part, Payload


def row(model: str, number: int, /, **fields: Any) -> dict[str, Any]:
    return {"model": model, "pk": number, "fields": {"name": f"{model} {number}", "status": "active", **fields}}


def cable(number: int, one: tuple[str, int], other: tuple[str, int]) -> list[dict[str, Any]]:
    ends = [
        row("dcim.cabletermination", 2 * number + at, cable=number, cable_end=side, termination_id=end[1],
            termination_type=["dcim", end[0]])
        for at, (side, end) in enumerate((("A", one), ("B", other)))
    ]  # fmt: skip
    return [row("dcim.cable", number), *ends]


ROWS = [
    row("tenancy.tenant", 1, name="Health"),
    row("dcim.site", 1, name="Halifax", tenant=1, physical_address="1 Main Street"),
    row("dcim.location", 1, name="Floor 2", site=1, parent=None),
    row("dcim.rack", 1, name="R1", site=1, location=1),
    row("dcim.manufacturer", 1, name="Example"),
    row("dcim.devicetype", 1, model="X1", manufacturer=1),
    *(row("dcim.devicerole", at, name=name) for at, name in enumerate(("Server", "ToR switch", "PDU"), 1)),
    row("dcim.device", 1, name="web-1", role=1, device_type=1, rack=1, site=1, serial="S1", cluster=1),
    row("dcim.device", 2, name="sw-1", role=2, device_type=1, rack=1, site=1),
    row("dcim.device", 3, name="sw-2", role=2, device_type=1, rack=1, site=1),
    row("dcim.device", 4, name=None, role=3, device_type=1, rack=1, site=1, status="planned"),
    row("dcim.device", 5, name="spare", role=1, device_type=1, rack=1, site=1, tenant=1),
    row("dcim.powerpanel", 1, name="Panel", site=1),
    row("dcim.powerfeed", 1, name="Feed A", power_panel=1),
    row("dcim.powerport", 1, device=1),
    row("dcim.powerport", 2, device=1),
    row("dcim.poweroutlet", 1, device=4),
    *cable(1, ("powerport", 1), ("poweroutlet", 1)),
    *cable(2, ("powerfeed", 1), ("powerport", 2)),
    *(row("dcim.interface", at, device=device) for at, device in enumerate((1, 1, 2, 3), 1)),
    *cable(3, ("interface", 1), ("interface", 3)),
    *cable(4, ("interface", 4), ("interface", 2)),
    row("virtualization.cluster", 1, name="Farm", site=1),
    row("virtualization.virtualmachine", 1, name="vm1", cluster=1, memory=2048, vcpus="2.00", tenant=1),
    row("circuits.provider", 1, name="Line company"),
    *(row("circuits.circuit", at, cid=f"C-{at}", provider=1) for at in (1, 2)),
    *(row("circuits.circuittermination", at, circuit=at, site=1) for at in (1, 2)),
    row("tenancy.contact", 1, name="Ada", email="ada@example.org"),
    row("tenancy.contactassignment", 1, content_type=["dcim", "site"], object_id=1, contact=1),
]


def write(folder: Path, parts: Sequence[Part]) -> Path:
    """One dump."""
    path = folder / "netbox.json"
    path.write_text(json.dumps(list(parts)))
    return path


NETBOX = Payload(
    "netbox", ROWS, write, "'spare'", "netbox-device-5", row("tenancy.contact", 2, name="a\u202eb"), "netbox.json"
)
