"""The schema, composed."""

import strawberry
from graphql import GraphQLError
from strawberry.types import ExecutionContext

import api.gql.derive  # noqa: F401  (makes the types of answers)
from api.gql.bounds import Bounds, Remembered
from api.gql.failures import Failure
from api.gql.mutation import Mutation
from api.gql.query import Query
from api.gql.subscription import Subscription
from api.settings import Settings


class Contract(strawberry.Schema):
    """The schema; its errors are logged where they are told, in `api.gql.execution`, not by Strawberry as well."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leave errors to whoever runs the operation."""


def make_schema(settings: Settings) -> strawberry.Schema:
    """The schema, bounded as `settings` say."""
    valid = Remembered()
    return Contract(Query, Mutation, Subscription, types=[Failure], extensions=[lambda: Bounds(settings, valid)])
