"""An incident, the board and trends as JSON: the names and the shape of the GraphQL answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.board import Board, BoardRow
from api.incidents import Picture
from api.records import Standing
from api.render import paged, shape
from api.trends import Trends
from cmdb.records.kinds import INCIDENT_MOVES
from cmdb.records.record_types import Incident
from impact.analyses import completeness, restore_order
from impact.report import Page

PAGE = 50


def head_json(standing: Standing, incident: Incident, revision: int | None = None) -> dict[str, Any]:
    """What is recorded of an incident, without its lists."""
    one = incident
    return {
        "key": str(one.key),
        "number": one.number,
        "source": one.source,
        "revision": standing.book.revisions.get(one.key, 0) if revision is None else revision,
        "title": one.title,
        "description": one.description,
        "state": one.state.value,
        "open": one.open,
        "moves": [state.value for state in INCIDENT_MOVES[one.state]],
        **{name: shape(value) for name, value in _times(one).items()},
        "impactGrade": one.impact.value,
        "urgencyGrade": one.urgency.value,
        "priority": one.priority,
        "major": one.major,
        "majorReason": one.major_reason.value if one.major_reason else None,
        "owner": one.owner,
        "resolution": one.resolution,
        "cause": _cause(standing, one),
        "problem": one.problem,
    }


def _times(one: Incident) -> Mapping[str, object]:
    return {
        "startedAt": one.started_at,
        "detectedAt": one.detected_at,
        "declaredAt": one.declared_at,
        "resolvedAt": one.resolved_at,
        "closedAt": one.closed_at,
    }


def _cause(standing: Standing, one: Incident) -> dict[str, Any] | None:
    cause = one.cause
    if cause is None:
        return None
    ci = shape(standing.ref(cause.ci)) if cause.ci else None
    return {"type": cause.type.value, "text": cause.text, "ci": ci, "change": cause.change}


def incident_json(
    picture: Picture, impact: Mapping[str, Any], everything: bool, revision: int | None = None
) -> dict[str, Any]:
    """An incident with its picture; `impact` is the answer on its scenario. Lists hold their first page, or all."""
    standing, one, most = picture.standing, picture.incident, None if everything else PAGE
    suspects = picture.suspects(7, 20)
    return {
        **head_json(standing, one, revision),
        "at": shape(standing.moment),
        "cis": [
            {
                "ci": shape(standing.ref(part.ci)), "state": part.state, "since": shape(part.since),
                "until": shape(part.until), "recorded": standing.knows(part.ci),
            }
            for part in one.cis[:most]
        ],
        "timeline": shape(sorted(one.timeline, key=lambda line: line.at)[::-1][:most]),
        "impact": dict(impact),
        "worstHit": shape(picture.worst_hit()),
        "majorFinding": shape(picture.major()),
        "suggestedPriority": shape(picture.suggested()),
        "related": shape(picture.related(10)),
        "suspects": {"nodes": shape(suspects.nodes), "editsKnown": suspects.edits_known, "loads": suspects.loads},
        "postIncident": post_json(picture, most),
    }  # fmt: skip


def post_json(picture: Picture, most: int | None) -> dict[str, Any]:
    """The post-incident view; lists of at most `most`."""
    found = shape(picture.post)
    spans = found.pop("timeline")
    lists = {"services": found["services"], "groups": found["groups"], "spans": spans}
    return {**found, **{name: items[:most] for name, items in lists.items()}, **_counts(lists)}


def _counts(lists: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {"totals": {name: len(items) for name, items in lists.items()}}


def board_json(board: Board, everything: bool) -> dict[str, Any]:
    """All open incidents with what they do together."""
    most, joint = None if everything else PAGE, board.question
    found = board.together
    return {
        "at": shape(board.standing.moment),
        "completeness": shape(completeness(joint)),
        "totalCount": len(board.rows),
        "major": board.major,
        "overdue": board.overdue,
        "nodes": [_row(board.standing, row) for row in board.rows[:most]],
        "impact": {
            "summary": shape(joint.summary()),
            **paged(
                services=joint.services_page(most), clocks=joint.clocks_page(most), clientGroups=joint.groups_page(most)
            ),
            "restoreOrder": shape(restore_order(joint, None, most)),
        },
        "together": {
            "nodes": shape(found.nodes[:most]), "totalCount": len(found.nodes), "complete": found.complete,
        },
    }  # fmt: skip


def _row(standing: Standing, row: BoardRow) -> dict[str, Any]:
    return {
        "incident": head_json(standing, row.incident),
        "services": shape(row.services),
        "people": row.people,
        "due": shape(row.due),
        "remainingMinutes": row.remaining_minutes,
    }


def incidents_json(standing: Standing, page: Page[Incident]) -> dict[str, Any]:
    """A page of incidents."""
    return {
        "nodes": [head_json(standing, one) for one in page.nodes],
        "totalCount": page.total_count,
        "endCursor": page.end_cursor,
        "hasNextPage": page.has_next_page,
    }


def trends_json(trends: Trends) -> dict[str, Any]:
    """Both views of service levels and trends."""
    at = trends.standing
    question = at.ask()
    return {
        "at": shape(at.moment),
        "since": shape(trends.since),
        "zone": str(trends.zone),
        "completeness": shape(completeness(question)),
        "operational": shape(trends.operational),
        "executive": shape(trends.executive),
    }
