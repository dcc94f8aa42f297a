"""iTop's REST service: `core/get` for every class that is read, each into a JSON file of its own."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from cmdb.progress import Progress
from importers.live.client import Client, missing_login
from importers.live.login import Login
from importers.live.payload import Payload
from importers.sources.itop.importer import NAMED
from importers.sources.itop.objects import LINK_CLASSES
from importers.sources.itop.rules import CLASSES, FIELDS

SIZE, KEYS_SIZE, MOST_PAGES = 500, 10_000, 100_000
SERVICE = "webservices/rest.php?version=1.3"
OK, UNAUTHORIZED, INTERNAL = 0, 1, 100
LOGIN_CODES = frozenset({UNAUTHORIZED, 5, 6})
READ = frozenset(FIELDS) | {"id", "finalclass"}
"""Fields that are kept; everything else that an object has is left out of the files."""
_NO_CLASS = re.compile(r"is not a valid class", re.I)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)

_FOUND = re.compile(r"Found: ([0-9]{1,9})$", re.ASCII)

Objects = dict[str, Mapping[str, Any]]


class Page(NamedTuple):
    """Some objects of a class, and how many there are in all, as far as the service says."""

    objects: Objects
    total: int


def headers(login: Login) -> Mapping[str, str]:
    """None: the login goes with each form. Raises `InvalidInput` MISSING_LOGIN."""
    if not login.token and not (login.user and login.password):
        raise missing_login("itop", "BLUENOSE_ITOP_USER and BLUENOSE_ITOP_PASSWORD, or BLUENOSE_ITOP_TOKEN")
    return {}


def fetch(client: Client, login: Login, payload: Payload, progress: Progress) -> str:
    """Write one file for each class that has objects; the folder itself is what is imported."""
    classes = sorted({*CLASSES, *LINK_CLASSES, *NAMED})
    progress.stage("fetch classes", len(classes))
    count = 0
    for class_ in classes:
        found = _class(client, login, class_)
        if found is None:
            payload.note(f"{class_}: this iTop has no such class")
        elif found:
            count += len(found)
            payload.note(f"{class_}: {len(found)}")
            with payload.sheet(f"{class_}.json") as sheet:
                sheet.write(orjson.dumps({"objects": found}))
        progress.advance(1)
    if not count:
        raise client.problem("INCOMPLETE_PAGES", "classes", "no object at all", "a login that may read the CIs")
    return ""


def kept(value: Any) -> dict[str, Any] | None:
    """Of an object as the service gives it: class, key and the fields that are read; None where it is no object."""
    if not isinstance(value, dict):
        return None
    class_, key, fields = value.get("class"), str(value.get("key", "")), value.get("fields")
    if not isinstance(class_, str) or _NUMBER.fullmatch(key) is None or not isinstance(fields, dict):
        return None
    plain = {n: v for n, v in fields.items() if n.casefold() in READ and isinstance(v, str | int | float)}
    return {"class": class_, "key": key, "fields": plain}


def _class(client: Client, login: Login, class_: str) -> Objects | None:
    """All objects of a class by name, None where there is no such class.

    Pages have no order to rely on, so all keys are asked for once more behind them, and what was missed is asked for.
    """
    found, pages, total = Objects(), 0, 0
    for page in _pages(client, login, class_, "*", SIZE):
        if page is None:
            return None
        found.update(page.objects)
        pages, total = pages + 1, page.total
    if pages > 1:
        keys = set[str]()
        for page in _pages(client, login, class_, "id", KEYS_SIZE):
            keys.update(page.objects if page else ())
            total = page.total if page else 0
        _add_missed(client, login, class_, sorted(keys - found.keys()), found)
    if len(found) < total:
        accepted = "all of them; the others may be closed to this login"
        raise client.problem("INCOMPLETE_PAGES", class_, f"{len(found)} of {total} objects", accepted)
    return found


def _add_missed(client: Client, login: Login, class_: str, missed: list[str], found: Objects) -> None:
    for begin in range(0, len(missed), SIZE):
        some = ",".join(name.rpartition("::")[2] for name in missed[begin : begin + SIZE])
        page = _get(client, login, class_, f"SELECT {class_} WHERE id IN ({some})", "*", 0, 0)
        found.update(page.objects if page else {})


def _pages(client: Client, login: Login, class_: str, fields: str, size: int) -> Iterator[Page | None]:
    """The pages of a class; an iTop before 2.6.1 gives everything as each of them."""
    seen = set[str]()
    for number in range(1, MOST_PAGES):
        page = _get(client, login, class_, f"SELECT {class_}", fields, size, number)
        yield page
        if page is None or len(page.objects) != size or page.objects.keys() <= seen:
            return
        seen.update(page.objects)
    raise client.problem("FETCH_TOO_LARGE", class_, f"{MOST_PAGES} pages", "fewer")


def _get(
    client: Client, login: Login, class_: str, key: str, fields: str, size: int, page: int
) -> Page | None:  # fmt: skip
    question: dict[str, Any] = {"operation": "core/get", "class": class_, "key": key, "output_fields": fields}
    if size:
        question |= {"limit": str(size), "page": str(page)}
    form = {"json_data": orjson.dumps(question).decode(), **_shown(login)}
    return _page(client, class_, client.post(class_, SERVICE, form).document)


def _shown(login: Login) -> Mapping[str, str]:
    if login.token:
        return {"auth_token": login.token}
    return {"auth_user": login.user, "auth_pwd": login.password}


def _page(client: Client, class_: str, document: Any) -> Page | None:
    code = document.get("code") if isinstance(document, dict) else None
    if not isinstance(code, int):
        raise client.problem("BAD_ANSWER", class_, "no answer of the service", "what iTop's REST service answers")
    message = str(document.get("message", ""))
    if code in LOGIN_CODES:
        accepted = "a login with the profile REST Services User that may read this class"
        raise client.problem("LOGIN_REFUSED", class_, f"iTop's code {code}", accepted)
    if code == INTERNAL and _NO_CLASS.search(message):
        return None
    if code != OK:
        raise client.problem("FETCH_REFUSED", class_, f"iTop's code {code}", "iTop's code 0")
    total = _FOUND.match(message)
    return Page(dict(_each(client, class_, document.get("objects"))), int(total[1]) if total else 0)


def _each(client: Client, class_: str, listed: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects by name; none of them is `null`, or an empty list."""
    if listed is not None and listed != [] and not isinstance(listed, dict):
        raise client.problem("BAD_ANSWER", class_, "no objects", "objects by name")
    for value in (listed or {}).values():
        thing = kept(value)
        if thing is None:
            raise client.problem("BAD_ANSWER", class_, "an object without class, key and fields", "all three")
        yield f"{thing['class']}::{thing['key']}", thing
