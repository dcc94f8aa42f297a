"""Suspects: recent changes to what an incident's CIs are or depend on, the likeliest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from impact.causes.cone import Cone, cone
from impact.estate import Estate
from impact.incidents.report import Suspect, SuspectKind, SuspectStep
from impact.incidents.values import ChangeCase, IncidentCase, RecordedEdit
from impact.words import counted

DAYS = 7
NEARNESS = (40, 30, 20, 15)
"""Points by hops; `FAR` beyond."""
FAR = 10
TIMES = ((0, 30), (60, 25), (240, 20), (1440, 10))
"""Minutes up to which a change may have ended before the start, and points; `LONG_AGO` beyond."""
LONG_AGO = 5
STATES = {
    "failed": (30, "recorded as failed"),
    "implementing": (25, "recorded as still being carried out"),
    "completed": (15, "recorded as completed"),
    "approved": (5, "approved; not recorded as carried out"),
    "submitted": (3, "not approved; not recorded as carried out"),
}
"""Points and words by state; a change in any other state was not carried out and is no suspect."""
UNDER_WAY = "implementing"
"""The state in which a change goes on also when its planned window is over."""
EDITED = 15
"""Points of an edit, and at least of a change with edits of its CIs in its window: it was carried out."""
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, eq=False)
class Upstream:
    """What an incident's CIs depend on, with the place of each in it."""

    estate: Estate
    cone: Cone
    places: dict[int, int]

    @classmethod
    def of(cls, estate: Estate, incident: IncidentCase) -> "Upstream":
        hit = dict.fromkeys(part.ci for part in incident.parts if part.level and estate.live[part.ci])
        found = cone(estate.graph, np.array(list(hit), np.int32))
        places = {ci: at for at, ci in enumerate(found.cis.tolist())}
        return cls(estate, found, places)

    def nearest(self, cis: Iterable[int]) -> int | None:
        """The place of the nearest of some CIs, None if no CI of the incident depends on any."""
        found = [self.places[ci] for ci in cis if ci in self.places]
        return min(found, key=lambda at: (int(self.cone.hops[at]), at), default=None)

    def path(self, at: int) -> list[SuspectStep]:
        words = self.estate.vocabulary.relations
        steps = self.cone.path(at)
        return [SuspectStep(self.estate.ref(ci), words[relation] if relation >= 0 else None) for ci, relation in steps]


def suspects(
    estate: Estate, incident: IncidentCase, changes: Iterable[ChangeCase], days: int = DAYS, most: int = 20
) -> list[Suspect]:
    """Changes that began at or before the incident, ended at most `days` days before it, and concern a CI that it is
    about or that one of those depends on; cancelled, rejected and draft ones are none.

    Score = nearness (40 for the CI itself, 30, 20, 15, then 10) + time (30 under way, 25 ended within the hour, 20
    within 4 h, 10 within a day, else 5) + state (30 failed, 25 implementing, 15 completed, 5 approved, 3 submitted).
    """
    recent = [change for change in changes if _recent(change, incident.started_at, days)]
    if not recent:
        return []
    upstream = Upstream.of(estate, incident)
    found = (_suspect(upstream, incident, change) for change in recent)
    return ranked((one for one in found if one), most)


def ranked(found: Iterable[Suspect], most: int) -> list[Suspect]:
    """The likeliest: by score, then the nearest, the latest to begin, and by key."""
    return sorted(found, key=lambda one: (-one.score, one.hops, -one.began_at.timestamp(), one.key))[:most]


def _recent(change: ChangeCase, started: datetime, days: int) -> bool:
    lately = change.state == UNDER_WAY or change.end > started - timedelta(days=days)
    return change.state in STATES and change.start <= started and lately


