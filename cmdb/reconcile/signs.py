"""What a CI can be told by: its values under the keys of its kind, and what would speak against a match."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple

from cmdb.model.attributes import Value
from cmdb.model.ci import CI
from cmdb.model.model import Model
from cmdb.reconcile.keys import KEYS, host, name, numbered_apart, text, usual

Rule = tuple[str, ...]
APART = "\x1f"
"""Between the values of a key of several columns."""
VIRTUAL = ("vmware", "virtual", "qemu", "kvm", "xen", "nutanix", "bochs", "parallels")
"""What makers and models of computers are called that are none."""


class Signs(NamedTuple):
    """A CI with its value under each rule of its family, empty where it has none.

    `host` is its name on the network with the domain, if known; `stated` tells that it has a host name of its own,
    and not only a name that may be one; `virtual` that it may be a copy, serial number and all. None is unknown.
    """

    ci: CI
    keys: tuple[str, ...]
    environment: str = ""
    host: str = ""
    stated: bool = False
    virtual: bool | None = None

    @property
    def label(self) -> str:
        """The host name without its domain."""
        return self.host.partition(".")[0]

    @property
    def domain(self) -> str:
        """What follows the host name, if that is known."""
        return self.host.partition(".")[2]


class Family:
    """The kinds that share their rules: CIs of these may be one. Reads the signs of a CI by `signs`."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self.columns = tuple(dict.fromkeys(column for rule in rules for column in rule))
        self._forms = {column: _Forms(KEYS.get(column, text)) for column in self.columns}
        self._names, self._labels = _Forms(name), _Forms(host)
        self.hosts = "hostname" in self.columns

    @property
    def by_name(self) -> bool:
        """Whether CIs may be one by their name and what is around them alone."""
        return any({"name"} <= set(rule) <= {"name", "sector", "environment"} for rule in self.rules)

    def label(self, called: str) -> str:
        """A host name without its domain; empty where it is none."""
        return self._labels[called].partition(".")[0]

    def form(self, column: str, value: Value | None) -> str:
        """A value of a column as it identifies."""
        return self._forms[column][value] if value else ""

    def called_usually(self, one: Signs) -> bool:
        """Whether its name is one that many things have."""
        return usual(one.label or self._names[one.ci.name])

    @cached_property
    def signs(self) -> Callable[[CI], Signs]:
        """How the signs of a CI of the family are read; no attributes are read where no rule needs one."""
        if self.hosts:
            return self._of_host
        return self._of_name if self.rules == (("name", "sector"),) else self._of_attributes

    def elsewhere(self, one: Signs, other: Signs, rule: int) -> bool:
        """Whether two that agree by name are known to be in different domains: as little the same as other names."""
        return self.hosts and "name" in self.rules[rule] and self._other_domain(one, other)

    def _other_domain(self, one: Signs, other: Signs) -> bool:
        return one.host != other.host and bool(one.domain) and bool(other.domain)

    def against(self, one: Signs, other: Signs, rule: int) -> bool:
        """Whether something speaks against two CIs being one that agree by a rule."""
        if one.ci.sector != other.ci.sector:
            return True
        if one.environment != other.environment and one.environment and other.environment:
            return True
        if rule and any(a != b for a, b in zip(one.keys[:rule], other.keys[:rule], strict=True) if a and b):
            return True
        if self.hosts and (self._other_domain(one, other) or {one.virtual, other.virtual} == {True, False}):
            return True
        return "name" not in self.rules[rule] and self._called_apart(one, other)

    def _called_apart(self, one: Signs, other: Signs) -> bool:
        """Whether their names are of two things, though something stronger is the same: copies do that."""
        if not self.hosts:
            return numbered_apart(self._names[one.ci.name], self._names[other.ci.name])
        if one.label == other.label:
            return False
        sure = (one.stated and other.stated) or one.virtual is True or other.virtual is True
        return sure or numbered_apart(one.label, other.label)

    def _of_host(self, ci: CI) -> Signs:
        attributes = ci.attributes
        given, called = self._labels[attributes.get("hostname", "")], self._labels[ci.name]
        own = called if given and called.startswith(f"{given}.") else given or called
        label, _, domain = own.partition(".")
        values = {"hostname": own if domain else "", "name": label or self._title(ci.name), "sector": ci.sector}
        keys, environment = self._keys(values, attributes), str(attributes.get("environment", ""))
        return Signs(ci, keys, environment, own, bool(given), _is_virtual(ci, attributes))

    def _title(self, called: str) -> str:
        """The name of a computer that is no host name; not an address, which says nothing across networks."""
        flat = self._names[called]
        return "" if flat.replace(".", "").replace(":", "").isdigit() else flat

    def _of_attributes(self, ci: CI) -> Signs:
        attributes = ci.attributes
        values = {"sector": ci.sector, "name": self._names[ci.name]}
        return Signs(ci, self._keys(values, attributes), str(attributes.get("environment", "")))

    def _of_name(self, ci: CI) -> Signs:
        called = self._names[ci.name]
        environment = str(ci.attributes.get("environment", "")) if '"environment":' in ci.attributes_json else ""
        return Signs(ci, (f"{called}{APART}{ci.sector}" if called else "",), environment)

    def _keys(self, values: dict[str, str], attributes: Mapping[str, Value]) -> tuple[str, ...]:
        for column in self.columns:
            if column not in values:
                values[column] = self.form(column, attributes.get(column))
        return tuple([_joined(rule, values) for rule in self.rules])


def families(model: Model) -> Mapping[str, Family]:
    """The family of each kind that something identifies."""
    made = {owner: Family(rules) for owner, rules in set(model.identified.values())}
    return {kind: made[owner] for kind, (owner, _) in model.identified.items()}


def _is_virtual(ci: CI, attributes: Mapping[str, Value]) -> bool | None:
    made = f"{attributes.get('manufacturer', '')} {attributes.get('model', '')}".strip().lower()
    words = f"{made} {attributes.get('serial', '')}".lower()
    if ci.kind == "virtual_machine" or any(word in words for word in VIRTUAL):
        return True
    return False if made else None


class _Forms(dict[Value, str]):
    """The forms of values, each worked out once: two sources mostly write alike."""

    def __init__(self, form: Callable[[Value], str]) -> None:
        self._form = form

    def __missing__(self, value: Value) -> str:
        self[value] = found = self._form(value)
        return found


def _joined(rule: Rule, values: Mapping[str, str]) -> str:
    if len(rule) == 1:
        return values[rule[0]]
    parts = [values[column] for column in rule]
    return APART.join(parts) if all(parts) else ""
