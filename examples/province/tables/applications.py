"""Applications and middleware: where their nodes and databases stand, and what they promise.

Zones: g1, g2 are the government data centre on array 1 and 2; h1, h2 the health data centre; d1, d2 the public
zones of each. `web` and `app` list zones, one node each (`g1*2` is two). `db`: `g2` one database, `g2+h2` a pool of
two of which one must work, `g2>h2` a database that copies to a standby, `sqlg`/`sqlh` one on the shared cluster.
"""

from examples.province.estate import words

# id | name | sector | team | web | app | rule | db | rto | rpo | restore | criticality
APPLICATIONS = """
cad       | Computer-Aided Dispatch       | shared     | safety   | g1*2    | g1*2  | 1   | g1+g1   | 1h  | 5m  | 10m | critical
avl       | Vehicle Location              | shared     | safety   | g2+h2   | -     | 1   | h2      | 4h  | 1h  | 15m | high
callrec   | Emergency Call Recording      | shared     | safety   | g2      | -     | 1   | sqlg    | 8h  | 15m | 20m | high
alert     | Public Alerting Console       | government | safety   | -       | -     | 1   | -       | 30m | 0m  | 5m  | critical
wildfire  | Wildfire Incident Board       | government | resources | g2+h2  | -     | 1   | g2>h2   | 4h  | 1h  | 15m | high
wxfeed    | Weather and Sensor Feed       | government | resources | h2*2   | -     | 1   | -       | 8h  | 1d  | 15m | medium
adt       | Admissions and Transfers      | health     | clinical | h1*2    | h2*2  | 1   | h1+h2   | 2h  | 15m | 10m | critical
consent   | Consent Registry              | health     | clinical | h2      | -     | 1   | sqlh    | 1d  | 1h  | 20m | medium
bed       | Bed Board                     | health     | clinical | h1+h2   | -     | 1   | h1      | 4h  | 1h  | 15m | high
edtrack   | Emergency Room Tracker        | health     | clinical | h1+h2   | h1+h2 | 1   | sqlh    | 2h  | 15m | 15m | high
periop    | Surgery Scheduler             | health     | clinical | h1+h2   | -     | 1   | sqlh    | 4h  | 1h  | 20m | high
instr     | Instrument Tracking           | health     | clinical | h2      | -     | 1   | sqlh    | 1d  | 4h  | -   | medium
ehr       | Health Record                 | health     | clinical | h1*2+h2*2 | h1*2+h2*2 | 2/3   | h1+h2 | 1h | 5m | 10m | critical
orders    | Order Entry                   | health     | clinical | h1+h2   | h1+h2 | 1   | sqlh    | 1h  | 5m  | 10m | critical
clinview  | Clinical Viewer               | health     | clinical | h1*2+h2*2 | -   | 50% | h2      | 2h  | 1h  | 15m | high
dictate   | Dictation                     | health     | clinical | h2      | -     | 1   | sqlh    | 1d  | 4h  | 30m | medium
ptportal  | Patient Portal                | health     | clinical | d2*2    | h1+h2 | 1   | h1      | 1d  | 4h  | 15m | medium
lis       | Laboratory Information System | health     | diagnostics | h1+h2 | h1*2  | 1   | h1+h2   | 2h  | 15m | 15m | critical
labgw     | Analyser Gateway              | health     | diagnostics | -     | -     | 2/3 | -       | 2h  | 15m | 10m | critical
micro     | Microbiology                  | health     | diagnostics | h1    | -     | 1   | h1      | 8h  | 1h  | 20m | high
blood     | Blood Bank                    | health     | diagnostics | h1+h2 | -     | 1   | h1+h2   | 1h  | 5m  | 10m | critical
pharm     | Pharmacy Dispensing           | health     | clinical | h1+h2   | h1+h2 | 1   | h2>g1   | 2h  | 15m | 15m | critical
drugref   | Drug Reference                | health     | clinical | h1      | -     | 1   | -       | 1d  | 7d  | 15m | medium
cabinets  | Dispensing Cabinet Server     | health     | clinical | h2      | -     | 1   | h2      | 4h  | 1h  | 20m | high
pacs      | Imaging Archive and Transfer  | health     | diagnostics | -     | h1*2+h2*2 | 2/3 | h1+h2 | 4h | 1h | 20m | critical
ris       | Radiology Information System  | health     | diagnostics | h1+h2 | -     | 1   | sqlh    | 4h  | 1h  | 15m | critical
vna       | Long-term Image Archive       | health     | diagnostics | -     | h1+h2 | 1   | h1      | 1d  | 4h  | 1h  | high
viewer    | Diagnostic Viewer             | health     | diagnostics | h1*2+h2*2 | - | 2/3 | -       | 8h  | -   | 15m | high
homecare  | Home Care Scheduler           | health     | community-health | g1*2 | g1 | 1 | g1      | 4h  | 1h  | 15m | high
homemob   | Home Care Mobile              | health     | community-health | d2*2 | - | 1  | h2      | 1d  | 1h  | 15m | medium
immun     | Immunization Registry         | health     | community-health | h1+h2 | - | 1  | h1>h2   | 8h  | 1h  | 20m | medium
immrep    | Immunization Reporting        | health     | community-health | g1 | -   | 1  | g1      | 3d  | 1d  | 30m | low
hcard     | Health Card System            | health     | community-health | g2+h2 | g2+h2 | 1 | sqlg  | 1d  | 4h  | 20m | medium
claims    | Practitioner Claims           | health     | community-health | g2*2 | g2  | 1  | g2>h2   | 1d  | 4h  | 20m | medium
paycalc   | Payroll Engine                | government | erp      | -       | g2*2  | 1   | g2>h1   | 8h  | 1h  | 30m | high
timeent   | Time Entry                    | government | erp      | g1*2    | -     | 1   | g1      | 1d  | 4h  | 15m | medium
ess       | Self-Service Portal           | shared     | erp      | g2+h2   | -     | 1   | g2      | 1d  | 4h  | 15m | low
erp       | Finance Ledger                | shared     | erp      | g2*2+h2*2 | g2*2+h2*2 | 50% | g2+h2 | 8h | 1h | 30m | high
budget    | Budget Planning               | government | erp      | g2      | -     | 1   | sqlg    | 3d  | 1d  | -   | low
procure   | Procurement Desk              | shared     | erp      | g2+h2   | -     | 1   | sqlg    | 1d  | 4h  | 15m | medium
grants    | Grants Register               | government | erp      | g2      | -     | 1   | sqlg    | -   | -   | -   | low
tax       | Tax Administration            | government | erp      | g2*2    | g2*2  | 1   | g2>h2   | 1d  | 1h  | 30m | medium
paygate   | Payment Gateway               | government | erp      | d1+d2   | g2+h2 | 1   | g2+h2   | 4h  | 5m  | 10m | high
cashier   | Counter Cashier               | government | registries | g2+h2 | -     | 1   | sqlg    | 8h  | 1h  | 15m | medium
landreg   | Land Title System             | government | registries | g2*2  | g2*2  | 1   | g2>h2   | 1d  | 1h  | 20m | high
landmap   | Parcel Map Viewer             | government | registries | g1*2  | -     | 1   | g1      | 3d  | 1d  | 15m | medium
deeds     | Deed Image Store              | government | registries | g2    | -     | 1   | g2      | 3d  | 4h  | 1h  | medium
assess    | Assessment Roll               | government | registries | g2    | g2    | 1   | sqlg    | 3d  | 1d  | 30m | low
vrs       | Vehicle Registration System   | government | registries | g1*2  | g1*2  | 1   | g1>h1   | 8h  | 1h  | 20m | high
plates    | Plate Stock                   | government | registries | g2    | -     | 1   | sqlg    | 5d  | 1d  | 20m | low
licence   | Driver Licence System         | government | registries | g2+h2 | g2+h2 | 1   | g2+h2   | 8h  | 1h  | 20m | high
photo     | Photo Licence Capture         | government | registries | g2    | -     | 1   | g2      | 1d  | 4h  | 20m | medium
courts    | Court Case System             | government | justice  | g1+g2   | g1*2  | 1   | g1      | 8h  | 1h  | 20m | high
courtcal  | Court Calendar                | government | justice  | g2      | -     | 1   | sqlg    | 1d  | 4h  | 15m | medium
efile     | Electronic Filing             | government | justice  | d1*2    | g2    | 1   | g2      | 1d  | 1h  | 15m | medium
offender  | Offender Management System    | government | justice  | g2+h2   | g2+h2 | 1   | g2+h2   | 4h  | 30m | 15m | critical
visits    | Visit Booking                 | government | justice  | d1      | -     | 1   | -       | 5d  | 1d  | 20m | low
childprot | Child Protection Files        | government | social   | g1*2    | g1*2  | 1   | g1>h1   | 4h  | 30m | 15m | critical
income    | Income Assistance System      | government | social   | g1*2    | g1    | 1   | g1      | 1d  | 4h  | 20m | high
childcare | Childcare Subsidy             | government | social   | g2      | -     | 1   | sqlg    | -   | -   | -   | low
sis       | Student Information System    | government | education | g1+h2  | g1+h2 | 1/2 | h2      | 1d  | 4h  | 20m | medium
transcript | Transcript Requests          | government | education | d1     | -     | 1   | -       | 5d  | 1d  | 20m | low
elearn    | Online Classroom              | government | education | -      | -     | 1   | -       | 1d  | 4h  | -   | medium
busroute  | School Bus Routing            | government | education | h2     | -     | 1   | h2      | 3d  | 1d  | 20m | low
permits   | Permit Desk                   | government | resources | g1+h2  | g1+h2 | 1   | h2      | 1d  | 4h  | 20m | medium
inspect   | Inspection Field Kit          | government | resources | g1*2   | -     | 1   | g1      | -   | -   | 20m | medium
road      | Road Condition Board          | government | web      | g2+h2   | -     | 1   | g2      | 4h  | 1h  | 15m | high
fleet     | Fleet Maintenance             | government | web      | g2      | -     | 1   | sqlg    | 3d  | 1d  | 30m | low
bridge    | Bridge Inspection Register    | government | web      | g2      | -     | 1   | sqlg    | 5d  | 1d  | 30m | low
gis       | Map Server Farm               | government | resources | g2*2+h2*2 | g2*3+h2*2 | 3/4 | g2+h2 | 1d | 1d | 20m | medium
mapsrv    | Emergency Map Cache           | shared     | safety   | g2+h2   | -     | 1   | -       | 4h  | -   | 15m | high
imagery   | Aerial Imagery Store          | government | resources | g2     | -     | 1   | -       | 5d  | 7d  | 2h  | low
forest    | Forest Inventory              | government | resources | g2     | -     | 1   | g2      | 5d  | 1d  | 30m | low
www       | Public Website                | government | web      | d1*2+d2*2 | -   | 2/3 | h2      | 4h  | 4h  | 10m | high
search    | Site Search                   | government | web      | d1+d2   | -     | 1   | -       | 1d  | -   | 15m | low
forms     | Online Forms                  | government | web      | d1+d2   | g2+h2 | 1   | h2      | 8h  | 4h  | 15m | medium
opendata  | Open Data Portal              | government | web      | d1      | -     | 1   | -       | -   | -   | -   | low
intra     | Intranet                      | shared     | web      | g2+h2   | -     | 1   | sqlg    | 1d  | 4h  | 20m | low
mail      | Hosted Mail                   | shared     | messaging | -      | -     | 1   | -       | 4h  | 15m | -   | high
mailgw    | Mail Gateway                  | shared     | messaging | d1+d2  | -     | 1   | -       | 4h  | -   | 15m | high
meet      | Hosted Meetings               | shared     | messaging | -      | -     | 1   | -       | 8h  | -   | -   | medium
records   | Records Management            | government | messaging | g2     | -     | 1   | sqlg    | 3d  | 1d  | 30m | low
sso       | Single Sign-On                | shared     | identity | g2*2+h2*2 | -   | 2   | g2      | 1h  | 5m  | 10m | critical
adds      | Directory                     | shared     | identity | -       | g2*2+h1*2 | 2/3 | -   | 1h  | 15m | 20m | critical
mfa       | Second Factor                 | shared     | identity | -       | -     | 1   | -       | 2h  | -   | -   | high
pki       | Certificate Authority         | shared     | security | -       | g2+h2 | 1   | g2      | 8h  | 0m  | 30m | high
filesgov  | File Server, Government       | government | storage  | -       | g2*4  | 3/4 | -       | 8h  | 4h  | 20m | medium
fileshea  | File Server, Health           | health     | storage  | -       | h1*2+h2*2 | 3/4 | -   | 8h  | 4h  | 20m | medium
print     | Print Management              | shared     | desktop  | g2+h2   | -     | 1   | sqlg    | 1d  | 1d  | 20m | low
vpn       | Remote Access Gateway         | shared     | network  | d1*2+d2*2 | -   | 50% | -       | 4h  | -   | 15m | high
voip      | Call Manager                  | shared     | voice    | -       | -     | 2/3 | -       | 2h  | 1h  | 20m | high
vmail     | Voicemail                     | shared     | voice    | -       | h2    | 1   | -       | 1d  | 4h  | 20m | low
ccentre   | Contact Centre Platform       | government | voice    | g2+h2   | -     | 1   | sqlg    | 4h  | 1h  | 20m | medium
proxy     | Web Proxy                     | shared     | network  | d1*2+d2*2 | -   | 2   | -       | 2h  | -   | 10m | high
wlc       | Wi-Fi Controller              | shared     | network  | -       | g2+h2 | 1   | -       | 8h  | -   | 15m | medium
dnsint    | Internal DNS                  | shared     | network  | -       | g2*2   | 1   | -       | 1h  | 1h  | 10m | critical
dhcp      | DHCP                          | shared     | network  | -       | g2+h2 | 1   | -       | 2h  | 1h  | 10m | high
vmmgr     | Virtualization Manager        | shared     | virtual  | -       | g2    | 1   | g2      | 8h  | 1d  | 20m | medium
k8s       | Container Platform            | government | web      | -       | g2*4+h2*4 | 60%/7  | h2 | 8h | 4h | 30m | medium
dbtools   | Database Tooling              | shared     | database | -       | g2    | 1   | -       | 1d  | -   | 30m | low
sanmgr    | Storage Manager               | shared     | storage  | -       | h1    | 1   | -       | 1d  | -   | 30m | medium
bkup      | Backup Scheduler              | shared     | storage  | -       | h2+g2 | 1   | h2      | 1d  | 1d  | 30m | high
mon       | Monitoring Platform           | shared     | virtual  | g1      | h1+g1 | 1/2 | h1      | 4h  | 1h  | 20m | medium
logs      | Log Store                     | shared     | security | -       | g1*3  | 2   | -       | 1d  | 1d  | 1h  | medium
itsm      | Service Desk Ticketing        | shared     | service-desk | g2+h2 | -   | 1   | g2>h2   | 4h  | 1h  | 15m | high
devmgr    | Device Manager                | shared     | desktop  | g2+h2   | -     | 1   | sqlg    | 1d  | 1d  | 30m | medium
patch     | Patch Distribution            | shared     | desktop  | -       | g2*2+h2*2 | 50% | -   | 3d  | 7d  | 30m | low
vdi       | Virtual Desktop Farm          | health     | desktop  | -       | h1*10+h2*10 | 70%/16 | sqlh | 4h | - | 20m | high
esb       | Integration Engine            | government | integration | -    | g2+h2 | 1   | g2      | 8h  | 1h  | 15m | medium
apigw     | API Gateway                   | government | integration | d1+d2 | -    | 1   | -       | 8h  | -   | 15m | medium
hie       | Clinical Message Hub          | health     | clinical-bus | -   | h1*2+h2*2 | 2/3 | h1+h2 | 4h | 15m | 15m | critical
"""  # noqa: E501

