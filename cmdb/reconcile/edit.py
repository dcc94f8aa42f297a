"""Edits as people make them: some fields of some CIs, checked and merged into what is stored."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cmdb.model.attributes import Attribute, Value, parse_text
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, attributes_json
from cmdb.model.claims import Claim
from cmdb.model.digest import request_digest
from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.model import Model
from cmdb.model.text import parse_id
from cmdb.reconcile.claims import FIELDS, sets, settled
from cmdb.reconcile.standing import standing, with_edit
from cmdb.store.port import StoredCI

Given = str | int | float | bool | Sequence[str] | None
"""An attribute value as it comes in: text is parsed, other types are checked, None takes it away."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What to change of one CI. None leaves a field as it is; a new CI needs a kind."""

    id: str
    kind: str | None = None
    name: str | None = None
    sector: str | None = None
    lifecycle: str | None = None
    attributes: Mapping[str, Given] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit(Changeset):
    """A changeset made from a request and what was stored then; a retry is known by the request alone."""

    request: str = ""

    def digest(self) -> str:
        """A fingerprint of the request."""
        return self.request


def fingerprint(source: str, drafts: Sequence[Draft], expected: Mapping[CiId, int]) -> str:
    """The digest of a request to merge `drafts`."""
    return request_digest((source, [_parts(draft) for draft in drafts], sorted(expected.items())))


def _parts(draft: Draft) -> tuple[object, ...]:
    given = [(name, _plain(value)) for name, value in sorted(draft.attributes.items())]
    return (draft.id, draft.kind, draft.name, draft.sector, draft.lifecycle, given)


def _plain(value: Given) -> object:
    """A value that has a `repr`, which numbers of thousands of digits have in hexadecimal only."""
    if type(value) is int:
        return ("int", hex(value))
    return list(value) if isinstance(value, tuple) else value


def named_ids(drafts: Iterable[Draft]) -> set[CiId]:
    """The ids that the drafts name, as they are stored; those that are no ids are for `merged` to report."""
    found = set()
    for draft in drafts:
        with suppress(ValueFault):
            found.add(CiId(parse_id(draft.id)))
    return found


def merged(model: Model, drafts: Iterable[Draft], stored: Mapping[CiId, StoredCI], source: str) -> list[CI]:
    """The CIs that `drafts` ask for; a new one comes from `source`, a stored one keeps its own.

    What `source` sets of a CI that others describe is kept as an edit, which later imports leave alone. Raises
    `InvalidInput` with every problem of every draft.
    """
    problems: list[Problem] = []
    cis = [
        _merge(model, draft, stored, source, _Faults(f"cis[{number}]", problems)) for number, draft in enumerate(drafts)
    ]
    if problems:
        raise InvalidInput(problems)
    return cis


@dataclass(frozen=True, slots=True)
class _Faults:
    """Collects problems of one draft."""

    place: str
    problems: list[Problem]

    def add(self, code: str, where: str, found: str, accepted: str) -> None:
        self.problems.append(Problem(code, f"{self.place}.{where}", shown(found), accepted))

    def unknown(self, name: str, declared: Mapping[str, Attribute], kind: str) -> None:
        accepted = f"an attribute of {kind}: " + ", ".join(sorted(declared))
        self.add("UNKNOWN_ATTRIBUTE", f"attributes.{shown(name)}", name, accepted)

    def parsed(self, parse: Callable[[str], str], text: str, where: str) -> str:
        """What `parse` makes of `text`; nothing, and a problem, when it is at fault."""
        try:
            return parse(text)
        except ValueFault as fault:
            self.problems.append(fault.at(f"{self.place}.{where}"))
            return ""


def _merge(model: Model, draft: Draft, stored: Mapping[CiId, StoredCI], source: str, faults: _Faults) -> CI:
    ci_id = CiId(faults.parsed(parse_id, draft.id, "id"))
    old = stored[ci_id].ci if ci_id in stored else CI(ci_id, "", ci_id, "shared", "live", "{}", source)
    kind = draft.kind or old.kind
    if kind not in model.attributes:
        code = "UNKNOWN_KIND" if kind else "MISSING_VALUE"
        faults.add(code, "kind", kind, "one of " + ", ".join(model.concrete))
        return old
    name = old.name if draft.name is None else faults.parsed(parse_text, draft.name, "name")
    new = CI(
        ci_id, kind, name or ci_id, draft.sector or old.sector, draft.lifecycle or old.lifecycle,
        attributes_json(_values(old, draft, kind, model.attributes[kind], faults)), old.source, old.claims_json,
    )  # fmt: skip
    alone = old.source == source and not old.claims_json
    return new if alone or new == old or faults.problems else edited(model, old, new, draft, source)


