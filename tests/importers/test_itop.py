"""iTop exports: what becomes of each class and link; anything else is told at its file and line, never a crash."""

import json
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.model.ci import Relation
from cmdb.progress import Silent
from cmdb.store.sqlite.store import SqliteStore
from importers.registry import importer_for
from importers.sources.itop.objects import LINK_CLASSES
from importers.sources.itop.rules import CLASSES, FIELDS
from tests.importers.estate import MODEL, plan_of, problems_of, warnings_of


def thing(class_: str, key: object, /, **fields: object) -> str:
    inner = "".join(f"<{name}>{escape(str(value))}</{name}>\n" for name, value in fields.items())
    return f'<{class_} alias="{class_}" id="{key}">\n{inner}</{class_}>'


def ci(class_: str, key: int, /, **fields: object) -> str:
    return thing(class_, key, name=f"{class_} {key}", business_criticity="low", status="production", **fields)


HALL = [
    thing("Organization", 1, name="Health", parent_id=0),
    thing("Organization", 2, name="Hospital", parent_id=1, status="active"),
    thing("Location", 1, name="Halifax", org_id=1, address="1 Main Street", city="Halifax"),
    ci("Rack", 1, location_id=1),
    ci("Enclosure", 2, rack_id=1, location_id=1),
    thing("Brand", 1, name="Example"),
    thing("Model", 1, name="X1"),
    thing("OSFamily", 1, name="Linux"),
    ci("PowerSource", 3, location_id=1),
    ci("PDU", 4, rack_id=1, powerstart_id=3),
    ci("PDU", 5, rack_id=1, powerstart_id=3),
    ci("Server", 6, brand_id=1, model_id=1, osfamily_id=1, cpu="8", serialnumber="S1", managementip="10.0.0.6",
       powerA_id=4, powerB_id=5, enclosure_id=2, rack_id=1, location_id=1, org_id=1, move2production=""),
    thing("Server", 7, name="old", business_criticity="high", status="obsolete", powerA_id=4),
    ci("NetworkDevice", 8, location_id=1),
    ci("StorageSystem", 9, location_id=1),
    ci("SANSwitch", 10),
    thing("LogicalVolume", 1, name="lun", storagesystem_id=9),
    thing("lnkServerToVolume", 1, server_id=6, volume_id=1),
    thing("lnkSanToDatacenterDevice", 1, san_id=10, datacenterdevice_id=6),
    thing("lnkConnectableCIToNetworkDevice", 1, networkdevice_id=8, connectableci_id=6, connection_type="downlink"),
    thing("lnkConnectableCIToNetworkDevice", 2, networkdevice_id=8, connectableci_id=7, connection_type="uplink"),
]  # fmt: skip
STACK = [
    ci("Farm", 11),
    ci("Farm", 12, redundancy="disabled"),
    ci("Hypervisor", 13, farm_id=11, server_id=6),
    ci("Hypervisor", 14, farm_id=11, server_id=7),
    ci("Hypervisor", 15, farm_id=12, server_id=0),
    ci("VirtualMachine", 16, virtualhost_id=11),
    ci("DBServer", 17, system_id=16),
    ci("DatabaseSchema", 18, dbserver_id=17),
    ci("WebServer", 19, system_id=6),
    ci("WebApplication", 20, webserver_id=19),
    ci("ApplicationSolution", 21, redundancy="50%"),
    ci("ApplicationSolution", 22),
    ci("BusinessProcess", 23),
    thing("lnkApplicationSolutionToFunctionalCI", 1, applicationsolution_id=21, functionalci_id=18),
    thing("lnkApplicationSolutionToFunctionalCI", 2, applicationsolution_id=21, functionalci_id=20),
    thing("lnkApplicationSolutionToFunctionalCI", 2, applicationsolution_id=22, functionalci_id=21),
    thing("lnkApplicationSolutionToBusinessProcess", 1, businessprocess_id=23, applicationsolution_id=22),
]
PEOPLE = [
    thing("Team", 1, name="Databases", email="db@example.org", org_id=1, function="on call"),
    thing("Person", 2, name="Lovelace", first_name="Ada", function="Analyst", phone="1 902", org_id=1),
    thing("lnkPersonToTeam", 1, team_id=1, person_id=2),
    thing("lnkContactToFunctionalCI", 1, functionalci_id=18, contact_id=1),
    thing("ServiceFamily", 1, name="Clinical"),
    thing("Service", 1, name="Records", org_id=1, servicefamily_id=1, status="production"),
    thing("CustomerContract", 1, name="Care", org_id=2, end_date="2027-12-31"),
    thing("lnkCustomerContractToService", 1, customercontract_id=1, service_id=1, sla_id=1),
    thing("lnkFunctionalCIToService", 1, service_id=1, functionalci_id=23),
]


