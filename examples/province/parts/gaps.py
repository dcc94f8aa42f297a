"""The estate's loose ends: planned and retired CIs, forgotten ones, and rules nobody kept up to date."""

from examples.province.estate import Estate

# Things on record that nothing is known about: id, kind, name, sector
ORPHANS = (
    ("vm-unknown-01", "virtual_machine", "MERROW-TMP-OLD", "government"),
    ("vm-unknown-02", "virtual_machine", "copy of report server (do not use)", "shared"),
    ("srv-closet-01", "server", "Server in the Tamarin closet", "government"),
    ("db-contacts-old", "database", "Contacts database, owner unknown", "government"),
    ("sw-spare-01", "network_device", "Spare switch, store room", "shared"),
    ("app-boatramp", "application", "Boat Ramp Booking", "government"),
    ("app-volunteer", "application", "Volunteer Register", "health"),
)

# A hypervisor that is not in service yet, one that no longer is: cluster, id, lifecycle
SPARE_HOSTS = (
    ("vmc-gdc-prod-01", "hv-gdc-prod-01-10", "planned"),
    ("vmc-hdc-prod-01", "hv-hdc-prod-01-08", "planned"),
    ("vmc-gdc-prod-02", "hv-gdc-prod-02-09", "retired"),
    ("vmc-gdc-test-01", "hv-gdc-test-01-04", "retired"),
)


def add_gaps(estate: Estate) -> None:
    """Everything that is honest about the estate and awkward for an answer."""
    for ci, kind, name, sector in ORPHANS:
        estate.ci(ci, kind, name, sector)
    for cluster, host, lifecycle in SPARE_HOSTS:
        estate.ci(host, "hypervisor", f"Hypervisor {host[3:].upper()}", "shared", lifecycle)
        estate.link(cluster, "has_member", host, pool="hosts")
    _planned(estate)
    _retired(estate)


def _planned(estate: Estate) -> None:
    estate.ci("san-gdc-03", "storage", "SAN array GDC-03", "shared", "planned", capacity_tib="600")
    estate.link("san-gdc-03", "located_in", "rack-gdc-a05")
    estate.link("svc-storage", "delivered_by", "san-gdc-03", pool="arrays")
    estate.ci("srv-hsm-hdc-01", "server", "Hardware security module HDC-01", "shared", "planned")
    for ci in ("app-paygate", "app-pki"):
        estate.link(ci, "depends_on", "srv-hsm-hdc-01")
    estate.ci("db-cad-03", "database", "Computer-Aided Dispatch database 3", "shared", "planned", rto="1h")
    estate.link("db-cad-03", "stores_data_on", "vol-hdc-01-db-01")
    estate.link("inst-cad-prod", "depends_on", "db-cad-03", pool="db")
    estate.ci("svc-digital-id", "business_service", "Digital Identity Card", "government", "planned",
              category="Vehicles and Drivers", rto="8h")  # fmt: skip
    estate.link("svc-digital-id", "delivered_by", "app-licence")


def _retired(estate: Estate) -> None:
    estate.ci("vm-bridge-web-02", "virtual_machine", "Bridge Inspection Register, web 02", "government", "retired")
    estate.link("vm-bridge-web-02", "hosted_on", "vmc-gdc-prod-01")
    del estate.relations["app-bridge", "runs_on", "vm-bridge-web-01", ""]
    # The rule still asks for two; one of its two members is retired.
    estate.pool("app-bridge", "web", "2", "runs_on", ["vm-bridge-web-01", "vm-bridge-web-02"])
    estate.ci("db-licence-03", "database", "Driver Licence System database 3", "government", "retired")
    estate.link("db-licence-03", "stores_data_on", "vol-gdc-01-db-02")
    estate.link("inst-licence-prod", "depends_on", "db-licence-03", pool="db")
    estate.ci("san-gdc-00", "storage", "SAN array GDC-00", "shared", "retired", capacity_tib="90")
    estate.link("san-gdc-00", "located_in", "rack-gdc-a03")
    estate.ci("app-wills", "application", "Wills Index", "government", "retired", criticality="low")
    estate.link("app-wills", "supported_by", "team-justice")
    estate.ci("svc-fax", "technical_service", "Fax", "shared", "retired", category="Voice")
    estate.link("svc-fax", "delivered_by", "srv-comms-voice")
