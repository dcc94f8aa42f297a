"""The schema, composed."""

import strawberry

import api.gql.derive  # noqa: F401  (makes the types of answers)
from api.gql.bounds import Bounds, Remembered
from api.gql.failures import Failure
from api.gql.mutation import Mutation
from api.gql.query import Query
from api.settings import Settings


def make_schema(settings: Settings) -> strawberry.Schema:
    """The schema, bounded as `settings` say."""
    valid = Remembered()
    return strawberry.Schema(Query, Mutation, types=[Failure], extensions=[lambda: Bounds(settings, valid)])