NEEDS = """
    organization-2 part_of organization-1
    rack-1 part_of location-1
    enclosure-2 part_of rack-1
    powersource-3 located_in location-1
    pdu-4 located_in rack-1
    pdu-5 located_in rack-1
    pdu-4 powered_by powersource-3
    pdu-5 powered_by powersource-3
    server-6 located_in enclosure-2
    server-6 powered_by pdu-4 in power
    server-6 powered_by pdu-5 in power
    server-7 powered_by pdu-4
    networkdevice-8 located_in location-1
    storagesystem-9 located_in location-1
    logicalvolume-1 hosted_on storagesystem-9
    server-6 stores_data_on logicalvolume-1
    server-6 connects_through sanswitch-10
    server-6 connects_through networkdevice-8
    farm-11 has_member hypervisor-13 in hypervisors
    farm-11 has_member hypervisor-14 in hypervisors
    farm-12 has_member hypervisor-15 at most down
    hypervisor-13 hosted_on server-6
    hypervisor-14 hosted_on server-7
    virtualmachine-16 hosted_on farm-11
    dbserver-17 runs_on virtualmachine-16
    databaseschema-18 runs_on dbserver-17
    webserver-19 runs_on server-6
    webapplication-20 runs_on webserver-19
    applicationsolution-21 depends_on databaseschema-18 in parts
    applicationsolution-21 depends_on webapplication-20 in parts
    applicationsolution-22 depends_on applicationsolution-21
    businessprocess-23 delivered_by applicationsolution-22
    databaseschema-18 supported_by team-1
    organization-2 uses service-1
    service-1 covered_by customercontract-1
    service-1 delivered_by businessprocess-23
"""


def line(relation: Relation) -> str:
    """A relation as a line of `NEEDS`."""
    start, type_, end = (part.removeprefix("itop-") for part in relation[:3])
    pool = f" in {relation.pool}" if relation.pool else ""
    return f"    {start} {type_} {end}{pool}" + (f" at most {relation.effect}" if relation.effect else "")


