"""Which source knows best: declared in the model, per attribute, and for how long a source is taken to be fresh."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Precedence:
    """Sources in the order in which they are believed; those not named come after, as they first described the CI.

    `attributes` has an order of its own for an attribute or a field (kind, name, sector, lifecycle). `fresh_for` is
    how many minutes after its last run a source is believed; a stale one comes after all that are fresh.
    """

    sources: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fresh_for: Mapping[str, int] = field(default_factory=dict)

    def order(self, attribute: str) -> tuple[str, ...]:
        """The sources that are named for an attribute, best first."""
        own = self.attributes.get(attribute)
        if not own:
            return self.sources
        return (*own, *(source for source in self.sources if source not in own))
