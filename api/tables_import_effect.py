"""What an import would do to the answers, for a terminal: what matters first, then whose blast radius changes."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from api.import_report import BlastRadius, Concern, Effect, Matter, Members, ServiceRadius
from api.lines import named
from impact.report import CiRef
from impact.words import counted

SHOWN, NAMED = 8, 3
SIGNS = {
    "services_leave": ("■", "bold red"),
    "dependencies_lost": ("■", "bold red"),
    "still_needed": ("■", "bold red"),
    "pools_weakened": ("▲", "yellow"),
    "contacts_lost": ("▲", "yellow"),
}
"""The sign and colour of a sort of concern; of any other `OTHER`."""
OTHER = ("◆", "cyan")
ABSENT = {"contacts_lost": "nobody", "pools_weakened": "gone", "head_counts_changed": "nothing"}
"""What stands for no value; else `NONE`."""
NONE = "none"
BETWEEN = {"services_leave": ": ", "still_needed": "; ", "pools_weakened": "; "}
"""What stands between the words of a concern and its values; else a space."""
NOTHING = "No service loses a dependency, a pool member or an owner; no promise changes."


def print_effect(out: Console, effect: Effect) -> None:
    """What matters first, and the blast radius."""
    if effect.first_import:
        return out.print("  [bold]First import[/]: nothing was recorded before, so everything is new.\n")
    out.print("  [bold]What matters first[/]")
    for matter in effect.matters:
        _matter(out, matter)
    if not effect.matters and not effect.not_looked_at:
        out.print(f"    [green]●[/] {NOTHING}")
    for words in effect.not_looked_at:
        out.print(f"    [bold]not looked at[/]: {escape(words)}")
    out.print()
    return _radius(out, effect.blast_radius)


def _matter(out: Console, matter: Matter) -> None:
    sign, style = SIGNS.get(matter.code, OTHER)
    out.print(f"    [{style}]{sign}[/] {escape(matter.title[0].upper() + matter.title[1:])}: {matter.count:,}")
    for concern in matter.concerns[:SHOWN]:
        out.print(Padding(_concern(concern, matter.code), (0, 0, 0, 8)))
    if matter.count > SHOWN:
        out.print(f"        [dim]and {matter.count - SHOWN:,} more[/]")


def _concern(concern: Concern, code: str) -> str:
    words = f"[bold]{escape(named(concern.ci))}[/]: {escape(concern.words)}"
    if concern.before is None and concern.after is None:
        return words
    before, after = (escape(value or ABSENT.get(code, NONE)) for value in (concern.before, concern.after))
    return f"{words}{BETWEEN.get(code, ' ')}{before} → {after}"


def _radius(out: Console, found: BlastRadius) -> None:
    if found.not_computed:
        return out.print(f"  [bold]Blast radius[/] not computed: {escape(found.not_computed)}\n")
    services = counted(found.count, "service") if found.count else "no services"
    out.print(f"  [bold]Blast radius[/] changes for {services}{_beside(found)}")
    if found.examined < found.reached:
        rest = found.reached - found.examined
        out.print(f"    [bold]not looked at[/]: {rest:,} of {found.reached:,} services that it may reach")
    for told in found.services[:SHOWN]:
        out.print(Padding(f"[bold]{escape(named(told.service))}[/]", (0, 0, 0, 4)))
        for line in _lines(told):
            out.print(Padding(line, (0, 0, 0, 8)))
    if found.count > SHOWN:
        out.print(f"    [dim]and {found.count - SHOWN:,} more[/]")
    return out.print()


def _beside(found: BlastRadius) -> str:
    parts = ((found.joining, "in service for the first time"), (found.leaving, "no longer in service"))
    return "".join(f"; {count:,} {words}" for count, words in parts if count)


def _lines(told: ServiceRadius) -> Iterator[str]:
    """What changes around a service: what takes it down alone, what it depends on, whom it takes with it."""
    if told.untried:
        yield "single points of failure: too many CIs to try"
    if told.alone:
        yield f"single points of failure {_pair(told.alone.before, told.alone.after)}: {_moved(told.alone)}"
    if told.needs:
        yield f"depends on {_pair(told.needs.before, told.needs.after)} CIs: {_moved(told.needs)}"
    if told.people_before or told.people_after:
        yield f"people hit {_pair(told.people_before, told.people_after)}"
    else:
        yield "people hit: none, or no head count is recorded"


def _moved(members: Members) -> str:
    """What comes and goes."""
    parts = (("+", members.gained_count, members.gained), ("−", members.lost_count, members.lost))
    return "; ".join(f"[yellow]{sign}[/] {_names(count, refs)}" for sign, count, refs in parts if count)


def _names(count: int, refs: list[CiRef]) -> str:
    more = f" and {count - NAMED:,} more" if count > NAMED else ""
    return escape(", ".join(ref.name for ref in refs[:NAMED])) + more


def _pair(before: int, after: int) -> str:
    return f"{after:,}" if before == after else f"{before:,} → {after:,}"
