"""Whether the service is alive, whether it can answer, and what it did."""

from threading import Event

import anyio.to_thread
import orjson
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from api.errors import error_body
from api.metrics import Metrics
from api.workspace import Workspace
from cmdb.store.port import StoreUnavailable
from impact.snapshot import Seen


class Health:
    """The routes that watch the service. /health touches nothing; /ready waits for the store, aside from questions."""

    def __init__(self, workspace: Workspace, metrics: Metrics, warmed: Event) -> None:
        self.workspace, self.metrics, self.warmed = workspace, metrics, warmed
        self._aside = anyio.CapacityLimiter(1)

    async def health(self, _: Request) -> Response:
        """The process answers."""
        return Response(b'{"status":"alive"}', media_type="application/json")

    async def ready(self, _: Request) -> Response:
        """An estate is in memory and the engine is warm: 200 with its revision, live or not; else 503."""
        if not self.warmed.is_set():
            body = error_body("NOT_READY", "the service is starting")
            return Response(orjson.dumps(body), 503, media_type="application/json")
        try:
            seen = await anyio.to_thread.run_sync(self.workspace.seen, limiter=self._aside)
        except StoreUnavailable as error:
            return Response(orjson.dumps(error_body(error.code, error.reason)), 503, media_type="application/json")
        return Response(orjson.dumps(readiness(seen)), media_type="application/json")

    async def show_metrics(self, _: Request) -> Response:
        """Counters and histograms for Prometheus."""
        return Response(self.metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})


def readiness(seen: Seen) -> dict[str, object]:
    """What is in memory."""
    return {
        "status": "ready",
        "revision": seen.estate.revision,
        "recordedAt": seen.estate.recorded_at,
        "checkedAt": seen.checked_at,
        "live": seen.live,
        "cis": seen.estate.size,
    }
