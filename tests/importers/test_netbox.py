"""NetBox dumps: what becomes of each part, on a payload written here; anything else is told, never a crash."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.progress import Silent
from cmdb.store.sqlite.store import SqliteStore
from importers.registry import importer_for
from tests.importers.estate import MODEL, plan_of, problems_of
from tests.importers.payloads.netbox import cable, row

DUMP = [
    row("tenancy.tenant", 1, name="Health"),
    row("dcim.site", 1, name="Halifax", tenant=1, physical_address="1 Main Street"),
    row("dcim.location", 1, name="Floor 2", site=1, parent=None),
    row("dcim.rack", 1, name="R1", site=1, location=1),
    row("dcim.manufacturer", 1, name="Example"),
    row("dcim.devicetype", 1, model="X1", manufacturer=1),
    row("dcim.devicerole", 1, name="Server", slug="server"),
    row("dcim.devicerole", 2, name="Top of rack switch", slug="tor-switch"),
    row("dcim.devicerole", 3, name="PDU", slug="pdu"),
    row("dcim.device", 1, name="web-1", role=1, device_type=1, rack=1, site=1, serial="S1", cluster=1),
    row("dcim.device", 2, name="sw-1", role=2, device_type=1, rack=1, site=1),
    row("dcim.device", 3, name="sw-2", role=2, device_type=1, rack=1, site=1),
    row("dcim.device", 4, name=None, role=3, device_type=1, rack=1, site=1, status="planned"),
    row("dcim.powerpanel", 1, name="Panel", site=1, location=1),
    row("dcim.powerfeed", 1, name="Feed A", power_panel=1),
    row("dcim.powerport", 1, device=1),
    row("dcim.powerport", 2, device=1),
    row("dcim.poweroutlet", 1, device=4),
    *cable(1, ("powerport", 1), ("poweroutlet", 1)),
    *cable(2, ("powerfeed", 1), ("powerport", 2)),
    row("dcim.interface", 1, device=1),
    row("dcim.interface", 2, device=1),
    row("dcim.interface", 3, device=2),
    row("dcim.interface", 4, device=3),
    row("dcim.interface", 5, device=2),
    row("dcim.interface", 6, device=3),
    *cable(3, ("interface", 1), ("interface", 3)),
    *cable(4, ("interface", 4), ("interface", 2)),
    *cable(5, ("interface", 5), ("interface", 6)),
    row("virtualization.cluster", 1, name="Farm", site=1),
    row("virtualization.virtualmachine", 1, name="vm1", cluster=1, memory=2048, vcpus="2.00", tenant=1),
    row("circuits.provider", 1, name="Line company"),
    row("circuits.circuit", 1, cid="C-1", provider=1),
    row("circuits.circuit", 2, cid="C-2", provider=1),
    row("circuits.circuittermination", 1, circuit=1, site=1),
    row("circuits.circuittermination", 2, circuit=2, site=1),
    row("tenancy.contact", 1, name="Ada", email="ada@example.org"),
    row("tenancy.contactassignment", 1, content_type=["dcim", "site"], object_id=1, contact=1),
]


def dumped(folder: Path, rows: Any, name: str = "netbox.json") -> Path:
    path = folder / name
    data = json.dumps(rows).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["netbox.json", "netbox.json.gz"])
def test_a_dump_becomes_an_estate(name: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = dumped(tmp_path, DUMP, name)
    assert importer_for(path).name == "netbox"
    changes = plan_of(path, empty, "netbox").changeset
    cis = {str(ci.id).removeprefix("netbox-"): ci for ci in changes.put_cis}
    assert {key: ci.kind for key, ci in cis.items()} == {
        "tenant-1": "client_group", "site-1": "facility", "location-1": "facility", "rack-1": "facility",
        "device-1": "server", "device-2": "network_device", "device-3": "network_device", "device-4": "power",
        "powerpanel-1": "power", "powerfeed-1": "power", "cluster-1": "cluster", "virtualmachine-1": "virtual_machine",
        "provider-1": "supplier", "circuit-1": "circuit", "circuit-2": "circuit", "contact-1": "person",
    }  # fmt: skip
    assert cis["device-4"][2:5] == ("X1 4", "shared", "planned")
    assert cis["virtualmachine-1"].attributes == {
        "cpus": 2, "external_id": "virtualization.virtualmachine/1", "hostname": "vm1", "memory_gib": 2.0,
    }  # fmt: skip
    found = {tuple(part.removeprefix("netbox-") for part in r[:4]) for r in changes.put_relations}
    assert found >= {
        ("device-1", "powered_by", "device-4", "power"), ("device-1", "powered_by", "powerfeed-1", "power"),
        ("device-1", "connects_through", "device-2", "network"),
        ("site-1", "connects_through", "circuit-1", "circuits"),
        ("device-1", "located_in", "rack-1", ""), ("rack-1", "part_of", "location-1", ""),
        ("location-1", "part_of", "site-1", ""), ("virtualmachine-1", "hosted_on", "cluster-1", ""),
        ("cluster-1", "has_member", "device-1", ""), ("site-1", "managed_by", "contact-1", ""),
    }  # fmt: skip
    assert not {r for r in found if r[0] == "device-2" and r[1] == "connects_through"}
    assert {tuple(p[:4]) for p in changes.put_pools} == {
        ("netbox-device-1", "network", "1", ""), ("netbox-device-1", "power", "1", ""),
        ("netbox-site-1", "circuits", "1", ""),
    }  # fmt: skip


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path, empty: SqliteStore) -> None:
    one = plan_of(dumped(tmp_path, DUMP), empty).changeset
    other = plan_of(dumped(tmp_path, DUMP[::-1]), empty).changeset
    for part in ("put_cis", "put_relations", "put_pools"):
        assert sorted(getattr(one, part)) == sorted(getattr(other, part))


@pytest.mark.parametrize(
    ("data", "code"), [(b"[", "BAD_JSON"), (b'[{"model": 1}', "BAD_JSON"), (b'{"model": 1}', "UNKNOWN_FORMAT")]
)
def test_what_is_no_dump_is_refused(data: bytes, code: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = tmp_path / "netbox.json"
    path.write_bytes(data + b" " * 10)
    read = importer_for(path, "netbox").read(path, MODEL, "netbox", Silent())
    assert [problem.code for problem in read.problems.problems] == [code]


def test_a_wrong_value_is_told_at_its_row(tmp_path: Path, empty: SqliteStore) -> None:
    bad = [*DUMP, row("tenancy.contact", 2, name="Eve\u202e")]
    (problem,) = problems_of(dumped(tmp_path, bad), empty)
    assert (problem.code, problem.place) == ("BIDI_CONTROL", "netbox.json tenancy.contact 2, column name")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(sorted({name for r in DUMP for name in r["fields"]}))
MODELS = st.sampled_from(sorted({r["model"] for r in DUMP}))
ROWS = st.builds(
    lambda model, number, fields: {"model": model, "pk": number, "fields": fields},
    MODELS, st.integers(1, 4), st.dictionaries(NAMES, VALUES | st.integers(1, 4), max_size=8),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(ROWS | VALUES, min_size=1, max_size=12))
def test_whatever_stands_there_it_is_an_estate_or_told_problems(folder: Path, rows: list[Any]) -> None:
    path = folder / "netbox.json"
    try:
        path.write_text(json.dumps(rows), encoding="utf-8")
    except UnicodeEncodeError:
        return
    importer_for(path, "netbox").read(path, MODEL, "netbox", Silent())