def export(folder: Path, *sets: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    for number, things in enumerate(sets):
        (folder / f"part-{number}.xml").write_text("<Set>\n" + "\n".join(things) + "\n</Set>", encoding="utf-8")
    return folder


def test_an_export_becomes_an_estate(tmp_path: Path, empty: SqliteStore) -> None:
    path = export(tmp_path, HALL, STACK, PEOPLE)
    assert importer_for(path).name == "itop"
    changes = plan_of(path, empty, "itop").changeset
    cis = {str(ci.id).removeprefix("itop-"): ci for ci in changes.put_cis}
    assert cis["server-6"].attributes == {
        "cpus": 8, "criticality": "low", "external_id": "Server::6", "ip_address": "10.0.0.6",
        "manufacturer": "Example", "model": "X1", "os": "Linux", "serial": "S1",
    }  # fmt: skip
    assert (cis["server-7"].lifecycle, cis["person-2"].name, cis["team-1"].kind) == ("retired", "Ada Lovelace", "team")
    assert cis["location-1"].attributes["address"] == "1 Main Street, Halifax"
    assert cis["service-1"].attributes["category"] == "Clinical"
    assert cis["customercontract-1"].attributes["valid_until"] == "2027-12-31"
    found = {line(relation) for relation in changes.put_relations}
    assert {r for r in found if " owned_by " not in r and " member_of " not in r} == set(NEEDS.split("\n")[1:-1])
    assert "    person-2 member_of team-1" in found
    assert {tuple(p[:3]) for p in changes.put_pools} == {
        ("itop-server-6", "power", "1"), ("itop-farm-11", "hypervisors", "1"),
        ("itop-applicationsolution-21", "parts", "50%"),
    }  # fmt: skip


def test_order_and_files_do_not_matter(tmp_path: Path, empty: SqliteStore) -> None:
    one = plan_of(export(tmp_path / "one", HALL, STACK, PEOPLE), empty).changeset
    other = plan_of(export(tmp_path / "other", [*PEOPLE, *STACK, *HALL][::-1]), empty).changeset
    for part in ("put_cis", "put_relations", "put_pools"):
        assert sorted(getattr(one, part)) == sorted(getattr(other, part))


def test_xml_csv_and_rest_say_the_same(tmp_path: Path, empty: SqliteStore) -> None:
    xml = plan_of(export(tmp_path / "xml", HALL, STACK, PEOPLE), empty, "itop").changeset
    elements = [e for things in (HALL, STACK, PEOPLE) for e in ElementTree.fromstring(f"<Set>{''.join(things)}</Set>")]
    answer, rows = dict[str, object](), dict[str, list[ElementTree.Element]]()
    for at, element in enumerate(elements):
        fields = {field.tag: field.text for field in element}
        answer[f"{element.tag}::{at}"] = {"class": element.tag, "key": element.get("id"), "fields": fields}
        rows.setdefault(element.tag, []).append(element)
    (tmp_path / "rest.json").write_text(json.dumps({"code": 0, "objects": answer}))
    (tmp_path / "csv").mkdir()
    for class_, found in rows.items():
        names = sorted({field.tag for element in found for field in element})
        lines = [",".join(["id", *names])]
        lines += [",".join([str(e.get("id")), *(f'"{e.findtext(name) or ""}"' for name in names)]) for e in found]
        (tmp_path / "csv" / f"{class_}.csv").write_text("\n".join(lines) + "\n")
    for path in (tmp_path / "rest.json", tmp_path / "csv"):
        assert importer_for(path).name == "itop"
        again = plan_of(path, empty, "itop").changeset
        assert sorted(again.put_cis) == sorted(xml.put_cis)
        assert sorted(again.put_relations) == sorted(xml.put_relations)
        assert sorted(again.put_pools) == sorted(xml.put_pools)


def test_links_inside_an_object_are_its_own(tmp_path: Path, empty: SqliteStore) -> None:
    inside = (
        '<Set><Row><ApplicationSolution id="1"><name>Pay</name><functionalcis_list><Set>'
        '<lnkApplicationSolutionToFunctionalCI id="3"><functionalci_id>2</functionalci_id>'
        "</lnkApplicationSolutionToFunctionalCI></Set></functionalcis_list></ApplicationSolution></Row>"
        '<Row><Server id="2"><name>web</name></Server></Row></Set>'
    )
    (tmp_path / "export.xml").write_text(inside)
    changes = plan_of(tmp_path / "export.xml", empty).changeset
    assert [tuple(r[:3]) for r in changes.put_relations] == [
        ("itop-applicationsolution-1", "depends_on", "itop-server-2")
    ]


def test_what_is_not_there_or_not_clear_is_a_warning(tmp_path: Path, empty: SqliteStore) -> None:
    things = [
        ci("Server", 1, org_id=9), ci("VirtualMachine", 1), ci("WebServer", 2, system_id=1), ci("Printer", 3),
        ci("Printer", 4), thing("UserRequest", 5, title="no CI"),
    ]  # fmt: skip
    path = export(tmp_path, things)
    (tmp_path / "other.xml").write_text("<html/>")
    assert sorted(warnings_of(path, empty)) == [
        ("AMBIGUOUS_NAME", "part-0.xml line 13, column system_id"),
        ("DANGLING_RELATION", "part-0.xml line 2, column org_id"),
        ("IGNORED_FILE", "other.xml"),
        ("UNKNOWN_KIND", "part-0.xml line 19"),
    ]


def xml(text: str) -> bytes:
    return text.encode()


CASES = [
    ("document type", xml('<!DOCTYPE Set SYSTEM "file:///etc/hostname"><Set/>'), "XML_DTD_FORBIDDEN", "line 1"),
    ("entities", xml('<!DOCTYPE Set [<!ENTITY a "b">]><Set><Server id="1"><name>&a;</name></Server></Set>'),
     "XML_DTD_FORBIDDEN", "line 1"),
    ("undeclared entity", xml("<Set>\n<Server id='1'><name>&a;</name></Server></Set>"), "BAD_XML", "line 2"),
    ("not closed", xml("<Set>\n<Server>\n"), "BAD_XML", "line 3"),
    ("deep", xml("<Set>" * 60), "BAD_XML", "line 1"),
    ("another encoding", "<Set><Team id='1'><name>é</name></Team></Set>".encode("latin-1"), "BAD_XML", "line 1"),
    ("another document", xml("<html><Set/></html>"), "UNKNOWN_FORMAT", "line 1"),
    ("nothing in it", xml("<Set/>"), "EMPTY_FILE", ""),
    ("no key", xml(f"<Set>\n{thing('Server', '', name='x')}</Set>"), "MISSING_VALUE", "line 2, column id"),
    ("two values", xml(f"<Set>\n{thing('Team', 1, name='x')}\n{thing('Team', 1, name='y')}</Set>"), "CONFLICT_IN_FILE",
     "line 5, column name"),
    ("no such level", xml(f"<Set>\n{thing('Server', 1, name='x', business_criticity='huge')}</Set>"), "BAD_CHOICE",
     "line 2, column criticality"),
    ("hidden character", xml("<Set>\n<Team id='1'><name>a\u202eb</name></Team></Set>"), "BIDI_CONTROL", "column name"),
    ("bad rule", xml(f"<Set>{ci('Farm', 1, redundancy='many')}\n{ci('Hypervisor', 2, farm_id=1)}</Set>"),
     "BAD_POOL_RULE", "line 1, column required"),
    ("to itself", xml(f"<Set>\n{thing('Organization', 1, name='x', parent_id=1)}</Set>"), "SELF_RELATION", "line 2"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "code", "place"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_faults(data: bytes, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = tmp_path / "export.xml"
    path.write_bytes(data)
    read = importer_for(path, "itop").read(path, MODEL, "itop", Silent())
    found = read.problems.problems or problems_of(path, empty)
    assert any(p.code == code and p.place.startswith("export.xml") and place in p.place for p in found), found


@pytest.mark.parametrize("data", [b"[]", b'{"code": 1, "objects": null}', b"{", b'{"objects": {"A::1": 3}}'])
def test_what_is_no_answer_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rest.json"
    path.write_bytes(data)
    read = importer_for(path, "itop").read(path, MODEL, "itop", Silent())
    assert next(p.code for p in read.problems.problems) in {"UNKNOWN_FORMAT", "BAD_JSON", "EMPTY_FILE"}


UNHURRIED = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.sampled_from(["0", "1", "2", "3", "disabled", "50%", "1", "downlink", "2027-01-01"]) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), max_size=8
)
THINGS = st.builds(
    lambda class_, key, fields: (class_, key, fields),
    st.sampled_from(sorted({*CLASSES, *LINK_CLASSES, "Brand", "Printer"})), st.sampled_from(["1", "2", "3", ""]),
    st.dictionaries(st.sampled_from(FIELDS), TEXTS, max_size=8),
)  # fmt: skip


@UNHURRIED
@given(st.lists(THINGS, min_size=1, max_size=12))
def test_whatever_stands_there_it_is_an_estate_or_told_problems(
    folder: Path, things: list[tuple[str, str, dict[str, str]]]
) -> None:
    path = folder / "export.xml"
    path.write_text("<Set>" + "".join(thing(c, k, **f) for c, k, f in things) + "</Set>", encoding="utf-8")
    read = importer_for(path).read(path, MODEL, "itop", Silent())
    assert read.cis or read.problems.count


@UNHURRIED
@given(st.binary(max_size=60) | st.text("<>/Set=\"'&;!-[] x1", max_size=80).map(str.encode))
def test_whatever_bytes_stand_there_they_are_told(folder: Path, data: bytes) -> None:
    path = folder / "bytes.xml"
    path.write_bytes(data)
    read = importer_for(path, "itop").read(path, MODEL, "itop", Silent())
    assert read.problems.count
