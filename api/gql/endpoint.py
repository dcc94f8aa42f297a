"""POST /graphql: a bounded body, one operation, run aside so that nothing else waits for it."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from strawberry import Schema
from strawberry.http.ides import get_graphql_ide_html

from api.body import read_object
from api.errors import Refused
from api.gql.context import Context
from api.gql.execution import Operation, operation_of, run
from api.metrics import Metrics
from api.settings import Settings
from api.workspace import Workspace

T = TypeVar("T")


class Desk:
    """Runs questions on a few threads of their own; refuses when too many wait."""

    def __init__(self, threads: int, waiting: int) -> None:
        self._limiter = anyio.CapacityLimiter(threads)
        self._waiting = waiting

    async def run(self, work: Callable[[], T], patient: bool = False) -> T:
        """What `work` returns; who is `patient` waits, however many do. Raises `Refused` BUSY."""
        if not patient and self._limiter.statistics().tasks_waiting >= self._waiting:
            raise Refused("BUSY", "too many questions are waiting; try again in a few seconds")
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


class GraphQLEndpoint:
    """Answers operations on one schema."""

    def __init__(self, workspace: Workspace, settings: Settings, metrics: Metrics, schema: Schema, desk: Desk) -> None:
        self.workspace, self.settings, self.metrics, self.schema = workspace, settings, metrics, schema
        self.desk = desk

    async def post(self, request: Request) -> Response:
        """Run the operation in the body."""
        return await self.answer(operation_of(await read_object(request, self.settings)), request)

    async def answer(self, operation: Operation, request: Request) -> Response:
        """Run an operation."""
        context = Context(
            self.workspace, self.settings, self.metrics, self.settings.principal, request.state.request_id,
            operation.name,
        )  # fmt: skip
        status, body = await self.desk.run(lambda: run(self.schema, operation, context))
        return Response(body, status, media_type="application/json")

    async def explorer(self, _: Request) -> Response:
        """A page to try operations on, in development mode only."""
        if not self.settings.development:
            raise Refused("METHOD_NOT_ALLOWED", "send operations with POST")
        return HTMLResponse(get_graphql_ide_html())
