"""Data centres with rooms, racks and power; offices and hospitals with their lines."""

from examples.province.estate import Estate, table
from examples.province.tables.sites import DATA_CENTRES, DUCTS, HALLS, IN_DUCT, REGIONS, SITES, TRUNKS

MAINS = {"gdc": ("a", "b"), "hdc": ("a", "a")}
"""Which transfer switch feeds UPS a and UPS b. In the health data centre it is the same one."""


def add_data_centres(estate: Estate) -> None:
    """Both data centres: halls, racks and power."""
    for site, name, address, sector in table(DATA_CENTRES, 4):
        estate.ci(f"fac-{site}", "facility", name, sector, address=address, criticality="critical", restore="10m")
        estate.link(f"fac-{site}", "managed_by", "team-datacentre")
        estate.link(f"fac-{site}", "on_call", "team-datacentre")
        for hall, racks in HALLS[site]:
            room = estate.ci(f"room-{site}-{hall}", "facility", f"{name}, hall {hall.upper()}", sector, restore="0m")
            estate.link(room, "part_of", f"fac-{site}")
            for number in range(1, racks + 1):
                label = f"{hall}{number:02d}"
                rack = estate.ci(
                    f"rack-{site}-{label}", "facility", f"Rack {site.upper()}-{label.upper()}", sector, restore="0m"
                )
                estate.link(rack, "part_of", room)
        _power(estate, site, name, sector)


def _power(estate: Estate, site: str, name: str, sector: str) -> None:
    for side in "ab":
        label = f"{name}, {side.upper()}"
        feed = estate.ci(f"pwr-{site}-feed-{side}", "power", f"Grid feed, {label}", sector, restore="30m")
        estate.link(feed, "supplied_by", "sup-gridlight")
        generator = estate.ci(
            f"pwr-{site}-gen-{side}", "power", f"Generator, {label}", sector,
            manufacturer="Gridlight", model="G900", restore="5m",
        )  # fmt: skip
        switch = estate.ci(f"pwr-{site}-ats-{side}", "power", f"Transfer switch, {label}", sector, restore="0m")
        estate.pool(switch, "source", "1", "powered_by", [feed, generator])
    for side, source in zip("ab", MAINS[site], strict=True):
        ups = estate.ci(
            f"pwr-{site}-ups-{side}", "power", f"UPS, {name}, {side.upper()}", sector,
            manufacturer="Voltbarrow", model="U400", restore="5m",
        )  # fmt: skip
        estate.link(ups, "powered_by", f"pwr-{site}-ats-{source}")
        estate.link(ups, "supported_by", "team-datacentre")
        for hall, _ in HALLS[site]:
            label = f"{hall}{side}"
            pdu = estate.ci(f"pdu-{site}-{label}", "power", f"PDU {site.upper()} {label.upper()}", sector, restore="0m")
            estate.link(pdu, "powered_by", ups)
            estate.link(pdu, "located_in", f"room-{site}-{hall}")


def stand(estate: Estate, ci: str, site: str, hall: str, rack: int, switch: bool = True) -> None:
    """Put hardware in a rack, on both power sides of the hall and, with `switch`, on both of its switches."""
    estate.link(ci, "located_in", f"rack-{site}-{hall}{rack:02d}")
    estate.pool(ci, "power", "1", "powered_by", [f"pdu-{site}-{hall}{side}" for side in "ab"])
    if switch:
        members = [f"sw-{site}-{hall}-{n:02d}" for n in (1, 2)]
        estate.pool(ci, "uplink", "1", "connects_through", members)


def add_sites(estate: Estate) -> None:
    """Ducts, trunk lines, and every office and hospital with its router, switches, lines and power."""
    for duct, name, address in table(DUCTS, 3):
        estate.ci(duct, "facility", name, address=address)
    for line, name, speed, ends, supplier in table(TRUNKS, 5):
        _line(estate, line, name, speed, [end.strip() for end in ends.split(",")], supplier)
    for code, name, region, sector, lines, address in table(SITES, 6):
        _site(estate, code, name, sector, address)
        _site_lines(estate, code, name, region, int(lines))


def _line(estate: Estate, line: str, name: str, speed: str, ends: list[str], supplier: str) -> None:
    estate.ci(line, "circuit", name, bandwidth_mbps=speed, restore="30m", rto="8h")
    for end in ends:
        estate.link(line, "connects_through", end)
    estate.link(line, "supplied_by", supplier)
    estate.link(line, "managed_by", "team-network")
    if duct := IN_DUCT.get(line):
        estate.link(line, "located_in", duct)


def _site_lines(estate: Estate, code: str, name: str, region: str, count: int) -> None:
    lines = [f"ckt-{code}-{side}" for side in "ab"[:count]]
    for line, end, supplier in zip(lines, REGIONS[region], ("sup-longwire", "sup-tidalnet"), strict=False):
        speed = "1000" if count == 2 else "200"
        _line(estate, line, f"Line {line[-1].upper()} to {name}", speed, [end], supplier)
    estate.pool_or_link(f"rtr-{code}-01", "lines", "1", "connects_through", lines)


def _site(estate: Estate, code: str, name: str, sector: str, address: str) -> None:
    place = estate.ci(f"fac-{code}", "facility", name, sector, address=address, restore="10m")
    hospital = code.startswith("hos")
    feed = estate.ci(f"pwr-{code}-feed", "power", f"Grid feed, {name}", sector, restore="30m")
    estate.link(feed, "supplied_by", "sup-gridlight")
    source = [feed]
    if hospital or code == "comms":
        source.append(estate.ci(f"pwr-{code}-gen", "power", f"Generator, {name}", sector, restore="5m"))
    devices = [("rtr", "Router", "network_device"), ("sw", "Switch", "network_device")]
    for stem, label, kind in devices:
        ci = estate.ci(
            f"{stem}-{code}-01", kind, f"{label}, {name}", sector, manufacturer="Hexline Networks",
            model=f"{stem.upper()}-{'900' if hospital else '300'}", restore="10m", hostname=f"{stem}-{code}-01",
        )  # fmt: skip
        estate.pool_or_link(ci, "power", "1", "powered_by", source)
        estate.link(ci, "located_in", place)
        estate.link(ci, "supported_by", "team-network")
    estate.link(f"sw-{code}-01", "connects_through", f"rtr-{code}-01")
    _site_servers(estate, code, name, sector, source, hospital)


def _site_servers(estate: Estate, code: str, name: str, sector: str, source: list[str], hospital: bool) -> None:
    servers = [("local", "File and print server", "Rocky Linux 9")]
    servers.append(("voice", "Voice gateway", "Hexline VoiceOS 7"))
    if hospital:
        servers.append(("downtime", "Downtime chart server", "Debian 12"))
    for stem, label, system in servers:
        ci = estate.ci(
            f"srv-{code}-{stem}", "server", f"{label}, {name}", sector, os=system, cpus="8", memory_gib="32",
            manufacturer="Thornfield", model="T220", hostname=f"{code}-{stem}", environment="production",
            restore="30m",
        )  # fmt: skip
        estate.pool_or_link(ci, "power", "1", "powered_by", source)
        estate.link(ci, "connects_through", f"sw-{code}-01")
        estate.link(ci, "located_in", f"fac-{code}")
        estate.link(ci, "supported_by", "team-voice" if stem == "voice" else "team-desktop")
