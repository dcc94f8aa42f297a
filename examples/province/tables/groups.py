"""Client groups: who the services are for. A head count includes the groups nested below."""

# id | name | sector | part of | head count | contact's title | network site
GROUPS = """
cg-executive       | Executive Council Office              | government | -               | 130   | Chief of Operations       | exec
cg-finance         | Finance and Treasury                  | government | -               | 640   | Director of Corporate IT  | exec
cg-payroll-office  | Payroll Services                      | government | cg-finance      | 150   | Payroll Manager           | -
cg-treasury        | Treasury and Debt                     | government | cg-finance      | 90    | -                         | -
cg-revenue         | Revenue Administration                | government | cg-finance      | 210   | Revenue Manager           | -
cg-justice         | Justice                               | government | -               | 2980  | Director of Justice IT    | -
cg-courts          | Courts Administration                 | government | cg-justice      | 720   | Court Services Manager    | courts
cg-prosecution     | Public Prosecution                    | government | cg-justice      | 290   | Practice Manager          | courts
cg-corrections     | Correctional Services                 | government | cg-justice      | 1240  | Duty Superintendent       | -
cg-sheriffs        | Sheriff Services                      | government | cg-justice      | 330   | -                         | courts
cg-health-dept     | Health and Wellness                   | health     | -               | 460   | Director of Policy Support | exec
cg-health-card     | Health Card Office                    | health     | cg-health-dept  | 95    | Office Supervisor         | -
cg-community       | Community Services                    | government | -               | 1890  | Director of Field Support | -
cg-child-welfare   | Child and Family Wellbeing            | government | cg-community    | 910   | Intake Manager            | -
cg-income          | Income Assistance                     | government | cg-community    | 480   | Programme Manager         | -
cg-housing         | Housing Support                       | government | cg-community    | 210   | -                         | -
cg-education       | Education and Early Years             | government | -               | 2240  | Director of Learning IT   | -
cg-school-regions  | School Region Offices                 | government | cg-education    | 1480  | Registrar                 | schools
cg-student-support | Student Support                       | government | cg-education    | 260   | -                         | -
cg-advanced        | Skills and Advanced Learning          | government | -               | 390   | Business Systems Lead     | exec
cg-works           | Public Works                          | government | -               | 2350  | Director of Works IT      | -
cg-highways        | Highways Operations                   | government | cg-works        | 1420  | Operations Manager        | depot
cg-winter          | Winter Control Centre                 | government | cg-highways     | 60    | Duty Dispatcher           | -
cg-buildings       | Public Buildings                      | government | cg-works        | 340   | -                         | -
cg-citizen         | Citizen Services and Registries       | government | -               | 980   | Director of Registries    | -
cg-counters        | Service Counters                      | government | cg-citizen      | 620   | Counter Network Manager   | -
cg-land-titles     | Land Titles Office                    | government | cg-citizen      | 140   | Deputy Registrar          | exec
cg-resources       | Natural Resources and Forests         | government | -               | 760   | Business Systems Lead     | -
cg-wildfire        | Wildfire Coordination                 | government | cg-resources    | 240   | Duty Officer              | comms
cg-parks           | Parks                                 | government | cg-resources    | 190   | -                         | -
cg-environment     | Environment and Climate               | government | -               | 410   | Business Systems Lead     | exec
cg-inspection      | Inspection and Compliance             | government | cg-environment  | 170   | Chief Inspector           | -
cg-fisheries       | Fisheries and Shore                   | government | -               | 230   | Licensing Manager         | depotwest
cg-agriculture     | Agriculture                           | government | -               | 260   | Business Systems Lead     | fogoffice
cg-culture         | Culture and Tourism                   | government | -               | 220   | Web Manager               | exec
cg-labour          | Labour and Newcomers                  | government | -               | 310   | Business Systems Lead     | exec
cg-municipal       | Municipal Affairs                     | government | -               | 190   | Director of Programmes    | exec
cg-emergency       | Emergency Management Office           | government | cg-municipal    | 60    | Duty Officer              | comms
cg-fire-marshal    | Fire Marshal                          | government | cg-municipal    | 45    | Deputy Fire Marshal       | comms
cg-growth          | Enterprise and Growth                 | government | -               | 170   | Business Systems Lead     | exec
cg-communications  | Communications                        | government | -               | 140   | Digital Editor            | exec
cg-digital         | Digital Services                      | shared     | -               | 890   | Director of Operations    | exec
cg-digital-ops     | Infrastructure Operations             | shared     | cg-digital      | 420   | Operations Manager        | -
cg-digital-apps    | Application Services                  | shared     | cg-digital      | 310   | Delivery Manager          | -
cg-mha             | Merrow Health Authority               | health     | -               | 21480 | Chief Information Officer | -
cg-zone-central    | Central Zone                          | health     | cg-mha          | 8400  | Zone Director             | -
cg-gul             | Gullhaven General Hospital            | health     | cg-zone-central | 5200  | Site Administrator        | hosgul
cg-gul-emergency   | Gullhaven General, Emergency          | health     | cg-gul          | 410   | Charge Nurse              | -
cg-gul-lab         | Gullhaven General, Laboratory         | health     | cg-gul          | 310   | Laboratory Manager        | -
cg-gul-pharmacy    | Gullhaven General, Pharmacy           | health     | cg-gul          | 160   | Pharmacy Manager          | -
cg-gul-imaging     | Gullhaven General, Imaging            | health     | cg-gul          | 220   | Imaging Manager           | -
cg-gul-surgery     | Gullhaven General, Surgery            | health     | cg-gul          | 640   | -                         | -
cg-har             | Harbourview Hospital                  | health     | cg-zone-central | 1900  | Site Administrator        | hoshar
cg-har-emergency   | Harbourview, Emergency                | health     | cg-har          | 150   | Charge Nurse              | -
cg-zone-north      | Northern Zone                         | health     | cg-mha          | 4050  | Zone Director             | -
cg-osp             | Osprey Falls Regional Hospital        | health     | cg-zone-north   | 1950  | Site Administrator        | hososp
cg-osp-emergency   | Osprey Falls, Emergency               | health     | cg-osp          | 130   | Charge Nurse              | -
cg-osp-lab         | Osprey Falls, Laboratory              | health     | cg-osp          | 90    | -                         | -
cg-osp-pharmacy    | Osprey Falls, Pharmacy                | health     | cg-osp          | 70    | Pharmacy Manager          | -
cg-brn             | Brineford Regional Hospital           | health     | cg-zone-north   | 1450  | Site Administrator        | hosbrn
cg-zone-west       | Western Zone                          | health     | cg-mha          | 3700  | Zone Director             | -
cg-kit             | Kittiwake Regional Hospital           | health     | cg-zone-west    | 1800  | Site Administrator        | hoskit
cg-kit-emergency   | Kittiwake, Emergency                  | health     | cg-kit          | 120   | Charge Nurse              | -
cg-kit-pharmacy    | Kittiwake, Pharmacy                   | health     | cg-kit          | 60    | -                         | -
cg-fog             | Fogarty Landing Community Hospital    | health     | cg-zone-west    | 620   | Site Administrator        | hosfog
cg-home-care       | Continuing and Home Care              | health     | cg-mha          | 3150  | Scheduling Manager        | -
cg-public-health   | Public Health                         | health     | cg-mha          | 1100  | Immunization Coordinator  | -
cg-mha-corporate   | Health Authority Corporate Services   | health     | cg-mha          | 1080  | Director of Finance       | -
cg-marigold        | Marigold Children's Hospital          | health     | -               | 2060  | Site Administrator        | hosmar
cg-mar-pharmacy    | Marigold, Pharmacy                    | health     | cg-marigold     | 80    | Pharmacy Manager          | -
cg-ehs             | Emergency Health Services             | health     | -               | 1240  | Duty Manager              | -
cg-ehs-comms       | Emergency Communications Centre       | health     | cg-ehs          | 95    | Communications Supervisor | comms
cg-ehs-ground      | Ground Ambulance                      | health     | cg-ehs          | 980   | Field Manager             | -
"""  # noqa: E501

