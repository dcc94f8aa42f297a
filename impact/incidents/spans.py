"""An incident over time: the spans in which the states of its CIs do not change, each settled by one walk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from impact.estate import Estate
from impact.incidents.joint import Levels, assumptions
from impact.incidents.values import IncidentCase
from impact.question import Asked, Question, ask


@dataclass(frozen=True, eq=False)
class Span:
    """From `since` up to, not including, `until` the CIs of an incident were in the states `levels` (0: a pin)."""

    since: datetime
    until: datetime
    levels: Levels
    question: Question

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


def spans(estate: Estate, incident: IncidentCase, moment: datetime) -> list[Span]:
    """The spans from the incident's start to its end, or to `moment` where that is earlier; in order, without gaps.

    Neighbours in which the same CIs are in the same states are one span; equal states are settled once.
    """
    found, known = list[tuple[datetime, datetime, Levels]](), dict[tuple[tuple[int, int], ...], Question]()
    edges = _edges(incident, moment)
    for since, until in pairwise(edges):
        levels: Levels = dict(sorted(incident.levels_at(since).items()))
        if found and found[-1][2] == levels:
            found[-1] = (found[-1][0], until, levels)
        else:
            found.append((since, until, levels))
    for _, _, levels in found:
        key = tuple(levels.items())
        if key not in known:
            known[key] = ask(estate, assumptions(estate, levels), Asked(moment), incident.started_at)
    return [Span(since, until, levels, known[tuple(levels.items())]) for since, until, levels in found]


def end_of(incident: IncidentCase, moment: datetime) -> tuple[datetime, bool]:
    """When the last CI of an incident was back, at most `moment`, and whether all of them were back by then."""
    if incident.resolved_at is not None:
        last = incident.resolved_at
    else:
        ends = [part.until for part in incident.parts if part.level and part.since <= moment]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends) or not known:
            return max(moment, incident.started_at), not ends and not incident.open
        last = max(known)
    return max(min(last, moment), incident.started_at), last <= moment


def _edges(incident: IncidentCase, moment: datetime) -> Sequence[datetime]:
    """The moments at which the state of any CI may change, with the first and the last of the incident."""
    last, _ = end_of(incident, moment)
    first = min([incident.started_at, *(part.since for part in incident.parts)])
    inner = {at for part in incident.parts for at in (part.since, part.until) if at is not None and first < at < last}
    return [first, *sorted(inner), last] if first < last else []
