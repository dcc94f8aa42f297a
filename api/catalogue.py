"""docs/errors.md, the catalogue of errors, from `api.errors`."""

from collections.abc import Iterable, Iterator, Sequence

from api.errors import EXPECTED, INPUT_FAULTS, REQUEST_ERRORS

INTRODUCTION = """\
# Errors

Written by `python3 dev.py schema` from `api/errors.py`; change that, not this page.

A code is stable; a message is for people and may change. Every message states a fact and what is accepted. Nothing
shows a path, a query or the text of an internal fault: those are in the log, under the request id that every answer
carries (`X-Request-ID`, and `extensions.requestId`)."""
REQUESTS = """\
## Refused requests

`{"errors": [{"message": …, "extensions": {"code": …, "requestId": …}}]}`, the same on every route. The status is that
of a request refused as a whole; when one field of a GraphQL operation fails, the answer is 200 and the error names the
field in `path`."""
FAILURES = """\
## Failures that are part of an answer

Members of the unions in the GraphQL schema, each with `code` and `message`; the REST export gives the same code in
its error body. `cmdb` prints them and exits with 2, or 3 when the store cannot be reached."""
FAULTS = """\
## Problems in what was given

`InvalidInput` lists problems, each with a code, the place, what was found and what is accepted."""


def catalogue() -> str:
    """The page."""
    parts = (
        INTRODUCTION,
        REQUESTS,
        _table(("code", "status", "meaning", "what to do"), REQUEST_ERRORS),
        FAILURES,
        _table(("code", "shown as", "meaning", "what to do"), EXPECTED),
        FAULTS,
        _table(("code", "meaning"), INPUT_FAULTS),
    )
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return "\n".join(_lines([head, ["---"] * len(head), *((f"`{row[0]}`", *row[1:]) for row in rows)]))


def _lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    return (f"| {' | '.join(map(str, row))} |" for row in rows)
