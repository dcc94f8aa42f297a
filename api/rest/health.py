"""Whether the service is alive, whether it can answer, and what it did."""

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

    def __init__(self, workspace: Workspace, metrics: Metrics) -> None:
        self.workspace, self.metrics = workspace, metrics
        self._aside = anyio.CapacityLimiter(1)

    async def health(self, _: Request) -> Response:
        """The process answers."""
        return Response(b'{"status":"alive"}', media_type="application/json")

    async def ready(self, _: Request) -> Response:
        """An estate is in memory: 200 with its revision, live or not; 503 when there is none."""
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
