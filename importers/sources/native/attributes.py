"""Attribute columns to the canonical JSON objects of the CIs, every distinct cell parsed once."""

from collections.abc import Sequence

import orjson

from cmdb.model.attributes import Attribute, Value
from cmdb.model.errors import ValueFault
from cmdb.model.model import Model
from importers.kit.findings import Findings
from importers.kit.precision import refuse_exponent
from importers.kit.table import Table, near_names

FIXED = frozenset({"id", "kind", "name", "sector", "lifecycle"})


def attribute_objects(table: Table, kinds: Sequence[str], model: Model, problems: Findings) -> list[str]:
    """`CI.attributes_json` for every row: sorted keys, typed values, empty cells left out."""
    columns = sorted(set(table.columns) - FIXED)
    known = set(kinds)
    members = [_members(table, name, kinds, known, model, problems) for name in columns]
    if not members:
        return ["{}"] * len(table)
    if all("" not in column for column in members):
        return ["{" + row + "}" for row in map(",".join, zip(*members, strict=True))]
    return ["{" + ",".join(filter(None, row)) + "}" for row in zip(*members, strict=True)]


def _members(
    table: Table, name: str, kinds: Sequence[str], known: set[str], model: Model, problems: Findings
) -> list[str]:
    """The JSON members `"name":value` of a column; an empty text where the cell is empty or not usable."""
    declared = {kind: model.attributes[kind].get(name) for kind in known if kind in model.attributes}
    texts, key = table.column(name), f'"{name}":'
    if len(declared) == len(known) and (plain := _plain(table, name, set(declared.values()))):
        start, end = (key + '["', '"]') if plain.type == "list" else (key + '"', '"')
        return [start + text + end if text else "" for text in texts]
    values, faults = dict[tuple[str, str], str](), dict[tuple[str, str], ValueFault]()
    for pair in set(zip(kinds, texts, strict=True)):
        try:
            values[pair] = _member(key, pair[1], declared.get(pair[0]), pair[0], model)
        except ValueFault as fault:
            values[pair], faults[pair] = "", fault
    pairs = list(zip(kinds, texts, strict=True))
    for index, pair in enumerate(pairs if faults else ()):
        if pair in faults:
            problems.add_fault(faults[pair], table.cell(index, name))
    return list(map(values.__getitem__, pairs))


def _plain(table: Table, name: str, types: set[Attribute | None]) -> Attribute | None:
    """The attribute, if every cell is text that stands for itself, in JSON too, whatever the kind."""
    if len(types) != 1 or not table.clean(name):
        return None
    (attribute,), joined = types, "".join(table.column(name))
    safe = not any(mark in joined for mark in ('"', "\\", "E+"))
    if not safe or attribute is None or attribute.choices:
        return None
    fits = attribute.type == "text" or (attribute.type == "list" and ";" not in joined)
    return attribute if fits else None


def _member(key: str, text: str, attribute: Attribute | None, kind: str, model: Model) -> str:
    if not text.strip() or kind not in model.attributes:
        return ""
    if attribute is None:
        own = model.attributes[kind]
        near = near_names(key.strip('":'), list(own))
        hint = "; near: " + ", ".join(near) if near else ""
        raise ValueFault("UNKNOWN_ATTRIBUTE", text, f"nothing, as {kind} has no such attribute{hint}")
    if attribute.type == "text":
        refuse_exponent(text)
    value: Value = attribute.parse(text)
    return key + orjson.dumps(value).decode() if value not in ("", []) else ""
