"""Arrays, clusters and physical servers of the two data centres."""

# id | name | data centre | rack | TiB | restore | rto | manufacturer | model
ARRAYS = """
san-gdc-01 | SAN array GDC-01        | gdc | a03 | 420  | 30m | 4h  | Calder Storage | CS-8400
san-gdc-02 | SAN array GDC-02        | gdc | b03 | 420  | 30m | 4h  | Calder Storage | CS-8400
san-hdc-01 | SAN array HDC-01        | hdc | a03 | 380  | 30m | 4h  | Calder Storage | CS-8200
san-hdc-02 | SAN array HDC-02        | hdc | b03 | 380  | 30m | 4h  | Calder Storage | CS-8200
nas-gdc-01 | File storage GDC-01     | gdc | a04 | 600  | 1h  | 8h  | Petrel Systems | Shoal 60
nas-hdc-01 | File storage HDC-01     | hdc | a04 | 500  | 1h  | 8h  | Petrel Systems | Shoal 60
obj-hdc-01 | Image archive HDC-01    | hdc | b04 | 1800 | 2h  | 1d  | Petrel Systems | Reef 200
bkp-gdc-01 | Backup store GDC-01     | gdc | b09 | 900  | 2h  | 1d  | Calder Storage | Vaultline 4
bkp-hdc-01 | Backup store HDC-01     | hdc | b07 | 900  | 2h  | 1d  | Calder Storage | Vaultline 4
tape-gdc-01 | Tape library GDC-01    | gdc | b10 | 3200 | -   | 3d  | Ironreel       | TL-48
"""

# zone | array | data centre
ZONES = {
    "g1": ("san-gdc-01", "gdc"),
    "g2": ("san-gdc-02", "gdc"),
    "h1": ("san-hdc-01", "hdc"),
    "h2": ("san-hdc-02", "hdc"),
    "d1": ("san-gdc-02", "gdc"),
    "d2": ("san-hdc-02", "hdc"),
}
DATASTORES, DATA_VOLUMES = 6, 8

# id | name | data centre | hall | hypervisors | rule | environment
VM_CLUSTERS = """
vmc-gdc-prod-01 | VM cluster GDC production 1 | gdc | a | 9 | 8    | production
vmc-gdc-prod-02 | VM cluster GDC production 2 | gdc | b | 8 | 7    | production
vmc-gdc-db-01   | VM cluster GDC databases    | gdc | b | 5 | 3/4  | production
vmc-gdc-dmz-01  | VM cluster GDC public zone  | gdc | a | 3 | 2    | production
vmc-gdc-test-01 | VM cluster GDC test         | gdc | b | 3 | 50%  | test
vmc-hdc-prod-01 | VM cluster HDC production 1 | hdc | a | 7 | 6    | production
vmc-hdc-prod-02 | VM cluster HDC production 2 | hdc | b | 7 | 6    | production
vmc-hdc-db-01   | VM cluster HDC databases    | hdc | a | 4 | 75%  | production
vmc-hdc-dmz-01  | VM cluster HDC public zone  | hdc | b | 2 | 1    | production
vmc-hdc-test-01 | VM cluster HDC test         | hdc | b | 2 | 1    | test
"""

# VMs that stand where nobody would have put them: VM | cluster | volume
PINNED = {
    "vm-dnsint-app-01": ("vmc-gdc-prod-02", "vol-gdc-02-ds-01"),
    "vm-dnsint-app-02": ("vmc-gdc-prod-02", "shr-gdc-platform"),
}

# id | name | data centre | volume | node stem | nodes | rule
SQL_CLUSTERS = """
dbc-gdc-sql-01 | Shared SQL cluster GDC | gdc | vol-gdc-02-db-08 | srv-sql-gdc | 4 | 3
dbc-hdc-sql-01 | Shared SQL cluster HDC | hdc | vol-hdc-01-db-08 | srv-sql-hdc | 4 | 2/3
"""

# id | name | array | sector
SHARES = """
shr-gov-home      | Home folders, government       | nas-gdc-01 | government
shr-gov-dept      | Department shares              | nas-gdc-01 | government
shr-gov-records   | Records store                  | nas-gdc-01 | government
shr-gdc-platform  | Platform share GDC             | nas-gdc-01 | shared
shr-health-home   | Home folders, health           | nas-hdc-01 | health
shr-health-dept   | Clinical department shares     | nas-hdc-01 | health
shr-health-scan   | Scanned charts                 | nas-hdc-01 | health
shr-images-online | Image archive, online          | obj-hdc-01 | health
shr-images-deep   | Image archive, deep            | obj-hdc-01 | health
"""

