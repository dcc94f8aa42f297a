"""Writes the contract: `python -m api.gql.export` puts the schema into graphql/schema.graphql."""

from pathlib import Path

from api.gql.schema import make_schema
from api.settings import Settings

CONTRACT = Path("graphql/schema.graphql")


def contract() -> str:
    """The schema in the GraphQL language."""
    return make_schema(Settings()).as_str() + "\n"


if __name__ == "__main__":
    CONTRACT.write_text(contract(), encoding="utf-8")
