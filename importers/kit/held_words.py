"""What is wrong with a row of another format, in words that hold for the estate format, in which it is corrected."""

from collections.abc import Iterable
from itertools import chain, islice

from cmdb.model.kinds import LIFECYCLES
from cmdb.model.model import Model
from cmdb.model.pools import ACCEPTED as RULE
from cmdb.model.relations import EFFECTS
from cmdb.model.text import folded
from importers.kit.findings import Fault
from importers.kit.native_text import COLUMNS
from importers.kit.records import NativeRow
from importers.kit.table import near_names

AS_MAPPED = frozenset({"BAD_CHOICE", "BAD_DATE", "UNKNOWN_NAME", "AMBIGUOUS_NAME"})
"""Faults that tell what a mapping accepts, not what the estate format does."""
_NAMED = 3
_ENDS = frozenset({"from", "to", "ci"})


def in_native_words(fault: Fault, field: str, row: NativeRow, model: Model) -> Fault:
    """A fault of what a field was read from, told of the field, with what may stand there."""
    mapped = field in row.columns and not fault.table and fault.code in AS_MAPPED
    accepted = _accepted(field, row, model) if mapped else ""
    return fault._replace(column=field, accepted=accepted or fault.accepted)


def _accepted(field: str, row: NativeRow, model: Model) -> str:
    """What may stand in a field; empty where that is not known."""
    text = row.texts.get(field, "")
    if field == "kind":
        return "a kind of the model, such as " + _such_as(text, model.concrete)
    if field == "type":
        return "a relation type, such as " + _such_as(text, model.relations)
    if field in _ENDS:
        return "the id of a recorded CI, or of one in the file"
    plain = {"id": "an id", "name": "a text", "pool": "the name of a pool", "required": RULE, "full": RULE}
    if field in COLUMNS[row.entity] and field in plain:
        return plain[field]
    words = {"sector": model.sectors, "lifecycle": LIFECYCLES, "effect": EFFECTS}
    if field in words:
        return "one of " + ", ".join(words[field])
    attribute = next((own[field] for own in model.attributes.values() if field in own), None)
    if attribute is None:
        return ""
    return f"a date such as {attribute.accepted}" if attribute.type == "time" else attribute.accepted


def _such_as(text: str, names: Iterable[str]) -> str:
    """A few names, those that look most like a text before others."""
    every = list(names)
    found = dict.fromkeys(chain(near_names(folded(text), every), every))
    return ", ".join(islice(found, _NAMED))
