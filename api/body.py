"""Request bodies: bounded while they arrive, and JSON without surprises."""

import re
from collections.abc import AsyncGenerator
from json import JSONDecodeError, loads
from typing import Any, NoReturn

import anyio
import orjson
from starlette.requests import ClientDisconnect, Request

from api.errors import Refused
from api.settings import Settings

MAX_DIGITS = 20
MAX_DEPTH = 64
DISCARDED = 8
"""How many times the limit of a body is read without being kept."""
DISCARD_SECONDS = 0.5
_QUOTED = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


async def read_object(request: Request, settings: Settings) -> dict[str, Any]:
    """The JSON object a request carries. Raises `Refused`."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refused("UNSUPPORTED_MEDIA_TYPE", "the body must be application/json")
    return parse_object(await read_body(request, settings))


async def read_body(request: Request, settings: Settings) -> bytes:
    """The whole body, refused as soon as it is known to be too large or too slow. Raises `Refused`."""
    limit = settings.max_body_bytes
    stated = request.headers.get("content-length", "0")
    parts, size = list[bytes](), 0
    incoming = request.stream()
    try:
        with anyio.fail_after(settings.body_seconds):
            if not (stated.isdigit() and (len(stated) > 12 or int(stated) > limit)):
                async for part in incoming:
                    parts.append(part)
                    size += len(part)
                    if size > limit:
                        break
                else:
                    return b"".join(parts)
            await _discard(incoming, DISCARDED * limit)
            raise Refused("BODY_TOO_LARGE", f"the body is larger than {limit} bytes")
    except TimeoutError:
        raise Refused("BODY_TIMEOUT", "the body did not arrive in time") from None
    except ClientDisconnect:
        raise Refused("BAD_REQUEST", "the body ended early") from None


async def _discard(incoming: AsyncGenerator[bytes, None], most: int) -> None:
    """Read on for a moment without keeping anything, so that a client that is still sending gets to see the answer."""
    with anyio.move_on_after(DISCARD_SECONDS):
        async for part in incoming:
            most -= len(part)
            if most < 0:
                return


def parse_object(body: bytes) -> dict[str, Any]:
    """A JSON object as plain values. Raises `Refused` for anything else, each with its own code."""
    value = parse_json(body)
    if isinstance(value, list):
        raise Refused("BATCH_NOT_SUPPORTED", "the body is a list; send one JSON object")
    if not isinstance(value, dict):
        raise Refused("BAD_REQUEST", "the body must be a JSON object")
    return value


def parse_json(body: bytes) -> Any:
    """JSON as plain values: UTF-8, no NaN, no repeated key, no endless number, no bottomless nesting."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Refused("BAD_ENCODING", "the body is not UTF-8") from None
    if nesting(body) > MAX_DEPTH:
        raise Refused("TOO_DEEP", f"the body nests deeper than {MAX_DEPTH}")
    try:
        value = loads(text, parse_constant=_no_constant, parse_int=_integer, object_pairs_hook=_distinct)
        orjson.loads(body)
    except (JSONDecodeError, RecursionError) as error:
        place = f" at line {error.lineno} column {error.colno}" if isinstance(error, JSONDecodeError) else ""
        raise Refused("BAD_JSON", f"the body is not JSON{place}") from None
    return value


def nesting(body: bytes) -> int:
    """How deep the brackets of a JSON text go, those inside strings not counted."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_QUOTED.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Refused("NUMBER_TOO_LONG", f"a number of {len(digits)} digits; at most {MAX_DIGITS} are accepted")
    return int(digits)


def _no_constant(name: str) -> NoReturn:
    raise Refused("BAD_JSON", f"{name} is not JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("BAD_JSON", "a key stands twice in one object")
    return found
