"""Instances of managed resources in a Terraform state: the file itself (version 4), or `terraform show -json`.

Attributes are read by name, a few of them, and none that the state marks as sensitive; nothing else leaves here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cmdb.model.errors import shown
from importers.kit.findings import Cell, Findings
from importers.kit.json_text import line_of, list_of, mapping_of, mappings_of, texts_of

READ = (
    "id", "arn", "name", "display_name", "identifier", "description", "region", "location", "engine",
    "engine_version", "version", "database_version", "private_ip", "private_ip_address", "hostname", "computer_name",
    "dns_name", "fqdn",
)  # fmt: skip
"""The attributes that are read, all of them names, keys and versions; of `tags` and `labels`, the name."""
_INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]')

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance: `resource` is its address without indexes, as `needs` names others; `index` is '' for the only."""

    address: str
    resource: str
    index: str
    type: str
    provider: str
    texts: Mapping[str, str]
    needs: tuple[str, ...]
    at: str


def instances_of(state: Any, file: str, problems: Findings) -> Iterator[Instance]:
    """The instances in a document of either form; what is none is told."""
    before = problems.count
    if isinstance(state, dict) and isinstance(state.get("values"), dict):
        yield from _of_module(mapping_of(state["values"], "root_module"), file, problems)
    elif isinstance(state, dict) and state.get("version") == 4:
        for number, resource in enumerate(list_of(state, "resources")):
            yield from _of_resource(resource, f"{file} resources[{number}]", problems)
    elif problems.count == before:
        found = f"version {shown(line_of(state, 'version'))}" if isinstance(state, dict) else "no object"
        accepted = "a state of version 4, or what `terraform show -json` writes"
        problems.add("UNKNOWN_FORMAT", Cell(file, column="version"), found, accepted)


def _of_resource(resource: Any, at: str, problems: Findings) -> Iterator[Instance]:
    fields: Fields = resource if isinstance(resource, dict) else {}
    if line_of(fields, "mode") == "data":
        return
    type_, name, module = line_of(fields, "type"), line_of(fields, "name"), line_of(fields, "module")
    if not type_ or not name:
        problems.add("MISSING_VALUE", Cell(at), "no type or no name", "a resource with both")
        return
    whole = f"{module}.{type_}.{name}" if module else f"{type_}.{name}"
    for instance in mappings_of(fields, "instances"):
        if line_of(instance, "deposed"):  # on its way out: another has taken its place
            continue
        index = _index(instance.get("index_key"))
        values, hidden = mapping_of(instance, "attributes"), _hidden(instance)
        yield Instance(
            whole + index, without_indexes(whole), index, type_, _provider(line_of(fields, "provider")),
            _texts(values, hidden), _needs(texts_of(instance, "dependencies")), f"{at} {whole}{index}",
        )  # fmt: skip


def _of_module(module: Fields, file: str, problems: Findings) -> Iterator[Instance]:
    waiting = [module]
    while waiting:
        found = waiting.pop()
        waiting += mappings_of(found, "child_modules")
        for fields in mappings_of(found, "resources"):
            yield from _of_values(fields, file, problems)


def _of_values(fields: Fields, file: str, problems: Findings) -> Iterator[Instance]:
    if line_of(fields, "mode") == "data" or line_of(fields, "deposed_key"):
        return
    address, type_ = line_of(fields, "address"), line_of(fields, "type")
    if not address or not type_:
        problems.add("MISSING_VALUE", Cell(file, column="address"), "no address or no type", "a resource with both")
        return
    marks = mapping_of(fields, "sensitive_values")
    hidden = frozenset(name for name in marks if _marked(marks[name]))
    yield Instance(
        address, without_indexes(address), _index(fields.get("index")), type_,
        _provider(line_of(fields, "provider_name")), _texts(mapping_of(fields, "values"), hidden),
        _needs(texts_of(fields, "depends_on")), f"{file} {address}",
    )  # fmt: skip


def _marked(mark: Any) -> bool:
    """Whether a value, or any part of it, is marked as sensitive."""
    waiting = [mark]
    while waiting:
        found = waiting.pop()
        if found is True:
            return True
        waiting += found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return False


def without_indexes(address: str) -> str:
    """`module.a[0].aws_instance.web["x"]` as `module.a.aws_instance.web`."""
    return _INDEX.sub("", address)


def _index(key: object) -> str:
    """`[0]`, `["a"]`, or nothing for the only instance."""
    if isinstance(key, bool) or not isinstance(key, int | str):
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{quoted}"]'


def _provider(text: str) -> str:
    """`aws` of `provider["registry.terraform.io/hashicorp/aws"]`."""
    return text.rpartition("/")[2].partition('"')[0].removeprefix("provider.")


def _hidden(instance: Fields) -> frozenset[str]:
    """The names of attributes that are marked as sensitive, wholly or in part."""
    first = (path[0] for path in list_of(instance, "sensitive_attributes") if isinstance(path, list) and path)
    return frozenset(line_of(step, "value") for step in first if isinstance(step, dict))


def _texts(values: Fields, hidden: frozenset[str]) -> dict[str, str]:
    found = {name: line_of(values, name) for name in READ if name not in hidden}
    for name in ("tags", "labels"):
        if name not in hidden:
            labels = mapping_of(values, name)
            found["label"] = found.get("label", "") or line_of(labels, "Name") or line_of(labels, "name")
    return {name: text for name, text in found.items() if text}


def _needs(addresses: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(without_indexes(address) for address in addresses))
