"""The APIs that can be asked: one row each. Nothing that asks is loaded here."""

import re
from dataclasses import dataclass

from cmdb.model.errors import InvalidInput, Problem, shown


@dataclass(frozen=True, slots=True)
class Api:
    """An API, whose module is `importers.live.NAME`, and the importer that reads what it answered."""

    name: str
    importer: str
    description: str


LIVE: tuple[Api, ...] = (
    Api("servicenow", "mapped", "ServiceNow's Table API: the tables of a mapping file."),
    Api("netbox", "netbox", "NetBox's REST API."),
    Api("itop", "itop", "iTop's REST service, core/get."),
    Api("kubernetes", "kubernetes", "The API of a Kubernetes cluster."),
)
API_NAMES = tuple(api.name for api in LIVE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|(?:https?|ftps?|file|data|gopher|javascript|ldaps?|jar|netdoc):", re.I)


def is_address(text: str) -> bool:
    """Whether a text is meant as the address of an API, not as a path; `fetch` says which addresses are taken.

    Ask it of the text as it was given: `Path` would make `https:/x` of `https://x`.
    """
    return _ADDRESS.match(text.strip()) is not None


def api_for(name: str) -> Api:
    """The API called `name`. Raises `InvalidInput` UNKNOWN_API."""
    found = next((api for api in LIVE if api.name == name), None)
    if found is None:
        accepted = "one of " + ", ".join(api.name for api in LIVE)
        raise InvalidInput([Problem("UNKNOWN_API", "importer", shown(name) if name else "nothing", accepted)])
    return found


def reader_of(name: str) -> str:
    """The importer that reads what the API `name` answered; any other name is that of an importer."""
    return next((api.importer for api in LIVE if api.name == name), name)
