"""Objects of an iTop export: by class and key, whatever file they came in, and found by the keys that others hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cmdb.model.errors import shown
from importers.kit.findings import Cell, Findings
from importers.sources.itop.rules import CLASSES, LINKS, SOLUTION_PARTS

LINK_CLASSES: Mapping[str, tuple[str, str]] = {link.class_: (link.start, link.end) for link in (*LINKS, SOLUTION_PARTS)}
NO_KEYS = frozenset({"", "0", "null"})


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: field names are in lower case, `at` is where it stands."""

    class_: str
    key: str
    fields: Mapping[str, str]
    at: str

    def text(self, name: str) -> str:
        """A field on one line; empty where there is none."""
        return " ".join(self.fields.get(name, "").split())


class Objects:
    """What is read from the files. One object may stand in several; what they say of it is put together."""

    def __init__(self, problems: Findings, warnings: Findings) -> None:
        self._problems, self._warnings = problems, warnings
        self._things: dict[tuple[str, str], Thing] = {}
        self._links: dict[str, list[Thing]] = {}
        self._unknown: dict[str, tuple[str, int]] = {}

    def add(self, thing: Thing) -> None:
        """Take an object. One of a class that is not recorded is only counted, and told when it looks like a CI."""
        if thing.class_ in LINK_CLASSES:
            self._links.setdefault(thing.class_, []).append(thing)
        elif thing.key in NO_KEYS:
            if thing.class_ in CLASSES:
                self._problems.add("MISSING_VALUE", Cell(thing.at, column="id"), "nothing", "the object's key")
        elif thing.class_ in CLASSES:
            known = self._things.get((thing.class_, thing.key))
            self._things[thing.class_, thing.key] = self._together(known, thing) if known else thing
        elif "business_criticity" in thing.fields:
            at, count = self._unknown.get(thing.class_, (thing.at, 0))
            self._unknown[thing.class_] = (at, count + 1)

    def tell_left_out(self) -> None:
        """Warn of the classes of CIs that have no kind here."""
        for class_, (at, count) in sorted(self._unknown.items()):
            found = f"{count} of the class {shown(class_)}, which are left out"
            self._warnings.add("UNKNOWN_KIND", Cell(at), found, "iTop's standard classes")

    def every(self, *classes: str) -> Iterator[Thing]:
        """The objects of some classes, by class and key."""
        found = [thing for (class_, _), thing in self._things.items() if class_ in classes]
        return iter(sorted(found, key=lambda thing: (thing.class_, len(thing.key), thing.key)))

    def links(self, class_: str) -> Sequence[Thing]:
        """The objects that join others."""
        return self._links.get(class_, [])

    def find(self, holder: Thing, field: str, classes: Sequence[str]) -> Thing | None:
        """The object whose key a field holds; None where it holds none, or, with a warning, of none that is there.

        A key of more than one class, as in iTop's own sample, is that of the first by the name of the class.
        """
        key = holder.text(field)
        if key in NO_KEYS:
            return None
        found = [self._things[class_, key] for class_ in sorted(classes) if (class_, key) in self._things]
        at = Cell(holder.at, column=field)
        if not found:
            accepted = "the key of an object that is recorded; the relation is left out"
            self._warnings.add_text("DANGLING_RELATION", at, key, accepted)
        elif len(found) > 1:
            names = " and ".join(thing.class_ for thing in found)
            accepted = f"the key of one object; {found[0].class_} is taken"
            self._warnings.add("AMBIGUOUS_NAME", at, f"{shown(key)}, the key of {names}", accepted)
        return found[0] if found else None

    def _together(self, one: Thing, other: Thing) -> Thing:
        for name in sorted(one.fields.keys() & other.fields.keys()):
            first, second = one.text(name), other.text(name)
            if first and second and first != second:
                found, accepted = f"{shown(second)}, but {shown(first)} at {one.at}", "one value of one object"
                self._problems.add("CONFLICT_IN_FILE", Cell(other.at, column=name), found, accepted)
                self._problems.implicate("CONFLICT_IN_FILE", Cell(one.at, column=name), shown(first), accepted)
        filled = {name: value for name, value in other.fields.items() if value.strip()}
        return Thing(one.class_, one.key, {**other.fields, **one.fields, **filled}, one.at)


def with_holder(thing: Thing, holder: Thing) -> Thing:
    """A link that stands inside an object and leaves out that end, filled in."""
    for field in LINK_CLASSES.get(thing.class_, ()):
        if field not in thing.fields:
            return Thing(thing.class_, thing.key, {**thing.fields, field: holder.key}, thing.at)
    return thing
