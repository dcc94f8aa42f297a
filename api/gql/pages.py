"""Pages of an answer."""

from typing import Any

import strawberry

from api.gql.fields import field
from impact.report import Page


@strawberry.type
class Paged:
    """The fields that every page has; each answer names its own nodes."""

    shown: strawberry.Private[Page[Any]]

    @field
    def total_count(self) -> int:
        """How many there are in all."""
        return self.shown.total_count

    @field
    def end_cursor(self) -> str | None:
        """Give it as `after` for the next page."""
        return self.shown.end_cursor

    @field
    def has_next_page(self) -> bool:
        """Whether there are more."""
        return self.shown.has_next_page
