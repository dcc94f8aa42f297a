"""The script of docs/one-estate.md, on small sets of the same four formats: one estate, no wrong joins, nothing twice."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cmdb.store.sqlite.store import SqliteStore
from tests.importers.payloads import itop, netbox
from tests.importers.payloads.netbox import row

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "importers"
pytestmark = pytest.mark.slow


def gitlab(folder: Path) -> None:
    """The catalogue of the recipe's tests with the services that the links name."""
    shutil.copytree(FIXTURES / "gitlab_fixture", folder)
    _add(folder / "services.csv", [
        ["patroni", "Postgres (Patroni)", "db"], ["gitaly", "Gitaly", "stor"], ["git", "Git Access", "sv", "", "Customers"],
        ["web", "GitLab.com Web", "sv", "", "Customers"], ["registry", "Container Registry", "sv", "", "Customers"],
    ])  # fmt: skip
    edges = (("git", "gitaly"), ("web", "gitaly"), ("web", "patroni"), ("registry", "patroni"))
    _add(folder / "edges.csv", [[*edge, "depends_on", "True", "True", "True", "True"] for edge in edges])


def servicenow(folder: Path) -> None:
    """The tables of the mapping's tests with what the links name."""
    shutil.copytree(FIXTURES / "servicenow_fixture", folder)
    _add(folder / "04_business_services.csv", [["BS-ORDER", "", "Order Management Service", "", "GRP-FIN", "Critical"]])
    _add(folder / "07_service_instances.csv", [
        ["SI-SAP", "", "SAP Production", "Production", "Critical"],
        ["SI-EC", "", "B2B Ordering Portal Production", "Production", "High"],
    ])  # fmt: skip
    machines = [["CI-SAP-1", "sap-prd-app01"], ["CI-SAP-2", "sap-prd-app02"]]
    _add(folder / "08_infrastructure_cis.csv", [[key, "cmdb_ci_server", name] for key, name in machines])
    needs = (("SI-SAP", "CI-SAP-1"), ("SI-SAP", "CI-SAP-2"), ("SI-EC", "SI-SAP"))
    _add(folder / "09_cmdb_rel_ci.csv", [["", "", *ends, "Depends on::Used by"] for ends in needs])


def _add(path: Path, rows: Iterable[list[str]]) -> None:
    """Rows at the end of a table; the columns that they lack are empty."""
    with path.open(encoding="utf-8", newline="") as file:
        width = len(next(csv.reader(file)))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([*row, *[""] * (width - len(row))] for row in rows)


def lines(folder: Path) -> None:
    """A site with two lines, its router, a cluster in a cloud with a machine of a usual name."""
    rows: list[dict[str, Any]] = [
        row("dcim.devicerole", 9, name="Router"),
        row("dcim.site", 10, name="DM-Scranton"),
        row("dcim.rack", 9, name="Comms closet", site=10),
        row("dcim.device", 9, name="dmi01-scranton-rtr01", role=9, device_type=1, rack=9, site=10),
        *(row("circuits.circuit", at, cid=f"L-{at}", provider=1) for at in (10, 26)),
        *(row("circuits.circuittermination", at, circuit=at, site=10) for at in (10, 26)),
        row("virtualization.cluster", 15, name="gc-us-east1"),
        row("virtualization.virtualmachine", 361, name="vm7", cluster=15),
    ]
    folder.mkdir()
    (folder / "netbox-demo.json").write_text(json.dumps([*netbox.ROWS, *rows]))


def shop(folder: Path) -> None:
    """A web site with its parts, its customer, and a machine of the same usual name."""
    folder.mkdir(parents=True)
    things = [
        itop.thing("Organization", 22, name="Demo"),
        itop.thing("ApplicationSolution", 30, name="Sales web site", business_criticity="high", status="active"),
        itop.thing("WebApplication", 26, name="Sugar CRM", business_criticity="high", webserver_id=19),
        itop.thing("lnkApplicationSolutionToFunctionalCI", 30, applicationsolution_id=30, functionalci_id=26),
        itop.thing("VirtualMachine", 12, name="VM7", status="production", virtualhost_id=11),
    ]
    itop.write(folder, [*itop.THINGS, *things])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, SqliteStore]:
    """What the script says, and the store that it leaves."""
    folder = tmp_path_factory.mktemp("one-estate")
    data = folder / "data"
    data.mkdir()
    gitlab(data / "gitlab-services")
    servicenow(data / "servicenow-csdm")
    lines(data / "netbox-demo")
    shop(data / "itop" / "sample")
    place = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "200"}
    script = ROOT / "examples" / "one-estate" / "run.sh"
    done = subprocess.run(
        [script, data, f"sqlite:{folder / 'estate.db'}"], env=place, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return done.stdout, SqliteStore(folder / "estate.db")
