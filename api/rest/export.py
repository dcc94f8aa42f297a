"""A whole answer as CSV, or as one JSON object a line: every affected CI, in chunks from the engine's columns."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import islice
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.body import read_object
from api.cells import plain
from api.errors import Refused, error_body
from api.gql.endpoint import Desk
from api.metrics import Metrics
from api.render import shape
from api.scenario import parse_assumption, settle
from api.settings import Settings
from api.unknown import explain_unknown
from api.workspace import Workspace
from cmdb.model.errors import InvalidInput, shown
from cmdb.store.port import StoreUnavailable
from impact.analyses import completeness, scenario
from impact.analyses.affected import COLUMNS, rows
from impact.question import Question
from impact.states import Assumption, ContradictoryScenario, ImpactState, UnknownCi

CHUNK = 5_000
MEDIA = {"csv": "text/csv; charset=utf-8; header=present", "ndjson": "application/x-ndjson"}


@dataclass(frozen=True)
class Export:
    """The export routes."""

    workspace: Workspace
    settings: Settings
    metrics: Metrics
    desk: Desk

    async def get(self, request: Request) -> Response:
        """`?ci=ID&ci=ID=state&since=TIME&as_of=REVISION`."""
        query = request.query_params
        if unknown := set(query.keys()) - {"ci", "since", "as_of"}:
            raise Refused("BAD_REQUEST", f"no parameter {min(unknown)!r}; `ci`, `since` and `as_of` are taken")
        given = [parse_assumption(text) for text in query.getlist("ci")]
        return await self._answer(request, given, _moment(query.get("since")), query.get("as_of"))

    async def post(self, request: Request) -> Response:
        """`{"scenario": [{"ci": …, "state": …}], "since": …, "asOf": …}`, as in GraphQL."""
        body = await read_object(request, self.settings)
        if unknown := body.keys() - {"scenario", "since", "asOf"}:
            raise Refused("BAD_REQUEST", f"no member {shown(min(unknown))}; `scenario`, `since` and `asOf` are taken")
        as_of = body.get("asOf")
        if as_of is not None and not isinstance(as_of, str):
            raise Refused("BAD_REQUEST", "`asOf` must be a text, such as r42 or 2026-11-22T02:40:00-04:00")
        return await self._answer(request, _scenario(body.get("scenario")), _moment(body.get("since")), as_of)

    async def _answer(
        self, request: Request, given: Sequence[Assumption], since: datetime | None, as_of: str | None
    ) -> Response:
        format_ = request.url.path.rpartition(".")[2]
        return await self.desk.run(lambda: self._settled(format_, given, since, as_of))

    def _settled(
        self, format_: str, given: Sequence[Assumption], since: datetime | None, as_of: str | None
    ) -> Response:
        try:
            question = settle(self.workspace, self.metrics, given, since, as_of)
        except UnknownCi as error:
            message, near = explain_unknown(self.workspace, error)
            return _refusal(404, error.code, message, ids=error.ids, suggestions=shape(near))
        except ContradictoryScenario as error:
            return _refusal(400, error.code, str(error), ci=error.ci)
        except InvalidInput as error:
            problems = [p._asdict() for p in error.problems]
            return _refusal(400, error.code, f"{error.count} problems", problems=problems, count=error.count)
        except StoreUnavailable as error:
            return _refusal(503, error.code, error.reason)
        chunks = csv_chunks(question) if format_ == "csv" else ndjson_chunks(question)
        return StreamingResponse(chunks, headers={**_headers(question), "content-type": MEDIA[format_]})


def csv_chunks(question: Question) -> Iterator[bytes]:
    """A header row and one row a CI. A cell that a spreadsheet would compute gets a leading quote."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for chunk in _chunks(rows(question)):
        writer.writerows([[plain(cell) for cell in row] for row in chunk])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def ndjson_chunks(question: Question) -> Iterator[bytes]:
    """First what the answer rests on, then one object a CI, last the count of them: without it the answer was cut."""
    head = {"scenario": shape(scenario(question)), "completeness": shape(completeness(question))}
    yield orjson.dumps({**head, "affected": len(question.walk)}) + b"\n"
    for chunk in _chunks(rows(question)):
        yield b"".join(orjson.dumps(dict(zip(COLUMNS, row, strict=True))) + b"\n" for row in chunk)
    yield orjson.dumps({"end": True, "rows": len(question.walk)}) + b"\n"


def _headers(question: Question) -> dict[str, str]:
    found = completeness(question)
    return {
        "x-revision": str(found.revision),
        "x-recorded-at": shape(found.recorded_at),
        "x-as-of": "true" if found.as_of else "false",
        "x-source": found.source.value,
        "x-complete": "true" if found.complete else "false",
        "x-age-seconds": str(found.age_seconds),
        "x-blind-spots": ",".join(spot.code for spot in found.blind_spots),
        "x-rows": str(len(question.walk)),
    }


def _chunks(found: Iterable[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    remaining = iter(found)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def _moment(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        if isinstance(text, str):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise Refused("BAD_REQUEST", "`since` must be a time with offset, such as 2026-11-22T02:40:00-04:00")


def _scenario(given: Any) -> list[Assumption]:
    if not isinstance(given, list) or not all(isinstance(part, dict) for part in given):
        raise Refused("BAD_REQUEST", "`scenario` must be a list of objects with `ci` and `state`")
    return [_assumption(part) for part in given]


def _assumption(part: dict[str, Any]) -> Assumption:
    ci, state = part.get("ci"), part.get("state", "down")
    if not isinstance(ci, str):
        raise Refused("BAD_REQUEST", "each part of `scenario` needs `ci`, a text")
    if not isinstance(state, str) or state not in ImpactState.__members__:
        raise Refused("BAD_REQUEST", "`state` must be one of " + ", ".join(ImpactState.__members__))
    return Assumption(ci, ImpactState[state])


def _refusal(status: int, code: str, message: str, **details: object) -> Response:
    return Response(orjson.dumps(error_body(code, message, **details)), status, media_type="application/json")