# id | name | sector | team | web | app | rule | db | rto | rpo | restore | criticality
MIDDLEWARE = """
mq-gov    | Message Queue, Government     | government | integration | -    | g2+h2 | 1   | -       | 8h  | 0m  | 10m | medium
mq-health | Message Queue, Health         | health     | clinical-bus | -   | h1*2+h2 | 2 | -       | 4h  | 0m  | 10m | high
cache-web | Session Cache                 | government | web      | -       | d1+d2 | 1   | -       | 4h  | -   | 5m  | medium
sched-fin | Batch Scheduler               | government | erp      | -       | g2    | 1   | -       | 8h  | 1h  | 15m | medium
report    | Report Server                 | shared     | database | -       | g2+h2 | 1   | sqlg    | 1d  | 1d  | 20m | low
sftp      | Secure File Transfer          | shared     | integration | d1+d2 | -    | 1   | -       | 8h  | 1h  | 15m | medium
render    | Map Renderer                  | government | resources | -      | g2*2+h2*2 | 50% | -   | 1d  | -   | 10m | low
docgen    | Document Generator            | government | social   | -       | g1    | 1   | -       | -   | -   | 10m | medium
ocr       | Scanned Page Reader           | government | registries | -     | g2    | 1   | -       | 3d  | -   | 15m | low
vault     | Secrets Vault                 | shared     | security | -       | g2*2+h2 | 2 | -       | 2h  | 0m  | 15m | high
termsrv   | Clinical Terminology Server   | health     | clinical-bus | -   | h1+h2 | 1   | h1      | 8h  | 1d  | 15m | medium
idsync    | Identity Synchronizer         | shared     | identity | -       | g2    | 1   | sqlg    | 1d  | 1h  | 15m | medium
smsgate   | Text Message Gateway          | shared     | messaging | d2     | -     | 1   | -       | 4h  | -   | 10m | medium
routing   | Route Calculator              | shared     | safety   | -       | g2+h2 | 1   | -       | 4h  | -   | 10m | high
"""  # noqa: E501

