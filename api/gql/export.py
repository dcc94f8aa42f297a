"""Writes the contract: `python -m api.gql.export` puts the schema into graphql/schema.graphql; `--check` compares."""

import sys
from pathlib import Path

from api.catalogue import keep
from api.gql.schema import make_schema
from api.settings import Settings

CONTRACT = Path(__file__).parents[2] / "graphql" / "schema.graphql"


def contract() -> str:
    """The schema in the GraphQL language."""
    return make_schema(Settings()).as_str() + "\n"


if __name__ == "__main__":
    keep(CONTRACT, contract(), sys.argv[1:])
