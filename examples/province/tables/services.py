"""The service catalogue: 20 categories of business services, 12 of enabling ones, and some offerings."""

# short id | name | category | sector | rto | rpo | restore | mtd | criticality | support hours | owning group or team
BUSINESS = """
dispatch             | Emergency Dispatch            | Emergency Response        | shared     | 1h  | 5m  | 5m  | 2h  | critical | 24x7          | cg-ehs-comms
wildfire             | Wildfire Response             | Emergency Response        | government | 4h  | 1h  | 10m | 8h  | high     | 24x7          | cg-wildfire
public-alerting      | Public Alerting               | Emergency Response        | government | 30m | 0m  | 5m  | 1h  | critical | 24x7          | cg-emergency
admissions           | Hospital Admissions           | Hospital Care             | health     | 2h  | 15m | 10m | 4h  | critical | 24x7          | cg-mha
bed-management       | Bed Management                | Hospital Care             | health     | 4h  | 1h  | 10m | 12h | high     | 24x7          | cg-gul
emergency-tracking   | Emergency Room Tracking       | Hospital Care             | health     | 2h  | 15m | 10m | 4h  | high     | 24x7          | cg-gul-emergency
surgery-scheduling   | Surgery Scheduling            | Hospital Care             | health     | 4h  | 1h  | 15m | 12h | high     | 24x7          | -
health-record        | Electronic Health Record      | Clinical Records          | health     | 1h  | 5m  | 10m | 4h  | critical | 24x7          | cg-mha
patient-portal       | Patient Portal                | Clinical Records          | health     | 24h | 4h  | 15m | 3d  | medium   | Mon-Fri 08-18 | cg-mha
lab-results          | Laboratory Results            | Laboratory                | health     | 2h  | 15m | 10m | 4h  | critical | 24x7          | cg-gul-lab
blood-bank           | Blood Bank                    | Laboratory                | health     | 1h  | 5m  | 10m | 2h  | critical | 24x7          | cg-gul-lab
pharmacy             | Pharmacy Dispensing           | Pharmacy                  | health     | 2h  | 15m | 10m | 6h  | critical | 24x7          | cg-gul-pharmacy
medical-imaging      | Medical Imaging               | Medical Imaging           | health     | 4h  | 1h  | 15m | 12h | critical | 24x7          | cg-gul-imaging
home-care            | Home Care Scheduling          | Community Health          | health     | 4h  | 1h  | 10m | 12h | high     | daily 06-22   | cg-home-care
immunization         | Immunization Records          | Community Health          | health     | 8h  | 1h  | 10m | 2d  | medium   | Mon-Fri 08-18 | cg-public-health
health-card          | Health Card Registration      | Health Coverage           | health     | 24h | 4h  | 15m | 3d  | medium   | Mon-Fri 08-17 | cg-health-card
payroll              | Payroll                       | Human Resources           | government | 8h  | 1h  | 15m | 2d  | high     | Mon-Fri 07-18 | cg-payroll-office
self-service         | Employee Self-Service         | Human Resources           | shared     | 24h | 4h  | 10m | 5d  | low      | Mon-Fri 08-17 | cg-payroll-office
finance              | Finance and Accounting        | Finance and Procurement   | shared     | 8h  | 1h  | 15m | 2d  | high     | Mon-Fri 07-18 | cg-finance
procurement          | Procurement                   | Finance and Procurement   | shared     | 24h | 4h  | 15m | 5d  | medium   | Mon-Fri 08-17 | cg-finance
grants               | Grants and Contributions      | Finance and Procurement   | government | 3d  | 1d  | -   | 10d | low      | Mon-Fri 08-17 | cg-growth
revenue              | Tax and Revenue               | Revenue and Payments      | government | 24h | 1h  | 15m | 3d  | medium   | Mon-Fri 08-17 | cg-revenue
payments             | Online Payments               | Revenue and Payments      | government | 4h  | 5m  | 10m | 12h | high     | 24x7          | cg-finance
land-registry        | Land Registry                 | Land and Property         | government | 24h | 1h  | 15m | 3d  | high     | Mon-Fri 08-17 | cg-land-titles
assessment           | Property Assessment           | Land and Property         | government | 3d  | 1d  | 30m | 10d | low      | Mon-Fri 08-17 | cg-municipal
vehicle-registration | Vehicle Registration          | Vehicles and Drivers      | government | 8h  | 1h  | 10m | 2d  | high     | Mon-Sat 08-18 | cg-counters
driver-licensing     | Driver Licensing              | Vehicles and Drivers      | government | 8h  | 1h  | 10m | 2d  | high     | Mon-Sat 08-18 | cg-counters
courts               | Court Case Management         | Justice                   | government | 8h  | 1h  | 15m | 2d  | high     | Mon-Fri 07-19 | cg-courts
corrections          | Offender Management           | Justice                   | government | 4h  | 30m | 10m | 8h  | critical | 24x7          | cg-corrections
child-protection     | Child Protection              | Child and Family          | government | 4h  | 30m | 10m | 8h  | critical | 24x7          | cg-child-welfare
income-assistance    | Income Assistance             | Child and Family          | government | 24h | 4h  | 15m | 3d  | high     | Mon-Fri 08-17 | cg-income
student-records      | Student Records               | Education                 | government | 24h | 4h  | 15m | 5d  | medium   | Mon-Fri 07-18 | cg-school-regions
e-learning           | Online Learning               | Education                 | government | 24h | 4h  | -   | 5d  | medium   | Mon-Fri 07-18 | cg-education
permits              | Permits and Licences          | Licensing and Inspection  | government | 24h | 4h  | 15m | 5d  | medium   | Mon-Fri 08-17 | cg-fisheries
inspections          | Field Inspections             | Licensing and Inspection  | government | -   | -   | 15m | -   | medium   | Mon-Fri 08-17 | cg-inspection
road-conditions      | Road Conditions               | Transportation and Works  | government | 4h  | 1h  | 10m | 12h | high     | 24x7          | cg-highways
fleet                | Fleet Management              | Transportation and Works  | government | 3d  | 1d  | 30m | 10d | low      | Mon-Fri 08-17 | -
mapping              | Maps and Geography            | Land and Resources        | government | 24h | 1d  | 20m | 5d  | medium   | Mon-Fri 08-17 | cg-resources
forest-inventory     | Forest Inventory              | Land and Resources        | government | 5d  | 1d  | 30m | 20d | low      | Mon-Fri 08-17 | cg-resources
public-website       | Public Website                | Public Information        | government | 4h  | 4h  | 10m | 12h | high     | 24x7          | cg-communications
open-data            | Open Data                     | Public Information        | government | -   | -   | -   | -   | low      | Mon-Fri 08-17 | -
intranet             | Intranet                      | Public Information        | shared     | 24h | 4h  | 15m | 5d  | low      | Mon-Fri 08-17 | cg-communications
"""  # noqa: E501

