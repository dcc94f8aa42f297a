"""Hypervisors and clusters, physical servers, cloud tenancies, and a way to make virtual machines."""

from dataclasses import dataclass

from examples.province.estate import Estate, pick, spread, table
from examples.province.parts.people import Roster
from examples.province.parts.places import stand
from examples.province.tables.people import DOMAIN
from examples.province.tables.sites import HALLS
from examples.province.tables.technology import (
    CLOUD,
    DATA_VOLUMES,
    DATASTORES,
    PHYSICAL,
    PINNED,
    PLATFORM_VMS,
    SQL_CLUSTERS,
    VM_CLUSTERS,
    ZONES,
)

SYSTEMS = ("Debian 12", "Rocky Linux 9", "Calderon Server 2022", "Calderon Server 2019")


@dataclass(frozen=True)
class Node:
    """A virtual machine to be made; `use` is ds for a datastore, db for a data volume."""

    stem: str
    name: str
    zone: str
    number: int
    sector: str
    team: str
    use: str = "ds"
    environment: str = "production"


class Hosting:
    """Makes virtual machines and remembers how many there are, for their addresses."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self._made = 0

    def virtual_machine(self, node: Node) -> str:
        """Add the VM with its cluster and its volume; return the id."""
        estate, ci = self.estate, f"vm-{node.stem}-{node.number:02d}"
        self._made += 1
        net = 40 if node.zone.startswith("h") or node.zone == "d2" else 20
        cpus = pick("cpus " + ci, ("2", "4", "4", "8"))
        estate.ci(
            ci, "virtual_machine", f"{node.name} {node.number:02d}", node.sector, environment=node.environment,
            hostname=f"{ci[3:]}.{DOMAIN}", ip_address=f"10.{net}.{self._made // 240}.{self._made % 240 + 10}",
            os=pick("os " + ci, SYSTEMS), cpus=cpus, memory_gib=str(int(cpus) * (8 if node.use == "db" else 4)),
            restore="10m" if spread("restore " + ci, 100) < 96 else "",
        )  # fmt: skip
        cluster, volume = PINNED.get(ci) or (_cluster(node), volume_of(node.zone, node.use, ci))
        estate.link(ci, "hosted_on", cluster)
        estate.link(ci, "stores_data_on", volume)
        estate.link(ci, "supported_by", f"team-{node.team}")
        return ci


def volume_of(zone: str, use: str, key: str) -> str:
    """A volume of the zone's array: one of its datastores (ds) or data volumes (db)."""
    count = DATASTORES if use == "ds" else DATA_VOLUMES
    return f"{ZONES[zone][0].replace('san-', 'vol-')}-{use}-{spread('volume ' + key, count) + 1:02d}"


def _cluster(node: Node) -> str:
    site = ZONES[node.zone][1]
    if node.environment in {"test", "staging", "development"}:
        return f"vmc-{site}-test-01"
    if node.zone.startswith("d"):
        return f"vmc-{site}-dmz-01"
    if node.use == "db":
        return f"vmc-{site}-db-01"
    return f"vmc-{site}-prod-{(spread(node.stem, 2) + node.number) % 2 + 1:02d}"


def add_hosts(estate: Estate) -> None:
    """VM clusters with their hypervisors, and the shared SQL clusters."""
    for cluster, name, site, hall, count, rule, environment in table(VM_CLUSTERS, 7):
        sector = "health" if site == "hdc" else "shared"
        estate.ci(cluster, "cluster", name, sector, environment=environment, restore="5m", rto="2h")
        estate.link(cluster, "supported_by", "team-virtual")
        estate.link(cluster, "on_call", "oncall-infra")
        members = [_hypervisor(estate, cluster, site, hall, n, sector, environment) for n in range(1, int(count) + 1)]
        required, _, full = rule.partition("/")
        estate.pool(cluster, "hosts", required, "has_member", members, full)
    for cluster, name, site, volume, stem, count, rule in table(SQL_CLUSTERS, 7):
        estate.ci(cluster, "cluster", name, "shared", environment="production", restore="10m", rto="4h")
        nodes = [f"{stem}-{n:02d}" for n in range(1, int(count) + 1)]
        required, _, full = rule.partition("/")
        estate.pool(cluster, "nodes", required, "has_member", nodes, full)
        estate.link(cluster, "stores_data_on", volume)
        estate.link(cluster, "supported_by", "team-database")
        estate.link(cluster, "on_call", "oncall-infra")
        estate.link(cluster, "located_in", f"fac-{site}")


def _hypervisor(estate: Estate, cluster: str, site: str, hall: str, number: int, sector: str, environment: str) -> str:
    ci = f"hv-{cluster.removeprefix('vmc-')}-{number:02d}"
    estate.ci(
        ci, "hypervisor", f"Hypervisor {ci[3:].upper()}", sector, hostname=f"{ci}.{DOMAIN}", cpus="64",
        memory_gib="1024", os="Hearth Hypervisor 8", manufacturer="Thornfield", model="R750",
        serial=f"TF{7000 + spread(ci, 2000)}", restore="10m", environment=environment,
    )  # fmt: skip
    stand(estate, ci, site, hall, number + 1)
    estate.pool(ci, "fabric", "1", "connects_through", [f"sw-fc-{site}-{n:02d}" for n in (1, 2)])
    return ci


def add_physical(estate: Estate, roster: Roster) -> None:
    """Servers on metal, and what is rented from clouds."""
    for stem, name, site, count, sector, team, maker, model in table(PHYSICAL, 8):
        for number in range(1, int(count) + 1):
            ci = f"{stem}-{site}-{number:02d}"
            halls = [hall for hall, _ in HALLS[site]]
            estate.ci(
                ci, "server", f"{name} {site.upper()}-{number:02d}", sector, hostname=f"{ci}.{DOMAIN}",
                manufacturer=maker, model=model, os=pick(stem, SYSTEMS), environment="production",
                restore="" if spread("repair " + ci, 100) < 6 else "15m", cpus="32", memory_gib="256",
            )  # fmt: skip
            stand(estate, ci, site, halls[number % 2], 3 + number)
            estate.link(ci, "supported_by", f"team-{team}")
            if number == 1:
                estate.link(ci, "has_expert", roster.expert(f"team-{team}", stem))
    for ci, name, provider, region, supplier, environment in table(CLOUD, 6):
        estate.ci(ci, "cloud_resource", name, provider=provider, region=region, environment=environment, rto="4h")
        estate.link(ci, "supplied_by", supplier)


def add_platform_machines(hosting: Hosting) -> None:
    """Virtual machines of the platform itself: jump hosts, probes, print queues."""
    for stem, name, zone, count, sector, environment, team in table(PLATFORM_VMS, 7):
        for number in range(1, int(count) + 1):
            hosting.virtual_machine(Node(stem, name, zone, number, sector, team, environment=environment))
