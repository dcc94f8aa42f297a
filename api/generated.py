"""Writes what is made from the code: `python -m api.generated`; with `--check` it exits 1 where that is not so."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from api.catalogue import catalogue
from api.gql.schema import make_schema
from api.settings import Settings
from cmdb.model.document import document as model_page
from cmdb.model.model import standard_model
from impact.readiness.document import document as readiness_page
from importers.document import document as sources_page

ROOT = Path(__file__).parents[1]


def contract() -> str:
    """The schema in the GraphQL language."""
    return make_schema(Settings()).as_str() + "\n"


GENERATED: Mapping[str, Callable[[], str]] = {
    "graphql/schema.graphql": contract,
    "docs/errors.md": catalogue,
    "docs/model.md": lambda: model_page(standard_model()),
    "docs/readiness.md": readiness_page,
    "docs/sources.md": sources_page,
}
"""What is written where."""


def differing() -> list[str]:
    """The files that are not what the code says."""
    files = ((name, ROOT / name, text) for name, text in GENERATED.items())
    return [name for name, file, text in files if not file.exists() or file.read_bytes() != text().encode()]


def main(arguments: list[str]) -> int:
    """Write all of it, or with `--check` name on standard error what differs."""
    if arguments == ["--check"]:
        names = differing()
        if names:
            sys.stderr.write(f"not what the code says: {', '.join(names)}; write anew with: python3 dev.py schema\n")
        return 1 if names else 0
    if arguments:
        sys.stderr.write("usage: python -m api.generated [--check]\n")
        return 2
    for name, text in GENERATED.items():
        (ROOT / name).write_bytes(text().encode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