# Service counters stand in four offices; the counter network works while three of them are reached.
COUNTER_SITES = ("brnoffice", "ospoffice", "kitoffice", "fogoffice")

# Every group at the top of the tree uses these.
COMMON_SERVICES = "off-mailbox-standard~, meetings~, telephony~, desktop~, service-desk~, self-service~, intranet~"
HEALTH_SERVICES = "signin~, files-health~, wifi~"
GOVERNMENT_SERVICES = "signin~, files-government~, wifi~"

# group | services (~ degrades the group's work, ? puts it at risk)
USES = """
cg-executive       | intranet, vpn~, public-website~
cg-finance         | finance, procurement~
cg-payroll-office  | payroll
cg-treasury        | finance, payments
cg-revenue         | revenue, payments~
cg-courts          | off-courts-standard, telephony
cg-prosecution     | courts~, files-government
cg-corrections     | corrections
cg-sheriffs        | corrections~
cg-health-card     | health-card, contact-centre~
cg-child-welfare   | child-protection, vpn~
cg-income          | income-assistance, contact-centre~
cg-housing         | contact-centre~
cg-school-regions  | student-records, e-learning~
cg-education       | e-learning~
cg-advanced        | e-learning~, grants
cg-highways        | road-conditions, fleet~
cg-winter          | road-conditions
cg-buildings       | fleet~
cg-counters        | vehicle-registration, driver-licensing, payments~
cg-land-titles     | land-registry
cg-citizen         | contact-centre~
cg-wildfire        | wildfire, off-dispatch-agencies
cg-resources       | mapping~, forest-inventory~
cg-parks           | mapping~
cg-inspection      | inspections, permits~
cg-environment     | mapping~
cg-fisheries       | permits
cg-agriculture     | grants~
cg-culture         | public-website
cg-labour          | grants~
cg-growth          | grants
cg-municipal       | assessment
cg-emergency       | public-alerting, wildfire~
cg-fire-marshal    | off-dispatch-agencies
cg-communications  | public-website, open-data~
cg-digital-ops     | monitoring~, off-vm-gold~, off-vm-silver~, backup~, storage~
cg-digital-apps    | containers~, off-db-gold~, off-db-silver~, integration~
cg-mha             | health-record, off-mailbox-clinical~
cg-zone-central    | admissions
cg-zone-north      | admissions
cg-zone-west       | admissions
cg-gul             | bed-management~, medical-imaging~
cg-har             | medical-imaging~, lab-results~
cg-osp             | medical-imaging~, lab-results~
cg-brn             | medical-imaging~, lab-results~
cg-kit             | medical-imaging~, lab-results~
cg-fog             | lab-results~
cg-gul-emergency   | emergency-tracking, lab-results
cg-har-emergency   | emergency-tracking
cg-osp-emergency   | emergency-tracking
cg-kit-emergency   | emergency-tracking
cg-gul-lab         | lab-results, blood-bank
cg-osp-lab         | lab-results, blood-bank
cg-gul-pharmacy    | pharmacy
cg-osp-pharmacy    | pharmacy
cg-kit-pharmacy    | pharmacy
cg-mar-pharmacy    | pharmacy
cg-gul-imaging     | medical-imaging
cg-gul-surgery     | surgery-scheduling
cg-home-care       | home-care, vpn~
cg-public-health   | immunization
cg-mha-corporate   | finance~, procurement~
cg-marigold        | admissions, health-record, lab-results~, medical-imaging~
cg-ehs             | off-dispatch-ambulance
cg-ehs-comms       | dispatch, telephony
"""
