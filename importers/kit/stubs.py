"""Stubs for CIs that only relations name, so that nothing of what is known gets lost; a later import completes them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cmdb.model.ci import CI, CiId, Relation, attributes_json
from cmdb.model.claims import STUB, claims_of
from cmdb.model.model import Model
from cmdb.model.text import folded
from cmdb.store.port import Dump
from importers.kit.recorded import own_cis, source_of, with_keys
from importers.kit.records import Origin, Transformed

SAME = "same"
"""The kind of the other end."""
USUAL: Mapping[str, tuple[str, str]] = {
    "uses": ("client_group", "business_service"), "delivered_by": ("business_service", "application"),
    "depends_on": ("application", "application"), "runs_on": ("application", "server"),
    "hosted_on": ("server", "server"), "has_member": ("cluster", "server"), "stores_data_on": ("server", "storage"),
    "replicates_to": (SAME, SAME), "backed_up_by": ("server", "storage"),
    "connects_through": ("server", "network_device"), "powered_by": ("server", "power"),
    "located_in": ("server", "facility"), "part_of": (SAME, SAME), "supplied_by": ("application", "supplier"),
    "covered_by": ("application", "agreement"), "documented_in": ("application", "document"),
    "owned_by": ("application", "team"), "supported_by": ("application", "team"),
    "has_expert": ("application", "person"), "on_call": ("application", "team"),
    "managed_by": ("application", "team"), "member_of": ("person", "team"),
}  # fmt: skip
"""What usually stands at either end of a relation, from and to, where nothing else is known of it."""


def with_stubs(transformed: Transformed, model: Model, current: Dump) -> Transformed:
    """The desired state with a stub for every end of a relation that neither the input nor anybody else describes.

    A stub is a live CI called like its id, with the attribute `stub`, of a kind that may stand at that end of all its
    relations. Where there is none, or where the id only looks like one that is known, the end stays missing, which is
    a problem as ever.
    """
    source = source_of(transformed)
    ends = _Ends(transformed, model, with_keys(current, source), _stubbed(current, source))
    stubs = [_stub(id_, kind, source) for id_, kind in sorted(ends.kinds().items())]
    if not stubs:
        return transformed
    origin = transformed.ci_origin
    rows = [*origin.rows, *[0] * len(stubs)]
    return replace(transformed, cis=[*transformed.cis, *stubs], ci_origin=Origin(origin.file, rows))


def _stub(id_: CiId, kind: str, source: str) -> CI:
    return CI(id_, kind, id_, "shared", "live", attributes_json({STUB: True}), source)


def _stubbed(current: Dump, source: str) -> dict[CiId, str]:
    """The kinds of the stubs that `source` has recorded and nobody has described since."""
    own = ((ci, said) for ci, said in own_cis(current.cis, source) if f'"{STUB}":true' in said.attributes_json)
    return {said.id: said.kind for ci, said in own if all(claim.stub or claim.edited for claim in claims_of(ci))}


class _Ends:
    """The ends of relations that nobody describes."""

    def __init__(self, made: Transformed, model: Model, current: Dump, stubbed: Mapping[CiId, str]) -> None:
        self._relations, self._model, self._stubbed = made.relations, model, stubbed
        recorded = {ci.id: ci.kind for ci in current.cis if ci.id not in stubbed}
        self._kinds = {**recorded, **{ci.id: ci.kind for ci in made.cis}}

    def kinds(self) -> dict[CiId, str]:
        """The kind of each stub."""
        missing: dict[CiId, list[tuple[Relation, int]]] = {}
        for relation in self._relations:
            for at in (0, 2):
                if relation[at] not in self._kinds and self._sound(relation):
                    missing.setdefault(CiId(relation[at]), []).append((relation, at))
        looks = Counter(map(folded, missing)) + Counter(map(folded, self._kinds)) if missing else Counter[str]()
        chosen = {id_: self._chosen(id_, found) for id_, found in missing.items() if looks[folded(id_)] == 1}
        return {id_: kind for id_, kind in chosen.items() if kind}

    def _sound(self, relation: Relation) -> bool:
        """Whether the type is declared, the ends are two, and the end that is known may stand there."""
        declared = self._model.relations.get(relation.type)
        return declared is not None and relation.from_id != relation.to_id and all(
            kind is None or kind in self._accepted(relation.type, at)
            for at, kind in ((0, self._kinds.get(relation.from_id)), (2, self._kinds.get(relation.to_id)))
        )  # fmt: skip

    def _accepted(self, type_: str, at: int) -> list[str]:
        """The kinds that may stand at one end of a relation."""
        declared = self._model.relations[type_]
        ends = declared.from_kinds if at == 0 else declared.to_kinds
        return [kind for kind in self._model.concrete if any(end in self._model.ancestors(kind) for end in ends)]

    def _chosen(self, id_: CiId, found: Iterable[tuple[Relation, int]]) -> str:
        """The kind that fits all relations: the recorded one, else the most usual, else the least special; or none."""
        uses, fitting = list(found), list(self._model.concrete)
        for type_, at in dict.fromkeys((relation.type, at) for relation, at in uses):
            accepted = self._accepted(type_, at)
            fitting = [kind for kind in fitting if kind in accepted]
        if self._stubbed.get(id_) in fitting:
            return self._stubbed[id_]
        usual = Counter(kind for kind in self._usual(uses) if kind in fitting)
        depth = {kind: len(self._model.ancestors(kind)) for kind in fitting}
        return min(fitting, key=lambda kind: (-usual[kind], depth[kind]), default="")

    def _usual(self, uses: Iterable[tuple[Relation, int]]) -> Iterator[str]:
        for relation, at in uses:
            kind = USUAL.get(relation.type, ("", ""))[at // 2]
            yield self._kinds.get(CiId(relation[2 - at]), "") if kind == SAME else kind
