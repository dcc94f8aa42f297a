"""Teams and persons, client groups with their contacts, and who uses what."""

from examples.province.estate import Estate, links, pick, table
from examples.province.tables.groups import (
    COMMON_SERVICES,
    COUNTER_SITES,
    GOVERNMENT_SERVICES,
    GROUPS,
    HEALTH_SERVICES,
    USES,
)
from examples.province.tables.people import DOMAIN, FIRST_NAMES, ROLES, ROTAS, SURNAMES, TEAMS

FIRST_STEP = 7


class Roster:
    """Names handed out so far, members by team, and the contact of each group."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.members: dict[str, list[str]] = {}
        self.contacts: dict[str, str] = {}
        self._hired = 0

    def hire(self, title: str, sector: str) -> str:
        """Add the next person and return the id."""
        number = self._hired
        self._hired += 1
        first = FIRST_NAMES[number * FIRST_STEP % len(FIRST_NAMES)]
        last = SURNAMES[number % len(SURNAMES)]
        person = f"{first}.{last}".lower()
        return self.estate.ci(
            "per-" + person.replace(".", "-"), "person", f"{first} {last}", sector, title=title,
            email=f"{person}@{DOMAIN}", phone=f"555-01{number % 100:02d} ext. {2000 + number}",
        )  # fmt: skip

    def answerable(self, party: str) -> str:
        """Who answers for what `party` (a group or a team) owns; empty if nobody is recorded."""
        return self.contacts.get(party) or next(iter(self.members.get(party, ())), "")

    def expert(self, team: str, subject: str) -> str:
        """The member of `team` who knows `subject` best."""
        return pick(subject, self.members[team])


def add_people(estate: Estate) -> Roster:
    """Teams, their members, rotas, groups and contacts."""
    roster = Roster(estate)
    for team, name, sector, hours, members in table(TEAMS, 5):
        estate.ci(
            team, "team", name, sector, hours=hours,
            email=f"{team}@{DOMAIN}", phone=f"555-01{len(roster.members):02d}",
        )  # fmt: skip
        roster.members[team] = [_member(roster, team, sector, n) for n in range(int(members))]
    for rota, teams in ROTAS.items():
        for team in teams:
            estate.link(roster.members[team][1], "member_of", rota)
    _groups(estate, roster)
    return roster


def _member(roster: Roster, team: str, sector: str, number: int) -> str:
    person = roster.hire(ROLES[number], sector)
    roster.estate.link(person, "member_of", team)
    return person


def _groups(estate: Estate, roster: Roster) -> None:
    for group, name, sector, parent, heads, title, site in table(GROUPS, 7):
        estate.ci(
            group, "client_group", name, sector, head_count=heads,
            email=f"{group.removeprefix('cg-')}@{DOMAIN}" if title else "",
        )  # fmt: skip
        if parent:
            estate.link(group, "part_of", parent)
        if title:
            roster.contacts[group] = roster.hire(title, sector)
            estate.link(group, "managed_by", roster.contacts[group])
        if site:
            estate.link(group, "connects_through", f"sw-{site}-01")
        if not parent:
            _uses(estate, group, COMMON_SERVICES)
            _uses(estate, group, HEALTH_SERVICES if sector == "health" else GOVERNMENT_SERVICES)
    for group, services in table(USES, 2):
        _uses(estate, group, services)
    counters = [f"sw-{site}-01" for site in COUNTER_SITES]
    estate.pool("cg-counters", "offices", "75%", "connects_through", counters, "4", "degraded")


def _uses(estate: Estate, group: str, services: str) -> None:
    for service, effect in links(services):
        estate.link(group, "uses", service if service.startswith("off-") else f"svc-{service}", effect)
