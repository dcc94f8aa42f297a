"""NetBox's REST objects as the rows that `manage.py dumpdata` writes: what the importer reads, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]
CABLED = ("device",)


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of the API: where it is, of which model, and which fields of its objects are read."""

    path: str
    model: str
    fields: tuple[str, ...]


LISTINGS: tuple[Listing, ...] = (
    Listing("tenancy/tenants", "tenancy.tenant", ("name", "description")),
    Listing("tenancy/contacts", "tenancy.contact", ("name", "title", "phone", "email", "description")),
    Listing("circuits/providers", "circuits.provider", ("name", "description")),
    Listing("dcim/sites", "dcim.site", ("name", "status", "tenant", "physical_address", "description")),
    Listing("dcim/locations", "dcim.location", ("name", "status", "tenant", "site", "parent", "description")),
    Listing("dcim/racks", "dcim.rack", ("name", "status", "tenant", "site", "location", "description")),
    Listing("dcim/manufacturers", "dcim.manufacturer", ("name",)),
    Listing("dcim/device-types", "dcim.devicetype", ("model", "manufacturer")),
    Listing("dcim/device-roles", "dcim.devicerole", ("name", "slug")),
    Listing("dcim/virtual-chassis", "dcim.virtualchassis", ("name", "description")),
    Listing("virtualization/clusters", "virtualization.cluster", (
        "name", "status", "tenant", "site", "location", "description",
    )),
    Listing("dcim/devices", "dcim.device", (
        "name", "status", "tenant", "site", "location", "rack", "device_type", "role", "device_role", "serial",
        "virtual_chassis", "cluster", "description",
    )),
    Listing("dcim/device-bays", "dcim.devicebay", ("device", "installed_device")),
    Listing("dcim/power-panels", "dcim.powerpanel", ("name", "site", "location", "description")),
    Listing("dcim/power-feeds", "dcim.powerfeed", ("name", "status", "power_panel", "description")),
    Listing("dcim/power-ports", "dcim.powerport", CABLED),
    Listing("dcim/power-outlets", "dcim.poweroutlet", CABLED),
    Listing("dcim/interfaces", "dcim.interface", CABLED),
    Listing("dcim/front-ports", "dcim.frontport", CABLED),
    Listing("dcim/rear-ports", "dcim.rearport", CABLED),
    Listing("virtualization/virtual-machines", "virtualization.virtualmachine", (
        "name", "status", "tenant", "memory", "vcpus", "device", "cluster", "description",
    )),
    Listing("circuits/circuits", "circuits.circuit", ("cid", "status", "tenant", "provider", "description")),
    Listing("circuits/circuit-terminations", "circuits.circuittermination", ("circuit", "site")),
    Listing("dcim/cable-terminations", "dcim.cabletermination", (
        "cable", "cable_end", "termination_type", "termination_id",
    )),
    Listing("tenancy/contact-assignments", "tenancy.contactassignment", ("contact", "content_type", "object_id")),
)  # fmt: skip
"""Every list that is read."""
TYPES = frozenset({"content_type", "termination_type"})
"""Fields that name a model; a dump holds it as application and name."""
_RENAMED = {"content_type": "object_type"}
"""Fields by the name that later versions give them."""
_SCOPES = {
    "virtualization.cluster": ("scope_type", "scope_id"),
    "circuits.circuittermination": ("termination_type", "termination_id"),
}
"""Models that name their place by its type and key since version 4.2, instead of by a field of its own."""


def key_of(thing: Object) -> int | None:
    """The key of an object; None where it has none."""
    key = thing.get("id")
    return key if isinstance(key, int) and not isinstance(key, bool) else None


def row_of(listing: Listing, thing: Object) -> dict[str, Any] | None:
    """An object of a list as a row of a dump; None where it has no key."""
    key = key_of(thing)
    if key is None:
        return None
    fields = {name: _field(name, thing) for name in listing.fields}
    type_, id_ = _SCOPES.get(listing.model, ("", ""))
    place = thing.get(type_)
    if isinstance(place, str) and place in {"dcim.site", "dcim.location"}:
        fields[place.partition(".")[2]] = thing.get(id_)
    return {"model": listing.model, "pk": key, "fields": {n: v for n, v in fields.items() if v is not None}}


def _field(name: str, thing: Object) -> Any:
    value = thing.get(name)
    if value is None:
        value = thing.get(_RENAMED.get(name, name))
    if name in TYPES:
        app, _, model = value.partition(".") if isinstance(value, str) else ("", "", "")
        return [app, model] if model else None
    return _plain(value)


def _plain(value: Any) -> Any:
    """An object inside another as its key, a choice as its value, anything that is no plain value as nothing."""
    if isinstance(value, dict):
        value = value.get("id", value.get("value"))
    return value if isinstance(value, str | int | float | bool) else None
