"""ServiceNow's Table API: the tables that a mapping file names, as CSV beside a copy of it."""

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from cmdb.model.strict_yaml import parse_yaml, read_text
from cmdb.progress import Progress
from importers.live.client import Client, basic, missing_login
from importers.live.login import Login
from importers.live.pages import ATTEMPTS, Changed, Page, by_key
from importers.live.payload import Payload, Sheet
from importers.live.servicenow_tables import AskedTable, cells_of, is_of_use, key_of, line_of, tables_of
from importers.sources.mapped.importer import MAPPING

SIZE = 1_000
OWN_MAPPING = "BLUENOSE_SERVICENOW_MAPPING"
"""Names a mapping file to be used instead of the one that comes with the product."""


def headers(login: Login) -> Mapping[str, str]:
    """A user with a password, or a token of OAuth. Raises `InvalidInput` MISSING_LOGIN."""
    if login.token:
        return {"Authorization": f"Bearer {login.token}"}
    if not login.user or not login.password:
        raise missing_login("servicenow", "BLUENOSE_SERVICENOW_USER and BLUENOSE_SERVICENOW_PASSWORD, or _TOKEN")
    return {"Authorization": basic(login)}


def fetch(client: Client, login: Login, payload: Payload, progress: Progress) -> str:
    """Write the mapping and its tables; the folder itself is what is imported."""
    text = _mapping()
    tables, known = tables_of(parse_yaml(text, MAPPING)), set[str]()
    with payload.sheet(MAPPING) as sheet:
        sheet.write(text.encode())
    for table in sorted(tables, key=lambda table: bool(table.ends)):
        with payload.sheet(f"{table.name}.csv") as sheet:
            payload.note(f"{table.name}: {_fetch_table(client, table, sheet, known, progress)}")
    if not known:
        raise client.problem("INCOMPLETE_PAGES", "tables", "no record at all", "a login that may read them")
    return ""


def _mapping() -> str:
    if own := os.environ.get(OWN_MAPPING):
        return read_text(Path(own))
    return files("importers.live").joinpath("servicenow.yaml").read_text("utf-8")


def _fetch_table(client: Client, table: AskedTable, sheet: Sheet, known: set[str], progress: Progress) -> str:
    """Write the records of a table that stand in none before it, and say how many; their keys are put into `known`."""
    for attempt in range(1, ATTEMPTS + 1):
        sheet.back(0)
        sheet.write(line_of(table.columns))
        try:
            found, elsewhere, useless = _write(client, table, sheet, known, progress)
            known |= found
            left = f", {elsewhere} that stand in a table before" if elsewhere else ""
            left += f", {useless} left out that lead to records of other tables" if useless else ""
            return f"{len(found)}{left}"
        except Changed as fault:
            if attempt == ATTEMPTS:
                raise client.problem(
                    "INCOMPLETE_PAGES", table.name, f"{fault.found}, {ATTEMPTS} times", "a login that may read all rows"
                ) from None
    raise AssertionError("every attempt returns or raises")


def _write(
    client: Client, table: AskedTable, sheet: Sheet, known: set[str], progress: Progress
) -> tuple[set[str], int, int]:  # fmt: skip
    found, elsewhere, useless = set[str](), 0, 0
    for number, page in enumerate(by_key(lambda last: _page(client, table, last), key_of, SIZE)):
        if number == 0:
            progress.stage(f"fetch {table.name}", page.total)
        for record in page.rows:
            cells = cells_of(record, table.columns)
            if key_of(record) in known:
                elsewhere += 1
            elif not is_of_use(table, cells, known):
                useless += 1
            else:
                found.add(key_of(record))
                sheet.write(line_of(cells))
        progress.advance(len(page.rows))
    return found, elsewhere, useless


def _page(client: Client, table: AskedTable, last: str) -> Page:
    """The records behind a key, by key: records that come and go meanwhile do not move them."""
    query = {
        "sysparm_query": f"sys_id>{last}^ORDERBYsys_id" if last else "ORDERBYsys_id",
        "sysparm_fields": ",".join(table.fields),
        "sysparm_limit": str(SIZE),
        "sysparm_display_value": "all",
        "sysparm_exclude_reference_link": "true",
    }
    told = client.get(table.name, f"api/now/table/{table.name}", query)
    rows = told.document.get("result") if isinstance(told.document, dict) else None
    total = told.headers.get("x-total-count", "")
    if not isinstance(rows, list) or any(not key_of(row) for row in rows):
        raise client.problem("BAD_ANSWER", table.name, "no list of records", "`result`, each record with its sys_id")
    if not (total.isascii() and total.isdecimal() and len(total) < 12):
        raise client.problem("BAD_ANSWER", table.name, "no number of records", "the header X-Total-Count")
    return Page(int(total), rows)