def _suspect(upstream: Upstream, incident: IncidentCase, change: ChangeCase) -> Suspect | None:
    at = upstream.nearest(change.cis)
    if at is None:
        return None
    hops, path = int(upstream.cone.hops[at]), upstream.path(at)
    under_way = change.state == UNDER_WAY or change.end > incident.started_at
    before = 0 if under_way else _minutes_before(incident.started_at, change.end)
    points, words = STATES[change.state]
    when = f"ended {_duration(before)} before it began" if before else "under way when it began"
    return Suspect(
        SuspectKind.change, change.key, change.number, change.title, change.state,
        _near(hops) + _timing(before) + points, [_distance(path, hops), when, words],
        path[-1].ci, hops, path, change.start, change.end, before, 0, None,
    )  # fmt: skip


def merged(
    found: Sequence[Suspect], incident: IncidentCase, edits: Iterable[RecordedEdit], days: int = DAYS, most: int = 20
) -> list[Suspect]:
    """Suspects of both kinds, the likeliest first, at most `most`.

    An edit of the very CI of a suspected change, recorded while that was carried out, is a sign that it was: it counts
    there, and is no suspect of its own. Edits of one revision are one suspect, at the nearest of their CIs.
    """
    since = incident.started_at - timedelta(days=days)
    recent = [edit for edit in edits if since < edit.recorded_at <= incident.started_at]
    signs = {one.key: [edit for edit in recent if _belongs(edit, one)] for one in found}
    told = {id(edit) for of_one in signs.values() for edit in of_one}
    own: dict[int, RecordedEdit] = {}
    for edit in sorted((edit for edit in recent if id(edit) not in told), key=lambda edit: (edit.hops, edit.ci.id)):
        own.setdefault(edit.revision, edit)
    changes = (_with_signs(one, len(signs[one.key])) for one in found)
    return ranked((*changes, *(_edited(edit, incident.started_at) for edit in own.values())), most)


def _belongs(edit: RecordedEdit, one: Suspect) -> bool:
    return edit.ci.id == one.ci.id and one.began_at <= edit.recorded_at < one.ended_at


def _with_signs(one: Suspect, edits: int) -> Suspect:
    if not edits:
        return one
    words = f"{counted(edits, 'recorded edit')} of {one.ci.name} in its window"
    gained = max(0, EDITED - STATES[one.state][0])
    return replace(one, edits=edits, score=one.score + gained, because=[*one.because, words])


def _edited(edit: RecordedEdit, started: datetime) -> Suspect:
    before = _minutes_before(started, edit.recorded_at)
    words = f"recorded {_duration(before)} before it began by {edit.who}" + (f": {edit.what}" if edit.what else "")
    return Suspect(
        SuspectKind.edit, f"r{edit.revision}", f"r{edit.revision}", edit.what, "recorded",
        _near(edit.hops) + _timing(before) + EDITED, [_distance(edit.path, edit.hops), words],
        edit.ci, edit.hops, list(edit.path), edit.recorded_at, edit.recorded_at, before, 1, edit.who,
    )  # fmt: skip


def _near(hops: int) -> int:
    return NEARNESS[hops] if hops < len(NEARNESS) else FAR


def _minutes_before(started: datetime, end: datetime) -> int:
    """Begun minutes from an end to the start, at least 1."""
    return max(1, -((end - started) // MINUTE))


def _timing(before: int) -> int:
    return next((points for limit, points in TIMES if before <= limit), LONG_AGO)


def _distance(path: Sequence[SuspectStep], hops: int) -> str:
    if not hops:
        return f"concerns {path[-1].ci.name} itself"
    steps = "directly" if hops == 1 else f"through {hops} dependencies"
    return f"concerns {path[-1].ci.name}, which {path[0].ci.name} depends on {steps}"


def _duration(minutes: int) -> str:
    days, rest = divmod(minutes, 1440)
    hours, rest = divmod(rest, 60)
    parts = [f"{days} d"] * (days > 0) + [f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0 or minutes == 0)
    return " ".join(parts[:2])
