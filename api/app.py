"""The service: routes over one workspace. The composition root of everything that is served."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Event

import anyio
import anyio.to_thread
import orjson
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute

from api.edge import Edge
from api.errors import Refused, error_body
from api.events.ending import Ending
from api.events.hub import Hub
from api.events.routes import Routes, Sockets
from api.events.subscriptions import Subscriptions
from api.gql.endpoint import Desk, GraphQLEndpoint
from api.gql.schema import make_schema
from api.logs import configure_logs
from api.metrics import Metrics
from api.rest.export import Export
from api.rest.health import Health
from api.settings import Settings
from api.workspace import Workspace, open_workspace
from cmdb.store.port import StoreUnavailable
from impact.analyses import affected
from impact.kernels.jit import compile_kernels
from impact.states import Assumption

HTTP_CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


def create_app(workspace: Workspace, settings: Settings, stopped: Callable[[], None] = lambda: None) -> FastAPI:
    """The service over `workspace`; `stopped` is called when it stops, also when a signal ends the process then."""
    configure_logs()
    warmed = Event()
    metrics, desk = Metrics(), Desk(settings.question_threads, settings.waiting_questions)
    schema, hub = make_schema(settings), Hub(workspace, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        """Load the estate while the first requests may already come in; tell subscribers what is new."""
        Ending(hub).await_signals()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, warm, workspace, warmed)
            tasks.start_soon(hub.run)
            yield
            hub.close()
        stopped()

    app = FastAPI(title="Bluenose", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    graphql = GraphQLEndpoint(workspace, settings, metrics, schema, desk)
    subscriptions = Subscriptions(workspace, settings, metrics, schema, desk, hub)
    events = Routes(graphql, subscriptions)
    health, export = Health(workspace, metrics, warmed), Export(workspace, settings, metrics, desk)
    routes = (
        ("/graphql", events.post, "POST"),
        ("/graphql", events.get, "GET"),
        ("/export/impact.csv", export.get, "GET"),
        ("/export/impact.csv", export.post, "POST"),
        ("/export/impact.ndjson", export.get, "GET"),
        ("/export/impact.ndjson", export.post, "POST"),
        ("/health", health.health, "GET"),
        ("/ready", health.ready, "GET"),
        ("/metrics", health.show_metrics, "GET"),
    )
    for path, answer, method in routes:
        app.add_route(path, answer, methods=[method])
    app.router.routes.append(WebSocketRoute("/graphql", Sockets(subscriptions)))
    app.add_exception_handler(Refused, _refuse)
    app.add_exception_handler(HTTPException, _refuse)
    app.add_middleware(Edge, settings=settings, metrics=metrics, routes=frozenset(path for path, _, _ in routes))
    return app


def served() -> FastAPI:
    """The service as one of several worker processes runs it: configured by the environment alone."""
    store, model = os.environ["CMDB_STORE"], os.environ.get("CMDB_MODEL")
    workspace = open_workspace(store, Path(model) if model else None)
    settings = Settings.from_environment(development=bool(os.environ.get("CMDB_DEVELOPMENT")))
    return create_app(workspace, settings, workspace.close)


def warm(workspace: Workspace, warmed: Event) -> None:
    """Compile the engine, follow the store and answer one question, so that the first caller need not wait.

    While the store is away nothing is lost: /ready says so, and the next question tries again.
    """
    compile_kernels()
    workspace.follow()
    with suppress(StoreUnavailable):
        ids = workspace.seen().estate.register.ids
        if ids:
            affected(workspace.ask([Assumption(ids[0])]), 1)
    warmed.set()


async def _refuse(request: Request, error: Exception) -> Response:
    """A stated refusal as JSON, of one shape on every route."""
    if isinstance(error, Refused):
        refusal = error
    else:
        status = error.status_code if isinstance(error, HTTPException) else 500
        refusal = Refused(HTTP_CODES.get(status, "BAD_REQUEST"), "no such route, or not with this method")
    body = error_body(refusal.code, refusal.message, requestId=request.state.request_id)
    return Response(orjson.dumps(body), refusal.status, media_type="application/json")