ENABLING = """
email                | Email                         | Messaging                 | shared     | 4h  | 15m | 10m | 12h | high     | 24x7          | team-messaging
meetings             | Online Meetings               | Messaging                 | shared     | 8h  | -   | -   | 1d  | medium   | Mon-Fri 07-18 | team-messaging
signin               | Sign-in and Identity          | Identity                  | shared     | 1h  | 5m  | 10m | 2h  | critical | 24x7          | team-identity
certificates         | Certificates and Keys         | Identity                  | shared     | 8h  | 0m  | 15m | 1d  | high     | Mon-Fri 07-18 | team-security
files-government     | File Shares, Government       | Files and Print           | government | 8h  | 4h  | 20m | 2d  | medium   | Mon-Fri 07-18 | team-storage
files-health         | File Shares, Health           | Files and Print           | health     | 8h  | 4h  | 20m | 2d  | medium   | 24x7          | team-storage
vpn                  | Remote Access                 | Remote Access             | shared     | 4h  | -   | 10m | 1d  | high     | 24x7          | team-network
telephony            | Telephony                     | Voice                     | shared     | 2h  | -   | 15m | 4h  | high     | 24x7          | team-voice
contact-centre       | Contact Centre                | Voice                     | government | 4h  | 1h  | 15m | 1d  | medium   | Mon-Sat 08-18 | team-voice
wan                  | Wide Area Network             | Network                   | shared     | 1h  | -   | 15m | 2h  | critical | 24x7          | team-network
internet             | Internet Access               | Network                   | shared     | 2h  | -   | 15m | 8h  | high     | 24x7          | team-network
wifi                 | Wi-Fi                         | Network                   | shared     | 8h  | -   | 15m | 2d  | medium   | Mon-Fri 07-18 | team-network
dns                  | DNS and DHCP                  | Name Services             | shared     | 1h  | 1h  | 10m | 2h  | critical | 24x7          | team-network
vm-hosting           | Virtual Hosting               | Hosting                   | shared     | 2h  | -   | 10m | 8h  | critical | 24x7          | team-virtual
containers           | Container Platform            | Hosting                   | government | 8h  | 4h  | 20m | 2d  | medium   | Mon-Fri 08-17 | team-web
db-hosting           | Database Hosting              | Hosting                   | shared     | 4h  | 15m | 15m | 8h  | high     | 24x7          | team-database
storage              | Block Storage                 | Storage and Backup        | shared     | 4h  | 15m | -   | 8h  | critical | 24x7          | team-storage
backup               | Backup and Restore            | Storage and Backup        | shared     | 24h | 1d  | 30m | 3d  | high     | Mon-Fri 07-18 | team-storage
monitoring           | Monitoring                    | Service Operations        | shared     | 4h  | 1h  | 15m | 1d  | medium   | 24x7          | -
service-desk         | Service Desk                  | Service Operations        | shared     | 4h  | 1h  | 10m | 1d  | high     | 24x7          | team-service-desk
desktop              | Workplace Desktop             | Workplace                 | shared     | 8h  | -   | 20m | 2d  | high     | Mon-Fri 07-19 | team-desktop
virtual-desktop      | Virtual Desktop               | Workplace                 | health     | 4h  | -   | 15m | 12h | high     | 24x7          | team-desktop
integration          | Integration Hub               | Integration               | government | 8h  | 1h  | 15m | 1d  | medium   | Mon-Fri 08-17 | team-integration
clinical-integration | Clinical Integration          | Integration               | health     | 4h  | 15m | 15m | 8h  | critical | 24x7          | team-clinical-bus
"""  # noqa: E501

