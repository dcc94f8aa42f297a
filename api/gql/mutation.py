"""What can be changed. Every change is one revision, whole or not at all, recorded with who asked for it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import strawberry

from api.gql.changes import ChangesMutation
from api.gql.context import Context, Info
from api.gql.failures import Conflict, InvalidInput, KeyReused, StoreUnavailable
from api.gql.fields import mutation
from api.gql.identity import IdentityMutation
from api.gql.incident_changes import IncidentMutation
from api.gql.inputs import (
    CiAt,
    CiInput,
    PoolInput,
    PoolRef,
    RelationInput,
    RelationRef,
    expectations,
    parsed,
)
from api.gql.observed import ObservedMutation
from api.gql.writing import Key, Message, signed
from api.known_as import check_new
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.model.text import parse_id
from cmdb.service import Signed
from cmdb.store import port


@strawberry.type(description="What was done.")
class Applied:
    revision: int = strawberry.field(description="The new one, or the newest when nothing had to change.")
    created: int
    changed: int
    removed: int
    replayed: bool = strawberry.field(description="This key was applied before; nothing was done again.")


ChangeResult = Annotated[
    Applied | Conflict | KeyReused | InvalidInput | StoreUnavailable, strawberry.union("ChangeResult")
]
Expected = Annotated[list[CiAt] | None, strawberry.argument(description="CIs that must still be as you saw them.")]
EditSource = Annotated[str, strawberry.argument(description="Who set it: the source of an edited claim.")]
EditNames = Annotated[
    list[str] | None, strawberry.argument(description="Only these fields and attributes; null: all that it set.")
]


@strawberry.type
class Mutation(IncidentMutation, ChangesMutation, ObservedMutation, IdentityMutation):
    @mutation
    def upsert_cis(self, info: Info, cis: list[CiInput], key: Key = None, message: Message = "") -> ChangeResult:
        """Create CIs, or change the stated fields of existing ones."""

        def act(by: Signed) -> port.Applied:
            drafts = parsed("cis", cis, CiInput.draft)
            seen = expectations(_seen("cis", [CiAt(id=c.id, expected=c.expected) for c in cis]))
            workspace = info.context.workspace
            return workspace.inventory.upsert(drafts, by, seen, partial(check_new, workspace))

        return _commit(info.context, key, message, act)

    @mutation
    def relate(
        self, info: Info, relations: list[RelationInput], expected: Expected = None, key: Key = None,
        message: Message = "",
    ) -> ChangeResult:  # fmt: skip
        """Record relations between recorded CIs."""

        def act(by: Signed) -> port.Applied:
            found = parsed("relations", relations, lambda r: r.relation(by.source))
            return info.context.workspace.inventory.relate(found, by, _expected(expected))

        return _commit(info.context, key, message, act)

    @mutation
    def unrelate(
        self, info: Info, relations: list[RelationRef], expected: Expected = None, key: Key = None,
        message: Message = "",
    ) -> ChangeResult:  # fmt: skip
        """Take relations away; those that are not there change nothing."""

        def act(by: Signed) -> port.Applied:
            found = parsed("relations", relations, RelationRef.key)
            return _apply(info.context, Changeset(*by, remove_relations=found, expected=_expected(expected)))

        return _commit(info.context, key, message, act)

    @mutation
    def put_pools(
        self, info: Info, pools: list[PoolInput], expected: Expected = None, key: Key = None, message: Message = ""
    ) -> ChangeResult:
        """Record redundancy rules."""

        def act(by: Signed) -> port.Applied:
            found = parsed("pools", pools, lambda p: p.pool(by.source))
            return info.context.workspace.inventory.put_pools(found, by, _expected(expected))

        return _commit(info.context, key, message, act)

    @mutation
    def remove_pools(
        self, info: Info, pools: list[PoolRef], expected: Expected = None, key: Key = None, message: Message = ""
    ) -> ChangeResult:
        """Take redundancy rules away that no relation names any more."""

        def act(by: Signed) -> port.Applied:
            found = parsed("pools", pools, PoolRef.key)
            return _apply(info.context, Changeset(*by, remove_pools=found, expected=_expected(expected)))

        return _commit(info.context, key, message, act)

    @mutation
    def retire(self, info: Info, cis: list[CiAt], key: Key = None, message: Message = "") -> ChangeResult:
        """Take CIs out of service; they stay recorded, with their relations."""

        def act(by: Signed) -> port.Applied:
            ids = parsed("cis", cis, CiAt.parsed)
            return info.context.workspace.inventory.retire(ids, by, expectations(_seen("cis", cis)))

        return _commit(info.context, key, message, act)

    @mutation
    def withdraw_edit(
        self, info: Info, ci: strawberry.ID, source: EditSource, names: EditNames = None, key: Key = None,
        message: Message = "",
    ) -> ChangeResult:  # fmt: skip
        """Take back what was set of a CI by hand: what imports say of it stands again."""

        def act(by: Signed) -> port.Applied:
            (found,) = parsed("ci", [ci], lambda text: CiId(parse_id(text)))
            return info.context.workspace.inventory.withdraw(found, source, names or (), by)

        return _commit(info.context, key, message, act)

    @mutation
    def delete_cis(self, info: Info, cis: list[CiAt], key: Key = None, message: Message = "") -> ChangeResult:
        """Delete CIs with their relations and pools. Only the history stays; prefer retire."""

        def act(by: Signed) -> port.Applied:
            ids = parsed("cis", cis, CiAt.parsed)
            return _apply(info.context, Changeset(*by, delete=ids, expected=expectations(_seen("cis", cis))))

        return _commit(info.context, key, message, act)


def _commit(
    context: Context, key: str | None, message: str, act: Callable[[Signed], port.Applied]
) -> Applied | Conflict | KeyReused | InvalidInput | StoreUnavailable:
    """Run a change and say what came of it."""
    applied = act(signed(context, key, message))
    context.workspace.wrote(applied.revision)
    return Applied(
        revision=applied.revision, created=applied.created, changed=applied.changed, removed=applied.removed,
        replayed=applied.replayed,
    )  # fmt: skip


def _apply(context: Context, changeset: Changeset) -> port.Applied:
    return context.workspace.inventory.apply(changeset)


def _expected(given: Sequence[CiAt] | None) -> dict[CiId, int]:
    return dict(expectations(_seen("expected", given))) if given else {}


def _seen(argument: str, given: Sequence[CiAt]) -> list[tuple[CiId, int | None]]:
    return parsed(argument, given, lambda c: (CiId(parse_id(c.id)), c.expected))
