"""What people and programs do with the inventory: look things up, see what is around them, change them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation, RelationKey
from cmdb.model.digest import request_digest
from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.model import Model
from cmdb.model.revision import parse_revision
from cmdb.reconcile.claims import spoken
from cmdb.reconcile.difference import Diff, compare
from cmdb.reconcile.edit import Draft, Edit, fingerprint, merged, named_ids, withdrawn
from cmdb.reconcile.validate import references
from cmdb.store.port import (
    Applied,
    Change,
    CiFilter,
    Conflict,
    Dump,
    Head,
    Hit,
    Moved,
    Page,
    Store,
    StoredCI,
)  # fmt: skip

T = TypeVar("T", Relation, Pool)
TRIES = 8
"""How often an edit is merged anew when another writer was faster."""
READS = 64
"""How often what others state of relations and pools is read anew because another writer was faster."""
NEVER = -1
"""A revision that no CI is at."""


class Neighbour(NamedTuple):
    """A relation of a CI and the CI at its other end."""

    relation: Relation
    other: CI


class Neighbours(NamedTuple):
    """A CI, its relations by type as they leave it and as they arrive, and the pools they or it belong to."""

    ci: StoredCI
    outgoing: dict[str, list[Neighbour]]
    incoming: dict[str, list[Neighbour]]
    pools: list[Pool]


class Signed(NamedTuple):
    """Who asks for a change, in whose name, why, and the key that makes a retry safe."""

    who: str
    source: str
    message: str = ""
    key: str = ""


class Inventory:
    """The use cases over a store. Errors are those of `cmdb.store.port.Store`.

    `at` is the revision to look at, as it was at its end; None means now.
    """

    def __init__(self, store: Store, model: Model) -> None:
        self.store, self.model = store, model

    def get(self, ids: Iterable[CiId], at: int | None = None) -> dict[CiId, StoredCI]:
        """The CIs that exist among `ids`."""
        return self.store.get(ids, at)

    def search(self, text: str, first: int) -> list[Hit]:
        """At most `first` CIs that resemble `text`, best first."""
        return self.store.search(text, first)

    def page(self, where: CiFilter, first: int, after: CiId | None = None, at: int | None = None) -> Page:
        """At most `first` CIs that match, by id, from the one behind `after`."""
        return self.store.page(where, first, after, at)

    def history(self, ids: Sequence[CiId], first: int, before: int | None = None) -> list[Change]:
        """Recorded changes of these CIs, newest revision first."""
        return self.store.history(ids, first, before)

    def revision_of(self, moment: str | datetime) -> Head:
        """The revision meant by `r42`, `42` or a time, which stands for the newest one recorded by then.

        Raises `InvalidInput` BAD_REVISION for any other text.
        """
        try:
            told = parse_revision(moment) if isinstance(moment, str) else moment
        except ValueFault as fault:
            raise InvalidInput([fault.at("revision")]) from None
        return self._revision(told) if isinstance(told, int) else self.store.head(told)

    def _revision(self, number: int) -> Head:
        return self.store.changes(number, number).head

    def diff(self, before: int, after: int) -> Diff:
        """What joined, changed and left from the end of one revision to the end of another, also backwards in time.

        Costs as much as what was touched between them and its neighbours; as two dumps where that is too much.
        """
        touched = self.store.changes(min(before, after), max(before, after)).cis
        return compare(self._part(touched, before), self._part(touched, after))

    def _part(self, ids: frozenset[CiId] | None, at: int) -> Dump:
        """These CIs at a revision and what is around them; everything when the CIs are not known."""
        if ids is None:
            return self.store.dump(at)
        cis = sorted(stored.ci for stored in self.store.get(ids, at).values())
        return Dump(self._revision(at), cis, *self.store.around(ids, at))

    def neighbours(self, ci_id: CiId, at: int | None = None) -> Neighbours | None:
        """A CI with everything one relation away, or None when there is no such CI.

        A relation that came between the two reads, to a CI not read, is left for the next question.
        """
        relations, pools = self.store.around([ci_id], at)
        ends = {end for relation in relations for end in (relation.from_id, relation.to_id)}
        cis = self.store.get({ci_id, *ends}, at)
        if ci_id not in cis:
            return None
        found = Neighbours(cis[ci_id], {}, {}, pools)
        for relation in relations:
            leaves = relation.from_id == ci_id
            other = cis.get(relation.to_id if leaves else relation.from_id)
            if other is not None:
                side = found.outgoing if leaves else found.incoming
                side.setdefault(relation.type, []).append(Neighbour(relation, other.ci))
        return found

    def apply(self, changeset: Changeset) -> Applied:
        """Apply a changeset, all of it or nothing."""
        return self.store.apply(changeset)

    def upsert(
        self, drafts: Sequence[Draft], by: Signed, expected: Mapping[CiId, int] | None = None,
        check_new: Callable[[Mapping[str, CiId]], None] = lambda _: None,
    ) -> Applied:  # fmt: skip
        """Create CIs, or change the stated fields of existing ones; the other fields stay as they are.

        `expected` is the revision each CI was last seen at; a CI not named there is merged into whatever is
        stored. `check_new` may refuse to create CIs of these ids, by place.
        Raises `InvalidInput`, `Conflict` and `KeyReused`.
        """
        seen = dict(expected or {})
        request = fingerprint(by.source, drafts, seen)

        def edit() -> Edit:
            made = self._edit(drafts, by, seen, request)
            numbered = enumerate(made.put_cis)
            check_new({f"cis[{number}].id": ci.id for number, ci in numbered if not made.expected[ci.id]})
            return made

        return self._or_replayed(by, request, lambda: self._merged_anew(seen, edit))

    def _edit(self, drafts: Sequence[Draft], by: Signed, seen: Mapping[CiId, int], request: str) -> Edit:
        stored = self.store.get(named_ids(drafts))
        cis = merged(self.model, drafts, stored, by.source)
        revisions = {ci.id: stored[ci.id].revision if ci.id in stored else 0 for ci in cis}
        return Edit(*by, put_cis=cis, expected={**revisions, **seen}, request=request)

    def withdraw(self, ci_id: CiId, source: str, names: Sequence[str], by: Signed) -> Applied:
        """Take back what `source` set of a CI by hand: of these fields and attributes, or all of it.

        What imports say of it stands again. Raises `InvalidInput` UNKNOWN_CI and UNKNOWN_CLAIM, `Conflict`.
        """
        request = request_digest((by.source, "withdraw", ci_id, source, sorted(names)))

        def write() -> Applied:
            stored = self.store.get([ci_id]).get(ci_id)
            if stored is None:
                raise InvalidInput([Problem("UNKNOWN_CI", "ci", shown(ci_id), "the id of a recorded CI")])
            new = withdrawn(self.model, stored.ci, source, names)
            return self.store.apply(Edit(*by, put_cis=[new], expected={ci_id: stored.revision}, request=request))

        return self._or_replayed(by, request, write)

    def _merged_anew(self, seen: Mapping[CiId, int], edit: Callable[[], Edit]) -> Applied:
        """Write an edit, made anew where another writer was faster. Raises `Conflict` for the CIs that were `seen`."""
        for _ in range(TRIES):
            try:
                return self.store.apply(edit())
            except Conflict as conflict:
                if conflict.ci in seen:
                    raise
                last = conflict
        raise last

    def _or_replayed(self, by: Signed, request: str, write: Callable[[], Applied]) -> Applied:
        """What `write` does; where it refuses what this request did when it came before, that."""
        try:
            return write()
        except InvalidInput:
            if by.key and (done := self._replayed(by, request)) is not None:
                return done
            raise

    def _replayed(self, by: Signed, request: str) -> Applied | None:
        """What this request did when it came before; None if it never did. Raises `KeyReused`."""
        try:
            return self.store.apply(Edit(*by, expected={CiId("never"): NEVER}, request=request))
        except Conflict:
            return None

    def relate(
        self, relations: Sequence[Relation], by: Signed, expected: Mapping[CiId, int] | None = None
    ) -> Applied:  # fmt: skip
        """Record relations between recorded CIs; a relation that other sources state too stands as precedence says."""
        return self._stated(by, Changeset(*by, put_relations=relations, expected=expected or {}))

    def _stated(self, by: Signed, asked: Changeset) -> Applied:
        """Write relations and pools, beside what others state of them, if that is all they state."""
        ids, request = references(asked), asked.digest()
        for _ in range(READS):
            head = self.store.head()
            around = self.store.around(ids, head.revision)
            edit = Edit(
                *by, put_relations=_spoken(self.model, around.relations, asked.put_relations),
                put_pools=_spoken(self.model, around.pools, asked.put_pools), expected=asked.expected,
                only_at=head.revision, request=request,
            )  # fmt: skip
            try:
                return self.store.apply(edit)
            except Moved as moved:
                last = moved
        raise last

    def unrelate(self, relations: Sequence[RelationKey], by: Signed) -> Applied:
        """Take relations away; those that are not there change nothing."""
        return self.store.apply(Changeset(*by, remove_relations=relations))

    def put_pools(self, pools: Sequence[Pool], by: Signed, expected: Mapping[CiId, int] | None = None) -> Applied:
        """Record the rules of pools; one that other sources state too stands as precedence says."""
        return self._stated(by, Changeset(*by, put_pools=pools, expected=expected or {}))

    def retire(self, ids: Sequence[CiId], by: Signed, expected: Mapping[CiId, int] | None = None) -> Applied:
        """Take CIs out of service; they stay recorded with their relations.

        Of a CI that other sources state, this is kept as an edit: it stays retired although they state it again.
        """
        seen = dict(expected or {})
        return self._merged_anew(seen, lambda: self._retirement(ids, by, seen))

    def _retirement(self, ids: Sequence[CiId], by: Signed, seen: Mapping[CiId, int]) -> Edit:
        stored = self.store.get(ids)
        others = {i: s for i, s in stored.items() if s.ci.source != by.source or s.ci.claims_json}
        drafts = [Draft(i, lifecycle="retired") for i in others]
        revisions = {i: s.revision for i, s in others.items()}
        return Edit(
            *by, put_cis=merged(self.model, drafts, stored, by.source), retire=ids,
            expected={**revisions, **seen}, request=Changeset(*by, retire=ids, expected=seen).digest(),
        )  # fmt: skip


def _spoken(model: Model, stored: Iterable[T], said: Sequence[T]) -> list[T]:
    """Things as they stand once their source says so, beside what others say."""
    there = {thing.key: thing for thing in stored}
    return [
        spoken(model, there[new.key], new)
        if new.key in there and (there[new.key].claims_json or there[new.key].source != new.source)
        else new
        for new in said
    ]
