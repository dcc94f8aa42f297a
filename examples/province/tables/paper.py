"""Suppliers, agreements and runbooks. Every company here is invented."""

from examples.province.estate import words

# id | name
SUPPLIERS = """
sup-longwire  | Longwire Communications
sup-tidalnet  | Tidalnet Fibre
sup-gridlight | Gridlight Power
sup-calder    | Calder Storage
sup-petrel    | Petrel Systems
sup-hexline   | Hexline Networks
sup-thornfield | Thornfield Servers
sup-lockspur  | Lockspur Security
sup-cirrus    | Cirrus North Cloud
sup-beaconry  | Beaconry Alerts
sup-slate     | Slateboard Learning
sup-wardline  | Wardline Clinical Software
sup-ledgerly  | Ledgerly Business Systems
sup-parcel    | Parcelstone Registries
sup-sirenware | Sirenware Public Safety
sup-ironreel  | Ironreel Tape
"""

# id | name | valid until | support hours | supplier
AGREEMENTS = """
agr-storage    | Array maintenance              | 2027-03-31 | 24x7, four hours on site | sup-calder
agr-files      | File storage maintenance       | 2027-06-30 | 24x7                     | sup-petrel
agr-network    | Network hardware maintenance   | 2028-01-31 | 24x7, four hours on site | sup-hexline
agr-servers    | Server maintenance             | 2027-09-30 | Mon-Fri, next day        | sup-thornfield
agr-lines-a    | Line services, Longwire        | 2029-03-31 | 24x7                     | sup-longwire
agr-lines-b    | Line services, Tidalnet        | 2028-03-31 | 24x7                     | sup-tidalnet
agr-cloud      | Cloud tenancy                  | 2027-12-31 | 24x7                     | sup-cirrus
agr-cad        | Dispatch software support      | 2026-03-31 | 24x7, one hour           | sup-sirenware
agr-clinical   | Clinical software support      | 2028-06-30 | 24x7, one hour           | sup-wardline
agr-finance    | Finance software support       | 2027-03-31 | Mon-Fri 08-18            | sup-ledgerly
agr-registries | Registry software support      | 2026-08-31 | Mon-Fri 08-17            | sup-parcel
agr-tape       | Tape library maintenance       | 2025-12-31 | Mon-Fri, next day        | sup-ironreel
sla-dispatch   | Service level, dispatch        | 2027-03-31 | 24x7                     | -
sla-clinical   | Service level, hospital systems | 2027-03-31 | 24x7                    | -
sla-justice    | Service level, justice         | 2027-03-31 | Mon-Fri 07-19            | -
ola-storage    | Operating level, storage       | 2027-03-31 | 24x7                     | -
"""

# agreement | what it covers
COVERS = """
agr-storage    | san-gdc-01, san-gdc-02, san-hdc-01, san-hdc-02, bkp-gdc-01, bkp-hdc-01
agr-files      | nas-gdc-01, nas-hdc-01, obj-hdc-01
agr-network    | rtr-core-gdc-01, rtr-core-gdc-02, rtr-core-hdc-01, rtr-core-hdc-02, fw-gdc-01, fw-gdc-02
agr-servers    | dbc-gdc-sql-01, dbc-hdc-sql-01, srv-licence-gdc-01
agr-lines-a    | ckt-dci-a, ckt-inet-a, ckt-voice-a, ckt-voice-b, ckt-west-a
agr-lines-b    | ckt-dci-b, ckt-inet-b, ckt-west-b
agr-cloud      | cld-mail, cld-meet, cld-cdn, cld-search, cld-archive
agr-cad        | app-cad, app-avl
agr-clinical   | app-adt, app-ehr, app-orders, app-lis, app-pharm, app-pacs
agr-finance    | app-erp, app-paycalc, app-timeent
agr-registries | app-landreg, app-vrs, app-licence
agr-tape       | tape-gdc-01
sla-dispatch   | svc-dispatch, off-dispatch-ambulance, off-dispatch-agencies
sla-clinical   | svc-admissions, svc-health-record, svc-lab-results, svc-pharmacy
sla-justice    | svc-courts, svc-corrections
ola-storage    | svc-storage, svc-backup
"""

# applications and infrastructure with a runbook of their own
RUNBOOKS = words(
    """
app-cad app-avl app-alert app-adt app-ehr app-orders app-lis app-blood app-pharm app-pacs app-ris app-homecare
app-immun app-hcard app-paycalc app-erp app-tax app-paygate app-landreg app-vrs app-licence app-courts app-offender
app-childprot app-income app-sis app-gis app-www app-sso app-adds app-pki app-mailgw app-vpn app-voip app-dnsint
app-k8s app-vdi app-itsm app-esb app-hie san-gdc-01 san-gdc-02 san-hdc-01 san-hdc-02 nas-gdc-01 nas-hdc-01
dbc-gdc-sql-01 dbc-hdc-sql-01 vmc-gdc-prod-01 vmc-hdc-prod-01 srv-hsm-gdc-01 rtr-agg-west-01 fac-gdc fac-hdc
"""
)

# id | name | what it describes
PLANS = """
plan-dispatch  | Dispatch downtime plan: paper cards and radio    | svc-dispatch
plan-hospital  | Hospital downtime plan                           | svc-admissions
plan-pharmacy  | Pharmacy downtime plan                           | svc-pharmacy
plan-storage   | Array loss plan                                  | svc-storage
plan-gdc       | Government Data Centre loss plan                 | fac-gdc
plan-payroll   | Payroll: paying last month's amounts             | svc-payroll
"""
