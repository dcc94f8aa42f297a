"""Stubs for CIs that only relations name, so that nothing of what is known gets lost; a later import completes them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from cmdb.model.ci import CI, CiId, Relation, attributes_json
from cmdb.model.claims import STUB, claims_of
from cmdb.model.model import Model
from cmdb.model.text import folded
from cmdb.reconcile.standing import forsaken
from cmdb.store.port import Dump
from importers.kit.recorded import own_cis, source_of, with_keys
from importers.kit.records import Origin, Transformed

STUBBED = f'"{STUB}":true'
"""How the attributes of a CI that is only named are written."""
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
NONE: Mapping[CiId, str] = {}


def with_stubs(transformed: Transformed, model: Model, current: Dump) -> Transformed:
    """The desired state with a stub for every end of a relation that neither the input nor anybody else describes.

    A stub is a live CI called like its id, with the attribute `stub`, of a kind that may stand at that end of all its
    relations. Where there is none, or where the id only looks like one that is known, the end stays missing, which is
    a problem as ever.
    """
    source = source_of(transformed)
    ends = Ends(transformed, model, with_keys(current, source).cis, _stubbed(current, source))
    return _with(transformed, [_stub(id_, kind, source) for id_, kind in sorted(ends.kinds().items())])


def with_standing(transformed: Transformed, current: Dump, source: str) -> Transformed:
    """The desired state with the stubs of `source` that its relations still name, just as they are recorded.

    What somebody has described since is no stub any more, and one that is retired stays so.
    """
    stubs = [(ci, said) for ci, said in _stubs_of(current, source) if _stands(ci, said)]
    if not stubs:
        return transformed
    described = {ci.id for ci in transformed.cis}
    named = {end for relation in transformed.relations for end in (relation.from_id, relation.to_id)}
    keys = ((said, {ci.id, said.id}) for ci, said in stubs)
    standing = (said for said, own in keys if not own.isdisjoint(named) and own.isdisjoint(described))
    return _with(transformed, sorted(standing))


def _with(transformed: Transformed, stubs: Sequence[CI]) -> Transformed:
    if not stubs:
        return transformed
    origin = transformed.ci_origin
    rows = [*origin.rows, *[0] * len(stubs)]
    return replace(transformed, cis=[*transformed.cis, *stubs], ci_origin=Origin(origin.file, rows))


def _stands(ci: CI, said: CI) -> bool:
    """Whether a source still states a CI, of which it says `said`: one that a person retired, too."""
    return said.lifecycle == "live" and not forsaken(ci, claims_of(ci))


def _stub(id_: CiId, kind: str, source: str) -> CI:
    return CI(id_, kind, id_, "shared", "live", attributes_json({STUB: True}), source)


def _stubbed(current: Dump, source: str) -> dict[CiId, str]:
    """The kinds of the stubs that `source` has recorded and nobody has described since."""
    return {said.id: said.kind for _, said in _stubs_of(current, source)}


def _stubs_of(current: Dump, source: str) -> Iterator[tuple[CI, CI]]:
    """The stubs that `source` has recorded and nobody has described since, each with what the source says of it."""
    some = (ci for ci in current.cis if STUBBED in ci.attributes_json or STUBBED in ci.claims_json)
    own = ((ci, said) for ci, said in own_cis(some, source) if STUBBED in said.attributes_json)
    return ((ci, said) for ci, said in own if all(claim.stub or claim.edited for claim in claims_of(ci)))


class Ends:
    """The ends of relations that neither what was made nor what is recorded describes; `stubbed` are the kinds of
    recorded stubs, which are no description."""

    def __init__(
        self, made: Transformed, model: Model, recorded: Iterable[CI], stubbed: Mapping[CiId, str] = NONE
    ) -> None:
        self._relations, self._model, self._stubbed = made.relations, model, stubbed
        known = {ci.id: ci.kind for ci in recorded if ci.id not in stubbed}
        self._kinds = {**known, **{ci.id: ci.kind for ci in made.cis}}
        self._may: dict[tuple[str, int], list[str]] = {}

    def kinds(self) -> dict[CiId, str]:
        """The kind of each stub."""
        missing = self._missing
        looks = Counter(map(folded, missing)) + Counter(map(folded, self._kinds)) if missing else Counter[str]()
        chosen = {id_: self._chosen(id_, found) for id_, found in missing.items() if looks[folded(id_)] == 1}
        return {id_: kind for id_, kind in chosen.items() if kind}

    def accepted(self, relation: Relation, missing: CiId, accepted: str) -> str:
        """What would be accepted in place of an end that is missing: `accepted`, if only a CI of some kind fits there;
        else it says that none does."""
        from_, type_, to = relation[:3]
        declared, other = self._model.relations.get(type_), self._kinds.get(to if missing == from_ else from_)
        if declared is not None and other in self._model.concrete and not self._sound(relation):
            ends = f"{type_} from {'/'.join(declared.from_kinds)} to {'/'.join(declared.to_kinds)}"
            return f"{ends}; no kind of CI fits here, as the other end is of the kind {other}"
        if missing in self._unfit:
            return f"{accepted}; no kind of CI fits all relations that name it"
        return accepted

    @cached_property
    def _missing(self) -> Mapping[CiId, Sequence[tuple[Relation, int]]]:
        """The ends that are missing, with the relations that name them and may stand otherwise, and where in these."""
        missing: dict[CiId, list[tuple[Relation, int]]] = {}
        for relation in self._relations:
            for at in (0, 2):
                if relation[at] not in self._kinds and self._sound(relation):
                    missing.setdefault(CiId(relation[at]), []).append((relation, at))
        return missing

    @cached_property
    def _unfit(self) -> frozenset[CiId]:
        """The ends that are missing and for which there is no kind that fits all relations."""
        return frozenset(missing for missing, uses in self._missing.items() if not self._fitting(uses))

    def _sound(self, relation: Relation) -> bool:
        """Whether the type is declared, the ends are two, and the end that is known may stand there."""
        declared = self._model.relations.get(relation.type)
        return declared is not None and relation.from_id != relation.to_id and all(
            kind is None or kind in self._accepted(relation.type, at)
            for at, kind in ((0, self._kinds.get(relation.from_id)), (2, self._kinds.get(relation.to_id)))
        )  # fmt: skip

    def _accepted(self, type_: str, at: int) -> list[str]:
        """The kinds that may stand at one end of a relation."""
        if (type_, at) not in self._may:
            declared, model = self._model.relations[type_], self._model
            ends = declared.from_kinds if at == 0 else declared.to_kinds
            kinds = (kind for kind in model.concrete if any(end in model.ancestors(kind) for end in ends))
            self._may[type_, at] = list(kinds)
        return self._may[type_, at]

    def _fitting(self, uses: Iterable[tuple[Relation, int]]) -> list[str]:
        """The kinds that fit all relations."""
        fitting = list(self._model.concrete)
        for type_, at in dict.fromkeys((relation.type, at) for relation, at in uses):
            accepted = self._accepted(type_, at)
            fitting = [kind for kind in fitting if kind in accepted]
        return fitting

    def _chosen(self, id_: CiId, uses: Sequence[tuple[Relation, int]]) -> str:
        """The kind that fits all relations: the recorded one, else the most usual, else the least special; or none."""
        fitting = self._fitting(uses)
        if self._stubbed.get(id_) in fitting:
            return self._stubbed[id_]
        usual = Counter(kind for kind in self._usual(uses) if kind in fitting)
        depth = {kind: len(self._model.ancestors(kind)) for kind in fitting}
        return min(fitting, key=lambda kind: (-usual[kind], depth[kind]), default="")

    def _usual(self, uses: Iterable[tuple[Relation, int]]) -> Iterator[str]:
        for relation, at in uses:
            kind = USUAL.get(relation.type, ("", ""))[at // 2]
            yield self._kinds.get(CiId(relation[2 - at]), "") if kind == SAME else kind
