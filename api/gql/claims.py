"""What single sources say of a CI, and where they disagree."""

import strawberry
from strawberry.scalars import JSON

from api import identity
from api.gql.fields import field
from api.identity import Disagreement, Grounds, Known
from api.scenario import refs
from cmdb.model.ci import CI
from impact.report import CiRef

strawberry.enum(Grounds, name="ConflictGrounds", description=Grounds.__doc__)


@strawberry.type(description="A value that a source states.")
class StatedValue:
    name: str = strawberry.field(description="An attribute, or kind, name, sector or lifecycle.")
    value: JSON | None = strawberry.field(description="Durations in whole minutes. Null: stated to be absent.")


@strawberry.type(description="What one source says of a CI.")
class SourceClaim:
    claim: strawberry.Private[Known]

    @field
    def source(self) -> str:
        """The source."""
        return self.claim.source

    @field
    def key(self) -> str:
        """The key that the source knows the CI by; the next import finds it again by this."""
        return self.claim.key

    @field
    def edited(self) -> bool:
        """True: single values that were set by hand, which imports leave alone. False: all that the source says."""
        return self.claim.edited

    @field
    def fields(self) -> list[str]:
        """What it states, by name."""
        return list(self.claim.values)

    @field
    def values(self) -> list[StatedValue]:
        """What it states, with the values."""
        return [StatedValue(name=name, value=_json(value)) for name, value in self.claim.values.items()]


@strawberry.type(description="What another source says.")
class OtherValue:
    source: str
    key: str | None = strawberry.field(description="Of which of its records, where it has several of the CI.")
    value: JSON | None = strawberry.field(description="Null: that there is none.")


@strawberry.type(description="A field or attribute of a CI, or of a relation or pool of it, on which sources disagree.")
class SourceConflict:
    of: strawberry.Private[CI]
    told: strawberry.Private[Disagreement]

    @field
    def ci(self) -> CiRef:
        """The CI."""
        return refs([self.of])[0]

    @field
    def subject(self) -> str | None:
        """The relation or pool of the CI that it is about, such as `depends_on db-1` or `pool web`; null: the CI."""
        return self.told.subject or None

    @field
    def attribute(self) -> str:
        """An attribute, or kind, sector or lifecycle; effect of a relation; required, full or effect of a pool."""
        return self.told.attribute

    @field
    def unit(self) -> str:
        """Of the values; minutes for a duration."""
        return self.told.unit

    @field
    def kept(self) -> JSON | None:
        """The value that is recorded."""
        return _json(self.told.kept)

    @field
    def source(self) -> str:
        """Whose value that is."""
        return self.told.source

    @field
    def others(self) -> list[OtherValue]:
        """What the others say, the one believed next first."""
        return [
            OtherValue(source=said.source, key=said.key or None, value=_json(said.value)) for said in self.told.others
        ]

    @field
    def grounds(self) -> Grounds:
        """Why it is kept."""
        return self.told.grounds

    @field
    def why(self) -> str:
        """The same in words."""
        return self.told.why


def _json(value: object) -> JSON | None:
    return None if value is None else JSON(value)


def claims_of(ci: CI) -> list[SourceClaim]:
    """What each source says of a CI."""
    return [SourceClaim(claim=claim) for claim in identity.known(ci)]