def edited(model: Model, old: CI, new: CI, draft: Draft, source: str) -> CI:
    """The CI once `source` has set what `draft` names to what it is in `new`: as an edit, which then is the newest, or
    in its own description, where it has one and has edited nothing. Only a lifecycle that is set brings a retired CI
    back."""
    named = {name: getattr(new, name) for name in FIELDS if getattr(draft, name) is not None}
    values = {name: new.attributes.get(name) for name in draft.attributes}
    claims = standing(old)
    own = next((c for c in claims if c.source == source), None)
    if own is None or any(c.edited and c.source == source for c in claims):
        blank = Claim(source, old.id, None, None, None, None, values, edited=True)
        claims = with_edit(model, claims, blank._replace(**named))
    else:
        stated = {name: value for name, value in {**own.attributes, **values}.items() if value is not None}
        claims = [own._replace(**named, attributes=stated) if claim is own else claim for claim in claims]
    found = settled(model, old.id, claims, old.source)
    return found if draft.lifecycle or old.lifecycle != "retired" else found._replace(lifecycle="retired")


def withdrawn(model: Model, ci: CI, source: str, names: Collection[str] = ()) -> CI:
    """The CI without what `source` set of these fields and attributes by hand, or without all of it.

    Raises `InvalidInput` UNKNOWN_CLAIM where it has set none of them.
    """
    claims = standing(ci)
    found = next((claim for claim in claims if claim.edited and claim.source == source), None)
    if found is None or (names and not any(sets(found, name) for name in names)):
        by = ", ".join(dict.fromkeys(claim.source for claim in claims if claim.edited)) or "nobody"
        problem = Problem("UNKNOWN_CLAIM", f"ci {ci.id}", shown(source), f"one that has set that by hand; {by} did")
        raise InvalidInput([problem])
    kept = {name: value for name, value in found.attributes.items() if names and name not in names}
    fields: dict[str, Any] = {n: getattr(found, n) if names and n not in names else None for n in FIELDS}
    left = found._replace(**fields, attributes=kept)
    claims = [left if claim is found else claim for claim in claims if claim is not found or not left.empty]
    return settled(model, ci.id, claims, ci.source)


def _values(old: CI, draft: Draft, kind: str, declared: Mapping[str, Attribute], faults: _Faults) -> dict[str, Value]:
    """The stored attributes with the given ones merged in; None takes one away, also one the kind lacks."""
    values = dict(old.attributes)
    for name, value in draft.attributes.items():
        values.pop(name, None)
        if value is not None and name in declared:
            try:
                values[name] = typed(declared[name], value)
            except ValueFault as fault:
                faults.problems.append(fault.at(f"{faults.place}.attributes.{name}"))
        elif value is not None:
            faults.unknown(name, declared, kind)
    for name in sorted(values.keys() - declared.keys()):
        faults.unknown(name, declared, kind)
    return values


def typed(attribute: Attribute, value: Given) -> Value:
    """`value` as the attribute's type: text is parsed, anything else is checked. Raises `ValueFault`."""
    if isinstance(value, str):
        if not value.strip():
            raise ValueFault("MISSING_VALUE", value, "a value, or null to take the attribute away")
        return attribute.parse(value)
    if isinstance(value, bool):
        fits = attribute.type == "boolean"
    elif isinstance(value, int | float):
        fits = attribute.type in ("integer", "number", "duration")
    else:
        fits = attribute.type == "list" and all(isinstance(item, str) for item in value or ())
    if not fits:
        raise ValueFault("BAD_TYPE", repr(value), attribute.accepted)
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value.bit_length() > 63:
        raise ValueFault("OUT_OF_RANGE", "an integer of more than 63 bits", attribute.accepted)
    if isinstance(value, int | float):
        return attribute.parse(repr(value))
    return [text for text in map(parse_text, value or ()) if text]
