"""Claims as the next change of a CI meets them: what is still said of it, and what people have set by hand. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from cmdb.model.ci import CI
from cmdb.model.claims import Claim, claims_of
from cmdb.model.model import Model
from cmdb.reconcile.claims import FIELDS, sets


def standing(ci: CI) -> list[Claim]:
    """What is said of a CI.

    Of one that is retired because no source states it any more, no source says in which lifecycle it is: so it stays
    retired until one states it again.
    """
    claims = claims_of(ci)
    if not forsaken(ci, claims):
        return claims
    return [claim if claim.edited else claim._replace(lifecycle=None) for claim in claims]


def forsaken(ci: CI, claims: Sequence[Claim]) -> bool:
    """Whether a CI is retired although nobody of several, or its one source alone, says so: it is no longer stated."""
    return ci.lifecycle == "retired" and not (ci.claims_json and any(c.lifecycle == "retired" for c in claims))


def with_edit(model: Model, claims: Iterable[Claim], edit: Claim) -> list[Claim]:
    """Claims once somebody has set by hand what `edit` states: the newest edit is last, those of one source are one.

    What others have set after this source's last edit stays theirs.
    """
    listed = list(claims)
    at = next((at for at, claim in enumerate(listed) if claim.key == edit.key), None)
    if at is None:
        return [*listed, edit]
    before, later = listed[at], [claim for claim in listed[at + 1 :] if claim.edited]

    def kept(name: str) -> bool:
        order = model.precedence.order(name)
        return edit.source in order or not any(sets(other, name) and other.source not in order for other in later)

    values = {name: value for name, value in before.attributes.items() if kept(name)}
    fields: dict[str, Any] = {name: getattr(before, name) if kept(name) else None for name in FIELDS}
    fields.update((name, value) for name in FIELDS if (value := getattr(edit, name)) is not None)
    return [*listed[:at], *listed[at + 1 :], edit._replace(**fields, attributes={**values, **edit.attributes})]
