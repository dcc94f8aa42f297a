"""Applications and middleware with their nodes, databases, environments, experts and rotas."""

from dataclasses import dataclass

from examples.province.estate import Estate, links, pick, spread, table
from examples.province.parts.hosting import Hosting, Node, volume_of
from examples.province.parts.people import Roster
from examples.province.tables.applications import (
    APPLICATIONS,
    MIDDLEWARE,
    NEEDS,
    ON_METAL,
    RECOVERY_SITES,
    WITH_INSTANCES,
)
from examples.province.tables.technology import ON_SHARE

ENGINES = ("PostgreSQL 15", "PostgreSQL 16", "MariaDB 10.11", "Tarn DB 19", "Tarn DB 21")
VENDORS = ("Wardline", "Ledgerly", "Parcelstone", "Sirenware", "Merrow Digital Services", "Fenwright")
ALL_HOURS = frozenset({"safety", "network", "security", "service-desk", "clinical", "diagnostics"})
HEALTH_TEAMS = frozenset({"community-health", "clinical-bus"})
INFRA_TEAMS = frozenset({"storage", "virtual", "database", "identity", "messaging", "voice", "desktop"})

# Databases that promise less than what they serve: database | RTO
SLOW_DATABASES = {"db-cad-01": "4h", "db-paycalc-01": "1d", "db-lis-01": "4h", "db-offender-02": "12h"}


@dataclass(frozen=True)
class App:
    """One line of the application table."""

    short: str
    name: str
    sector: str
    team: str
    web: str
    app: str
    rule: str
    db: str
    rto: str
    rpo: str
    restore: str
    criticality: str


def zones(text: str) -> list[str]:
    """`g1*2+h1` as g1, g1, h1."""
    parts = [part.partition("*") for part in text.split("+") if part]
    return [zone for zone, _, times in parts for _ in range(int(times or 1))]


def add_software(estate: Estate, roster: Roster, hosting: Hosting) -> None:
    """Every application and middleware program."""
    for kind, prefix, text in (("application", "app", APPLICATIONS), ("software", "sw", MIDDLEWARE)):
        for row in table(text, 12):
            app = App(*row)
            ci = _described(estate, f"{prefix}-{app.short}", kind, app)
            _people(estate, roster, ci, app)
            _stand(estate, hosting, ci, app)
    for short, members, rule in table(ON_METAL, 3):
        servers = [member.strip() for member in members.split(",")]
        estate.pool_or_link(f"app-{short}", "metal", rule, "runs_on", servers)
    for short, needs in table(NEEDS, 2):
        for need, effect in links(needs):
            estate.link(f"app-{short}", "runs_on" if need.startswith("cld-") else "depends_on", need, effect)
    for ci, shares in ON_SHARE.items():
        for share in shares:
            estate.link(ci, "stores_data_on", share)


def _described(estate: Estate, ci: str, kind: str, app: App) -> str:
    return estate.ci(
        ci, kind, app.name, app.sector, rto=app.rto, rpo=app.rpo, restore=app.restore,
        criticality=app.criticality, vendor=pick("vendor " + ci, VENDORS),
        version=f"{spread(ci, 9) + 1}.{spread('minor ' + ci, 12)}",
    )  # fmt: skip


def _people(estate: Estate, roster: Roster, ci: str, app: App) -> None:
    team = f"team-{app.team}"
    estate.link(ci, "supported_by", team)
    if spread("expert " + ci, 100) < 94:
        estate.link(ci, "has_expert", roster.expert(team, ci))
    if app.criticality != "low":
        estate.link(ci, "on_call", _rota(app.team))
    if app.criticality == "critical":
        estate.link(ci, "owned_by", roster.members[team][0])


def _rota(team: str) -> str:
    if team in ALL_HOURS:
        return f"team-{team}"
    if team in HEALTH_TEAMS:
        return "oncall-health"
    return "oncall-infra" if team in INFRA_TEAMS else "oncall-government"


