"""Network of the data centres: core, distribution, access, firewalls, load balancers, fibre channel."""

from examples.province.estate import Estate
from examples.province.parts.places import stand
from examples.province.tables.sites import HALLS

# stem, name, model, what it connects through
LAYERS = (
    ("rtr-core", "Core router", "C-9000", ""),
    ("rtr-inet", "Internet router", "C-4000", "rtr-core"),
    ("sw-dist", "Distribution switch", "D-7000", "rtr-core"),
    ("fw", "Firewall", "F-3200", "sw-dist"),
    ("lb", "Load balancer", "L-2000", "sw-dist"),
    ("sw-fc", "Fibre channel switch", "FC-64", ""),
)
SINGLE = {"rtr-inet"}


def add_network(estate: Estate) -> None:
    """Every device of both data centres, and the western aggregation router."""
    for site in HALLS:
        for stem, name, model, above in LAYERS:
            for number in (1,) if stem in SINGLE else (1, 2):
                ci = f"{stem}-{site}-{number:02d}"
                _device(estate, ci, f"{name} {site.upper()}-{number:02d}", model)
                _up(estate, ci, site, above)
                stand(estate, ci, site, "ab"[number - 1], 1, switch=False)
        for hall, _ in HALLS[site]:
            for number in (1, 2):
                ci = f"sw-{site}-{hall}-{number:02d}"
                _device(estate, ci, f"Access switch {site.upper()} {hall.upper()}-{number:02d}", "A-5000")
                _up(estate, ci, site, "sw-dist")
                stand(estate, ci, site, hall, 4 * number - 2, switch=False)
    _west(estate)


def _device(estate: Estate, ci: str, name: str, model: str) -> None:
    sector = "health" if "-hdc-" in ci and ci.startswith(("sw-", "lb-")) else "shared"
    estate.ci(
        ci, "network_device", name, sector, hostname=ci, manufacturer="Hexline Networks", model=model,
        restore="5m", rto="4h",
    )  # fmt: skip
    estate.link(ci, "supported_by", "team-network")
    estate.link(ci, "on_call", "team-network")


def _up(estate: Estate, ci: str, site: str, above: str) -> None:
    if above:
        estate.pool(ci, "uplink", "1", "connects_through", [f"{above}-{site}-{n:02d}" for n in (1, 2)])


def _west(estate: Estate) -> None:
    ci = estate.ci(
        "rtr-agg-west-01", "network_device", "Western aggregation router", hostname="rtr-agg-west-01",
        manufacturer="Hexline Networks", model="C-4000", restore="15m", rto="8h", criticality="high",
    )  # fmt: skip
    estate.pool(ci, "backbone", "1", "connects_through", ["ckt-west-a", "ckt-west-b"])
    estate.link(ci, "located_in", "fac-kitoffice")
    estate.link(ci, "powered_by", "pwr-kitoffice-feed")
    estate.link(ci, "supported_by", "team-network")
    estate.link(ci, "on_call", "team-network")
