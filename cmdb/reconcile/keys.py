"""Values as they identify: without case, accents, spaces and punctuation, and without those that stand for nothing."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from cmdb.model.attributes import Value
from cmdb.model.text import folded


def _listed(text: str) -> frozenset[str]:
    return frozenset(" ".join(part.split()) for part in text.split(","))


UNKNOWN = _listed(
    """
    n/a, na, n.a, none, no, null, nil, unknown, undefined, unspecified, unassigned, undetermined, tbd, tbc, todo,
    pending, missing, blank, empty, invalid, default, false, true, yes, not applicable, not available, not specified,
    not set, not provided, not present, not known, not recorded, no name, to be determined, to be confirmed,
    to be defined, to be filled by o.e.m, to be filled by oem, default string, system serial number, serial number,
    chassis serial number, base board serial number, system product name, #n/a, #ref!, (none), (unknown), <none>,
    [none]
    """
)
"""Folded words that are written where nothing is known."""
COMMON = _listed(
    """
    test, temp, dummy, example, sample, other, others, misc, various, general, spare, new, old, main, backup, server,
    host, hostname, computer, machine, node, localhost, localhost6, vm, template, desktop, laptop, pc, database, db,
    oracle, orcl, mysql, mariadb, postgres, postgresql, mssql, mssqlserver, sqlserver, mongodb, redis, master, primary,
    replica, prod, production, staging, development, dev, recovery, cluster, kubernetes, all, everyone, user, users,
    staff, people, customers, clients, admin, admins, administrator, administrators, support, new server, new vm,
    new virtual machine, sql server, test server, all users, all staff
    """
)
"""Folded names that are given to many things."""
SERIAL_UNKNOWN = ("123456", "1234567", "12345678", "123456789", "0123456789", "1234567890", "abc123", "a1b2c3d4")
LEAST_SERIAL = 5
"""Letters and digits that a serial number has at least: a shorter one is somebody's running number."""
SHARED_BOXES = _listed(
    "abuse, admin, contact, enquiries, feedback, hello, help, helpdesk, hr, info, it, itsupport, mail, noc, noreply, "
    "office, ops, postmaster, reception, security, service, servicedesk, support, team, webmaster"
)
"""Mailboxes that several people read, without their punctuation."""
EVERYWHERE = _listed("local, localdomain, lan, home, internal, intranet, workgroup, svc")
"""Domains of one word that every network has."""
PROVIDERS = {
    "amazon": "aws", "amazon web services": "aws", "azurerm": "azure", "microsoft": "azure", "microsoft azure": "azure",
    "google": "gcp", "google cloud": "gcp", "google cloud platform": "gcp",
}  # fmt: skip
_HOST = re.compile(
    r"([a-z0-9_][a-z0-9_-]*)(?:\.((?:[a-z0-9_][a-z0-9_-]*\.)*(?:[a-z]{2,}|xn--[a-z0-9-]+)))?",
    re.ASCII,
)
_VOWEL = re.compile("[aeiou]")
_NOT_WORD = re.compile(r"[\W_]+")
_EDGES = " .:;,"
_AROUND = _EDGES + "\t\r\n"


def text(value: Value) -> str:
    """A text as it identifies; empty where it identifies nothing, as for all keys here."""
    flat = folded(str(value)).strip(_EDGES)
    return "" if flat in UNKNOWN or flat == flat[:1] * len(flat) else flat


def name(value: Value) -> str:
    """A name: no word that many things are called by."""
    flat = text(value)
    return "" if flat in COMMON else flat


def serial(value: Value) -> str:
    """A serial number without its punctuation, if it is one: of three different characters, and no word."""
    flat = _NOT_WORD.sub("", folded(str(value)))
    short = len(flat) < LEAST_SERIAL or len(set(flat)) < 3
    return "" if short or flat in SERIAL_UNKNOWN or (flat.isalpha() and _VOWEL.search(flat)) else flat


def host(value: Value) -> str:
    """A name on the network, with its domain if it has one; never a number, and without domains that all have."""
    raw = str(value)
    flat = raw.lower() if raw.isascii() else folded(raw)
    found = _HOST.fullmatch(flat.strip(_AROUND))
    if found is None:
        return ""
    label, domain = found.groups("")
    if label in COMMON or label in UNKNOWN or label.isdigit() or label == label[:1] * len(label):
        return ""
    return f"{label}.{domain}" if domain and domain not in EVERYWHERE else label


def usual(called: str) -> bool:
    """Whether a name is a word that many things are called by and a number: `vm1`, `server-01`."""
    word = called.rstrip("0123456789 .-_#")
    return word != called and word in COMMON


def qualified(value: Value) -> str:
    """A name on the network, if it has a domain."""
    full = host(value)
    return full if "." in full else ""


def email(value: Value) -> str:
    """A mail address that one person reads."""
    flat = folded(str(value)).removeprefix("mailto:")
    box, _, domain = flat.partition("@")
    shared = _NOT_WORD.sub("", box) in SHARED_BOXES
    return "" if shared or not box or "." not in domain or " " in flat or "@" in domain else flat


def address(value: Value) -> str:
    """A URL, a host name with its domain or a public address, with its port; a place where it is none of these."""
    raw = str(value).strip()
    flat = text(raw)
    if not flat or " " in flat:
        return flat
    try:
        parts = urlsplit(raw if "://" in raw else f"//{raw}")
        at = parts.hostname or ""
        port = parts.port
    except ValueError:
        return ""
    return _located(parts, at, port) if _is_public(at) else ""


def _located(parts: SplitResult, at: str, port: int | None) -> str:
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    tail = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    shown = f":{port}" if port and port != usual else ""
    return f"{parts.scheme}//{folded(at).rstrip('.')}{shown}{tail}"


def _is_public(at: str) -> bool:
    """Whether an address is one place: a name with a domain, or a number that only one network has."""
    try:
        return ip_address(at).is_global
    except ValueError:
        domain = folded(at).rstrip(".").partition(".")[2]
        return bool(domain) and domain.rpartition(".")[2] not in EVERYWHERE


def provider(value: Value) -> str:
    """Whose cloud, by its usual short name."""
    flat = text(value)
    return PROVIDERS.get(flat, flat)


KEYS: Mapping[str, Callable[[Value], str]] = {
    "name": name,
    "serial": serial,
    "hostname": qualified,
    "email": email,
    "address": address,
    "provider": provider,
}
"""How the columns identify that have a form of their own; the others do as a text."""


def numbered_apart(one: str, other: str) -> bool:
    """Whether two names are those of siblings: alike but for their numbers, as `web01` and `web02`."""
    if one == other:
        return False
    left, right = _DIGITS.split(one), _DIGITS.split(other)
    return left[::2] == right[::2] and [n.lstrip("0") for n in left[1::2]] != [n.lstrip("0") for n in right[1::2]]


_DIGITS = re.compile(r"(\d+)")
