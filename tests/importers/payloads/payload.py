"""What the standard suite needs of an importer: a whole input in parts, and how to write it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Part = Any
"""One row, object or document, as data; its order among the others means nothing."""
Write = Callable[[Path, Sequence[Part]], Path]
"""Writes parts into an empty folder, in the order given; returns the path to import."""


@dataclass(frozen=True)
class Payload:
    """A valid input of one importer, from which every declared kind and relation type is made.

    Without the parts in which `lost` stands, it is the same input without the CI `gone`. With `bad` added, one text in
    it has a character that turns the direction of text.
    """

    importer: str
    parts: Sequence[Part]
    write: Write
    lost: str
    gone: str
    bad: Part
    name: str

    def without(self) -> list[Part]:
        """The parts that are left when one CI is gone."""
        return [part for part in self.parts if self.lost not in repr(part)]

    def shuffled(self, seed: int) -> list[Part]:
        """The same in another order: of parts, of the keys of objects, of lists of objects."""
        order = random.Random(seed)
        return [turned(part, order) for part in order.sample(self.parts, len(self.parts))]


def turned(value: Any, order: random.Random) -> Any:
    """A value with its keys, and the lists of objects in it, in another order; a tuple stays in its own."""
    if isinstance(value, dict):
        return {key: turned(value[key], order) for key in order.sample(list(value), len(value))}
    if isinstance(value, tuple):
        return tuple(turned(item, order) for item in value)
    if isinstance(value, list):
        items = [turned(item, order) for item in value]
        return order.sample(items, len(items)) if all(isinstance(item, dict) for item in items) else items
    return value
