"""How much data each place, copy and backup may lose, and the few where somebody promised more than that."""

from examples.province.estate import Estate

COPIES = {
    "vol-gdc-02-ds-05": "1d",  # a datastore that is only copied at night
    "vol-hdc-01-db-08": "15m",  # under the shared SQL cluster, whose tenants promise five minutes
}
"""What is not as the rest of its sort."""
LAGGING = "db-pharm-02"
"""The one copied database that is copied on, a quarter of an hour later: losses along the chain add."""


def add_continuity(estate: Estate) -> None:
    """Data volumes are copied every five minutes, machines and backups hold nothing that cannot be made again."""
    for ci, row in estate.cis.items():
        if ci.startswith("vol-"):
            row["rpo"] = COPIES.get(ci, "5m" if "-db-" in ci else "0m")
        elif ci.startswith("bkp-"):
            row["rpo"] = "0m"
    for _, relation, copy, _ in estate.relations:
        if relation == "replicates_to" and copy.startswith("db-") and copy != LAGGING:
            del estate.cis[copy]["rpo"]
