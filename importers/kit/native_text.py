"""CIs, relations and pools as the cells of the native format."""

from collections.abc import Mapping

from cmdb.model.ci import CI, Pool, Relation

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "ci": ("id", "kind", "name", "sector", "lifecycle"),
    "relation": ("from", "type", "to", "effect", "pool"),
    "pool": ("ci", "pool", "required", "full", "effect"),
}
"""The columns of each entity; those of CIs are followed by attributes."""


def texts_of(thing: CI | Relation | Pool) -> dict[str, str]:
    """The cells of a thing by column; those of unknown attributes are left out."""
    if isinstance(thing, CI):
        fixed = dict(zip(COLUMNS["ci"], thing[:5], strict=True))
        return {**fixed, **{name: _text(value) for name, value in thing.attributes.items()}}
    if isinstance(thing, Relation):
        cells = (thing.from_id, thing.type, thing.to_id, thing.effect, thing.pool)
        return dict(zip(COLUMNS["relation"], cells, strict=True))
    return dict(zip(COLUMNS["pool"], thing[:5], strict=True))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
