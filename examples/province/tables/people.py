"""Teams and the names people are given. Every person here is invented."""

from examples.province.estate import words

DOMAIN = "merrow.example"

# id | name | sector | hours | members
TEAMS = """
team-service-desk     | Service Desk                      | shared     | 24x7           | 4
team-incident         | Major Incident Management         | shared     | 24x7           | 3
team-storage          | Storage and Backup                | shared     | Mon-Fri 07-18  | 4
team-virtual          | Virtual Hosting                   | shared     | Mon-Fri 07-18  | 4
team-network          | Network Operations                | shared     | 24x7           | 5
team-voice            | Voice Services                    | shared     | Mon-Fri 07-18  | 3
team-datacentre       | Data Centre Facilities            | shared     | 24x7           | 4
team-database         | Database Administration           | shared     | Mon-Fri 07-18  | 4
team-identity         | Identity and Directory            | shared     | Mon-Fri 07-18  | 3
team-security         | Cyber Security                    | shared     | 24x7           | 3
team-messaging        | Messaging and Collaboration       | shared     | Mon-Fri 07-18  | 3
team-web              | Web Platforms                     | government | Mon-Fri 08-17  | 3
team-integration      | Integration Services              | shared     | Mon-Fri 08-17  | 3
team-desktop          | Workplace Devices                 | shared     | Mon-Fri 07-19  | 3
team-erp              | Finance and Payroll Systems       | government | Mon-Fri 08-17  | 4
team-justice          | Justice Systems                   | government | Mon-Fri 08-17  | 3
team-social           | Community Services Systems        | government | Mon-Fri 08-17  | 3
team-registries       | Registry Systems                  | government | Mon-Fri 08-20  | 3
team-education        | Education Systems                 | government | Mon-Fri 08-16  | 3
team-resources        | Land and Resource Systems         | government | Mon-Fri 08-17  | 3
team-safety           | Public Safety Systems             | shared     | 24x7           | 4
team-clinical         | Hospital Systems                  | health     | 24x7           | 4
team-diagnostics      | Laboratory and Imaging Systems    | health     | 24x7           | 4
team-community-health | Community Health Systems          | health     | Mon-Fri 07-19  | 3
team-clinical-bus     | Clinical Integration              | health     | Mon-Fri 07-19  | 3
oncall-infra          | Infrastructure on-call rota       | shared     | outside hours  | 0
oncall-government     | Government systems on-call rota   | government | outside hours  | 0
oncall-health         | Clinical systems on-call rota     | health     | outside hours  | 0
"""

ROTAS = {
    "oncall-infra": ("team-storage", "team-virtual", "team-database", "team-identity", "team-messaging"),
    "oncall-government": ("team-erp", "team-justice", "team-social", "team-registries", "team-web"),
    "oncall-health": ("team-clinical", "team-diagnostics", "team-community-health", "team-clinical-bus"),
}

ROLES = ("team lead", "senior analyst", "analyst", "specialist", "engineer")

FIRST_NAMES = words(
    """
Adelis Bram Corvina Dunstan Elowen Fenwick Greta Halvar Isolde Jorun Keziah Lorcan Maren Nils Orla Piran
Quilla Rowan Sunniva Tamsin Ulric Verity Wystan Ysolt Zennor Aldous Briony Cassian Demelza Emrys Fern
Gwenna Hollis Idris Jocasta Kerensa Leofric Morwen Nyssa Osric
"""
)

SURNAMES = words(
    """
Ashmarrow Barrowquill Bellwrack Birchhollow Blackfathom Brackwater Bramblecote Brinewell Brookmantle Burrowmere
Candlewick-Rowe Caskwright Chalkdown Cinderholt Cloverstrand Coldharrow Copperquay Corncrake-Lisle Crabtreen
Curlewood Dapplemere Deepwell-Strake Dockwarden Dovetarn Driftmoor Dunlinson Eelbrook Eiderfold Elderstrand
Fallowgate Featherstrake Fernhithe Fiddlewood Flintmarrow Fogmantle Foxglen-Tarn Furrowby Gannetson Garlandmere
Gorsewright Greyhithe Grindlewater Gullamore Harrowquay Hartsmere-Poll Hawthornby Hazelstrake Heatherquist
Herringate Hollowbeck Honeycott Inkwater Ironquill Islesworthy Ivorstrand Juniperholt Kelpwright Kestrelby
Kilnmarrow Kittiwright Knotmere Lanternby Larkhithe Lichenmoor Limpetson Lobstrand Longtarn Lupinfold Mackerby
Marlspike-Oake Marshquill Meadowstrake Millhithe Mistlethorn Moorquist Mosswright Mussellow Nettlefold-Tarn
Nightjarvis Oarsmantle Oatmarrow Otterquay Oxlipson Pebblecote Pennywrack Petrelson Pinequist Ploverby Puffinholt
Quarrymore Quaystrand Ravenhithe Reedmantle Rookwright Rowanbeck Rushmarrow Saltquill Sandhithe Seagrove-Pike
Sedgewater Shoalwright Skerryman Sloefield-Wren Snipeworth Sorrelstrake Sparrowmere Spindrifter Squallby Starlingate
Stonequist Stormhithe Sundewson Swiftmarrow Tansyfold Teasewright Ternquay Thistlemere Thornstrand Tidewarden
Tinderby Turnstoney Umbermoor Vetchling Wharfquist Whelkwright Whimbrelow Willowhithe Wrackstone Yarrowmere
"""
)
