"""The verbs that serve: the API, and the demo that shows everything at once."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Annotated, Any

import orjson
import typer

from api.settings import Settings, UnsafeListen, check_listen
from api.terminal import print_impact
from api.verbs.moving import drawn
from api.verbs.options import STORE, ModelOption, Refused, StoreOption, ZoneOption, console, opened, zone_of
from api.workspace import Workspace
from cmdb.model.ci import CI
from cmdb.progress import Progress
from cmdb.store.port import Applied, StoreUnavailable
from impact.states import Assumption
from importers.runner import apply_plan, plan_import

PROVINCE = Path(__file__).parents[2] / "examples" / "province"
DEMO_STORE = "sqlite:bluenose-demo.db"
DEMO_FAILURE = "san-gdc-01"
SILENT_SECONDS = 30
"""After how long a silent worker is replaced. On a busy machine it is silent for several while it starts."""

MAX_MESSAGE_BYTES = 1_000_000

PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any free one.")]


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; any but loopback needs CMDB_TOKEN.")] = "127.0.0.1",
    port: PortOption = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer; they share the estate.")] = 1,
    development: Annotated[bool, typer.Option(help="Introspection, suggestions and a page to try queries.")] = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Serve the GraphQL API until interrupted."""
    with opened(store, model) as workspace:
        if workers == 1:
            return listen(workspace, host, port, development)
        with suppress(StoreUnavailable):
            workspace.snapshot.current()  # kept on disk when closed, and shared by the workers from there
    os.environ.update(CMDB_STORE=store, CMDB_MODEL=str(model or ""), CMDB_DEVELOPMENT="yes" if development else "")
    checked(host, development)
    return run_workers(workers, host, port)


def demo(
    port: PortOption = 8000,
    answer_only: Annotated[bool, typer.Option("--no-serve", help="Print the answer and leave.")] = False,
    store: StoreOption = DEMO_STORE,
    tz: ZoneOption = "",
) -> None:
    """Load a demo province, fail its main storage array, show who is hit, and serve the API."""
    with opened(store, None) as workspace:
        with drawn() as progress:
            applied = load_province(workspace, progress)
        out = console()
        out.print(f"[bold]Demo province[/], revision {applied.revision}. The question: what if {DEMO_FAILURE} fails?\n")
        print_impact(out, workspace.ask([Assumption(DEMO_FAILURE)]), zone_of(tz), everything=False)
        out.print(f"\n  Ask yourself:  cmdb impact san-hdc-01 --store {store}")
        if not answer_only:
            listen(workspace, "127.0.0.1", port, development=True)


def load_province(workspace: Workspace, progress: Progress) -> Applied:
    """The demo province: as it was before its last change, and then that change; nothing where it is loaded already."""
    planned = plan_import(workspace.store, workspace.model, PROVINCE, "province", progress)
    if planned.empty:
        return Applied(workspace.store.head().revision)
    if planned.owned:
        return apply_plan(workspace.store, planned, "demo", message="demo province")
    earlier = orjson.loads((PROVINCE / "earlier.json").read_bytes())
    before = [_with(ci, earlier.get(ci.id, {})) for ci in planned.changeset.put_cis]
    apply_plan(
        workspace.store, replace(planned, changeset=replace(planned.changeset, put_cis=before)),
        "demo", message="demo province",
    )  # fmt: skip
    planned = plan_import(workspace.store, workspace.model, PROVINCE, "province", progress)
    return apply_plan(workspace.store, planned, "storage", message="GDC-01 replaced by a larger array; slower restores")


def _with(ci: CI, attributes: dict[str, Any]) -> CI:
    """A CI with some of its attributes replaced."""
    text = orjson.dumps({**orjson.loads(ci.attributes_json), **attributes}, option=orjson.OPT_SORT_KEYS).decode()
    return ci._replace(attributes_json=text)


def listen(workspace: Workspace, host: str, port: int, development: bool) -> None:
    """Serve one workspace until interrupted."""
    from api.app import create_app

    settings = checked(host, development)
    run(create_app(workspace, settings, workspace.snapshot.save), host, port)


def checked(host: str, development: bool) -> Settings:
    """The settings to serve with. Refuses an address beyond loopback unless a token is configured."""
    try:
        settings = Settings.from_environment(development=development)
        check_listen(host, settings.token)
    except UnsafeListen as error:
        raise Refused(str(error)) from None
    return settings


def run(app: Any, host: str, port: int) -> None:
    """Run the server until interrupted."""
    import uvicorn

    announce(host, port)
    uvicorn.run(app, **options(host, port))


def run_workers(workers: int, host: str, port: int) -> None:
    """Run several processes that answer on one socket, until interrupted."""
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    announce(host, port)
    config = uvicorn.Config(
        "api.app:served", factory=True, workers=workers, timeout_worker_healthcheck=SILENT_SECONDS,
        **options(host, port),
    )  # fmt: skip
    listener = config.bind_socket()
    # asyncio does this only on sockets of its own; without it, the body of an answer waits 40 ms behind its headers.
    listener.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    with listener, suppress(KeyboardInterrupt):
        Multiprocess(config, sockets=[listener]).run()


def announce(host: str, port: int) -> None:
    """Say where the service will be."""
    console().print(f"\n  GraphQL API on http://{host}:{port}/graphql until you press Ctrl-C")


def options(host: str, port: int) -> dict[str, Any]:
    """How the server is run, by one process or several."""
    return {
        "host": host, "port": port, "log_config": None, "access_log": False, "server_header": False,
        "timeout_graceful_shutdown": 10, "ws_max_size": MAX_MESSAGE_BYTES, "ws_per_message_deflate": False,
    }  # fmt: skip
