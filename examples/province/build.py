"""Writes the demo province: cis.csv, relations.csv and pools.csv next to this file.

The same tables give the same bytes, always: nothing is drawn at random and no clock is read.
Run `python -m examples.province.build` after changing a table.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from examples.province.estate import Estate, Row, words
from examples.province.parts.continuity import add_continuity
from examples.province.parts.gaps import add_gaps
from examples.province.parts.hosting import Hosting, add_hosts, add_physical, add_platform_machines
from examples.province.parts.network import add_network
from examples.province.parts.paper import add_paper, add_suppliers
from examples.province.parts.people import add_people
from examples.province.parts.places import add_data_centres, add_sites
from examples.province.parts.services import add_services
from examples.province.parts.software import add_software
from examples.province.parts.storage import add_storage

HERE = Path(__file__).parent

CI_COLUMNS = tuple(
    words(
        """
    id kind name sector lifecycle criticality verified_at rto rpo restore mtd category support_hours head_count
    email phone title hours vendor version engine environment hostname ip_address os cpus memory_gib manufacturer
    model serial capacity_tib bandwidth_mbps provider region address valid_until
    """
    )
)
RELATION_COLUMNS = ("from", "type", "to", "effect", "pool")
POOL_COLUMNS = ("ci", "pool", "required", "full", "effect")


def province() -> Estate:
    """The whole estate, in memory."""
    estate = Estate()
    roster = add_people(estate)
    hosting = Hosting(estate)
    add_suppliers(estate)
    add_data_centres(estate)
    add_sites(estate)
    add_network(estate)
    add_storage(estate)
    add_physical(estate, roster)
    add_hosts(estate)
    add_software(estate, roster, hosting)
    add_platform_machines(hosting)
    add_services(estate, roster)
    add_paper(estate)
    add_gaps(estate)
    add_continuity(estate)
    return estate


def build() -> tuple[list[Row], list[Row], list[Row]]:
    """Rows of cis.csv, relations.csv and pools.csv, each with its header first."""
    estate = province()
    return (
        [CI_COLUMNS, *estate.cis_rows(CI_COLUMNS)],
        [RELATION_COLUMNS, *estate.relation_rows()],
        [POOL_COLUMNS, *estate.pool_rows()],
    )


def rendered(rows: Iterable[Row]) -> bytes:
    """The rows as CSV: UTF-8, lines ending in a line feed."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def files() -> dict[str, bytes]:
    """The content of each file, by name."""
    return {f"{name}.csv": rendered(rows) for name, rows in zip(("cis", "relations", "pools"), build(), strict=True)}


def main() -> None:
    """Write the files."""
    for name, content in files().items():
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
