"""NetBox's REST API, read into one file of rows such as `manage.py dumpdata` writes."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from cmdb.model.errors import InvalidInput
from cmdb.progress import Progress
from importers.live.client import Client, missing_login
from importers.live.login import Login
from importers.live.netbox_rows import LISTINGS, Listing, key_of, row_of
from importers.live.pages import ATTEMPTS, Changed, Page, by_offset
from importers.live.payload import Payload, Sheet

FILE = "netbox.json"
SIZE = 500
"""Objects asked for at once; an installation may give fewer."""


def headers(login: Login) -> Mapping[str, str]:
    """A token, of the old kind or of the one that begins with `nbt_`. Raises `InvalidInput` MISSING_LOGIN."""
    if not login.token:
        raise missing_login("netbox", "BLUENOSE_NETBOX_TOKEN, an API token that need not write")
    return {"Authorization": f"{'Bearer' if login.token.startswith('nbt_') else 'Token'} {login.token}"}


def fetch(client: Client, login: Login, payload: Payload, progress: Progress) -> str:
    """Write the file; its name."""
    count = 0
    with payload.sheet(FILE) as sheet:
        sheet.write(b"[")
        for listing in LISTINGS:
            rows = _fetch_list(client, listing, sheet, count == 0, progress)
            payload.note(f"{listing.path}: {rows}")
            count += rows
        sheet.write(b"\n]\n")
    if not count:
        raise client.problem("INCOMPLETE_PAGES", "api", "no object at all", "a login that may read the inventory")
    return FILE


def _fetch_list(client: Client, listing: Listing, sheet: Sheet, first: bool, progress: Progress) -> int:
    """Write the rows of a list, from its beginning again where it changed meanwhile; how many there are."""
    begin = sheet.here()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _write(
                by_offset(lambda offset: _page(client, listing, offset), _key), listing, sheet, first, progress
            )
        except Changed as fault:
            sheet.back(begin)
            if attempt == ATTEMPTS:
                found = f"{fault.found}, {ATTEMPTS} times"
                raise client.problem("INCOMPLETE_PAGES", listing.path, found, "a list that keeps still") from None
    raise AssertionError("every attempt returns or raises")


def _write(pages: Iterator[Page], listing: Listing, sheet: Sheet, first: bool, progress: Progress) -> int:
    count = 0
    for page in pages:
        if not count:
            progress.stage(f"fetch {listing.path}", page.total)
        for thing in page.rows:
            row = row_of(listing, thing)
            sheet.write((b"\n" if first and not count else b",\n") + orjson.dumps(row))
            count += 1
        progress.advance(len(page.rows))
    return count


def _key(thing: Mapping[str, Any]) -> str:
    return str(key_of(thing))


def _page(client: Client, listing: Listing, offset: int) -> Page:
    """One page. The links in it are not followed: they often name a proxy wrongly, and might name anything."""
    query = {"limit": str(SIZE), "offset": str(offset), "ordering": "id", "exclude": "config_context"}
    document = client.get(listing.path, f"api/{listing.path}/", query).document
    total, rows = (document.get("count"), document.get("results")) if isinstance(document, dict) else (None, None)
    if not isinstance(total, int) or isinstance(total, bool) or not isinstance(rows, list):
        raise _no_list(client, listing)
    if any(not isinstance(row, dict) or key_of(row) is None for row in rows):
        raise _no_list(client, listing)
    return Page(total, rows)


def _no_list(client: Client, listing: Listing) -> InvalidInput:
    return client.problem("BAD_ANSWER", listing.path, "no list of objects", "`count`, and `results` with an `id` each")