# application or middleware | shares it keeps its data on
ON_SHARE = {
    "app-filesgov": ("shr-gov-home", "shr-gov-dept"),
    "app-records": ("shr-gov-records",),
    "app-fileshea": ("shr-health-home", "shr-health-dept", "shr-health-scan"),
    "app-vna": ("shr-images-online", "shr-images-deep"),
    "app-deeds": ("shr-gov-records",),
}

# id stem | name | data centre | count | sector | team | manufacturer | model
PHYSICAL = """
srv-radio    | Radio console gateway       | gdc | 3 | shared     | safety      | Hexline Networks | RG-2
srv-licence  | Software licence server     | gdc | 1 | government | desktop     | Thornfield       | T220
srv-hsm      | Hardware security module    | gdc | 1 | shared     | security    | Lockspur         | KeyStone 5
srv-plate    | Plate press controller      | gdc | 1 | government | registries  | Thornfield       | T220
srv-labgw    | Analyser gateway            | hdc | 3 | health     | diagnostics | Thornfield       | T220
srv-call     | Call manager                | gdc | 2 | shared     | voice       | Thornfield       | R640
srv-call     | Call manager                | hdc | 2 | shared     | voice       | Thornfield       | R640
srv-rec      | Call recorder               | gdc | 2 | shared     | safety      | Thornfield       | R640
srv-sql      | SQL cluster node            | gdc | 4 | shared     | database    | Thornfield       | R940
srv-sql      | SQL cluster node            | hdc | 4 | health     | database    | Thornfield       | R940
srv-media    | Backup media server         | gdc | 2 | shared     | storage     | Thornfield       | R740
srv-media    | Backup media server         | hdc | 2 | shared     | storage     | Thornfield       | R740
srv-ntp      | Time server                 | gdc | 1 | shared     | network     | Hexline Networks | TS-1
srv-ntp      | Time server                 | hdc | 1 | shared     | network     | Hexline Networks | TS-1
srv-probe    | Network probe               | gdc | 2 | shared     | network     | Hexline Networks | NP-4
srv-probe    | Network probe               | hdc | 2 | shared     | network     | Hexline Networks | NP-4
srv-gpu      | Imaging compute node        | hdc | 3 | health     | diagnostics | Thornfield       | R750
srv-jump     | Administration jump host    | gdc | 1 | shared     | security    | Thornfield       | R440
srv-jump     | Administration jump host    | hdc | 1 | shared     | security    | Thornfield       | R440
"""

# id | name | provider | region | supplier | environment
CLOUD = """
cld-mail      | Mail tenant                 | Cirrus North | cn-east | sup-cirrus  | production
cld-meet      | Meeting tenant              | Cirrus North | cn-east | sup-cirrus  | production
cld-mfa       | Second-factor service       | Lockspur     | ls-2    | sup-lockspur | production
cld-alert     | Public alert broadcaster    | Beaconry     | bc-main | sup-beaconry | production
cld-classroom | Classroom tenant            | Slateboard   | sb-4    | sup-slate   | production
cld-cdn       | Web edge cache              | Cirrus North | cn-edge | sup-cirrus  | production
cld-search    | Search index                | Cirrus North | cn-east | sup-cirrus  | production
cld-archive   | Off-site backup vault       | Cirrus North | cn-west | sup-cirrus  | recovery
cld-sandbox   | Developer sandbox           | Cirrus North | cn-east | sup-cirrus  | development
"""

# Plain VMs of the platform: stem | name | zone | count | sector | environment | team
PLATFORM_VMS = """
jump    | Jump host                | g2 | 4  | shared     | production  | security
jumph   | Jump host, health        | h1 | 3  | health     | production  | security
syslog  | Log collector            | g2 | 3  | shared     | production  | security
scan    | Vulnerability scanner    | g2 | 2  | shared     | production  | security
build   | Build runner             | g2 | 4  | government | development | web
probe   | Monitoring probe         | g1 | 4  | shared     | production  | virtual
probeh  | Monitoring probe, health | h2 | 4  | health     | production  | virtual
term    | Terminal server          | g2 | 4  | government | production  | desktop
train   | Training desktop         | h2 | 4  | health     | test        | desktop
stage   | Staging node             | g2 | 5  | government | staging     | web
stageh  | Staging node, health     | h1 | 4  | health     | staging     | clinical
printg  | Print queue              | g2 | 4  | government | production  | desktop
printh  | Print queue, health      | h2 | 3  | health     | production  | desktop
legacy  | Archived application     | g1 | 3  | government | production  | justice
"""
