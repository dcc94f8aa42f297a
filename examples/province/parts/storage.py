"""Arrays, their volumes, shares and backups."""

from examples.province.estate import Estate, table
from examples.province.parts.places import stand
from examples.province.tables.technology import ARRAYS, DATA_VOLUMES, DATASTORES, SHARES

OTHER = {"gdc": "hdc", "hdc": "gdc"}
BACKED_BY = {"gdc": "bkp-hdc-01", "hdc": "bkp-gdc-01"}


def add_storage(estate: Estate) -> None:
    """Every array with its place, and what it is divided into."""
    for array, name, site, rack, capacity, restore, rto, maker, model in table(ARRAYS, 9):
        sector = "health" if array in {"nas-hdc-01", "obj-hdc-01"} else "shared"
        estate.ci(
            array, "storage", name, sector, capacity_tib=capacity, restore=restore, rto=rto, manufacturer=maker,
            model=model, serial=f"MW{1000 + 37 * len(estate.cis)}",
            criticality="critical" if "san" in array else "high",
        )  # fmt: skip
        _place(estate, array, site, rack)
        estate.link(array, "supported_by", "team-storage")
        estate.link(array, "on_call", "oncall-infra")
        estate.link(array, "owned_by", "team-storage")
        if array.startswith("san-"):
            _volumes(estate, array, site)
    for share, name, array, sector in table(SHARES, 4):
        estate.ci(share, "storage", name, sector, restore="30m", rpo="4h")
        estate.link(share, "part_of", array)
        estate.link(share, "backed_up_by", BACKED_BY[array.split("-")[1]])
    for site in OTHER:
        estate.link(f"bkp-{site}-01", "replicates_to", "cld-archive")


def _place(estate: Estate, array: str, site: str, rack: str) -> None:
    hall, number = rack[0], int(rack[1:])
    if array == "nas-gdc-01":
        estate.link(array, "located_in", f"rack-{site}-{rack}")
        estate.pool(array, "power", "1", "powered_by", ["pdu-gdc-aa", "pdu-gdc-ba"])
        estate.pool(array, "uplink", "1", "connects_through", [f"sw-{site}-a-{n:02d}" for n in (1, 2)])
        return
    fabric = array.startswith("san-")
    stand(estate, array, site, hall, number, switch=not fabric)
    if fabric:
        estate.pool(array, "fabric", "1", "connects_through", [f"sw-fc-{site}-{n:02d}" for n in (1, 2)])


def _volumes(estate: Estate, array: str, site: str) -> None:
    stem = array.replace("san-", "vol-")
    for use, label, count, size in (("ds", "Datastore", DATASTORES, "24"), ("db", "Data volume", DATA_VOLUMES, "8")):
        for number in range(1, count + 1):
            volume = estate.ci(
                f"{stem}-{use}-{number:02d}", "storage", f"{label} {array[4:].upper()} {number:02d}",
                capacity_tib=size, restore="5m", rpo="15m" if use == "db" else "1d",
            )  # fmt: skip
            estate.link(volume, "part_of", array)
            estate.link(volume, "backed_up_by", BACKED_BY[site])
