"""What a NetBox dump says, in our words: places, devices, power, virtual machines, circuits, and who they are for.

Power: a device depends on what its power ports are cabled to. With several sources it needs one of them: they form the
pool `power`. A site with several circuits needs one of them: the pool `circuits`. A device bay, a virtual chassis and a
cluster are made of their members. Network cables join a device to the network device at the other end; between two
network devices NetBox does not say which needs which, so nothing is made of them.
"""

from collections.abc import Iterable, Iterator

from importers.kit.build import Build
from importers.sources.netbox.dump import Dump, Row

PLACES = ("dcim.site", "dcim.location", "dcim.rack")
STATES = {
    "active": "live", "connected": "live", "planned": "planned", "staged": "planned", "provisioning": "planned",
    "inventory": "planned", "available": "planned", "reserved": "planned", "retired": "retired",
    "decommissioning": "live", "decommissioned": "retired", "deprovisioning": "live", "failed": "live",
    "offline": "live", "inactive": "retired", "deprecated": "retired",
}  # fmt: skip
"""Lifecycles by NetBox's states; what failed or is offline is still there."""
NETWORK = ("router", "switch", "firewall", "access", "distribution", "core", "balancer", "wan", "wireless", "patch")
POWER = ("pdu", "ups", "power")
INTERFACES = frozenset({"interface", "frontport", "rearport"})


def describe(dump: Dump, build: Build) -> None:
    """Put everything in `dump` that we record into `build`."""
    for part in (_places, _parties, _devices, _members, _power, _virtual, _circuits, _cables, _contacts):
        part(dump, build)


def ci_id(row: Row) -> str:
    """The id of an object: `netbox-device-1`."""
    return f"netbox-{row.model.rpartition('.')[2]}-{row.number}"


def _ci(build: Build, row: Row, kind: str, name: str = "", **fields: str) -> str:
    """A CI with what all objects of NetBox have."""
    return build.ci(
        row.at, ci_id(row), kind, name or row.text("name"),
        lifecycle=STATES.get(row.text("status"), "live"), description=row.text("description"),
        external_id=f"{row.model}/{row.number}", **fields,
    )  # fmt: skip


def _owned(dump: Dump, build: Build, row: Row) -> None:
    tenant = dump.get("tenancy.tenant", row.number_of("tenant"))
    if tenant:
        build.relation(row.at, ci_id(row), "owned_by", ci_id(tenant))


def _place(dump: Dump, row: Row) -> Row | None:
    """The smallest place that an object stands in."""
    names = ("rack", "location", "site")
    found = (dump.get(f"dcim.{name}", row.number_of(name)) for name in names if row.model != f"dcim.{name}")
    return next((place for place in found if place), None)


def _places(dump: Dump, build: Build) -> None:
    for model in PLACES:
        for row in dump.every(model):
            _ci(build, row, "facility", address=row.text("physical_address"))
            _owned(dump, build, row)
            outer = dump.get("dcim.location", row.number_of("parent")) or _place(dump, row)
            if outer and outer.at != row.at:
                build.relation(row.at, ci_id(row), "part_of", ci_id(outer))


def _parties(dump: Dump, build: Build) -> None:
    for row in dump.every("tenancy.tenant"):
        _ci(build, row, "client_group")
    for row in dump.every("circuits.provider"):
        _ci(build, row, "supplier")
    for row in dump.every("tenancy.contact"):
        _ci(build, row, "person", title=row.text("title"), phone=row.text("phone"), email=row.text("email"))


def _devices(dump: Dump, build: Build) -> None:
    for row in dump.every("dcim.device"):
        type_ = dump.get("dcim.devicetype", row.number_of("device_type"))
        maker = dump.get("dcim.manufacturer", type_.number_of("manufacturer")) if type_ else None
        hardware = {
            "manufacturer": maker.text("name") if maker else "",
            "model": type_.text("model") if type_ else "",
            "serial": row.text("serial"),
        }
        kind = _device_kind(dump, row)
        host = {"hostname": row.text("name")} if kind != "power" else {}
        _ci(build, row, kind, row.text("name") or _unnamed(type_, row), **hardware, **host)
        _owned(dump, build, row)
        if place := _place(dump, row):
            build.relation(row.at, ci_id(row), "located_in", ci_id(place))


def _unnamed(type_: Row | None, row: Row) -> str:
    return f"{type_.text('model') if type_ else 'device'} {row.number}"


def _device_kind(dump: Dump, row: Row) -> str:
    """By the role of the device, which every device has."""
    role = dump.get("dcim.devicerole", row.number_of("role") or row.number_of("device_role"))
    words = f"{role.text('slug')} {role.text('name')}".casefold() if role else ""
    if any(word in words for word in POWER):
        return "power"
    return "network_device" if any(word in words for word in NETWORK) else "server"


def _members(dump: Dump, build: Build) -> None:
    for row in dump.every("dcim.virtualchassis"):
        _ci(build, row, "cluster")
    for row in dump.every("dcim.device"):
        chassis = dump.get("dcim.virtualchassis", row.number_of("virtual_chassis"))
        if chassis:
            build.relation(row.at, ci_id(chassis), "has_member", ci_id(row))
    for bay in dump.every("dcim.devicebay"):
        outer = dump.get("dcim.device", bay.number_of("device"))
        inner = dump.get("dcim.device", bay.number_of("installed_device"))
        if outer and inner:
            build.relation(bay.at, ci_id(inner), "hosted_on", ci_id(outer))


