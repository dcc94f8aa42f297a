"""What the engine must know of the model: kinds, relation types and sectors by number."""

from dataclasses import dataclass
from functools import cached_property

LIVE = "live"


@dataclass(frozen=True)
class Vocabulary:
    """Parallel tuples: a kind has a role (service, client, contact, plain) and may carry impact or never does;
    a relation type has a flow (1: the start depends on the end, -1: the reverse, 0: none) and a default effect."""

    kinds: tuple[str, ...]
    roles: tuple[str, ...]
    carries: tuple[bool, ...]
    relations: tuple[str, ...]
    flows: tuple[int, ...]
    effects: tuple[int, ...]
    sectors: tuple[str, ...]

    @cached_property
    def kind_number(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.kinds)}

    @cached_property
    def relation_number(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.relations)}

    @cached_property
    def sector_number(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.sectors)}

    def with_role(self, role: str) -> frozenset[int]:
        """The numbers of the kinds that play `role`."""
        return frozenset(at for at, r in enumerate(self.roles) if r == role)
