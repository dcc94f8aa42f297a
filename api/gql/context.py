"""What resolvers know of the request they serve."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from api.errors import Refused
from api.metrics import Metrics
from api.settings import Settings
from api.workspace import Workspace
from impact.paging import PAGE_LIMIT

Info: TypeAlias = "strawberry.Info[Context, None]"


@dataclass(frozen=True, slots=True)
class Context:
    """One request: the estate it asks, in whose name, how the service is set, and the operation it names, if any."""

    workspace: Workspace
    settings: Settings
    metrics: Metrics
    who: str
    request_id: str
    operation: str | None = None


def page_size(first: int) -> int:
    """`first`, from 1 to 200. Raises `Refused` PAGE_TOO_LARGE."""
    if not 1 <= first <= PAGE_LIMIT:
        raise Refused("PAGE_TOO_LARGE", f"first must be from 1 to {PAGE_LIMIT}, found {first}")
    return first