def _power(dump: Dump, build: Build) -> None:
    for row in dump.every("dcim.powerpanel"):
        _ci(build, row, "power")
        if place := _place(dump, row):
            build.relation(row.at, ci_id(row), "located_in", ci_id(place))
    for feed in dump.every("dcim.powerfeed"):
        _ci(build, feed, "power")
        panel = dump.get("dcim.powerpanel", feed.number_of("power_panel"))
        if panel:
            build.relation(feed.at, ci_id(feed), "powered_by", ci_id(panel))
    sources: dict[str, dict[str, str]] = {}
    for port, other in _joined(dump, "powerport"):
        device = dump.get("dcim.device", port.number_of("device"))
        source = other if other.model == "dcim.powerfeed" else dump.get("dcim.device", other.number_of("device"))
        if device and source and source is not device:
            sources.setdefault(ci_id(device), {}).setdefault(ci_id(source), port.at)
    for device_id, found in sources.items():
        _depend(build, device_id, "powered_by", found, "power")


def _depend(build: Build, ci: str, type_: str, providers: dict[str, str], pool: str) -> None:
    """On all of `providers` (id and place); several form a pool of which one is enough: with one lost, what is left
    carries the load, and the device is at risk."""
    several = pool if len(providers) > 1 else ""
    for provider, at in providers.items():
        build.relation(at, ci, type_, provider, several)
    if several:
        build.pool(next(iter(providers.values())), ci, pool, "1")


def _virtual(dump: Dump, build: Build) -> None:
    for row in dump.every("virtualization.cluster"):
        _ci(build, row, "cluster")
        _owned(dump, build, row)
        if place := _place(dump, row):
            build.relation(row.at, ci_id(row), "located_in", ci_id(place))
    for row in dump.every("dcim.device"):
        cluster = dump.get("virtualization.cluster", row.number_of("cluster"))
        if cluster:
            build.relation(row.at, ci_id(cluster), "has_member", ci_id(row))
    for row in dump.every("virtualization.virtualmachine"):
        memory = row.fields.get("memory")
        size = f"{memory / 1024:g}" if isinstance(memory, int) else ""
        _ci(build, row, "virtual_machine", hostname=row.text("name"), memory_gib=size, cpus=_whole(row.text("vcpus")))
        _owned(dump, build, row)
        host = dump.get("dcim.device", row.number_of("device"))
        host = host or dump.get("virtualization.cluster", row.number_of("cluster"))
        if host:
            build.relation(row.at, ci_id(row), "hosted_on", ci_id(host))


def _whole(text: str) -> str:
    """`2.00` as `2`; parts of a processor are left out."""
    whole, _, part = text.partition(".")
    return whole if not part.strip("0") else ""


def _circuits(dump: Dump, build: Build) -> None:
    sites: dict[int, dict[str, str]] = {}
    for row in dump.every("circuits.circuit"):
        _ci(build, row, "circuit", row.text("cid"))
        _owned(dump, build, row)
        provider = dump.get("circuits.provider", row.number_of("provider"))
        if provider:
            build.relation(row.at, ci_id(row), "supplied_by", ci_id(provider))
    for end in dump.every("circuits.circuittermination"):
        circuit, site = dump.get("circuits.circuit", end.number_of("circuit")), end.number_of("site")
        if circuit and site is not None:
            sites.setdefault(site, {}).setdefault(ci_id(circuit), end.at)
    for number, circuits in sites.items():
        site_row = dump.get("dcim.site", number)
        if site_row:
            _depend(build, ci_id(site_row), "connects_through", circuits, "circuits")


def _cables(dump: Dump, build: Build) -> None:
    """Devices that are no network devices depend on the network devices that they are cabled to."""
    uplinks: dict[str, dict[str, str]] = {}
    for port, other in _joined(dump, *INTERFACES):
        device = dump.get("dcim.device", port.number_of("device"))
        peer = dump.get("dcim.device", other.number_of("device"))
        if device and peer and (_device_kind(dump, device), _device_kind(dump, peer)) == ("server", "network_device"):
            uplinks.setdefault(ci_id(device), {}).setdefault(ci_id(peer), port.at)
    for device_id, peers in uplinks.items():
        _depend(build, device_id, "connects_through", peers, "network")


def _joined(dump: Dump, *types: str) -> Iterator[tuple[Row, Row]]:
    """Both ends of every cable, in both directions, whose first end is of one of `types`."""
    ends: dict[int, dict[str, list[Row]]] = {}
    for end in dump.every("dcim.cabletermination"):
        cable, kind = end.number_of("cable"), end.fields.get("termination_type")
        model = ".".join(map(str, kind)) if isinstance(kind, list) else ""
        row = dump.get(model, end.number_of("termination_id"))
        if cable is not None and row:
            ends.setdefault(cable, {}).setdefault(end.text("cable_end"), []).append(row)
    for sides in ends.values():
        for one, other in (("A", "B"), ("B", "A")):
            for first in _of(sides.get(one, ()), types):
                for second in sides.get(other, ()):
                    yield first, second


def _of(rows: Iterable[Row], types: Iterable[str]) -> Iterator[Row]:
    accepted = {f"dcim.{type_}" for type_ in types}
    return (row for row in rows if row.model in accepted)


def _contacts(dump: Dump, build: Build) -> None:
    recorded = {*PLACES, "dcim.device", "virtualization.cluster", "virtualization.virtualmachine", "circuits.circuit",
                "tenancy.tenant"}  # fmt: skip
    for row in dump.every("tenancy.contactassignment"):
        kind = row.fields.get("content_type")
        model = ".".join(map(str, kind)) if isinstance(kind, list) else ""
        thing = dump.get(model, row.number_of("object_id"))
        contact = dump.get("tenancy.contact", row.number_of("contact"))
        if contact and thing and model in recorded:
            build.relation(row.at, ci_id(thing), "managed_by", ci_id(contact))
