"""Fetching from an API: the payload is written to a folder, which an importer then reads like an export."""

import ssl
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from cmdb.model.errors import InvalidInput, Problem
from cmdb.progress import Progress
from importers.live.apis import api_for
from importers.live.client import Client, Sleep
from importers.live.guard import Resolve, Target, target_of
from importers.live.login import Login
from importers.live.payload import Payload, payload_into
from importers.live.reach import Reach


class Module(Protocol):
    """What the module `importers.live.NAME` has."""

    def headers(self, login: Login) -> Mapping[str, str]:
        """How a login is shown. Raises `InvalidInput` MISSING_LOGIN."""

    def fetch(self, client: Client, login: Login, payload: Payload, progress: Progress) -> str:
        """Write the payload; the file to import, or nothing for the folder. Raises `InvalidInput`."""


def fetch(
    address: str, importer: str, folder: Path, login: Login, progress: Progress, reach: Reach | None = None,
    resolve: Resolve | None = None, sleep: Sleep = time.sleep,
) -> Path:  # fmt: skip
    """Fetch what the API `importer` has at `address` into `folder`; the path that `api_for(importer).importer` reads.

    The folder is as it was unless all of it was fetched. `reach` is that of the environment unless given. Raises
    `InvalidInput`: URL_FORBIDDEN, MISSING_LOGIN, LOGIN_REFUSED, FETCH_REFUSED, FETCH_FAILED, FETCH_TOO_LARGE,
    BAD_ANSWER, INCOMPLETE_PAGES and the like, none of which says anything of the login or of an answer.
    """
    api, allowed = api_for(importer), reach or Reach.from_environment()
    module = cast(Module, import_module(f"importers.live.{api.name}"))
    headers = module.headers(login)
    target = target_of(address, allowed, resolve)
    client = Client(api.name, target, headers, _trust(target, login), allowed.limits, sleep)
    try:
        with payload_into(folder, allowed.limits.file_bytes) as payload:
            payload.note(f"{api.name} at {target.scheme}://{target.host}")
            file = module.fetch(client, login, payload, progress)
    finally:
        client.close()
    return folder / file if file else folder


def _trust(target: Target, login: Login) -> ssl.SSLContext | None:
    """Whose certificates are trusted; always checked, name and all."""
    if target.scheme == "http":
        return None
    try:
        return ssl.create_default_context(cafile=login.ca_file or None)
    except (OSError, ssl.SSLError):
        found, accepted = "a file that holds no certificates, or cannot be read", "certificates in PEM form"
        raise InvalidInput([Problem("UNREADABLE_FILE", "BLUENOSE_CA_FILE", found, accepted)]) from None