def _stand(estate: Estate, hosting: Hosting, ci: str, app: App) -> None:
    """What `app` runs on: directly, or through its production (and recovery) environment."""
    if app.short not in WITH_INSTANCES or ci.startswith("sw-"):
        _nodes(estate, hosting, ci, app, app.short)
        return
    production = _instance(estate, ci, app, "production")
    _nodes(estate, hosting, production, app, app.short)
    zone = RECOVERY_SITES.get(app.short)
    if zone is None:
        estate.link(ci, "depends_on", production)
    else:
        recovery = _instance(estate, ci, app, "recovery")
        spare = App(app.short, app.name, app.sector, app.team, zone, "", "1", zone, app.rto, app.rpo, "", "")
        _nodes(estate, hosting, recovery, spare, f"{app.short}-dr")
        estate.pool(ci, "instance", "1", "depends_on", [production, recovery])
    test = _instance(estate, ci, app, "test")
    estate.link(test, "part_of", ci)
    zone = "h1" if app.sector == "health" else "g2"
    node = Node(f"{app.short}-test", f"{app.name}, test", zone, 1, app.sector, app.team, environment="test")
    estate.link(test, "runs_on", hosting.virtual_machine(node))


def _instance(estate: Estate, ci: str, app: App, environment: str) -> str:
    return estate.ci(
        f"inst-{app.short}-{environment[:4]}", "application_instance", f"{app.name}, {environment}", app.sector,
        environment=environment, restore="5m" if environment == "production" else "",
        version=estate.cis[ci]["version"],
    )  # fmt: skip


def _nodes(estate: Estate, hosting: Hosting, ci: str, app: App, stem: str) -> None:
    for tier, text in (("web", app.web), ("app", app.app)):
        nodes = [
            hosting.virtual_machine(Node(f"{stem}-{tier}", f"{app.name}, {tier}", zone, n, app.sector, app.team))
            for n, zone in enumerate(zones(text), 1)
        ]
        if nodes:
            estate.pool_or_link(ci, tier, app.rule, "runs_on", nodes)
    if app.db.startswith("sql"):
        estate.link(ci, "depends_on", _shared(estate, app, stem))
    elif app.db:
        _databases(estate, hosting, ci, app, stem)


def _shared(estate: Estate, app: App, stem: str) -> str:
    ci = _database(estate, app, f"db-{stem}-01", "")
    estate.link(ci, "runs_on", "dbc-gdc-sql-01" if app.db == "sqlg" else "dbc-hdc-sql-01")
    return ci


def _database(estate: Estate, app: App, ci: str, label: str) -> str:
    restore = "" if spread("restore " + ci, 100) < 6 else pick("hours " + ci, ("15m", "20m", "20m", "30m", "45m"))
    estate.ci(
        ci, "database", f"{app.name} database{label}", app.sector, engine=pick("engine " + ci, ENGINES),
        rto=SLOW_DATABASES.get(ci, app.rto), rpo=app.rpo, restore="45m" if ci.startswith("db-cad") else restore,
        environment="recovery" if "-dr-" in ci else "production",
    )  # fmt: skip
    estate.link(ci, "supported_by", "team-database")
    estate.link(ci, "on_call", "oncall-infra")
    return ci


def _databases(estate: Estate, hosting: Hosting, ci: str, app: App, stem: str) -> None:
    """`g1+h1`: a pool, one of them enough. `g1>h1`: the first serves, the second is its copy."""
    copied = ">" in app.db
    made = []
    for number, zone in enumerate(zones(app.db.replace(">", "+")), 1):
        label = f" {number}" if "+" in app.db else ", copy" if number > 1 else ""
        database = _database(estate, app, f"db-{stem}-{number:02d}", label)
        node = Node(f"{stem}-db", f"{app.name}, database", zone, number, app.sector, "database", "db")
        estate.link(database, "runs_on", hosting.virtual_machine(node))
        estate.link(database, "stores_data_on", volume_of(zone, "db", database))
        made.append(database)
    if copied:
        estate.link(made[0], "replicates_to", made[1])
        made = made[:1]
    estate.pool_or_link(ci, "db", "1", "depends_on", made)
