"""What people decide about CIs that may be one: they become one, one is parted, or two are said to be two."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from cmdb.model.ci import CI, CiId
from cmdb.model.model import Model
from cmdb.model.record import Record
from cmdb.reconcile.edit import Edit
from cmdb.reconcile.merge import Rewrite, merge, part
from cmdb.records.book import Book
from cmdb.records.faults import refused
from cmdb.records.record_types import NAMING, AffectedCi, AnyRecord
from cmdb.records.references import is_over
from cmdb.records.source_types import Match, MatchedCi, Verdict
from cmdb.records.writing import TRIES, Writer, fingerprint
from cmdb.service import Signed
from cmdb.store.port import Applied, Around, Moved, RecordConflict, Store, StoredCI

NOTHING = Rewrite([], [], [], [], [], [])
WORST = ("down", "degraded", "at_risk", "operational")
"""States of CIs in records, the worst first."""


class Decided(NamedTuple):
    """A decision as it is kept, the CIs that stand after it, and the revision that holds it."""

    match: Match
    cis: tuple[CI, ...]
    revision: int


class MatchDesk:
    """The use cases. Every decision is one revision, with a record of who took it; `cmdb undo` takes it back whole.

    Raises `InvalidInput` UNKNOWN_CI, SAME_CI, UNKNOWN_CLAIM, LAST_CLAIM, `KeyReused` and `StoreUnavailable`.
    """

    def __init__(self, store: Store, model: Model, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._store, self._model, self._writer, self._clock = store, model, writer, clock

    def merge(self, keep: CiId, gone: CiId, by: Signed, note: str = "") -> Decided:
        """`gone` becomes part of `keep`; records that are not over name `keep` from then on."""

        def step(book: Book, cis: Sequence[StoredCI], around: Around) -> tuple[Rewrite, list[AnyRecord], list[CI]]:
            rewrite = merge(self._model, cis[0].ci, cis[1].ci, around.relations, around.pools)
            return rewrite, list(renamed(book, keep, gone, self._clock())), rewrite.put_cis

        return self._decide(Verdict.same, (keep, gone), by, note, ("merge", keep, gone), step)

    def part(self, ci: CiId, source: str, by: Signed, key: str | None = None, note: str = "") -> Decided:
        """What `source` describes becomes a CI of its own. `key` tells which, where the source describes several."""

        def step(_: Book, cis: Sequence[StoredCI], around: Around) -> tuple[Rewrite, list[AnyRecord], list[CI]]:
            taken = self._store.get
            new, rewrite = part(
                self._model, cis[0].ci, source, key, around.relations, around.pools, lambda i: i in taken([i])
            )
            return rewrite, [], [rewrite.put_cis[0], new]

        return self._decide(Verdict.parted, (ci,), by, note, ("part", ci, source, key), step)

    def distinguish(self, one: CiId, other: CiId, by: Signed, note: str = "") -> Decided:
        """Say that two CIs are two: they are not proposed again, and no import joins them."""
        return self._decide(Verdict.distinct, (one, other), by, note, ("distinct", *sorted((one, other))), _as_they_are)

    def reconsider(self, one: CiId, other: CiId, by: Signed, note: str = "") -> Decided:
        """Say no more that two CIs are two: they may be proposed and joined again."""
        return self._decide(
            Verdict.undecided, (one, other), by, note, ("reconsider", *sorted((one, other))), _as_they_are
        )

    def _decide(
        self, verdict: Verdict, ids: tuple[CiId, ...], by: Signed, note: str, asked: tuple[object, ...],
        step: Callable[[Book, Sequence[StoredCI], Around], tuple[Rewrite, list[AnyRecord], list[CI]]],
    ) -> Decided:  # fmt: skip
        request = fingerprint(by.source, *asked, note)
        if (done := self._writer.replayed(by, request)) is not None:
            return self._as_left(done)
        for _ in range(TRIES):
            book = self._writer.book()
            cis = self._found(ids, book.head.revision)
            around = self._store.around(ids, book.head.revision)
            rewrite, others, standing = step(book, cis, around)
            named = ids if verdict is not Verdict.parted else tuple(ci.id for ci in standing)
            match = Match(
                number=book.next_number(Match.kind), verdict=verdict, cis=tuple(map(MatchedCi, named)), who=by.who,
                decided_at=self._clock(), note=note,
            )  # fmt: skip
            edit = self._edit(by, request, book, rewrite, [match, *others])
            try:
                applied = self._store.apply(edit)
            except (RecordConflict, Moved) as conflict:
                last: Exception = conflict
                continue
            return self._as_left(applied) if applied.replayed else Decided(match, tuple(standing), applied.revision)
        raise last

    def _edit(self, by: Signed, request: str, book: Book, rewrite: Rewrite, values: Sequence[AnyRecord]) -> Edit:
        from cmdb.records.form import kept  # with pydantic, it takes longer to load than most commands run

        return Edit(
            *by, **rewrite._asdict(), put_records=list(map(kept, values)), only_at=book.head.revision,
            expected_records={value.key: book.revisions.get(value.key, 0) for value in values}, request=request,
        )  # fmt: skip

    def _found(self, ids: tuple[CiId, ...], at: int) -> list[StoredCI]:
        if len(set(ids)) < len(ids):
            raise refused("SAME_CI", "ci", ids[0], "two different CIs")
        found = self._store.get(ids, at)
        for missing in (ci for ci in ids if ci not in found):
            raise refused("UNKNOWN_CI", "ci", missing, "the id of a recorded CI")
        return [found[ci] for ci in ids]

    def _as_left(self, done: Applied) -> Decided:
        """What an earlier request with the same key decided."""
        from cmdb.records.form import read

        records: list[Record] = [s.record for s in self._store.records(done.revision - 1, done.revision).records]
        (match,) = (read(record) for record in records if record.kind == Match.kind)
        decided = cast(Match, match)
        found = self._store.get((part.ci for part in decided.cis), done.revision)
        return Decided(decided, tuple(stored.ci for stored in found.values()), done.revision)


def _as_they_are(_: Book, cis: Sequence[StoredCI], __: Around) -> tuple[Rewrite, list[AnyRecord], list[CI]]:
    return NOTHING, [], [stored.ci for stored in cis]


def renamed(book: Book, keep: CiId, gone: CiId, now: datetime) -> Iterator[AnyRecord]:
    """The records that are not over and name `gone`, naming `keep` instead; of what names both, the worse state."""
    for value in book.of_ci(gone):
        if isinstance(value, NAMING) and not is_over(value, now):
            parts: tuple[Any, ...] = value.cis
            mine = [replace(part, ci=keep) for part in parts if part.ci in (keep, gone)]
            one = iter(mine if all(part.ci != keep for part in parts) else _as_one(mine))
            first = next(at for at, part in enumerate(parts) if part.ci in (keep, gone))
            others = [part for part in parts[first:] if part.ci not in (keep, gone)]
            yield replace(cast(Any, value), cis=(*parts[:first], *one, *others))


def _as_one(parts: Sequence[Any]) -> list[Any]:
    """What is said of two CIs that are one: at any time the worse of their states."""
    if not isinstance(parts[0], AffectedCi):
        return [min(parts, key=lambda part: WORST.index(getattr(part, "state", WORST[-1])))]
    found = list[AffectedCi]()
    times = sorted({moment for part in parts for moment in (part.since, part.until) if moment is not None})
    for since, until in zip(times, [*times[1:], None], strict=True):
        states = [part.state for part in parts if part.since <= since and (part.until is None or part.until > since)]
        if not states:
            continue
        worst = min(states, key=WORST.index)
        if found and (found[-1].state, found[-1].until) == (worst, since):
            found[-1] = replace(found[-1], until=until)
        else:
            found.append(AffectedCi(parts[0].ci, worst, since, until))
    return found
