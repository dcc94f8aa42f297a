"""The schema, composed. What it may cost to ask of it is settled by `api.gql.bounds`."""

import strawberry
from strawberry.schema.config import StrawberryConfig

import api.gql.derive  # noqa: F401  (makes the types of answers)
from api.gql.bounds import Bounds
from api.gql.failures import Failure
from api.gql.mutation import Mutation
from api.gql.query import Query

schema = strawberry.Schema(
    Query, Mutation, types=[Failure], extensions=[Bounds], config=StrawberryConfig(relay_max_results=200)
)
