"""What is done with observed dependencies: evidence is counted, people confirm or reject what it shows."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from cmdb.model.ci import Relation
from cmdb.model.errors import InvalidInput, ValueFault
from cmdb.model.model import Model
from cmdb.reconcile.edit import Edit
from cmdb.records.book import Book
from cmdb.records.faults import Faults
from cmdb.records.fields import PARSERS
from cmdb.records.form import kept
from cmdb.records.keeper import BookKeeper
from cmdb.records.observations import Batch, Evidence, batch, confirmed, rejected
from cmdb.records.observed_relations import Wanted, check_unrecorded
from cmdb.records.source_types import Observation
from cmdb.records.writing import TRIES, Writer, fingerprint
from cmdb.service import Signed
from cmdb.store.port import Applied, RecordConflict, Store

MOST_DECIDED = 1_000
"""Observations that may be decided upon at once."""


class Recorded(NamedTuple):
    """What evidence did: observations created, changed, and found as they were; the revision that they stand at."""

    revision: int
    created: int
    changed: int
    unchanged: int
    replayed: bool


class Decided(NamedTuple):
    """Observations as they stand after a decision, the relations that it recorded, and its revision."""

    revision: int
    observations: tuple[Observation, ...]
    relations: tuple[Relation, ...]
    replayed: bool


class Made(NamedTuple):
    """What is to stand after a request: observations, and relations to record."""

    observations: list[Observation]
    relations: Sequence[Relation] = ()


class ObservationDesk:
    """The use cases over observations. Every method raises `InvalidInput` with all problems at once, `KeyReused` and
    `StoreUnavailable`; nothing is written then. What is written is one revision."""

    def __init__(self, store: Store, model: Model, keeper: BookKeeper, clock: Callable[[], datetime]) -> None:
        self._store, self._model, self._clock = store, model, clock
        self._writer = Writer(store, keeper)

    def plan(self, of: str, evidence: Sequence[Evidence]) -> Batch:
        """What `record` would write."""
        return batch(self._writer.book(), source_named(of), evidence)

    def record(self, of: str, evidence: Sequence[Evidence], by: Signed) -> Recorded:
        """Count evidence from the source `of`. The same evidence again changes nothing."""
        counts = [0]

        def make(book: Book) -> Made:
            found = batch(book, source_named(of), evidence)
            counts[0] = found.unchanged
            return Made(found.values)

        done, _ = self._write(by, ("observe", of, evidence), make)
        return Recorded(done.revision, done.created, done.changed, counts[0], done.replayed)

    def confirm(self, numbers: Sequence[str], by: Signed, type_: str = "", effect: str = "") -> Decided:
        """Record a relation for each of these observations that has none, in the name of who confirms.

        An empty type is the first of `observed_relations.DEFAULTS` that fits, an empty effect that of the type.
        """

        def make(book: Book) -> Made:
            faults = Faults()
            found = _named(book, numbers, faults)
            relations = Wanted(self._model, type_, effect, by.source, faults).relations(found, self._store)
            faults.settle()
            return Made([confirmed(one, by.who, self._clock()) for one in found.values()], relations)

        return self._decide(by, ("confirm", tuple(numbers), type_, effect), make)

    def reject(self, numbers: Sequence[str], by: Signed) -> Decided:
        """Say that these are no dependencies: they are not proposed again until they are called far more often.

        Refused with BAD_TRANSITION where a relation records one of them.
        """

        def make(book: Book) -> Made:
            faults = Faults()
            found = _named(book, numbers, faults)
            check_unrecorded(self._model, found, self._store, faults)
            faults.settle()
            return Made([rejected(one, by.who, self._clock()) for one in found.values()])

        return self._decide(by, ("reject", tuple(numbers)), make)

    def _decide(self, by: Signed, asked: tuple[object, ...], make: Callable[[Book], Made]) -> Decided:
        done, made = self._write(by, asked, make)
        return Decided(done.revision, tuple(made.observations), tuple(made.relations), done.replayed)

    def _write(self, by: Signed, asked: tuple[object, ...], make: Callable[[Book], Made]) -> tuple[Applied, Made]:
        """Put what `make` makes of the newest book, if that is still the newest then, else make it anew."""
        request = fingerprint(by.source, *asked) if by.key else ""
        for _ in range(TRIES):
            book = self._writer.book()
            try:
                made = make(book)
            except InvalidInput:
                done = self._writer.replayed(by, request)
                if done is None:
                    raise
                return done, Made([])
            new = [one for one in made.observations if book.observations.get(one.key) != one]
            if not (new or made.relations or by.key):
                return Applied(book.head.revision), made
            expected = {one.key: book.revisions.get(one.key, 0) for one in new}
            edit = Edit(
                *by, put_relations=made.relations, put_records=list(map(kept, new)), expected_records=expected,
                request=request,
            )  # fmt: skip
            try:
                return self._store.apply(edit), made
            except RecordConflict as conflict:
                last = conflict
        raise last


def source_named(of: str) -> str:
    """The name of a source. Raises `InvalidInput` BAD_NUMBER."""
    try:
        return PARSERS["source"](of)
    except ValueFault as fault:
        raise InvalidInput([fault.at("source")]) from None


def _named(book: Book, numbers: Sequence[str], faults: Faults) -> dict[int, Observation]:
    """The observations with these numbers, each once, by their place in the list."""
    faults.limited(len(numbers), MOST_DECIDED, "numbers", "observations")
    if not numbers:
        faults.add("MISSING_VALUE", "numbers", "none", "the number of a recorded observation")
    found, seen = dict[int, Observation](), set[str]()
    for place, number in enumerate(numbers[:MOST_DECIDED]):
        try:
            one = book.find("observation", number)
        except InvalidInput as error:
            faults.problems.extend(problem._replace(place=f"numbers[{place}]") for problem in error.problems)
        else:
            if one.number not in seen:
                found[place] = one
            seen.add(one.number)
    return found
