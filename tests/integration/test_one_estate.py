"""The script of docs/one-estate.md, on small sets of the same formats: one estate, no wrong joins, nothing twice."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cmdb.model.claims import claims_of
from cmdb.model.extension import load_extension
from cmdb.model.model import standard_model
from cmdb.store.port import Dump
from cmdb.store.sqlite.store import SqliteStore
from tests.importers.payloads import itop
from tests.importers.payloads.netbox import row

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "importers"
EXAMPLE = ROOT / "examples" / "one-estate"
SOURCES = ("gitlab", "servicenow", "netbox", "itop", "operations")
pytestmark = pytest.mark.slow


class Done(NamedTuple):
    """What the script said, by its headings, and the estate that it left."""

    said: dict[str, str]
    estate: Dump

    def under(self, heading: str) -> str:
        """What was said under the heading that begins so."""
        return next(text for title, text in self.said.items() if title.startswith(heading))


def gitlab(folder: Path) -> None:
    """The catalogue of the recipe's tests with the services that the links name."""
    shutil.copytree(FIXTURES / "gitlab_fixture", folder)
    _add(folder / "services.csv", [
        ["patroni", "Postgres (Patroni)", "db"], ["gitaly", "Gitaly", "stor"],
        ["git", "Git Access", "sv", "", "Customers"], ["web", "GitLab.com Web", "sv", "", "Customers"],
        ["registry", "Container Registry", "sv", "", "Customers"],
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
    machines = (("CI-SAP-1", "sap-prd-app01"), ("CI-SAP-2", "sap-prd-app02"))
    _add(folder / "08_infrastructure_cis.csv", [[key, "cmdb_ci_server", name] for key, name in machines])
    needs = (("SI-SAP", "CI-SAP-1"), ("SI-SAP", "CI-SAP-2"), ("SI-EC", "SI-SAP"), ("BS-ORDER", "SI-EC"))
    _add(folder / "09_cmdb_rel_ci.csv", [["", "", *ends, "Depends on::Used by"] for ends in needs])


def _add(path: Path, rows: Iterable[list[str]]) -> None:
    """Rows at the end of a table; the columns that they lack are empty."""
    with path.open(encoding="utf-8", newline="") as file:
        width = len(next(csv.reader(file)))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([*row, *[""] * (width - len(row))] for row in rows)


def netbox(folder: Path) -> None:
    """A site with two lines, its router and patch panels of one name, and a cluster with machines of usual names."""
    located = {"device_type": 1, "rack": 9, "site": 10}
    rows: list[dict[str, Any]] = [
        row("dcim.manufacturer", 1, name="Example"),
        row("dcim.devicetype", 1, model="X1", manufacturer=1),
        row("dcim.devicerole", 1, name="Router"),
        row("dcim.site", 10, name="DM-Scranton"),
        row("dcim.rack", 9, name="Comms closet", site=10),
        row("dcim.device", 9, name="dmi01-scranton-rtr01", role=1, **located),
        *(row("dcim.device", at, name="PP:MDF", role=1, **located) for at in (90, 91, 92)),
        row("circuits.provider", 1, name="Line company"),
        *(row("circuits.circuit", at, cid=f"L-{at}", provider=1) for at in (10, 26)),
        *(row("circuits.circuittermination", at, circuit=at, site=10) for at in (10, 26)),
        row("virtualization.cluster", 15, name="gc-us-east1"),
        *(row("virtualization.virtualmachine", 360 + at, name=f"vm{at}", cluster=15) for at in range(1, 5)),
    ]
    folder.mkdir()
    (folder / "netbox-demo.json").write_text(json.dumps(rows))


def itop_sample(folder: Path) -> None:
    """A web site with its parts and its customer, two data base servers of one name, and machines of usual names."""
    thing = itop.thing
    things = [
        thing("Organization", 2, name="Demo"),
        thing("ApplicationSolution", 30, name="Sales web site", business_criticity="high", status="active"),
        thing("WebApplication", 26, name="Sugar CRM", business_criticity="high"),
        thing("lnkApplicationSolutionToFunctionalCI", 1, applicationsolution_id=30, functionalci_id=26),
        thing("Farm", 7, name="Cluster1", status="production"),
        *(thing("VirtualMachine", 11 + at, name=f"VM{at}", virtualhost_id=7) for at in range(1, 5)),
        *(thing("DBServer", at, name="Oracle", system_id=at - 5) for at in (17, 18)),
    ]
    folder.mkdir(parents=True)
    itop.write(folder, things)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The script, run as a person runs it."""
    data, estate = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("store") / "estate.db"
    gitlab(data / "gitlab-services")
    servicenow(data / "servicenow-csdm")
    netbox(data / "netbox-demo")
    itop_sample(data / "itop" / "sample")
    place = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "200"}
    script = [str(EXAMPLE / "run.sh"), str(data), f"sqlite:{estate}"]
    ran = subprocess.run(script, env=place, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr
    parts = [part.partition("\n") for part in ran.stdout.split("\n== ")]
    said = {heading: text for heading, _, text in parts}
    with closing(SqliteStore(estate, load_extension(EXAMPLE / "model.yaml", standard_model()))) as store:
        return Done(said, store.dump())


def test_there_is_a_plan_before_each_import(done: Done) -> None:
    first = done.under("First run")
    commands = [line.split(" --source ")[1] for line in first.splitlines() if line.startswith("$ cmdb import")]
    assert commands == [told for source in SOURCES for told in (f"{source} --plan", source)]


def test_the_links_are_about_recorded_things_and_make_none(done: Done) -> None:
    with (EXAMPLE / "operations" / "things.csv").open(encoding="utf-8", newline="") as file:
        names = sorted(row["Name"] for row in csv.DictReader(file))
    known = {ci.name: [claim.source for claim in claims_of(ci)] for ci in done.estate.cis if ci.claims_json}
    assert sorted(known) == names
    assert all("operations" in sources and len(sources) == 2 for sources in known.values())
    assert not [ci.id for ci in done.estate.cis if ci.source == "operations"]


def test_names_that_many_have_join_nothing(done: Done) -> None:
    machines = sorted((ci.name, ci.source) for ci in done.estate.cis if ci.kind == "virtual_machine")
    assert machines == [(f"{name}{at}", of) for name, of in (("VM", "itop"), ("vm", "netbox")) for at in range(1, 5)]


def test_people_decide_about_every_pair(done: Done) -> None:
    decided = done.under("People looked")
    assert "itop-virtualmachine-12 and netbox-virtualmachine-361 are two" in decided
    assert "may be one" not in decided.partition("$ cmdb duplicates")[2]


def test_a_line_reaches_customers_through_three_sources(done: Done) -> None:
    line = done.under("A line at Scranton")
    proof = line.partition("$ cmdb why")[2]
    for named in ("L-10 (netbox-circuit-10)", "sap-prd-app01 (CI-SAP-1)", "Sales web site (itop-", "Demo (itop-"):
        assert named in proof
    assert "Order Management Service" in line
    cloud = done.under("Google's us-east1")
    for named in ("GitLab.com Web", "Customers itself", "Order Management Service"):
        assert named in cloud


def test_again_changes_nothing(done: Done) -> None:
    again = done.under("Second run")
    assert again.count("nothing to change: everything is recorded already") == len(SOURCES)
    assert any(heading.startswith("Nothing changed") for heading in done.said)
