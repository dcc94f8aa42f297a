"""What people and programs do with the inventory: look things up, see what is around them, change them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation, RelationKey
from cmdb.model.errors import InvalidInput, ValueFault
from cmdb.model.model import Model
from cmdb.model.revision import parse_revision
from cmdb.reconcile.difference import Diff, compare
from cmdb.reconcile.edit import Draft, Edit, fingerprint, merged, named_ids
from cmdb.store.port import (
    Applied,
    Change,
    CiFilter,
    Conflict,
    Dump,
    Head,
    Hit,
    Page,
    Store,
    StoredCI,
)  # fmt: skip

TRIES = 8
"""How often an edit is merged anew when another writer was faster."""


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

    def upsert(self, drafts: Sequence[Draft], by: Signed, expected: Mapping[CiId, int] | None = None) -> Applied:
        """Create CIs, or change the stated fields of existing ones; the other fields stay as they are.

        `expected` is the revision each CI was last seen at; a CI not named there is merged into whatever is
        stored.
        Raises `InvalidInput`, `Conflict` and `KeyReused`.
        """
        seen = dict(expected or {})
        for _ in range(TRIES):
            edit = self._edit(drafts, by, seen)
            try:
                return self.store.apply(edit)
            except Conflict as conflict:
                if conflict.ci in seen:
                    raise
                last = conflict
        raise last

    def _edit(self, drafts: Sequence[Draft], by: Signed, seen: Mapping[CiId, int]) -> Edit:
        stored = self.store.get(named_ids(drafts))
        cis = merged(self.model, drafts, stored, by.source)
        revisions = {ci.id: stored[ci.id].revision if ci.id in stored else 0 for ci in cis}
        request = fingerprint(by.source, drafts, seen)
        return Edit(*by, put_cis=cis, expected={**revisions, **seen}, request=request)

    def relate(self, relations: Sequence[Relation], by: Signed) -> Applied:
        """Record relations between recorded CIs."""
        return self.store.apply(Changeset(*by, put_relations=relations))

    def unrelate(self, relations: Sequence[RelationKey], by: Signed) -> Applied:
        """Take relations away; those that are not there change nothing."""
        return self.store.apply(Changeset(*by, remove_relations=relations))

    def put_pool(self, pool: Pool, by: Signed) -> Applied:
        """Record the rule of a pool."""
        return self.store.apply(Changeset(*by, put_pools=[pool]))

    def retire(self, ids: Sequence[CiId], by: Signed, expected: Mapping[CiId, int] | None = None) -> Applied:
        """Take CIs out of service; they stay recorded with their relations."""
        return self.store.apply(Changeset(*by, retire=ids, expected=expected or {}))
