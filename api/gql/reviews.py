"""The review of a change: what it does, what it collides with, how risky it is, what would be safer, what drifted."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import strawberry

from api import reviews_report
from api.gql.context import page_size
from api.gql.derive import derive
from api.gql.fields import field
from api.gql.impact import Impact
from api.gql.pages import Paged
from api.gql.records import TimelineEntry, timeline
from api.records import listed
from api.reviews import Review as Found
from api.reviews import told
from api.reviews_report import ChangeDrift, ChangeRecord, NamedRecord
from impact.report import Page
from impact.reviews.report import Collision, Collisions, FreezeHit, Overlap, Risk, Suggestions

derive(reviews_report)
T = TypeVar("T")


@strawberry.type(
    description="Collisions, the most people first: changes and incidents that together make things worse than any "
    "fewer of them do."
)
class CollisionPage(Paged):
    told: strawberry.Private[Collisions]
    names: strawberry.Private[Mapping[str, NamedRecord]]

    @field
    def nodes(self) -> list[Collision]:
        """The collisions of this page."""
        return list(self.shown.nodes)

    @field
    def records(self) -> list[NamedRecord]:
        """The changes and incidents that this page names, each once."""
        return _named(self.names, (party.key for one in self.shown.nodes for party in one.parties))

    @field
    def complete(self) -> bool:
        """False: so many take part that not every combination was tried; of each pool that breaks, one was."""
        return self.told.complete

    @field
    def overlapping(self) -> int:
        """How many changes and incidents overlap in time."""
        return self.told.overlapping

    @field
    def near(self) -> int:
        """How many of them can reach a pool in common at all."""
        return self.told.near


@strawberry.type(description="Lesser conflicts: the same CI first, then services that both affect; each by start.")
class OverlapPage(Paged):
    names: strawberry.Private[Mapping[str, NamedRecord]]

    @field
    def nodes(self) -> list[Overlap]:
        """The overlaps of this page."""
        return list(self.shown.nodes)

    @field
    def records(self) -> list[NamedRecord]:
        """The changes and incidents that this page names, each once."""
        return _named(self.names, (one.party.key for one in self.shown.nodes))


@strawberry.type(description="Freeze and blackout windows that a change falls into, by start.")
class FreezeHitPage(Paged):
    names: strawberry.Private[Mapping[str, NamedRecord]]

    @field
    def nodes(self) -> list[FreezeHit]:
        """The windows of this page."""
        return list(self.shown.nodes)

    @field
    def records(self) -> list[NamedRecord]:
        """The windows that this page names, each once."""
        return _named(self.names, (one.key for one in self.shown.nodes))


def _named(names: Mapping[str, NamedRecord], keys: Iterable[str]) -> list[NamedRecord]:
    return [names[key] for key in dict.fromkeys(keys) if key in names]


def collision_page(found: Collisions, names: Mapping[str, NamedRecord], first: int, after: str | None) -> CollisionPage:
    """A page of collisions. Raises `Refused` and `BadCursor`."""
    return CollisionPage(shown=listed(found.nodes, page_size(first), after), told=found, names=names)


@strawberry.type(description="What to know of a change before it is decided.")
class Review:
    found: strawberry.Private[Found]

    @field
    def moment(self) -> datetime:
        """The moment it is told for."""
        return self.found.standing.moment

    @field
    def impact(self) -> Impact:
        """What the change does by itself: its CIs in the states stated, clocks from the start of its window."""
        return Impact(question=self.found.question)

    @field
    def unrecorded(self) -> list[strawberry.ID]:
        """CIs that it names and the inventory does not have any more: they take no part in the answer."""
        return [strawberry.ID(ci) for ci in self.found.unrecorded]

    @field
    def collisions(self, first: int = 10, after: str | None = None) -> CollisionPage:
        """With planned changes and open incidents whose windows overlap with its own."""
        return collision_page(self.found.found.collisions, self.found.names, first, after)

    @field
    def overlaps(self, first: int = 20, after: str | None = None) -> OverlapPage:
        """Changes and incidents at the same time, about the same CI, or felt by the same service."""
        shown = listed(self.found.found.overlaps, page_size(first), after)
        return OverlapPage(shown=shown, names=self.found.names)

    @field
    def freezes(self, first: int = 20, after: str | None = None) -> FreezeHitPage:
        """Freeze and blackout windows it falls into."""
        shown = listed(self.found.found.freezes, page_size(first), after)
        return FreezeHitPage(shown=shown, names=self.found.names)

    @field
    def risk(self) -> Risk:
        """Reasons with their facts, and the score that follows from them; see docs/changes.md."""
        return self.found.found.risk

    @field
    def suggestions(self) -> Suggestions:
        """What would make it safer."""
        return self.found.found.suggestions

    @field
    def drift(self, first: int = 20) -> ChangeDrift | None:
        """How the answer differs from the one that was approved; null unless it is approved or being implemented."""
        basis = self.found.basis
        return None if basis is None else self.found.drift(basis, page_size(first))


@strawberry.type(description="A change and its review.")
class ReviewedChange:
    found: strawberry.Private[Found]

    @field
    def change(self) -> ChangeRecord:
        """The change as it is recorded, or would be."""
        return told(self.found.standing, self.found.change)

    @field
    def review(self) -> Review:
        """What to know of it before it is decided."""
        return Review(found=self.found)

    @field
    def timeline(self, first: int = 20, after: str | None = None) -> Page[TimelineEntry]:
        """What happened to it, the newest line first."""
        return timeline(self.found.change.timeline, first, after)