# application or middleware | what else it needs (~ degraded, ? at risk); srv- ids are physical servers
NEEDS = """
cad       | srv-radio-gdc-01?, srv-licence-gdc-01~, sw-routing~
alert     | sw-smsgate~
adt       | sw-mq-health~
edtrack   | app-adt~
bed       | app-adt~
orders    | sw-termsrv~
lis       | sw-mq-health~
ris       | app-pacs~
hie       | sw-mq-health, sw-termsrv~
viewer    | srv-licence-gdc-01~, app-vna~
homecare  | sw-docgen~, sw-routing~
homemob   | app-homecare
paycalc   | sw-sched-fin, app-erp~
erp       | sw-sched-fin~, sw-report~
timeent   | app-adds~
paygate   | srv-hsm-gdc-01
pki       | srv-hsm-gdc-01
sso       | srv-hsm-gdc-01~, app-adds, sw-vault~
efile     | app-courts, srv-hsm-gdc-01~
courts    | sw-docgen~
courtcal  | app-courts?
childprot | sw-docgen~, sw-report~
income    | app-paygate~
deeds     | sw-ocr~
landmap   | app-gis~, srv-licence-gdc-01
gis       | srv-licence-gdc-01, sw-render
forest    | srv-licence-gdc-01, app-gis
imagery   | app-gis~
road      | app-gis~, app-wxfeed~
www       | sw-cache-web~, cld-cdn~
forms     | sw-cache-web~
esb       | sw-mq-gov
apigw     | sw-vault
procure   | app-erp~, sw-sftp?
claims    | sw-sftp~
tax       | sw-sched-fin~, sw-sftp~
vrs       | srv-plate-gdc-01?
licence   | app-vrs?
photo     | app-licence
ess       | app-erp
budget    | app-erp
mailgw    | cld-mail
mail      | sw-idsync?
alert     | cld-alert
meet      | cld-meet
elearn    | cld-classroom
mfa       | cld-mfa
search    | cld-search?
"""

# What stands on physical servers: id | members | rule
ON_METAL = """
labgw   | srv-labgw-hdc-01, srv-labgw-hdc-02, srv-labgw-hdc-03   | 2/3
voip    | srv-call-gdc-01, srv-call-gdc-02, srv-call-hdc-01, srv-call-hdc-02 | 2/3
callrec | srv-rec-gdc-01, srv-rec-gdc-02                         | 1
"""

# Applications with recorded environments: a production instance and a test instance; some with a recovery site.
WITH_INSTANCES = words(
    """
cad adt ehr lis pharm pacs ris homecare immun hcard claims paycalc erp procure tax paygate landreg vrs licence
courts offender childprot income sis permits gis www itsm hie esb periop blood edtrack
"""
)
RECOVERY_SITES = {"income": "h1", "landreg": "h2", "claims": "h2", "tax": "h2"}