# id | name | of service | sector | rto | criticality | support hours
OFFERINGS = """
off-dispatch-ambulance | Emergency Dispatch, ambulance        | dispatch   | health     | 1h  | critical | 24x7
off-dispatch-agencies  | Emergency Dispatch, partner agencies | dispatch   | government | 2h  | high     | 24x7
off-courts-standard    | Court Case Management, courtrooms    | courts     | government | 8h  | high     | Mon-Fri 07-19
off-mailbox-standard   | Email, standard mailbox              | email      | shared     | 8h  | medium   | Mon-Fri 07-18
off-mailbox-clinical   | Email, clinical mailbox              | email      | health     | 4h  | high     | 24x7
off-vm-gold            | Virtual Hosting, gold                | vm-hosting | shared     | 2h  | high     | 24x7
off-vm-silver          | Virtual Hosting, silver              | vm-hosting | shared     | 24h | medium   | Mon-Fri 07-18
off-db-gold            | Database Hosting, gold               | db-hosting | shared     | 4h  | high     | 24x7
off-db-silver          | Database Hosting, silver             | db-hosting | shared     | 24h | -        | Mon-Fri 07-18
"""

# service | applications that deliver it | services it is built on (~ degraded, ? at risk)
DELIVERY = """
dispatch             | cad, callrec?, avl~, mapsrv~      | telephony~
wildfire             | wildfire, wxfeed~, mapsrv~        | internet?
public-alerting      | alert                             | internet
admissions           | adt, consent~                     | clinical-integration~, signin~, dns~
bed-management       | bed                               | admissions~, dns~
emergency-tracking   | edtrack                           | admissions~, signin~
surgery-scheduling   | periop, instr~                    | admissions~, signin~
health-record        | ehr, orders, clinview~, dictate~  | signin~, dns~, clinical-integration~
patient-portal       | ptportal                          | internet, signin
lab-results          | lis, labgw, micro~                | clinical-integration~, dns~
blood-bank           | blood                             | signin~
pharmacy             | pharm, drugref~, cabinets~        | admissions~, dns~
medical-imaging      | pacs, ris, vna~, viewer~          | admissions~, dns~
home-care            | homecare, homemob~                | signin~
immunization         | immun, immrep~                    | signin~
health-card          | hcard, claims~                    | signin~, integration?
payroll              | paycalc, timeent~                 | finance~, signin~
self-service         | ess                               | signin
finance              | erp, budget?                      | signin~, files-government?
procurement          | procure                           | finance~, signin~
grants               | grants                            | finance?, signin~
revenue              | tax                               | payments~, signin~
payments             | paygate, cashier~                 | internet, certificates
land-registry        | landreg, landmap~, deeds~         | signin~, payments?
assessment           | assess                            | mapping~
vehicle-registration | vrs, plates?                      | payments~, signin~
driver-licensing     | licence, photo~                   | payments~, signin~
courts               | courts, courtcal~, efile~         | signin~, certificates?
corrections          | offender, visits?                 | signin~
child-protection     | childprot                         | signin~, files-government?
income-assistance    | income                            | payments~, signin~
student-records      | sis, transcript~                  | signin~
e-learning           | elearn                            | internet, signin~
permits              | permits                           | payments~, integration?
inspections          | inspect                           | mapping?
road-conditions      | road, wxfeed~                     | internet~
fleet                | fleet                             | -
mapping              | gis, imagery~                     | signin~
forest-inventory     | forest                            | mapping~
public-website       | www, search~, forms~              | internet, dns
open-data            | opendata                          | internet
intranet             | intra, search~                    | signin~
email                | mail, mailgw                      | internet, dns, signin~
meetings             | meet                              | internet, signin~
signin               | sso, adds, mfa~                   | dns
certificates         | pki                               | -
files-government     | filesgov                          | signin, dns~
files-health         | fileshea                          | signin, dns~
vpn                  | vpn                               | internet, signin
telephony            | voip, vmail~                      | dns~
contact-centre       | ccentre                           | telephony, signin~
wan                  | -                                 | -
internet             | proxy                             | dns
wifi                 | wlc                               | signin~, dns
dns                  | dnsint, dhcp~                     | -
vm-hosting           | vmmgr~                            | -
containers           | k8s                               | dns
db-hosting           | dbtools~                          | -
storage              | sanmgr?                           | -
backup               | bkup                              | -
monitoring           | mon, logs~                        | -
service-desk         | itsm                              | telephony~, signin~
desktop              | devmgr~, patch?                   | signin, dns, wan~
virtual-desktop      | vdi                               | signin
integration          | esb, apigw                        | dns~
clinical-integration | hie                               | dns~
"""
