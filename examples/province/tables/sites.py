"""Places, power and lines: two data centres, offices, hospitals, and what joins them."""

# id | name | address | sector
DATA_CENTRES = """
gdc | Government Data Centre | 14 Capstan Road, Gullhaven   | shared
hdc | Health Data Centre     | 3 Windmill Lane, Brineford   | health
"""

# data centre | halls | racks in each hall
HALLS = {"gdc": (("a", 10), ("b", 10)), "hdc": (("a", 8), ("b", 8))}

# code | name | region | sector | lines | address
SITES = """
exec      | Shoreline Tower, Gullhaven            | central | government | 2 | 1 Tidal Square, Gullhaven
courts    | Gullhaven Law Courts                  | central | government | 2 | 20 Gavel Street, Gullhaven
comms     | Emergency Communications Centre       | central | shared     | 2 | 8 Beacon Hill, Gullhaven
schools   | School Region Office, Tamarin         | central | government | 1 | 77 Slate Road, Tamarin
depot     | Quarry Road Depot                     | central | government | 1 | 400 Quarry Road, Gullhaven
brnoffice | Brineford Service Centre              | north   | government | 1 | 5 Market Wharf, Brineford
ospoffice | Osprey Falls Service Centre           | north   | government | 1 | 31 Mill Street, Osprey Falls
kitoffice | Kittiwake Service Centre              | west    | government | 1 | 12 Harbour Street, Kittiwake
fogoffice | Fogarty Landing Service Centre        | west    | government | 1 | 2 Ferry Road, Fogarty Landing
depotwest | Cormorant Point Depot                 | west    | government | 1 | 9 Shore Road, Cormorant Point
hosgul    | Gullhaven General Hospital            | central | health     | 2 | 100 Lantern Avenue, Gullhaven
hoshar    | Harbourview Hospital                  | central | health     | 2 | 60 Ropewalk, Gullhaven
hosmar    | Marigold Children's Hospital          | central | health     | 2 | 11 Orchard Rise, Gullhaven
hososp    | Osprey Falls Regional Hospital        | north   | health     | 2 | 44 Bridge Street, Osprey Falls
hosbrn    | Brineford Regional Hospital           | north   | health     | 2 | 7 Windmill Lane, Brineford
hoskit    | Kittiwake Regional Hospital           | west    | health     | 2 | 18 Hill Road, Kittiwake
hosfog    | Fogarty Landing Community Hospital    | west    | health     | 1 | 6 Ferry Road, Fogarty Landing
"""

# Where the lines of each region end. The west has one aggregation router for all of its lines.
REGIONS = {
    "central": ("rtr-core-gdc-01", "rtr-core-gdc-02"),
    "north": ("rtr-core-hdc-01", "rtr-core-hdc-02"),
    "west": ("rtr-agg-west-01", "rtr-agg-west-01"),
}

# id | name | address
DUCTS = """
duct-bridge    | Osprey Falls bridge duct       | Under the Bridge Street bridge, Osprey Falls
duct-causeway  | Causeway duct, Gullhaven side  | Kilometre 3, Old Causeway
duct-shore     | Shore Road duct                | Shore Road, between Kittiwake and Cormorant Point
"""

# circuit | duct it lies in
IN_DUCT = {
    "ckt-hososp-a": "duct-bridge",
    "ckt-hososp-b": "duct-bridge",
    "ckt-dci-a": "duct-causeway",
    "ckt-dci-b": "duct-causeway",
    "ckt-depotwest-a": "duct-shore",
    "ckt-hoskit-b": "duct-shore",
}

# id | name | Mbit/s | ends at | supplier
TRUNKS = """
ckt-dci-a   | Data centre link A        | 100000 | rtr-core-gdc-01, rtr-core-hdc-01 | sup-longwire
ckt-dci-b   | Data centre link B        | 100000 | rtr-core-gdc-02, rtr-core-hdc-02 | sup-tidalnet
ckt-inet-a  | Internet line A           | 20000  | rtr-inet-gdc-01                  | sup-longwire
ckt-inet-b  | Internet line B           | 20000  | rtr-inet-hdc-01                  | sup-tidalnet
ckt-voice-a | Telephone trunk A         | 1000   | rtr-core-gdc-01                  | sup-longwire
ckt-voice-b | Telephone trunk B         | 1000   | rtr-core-hdc-01                  | sup-longwire
ckt-west-a  | Western backbone A        | 10000  | rtr-core-gdc-02                  | sup-longwire
ckt-west-b  | Western backbone B        | 10000  | rtr-core-hdc-02                  | sup-tidalnet
"""
