"""Servers as large estates record them, and dirty duplicates of some, by a seed.

The servers. Twenty-four domains of three sectors, each with a habit of naming: `web01`, `hfx-web-p-012`, `srvsql07`,
`app-payroll-02`, or birds. Numbers run per domain, so that every name has numbered siblings and most names are used in
several domains; private addresses repeat between domains. Of all records 15 % have no domain (a bare host name, or
none), but then a serial number: a record that has neither says nothing that the other records of that name do not. 60 %
are virtual. Serial numbers of machines run in batches, so that neighbours differ in one figure; 8 % of serial numbers
are missing, 4 % are placeholders ("To Be Filled By O.E.M."), and 1 % of servers start a run of 2 to 12 neighbours that
carry the serial number of the template they are copies of. A fifth has no address.

The duplicates. Of 2 % of the servers a second record exists, made by somebody else: one to three slips, each equally
likely (upper case; the domain left out or written into the name; in the name a character wrong, left out, doubled or
swapped with the next, or hyphens left out or added; one character of the serial number wrong; no serial number), at
most one of those in the name. A slip in the name is in the host name too in six cases of ten. The address is kept in
60 %, another one in 10 %; the model, system and environment are kept in 80 % each. If the serial number is gone, a slip
does not make the name of another server: nobody could tell such a record from one of that other.
"""

import random
import string
from collections.abc import Iterator
from typing import NamedTuple

from cmdb.model.ci import CI, CiId, attributes_json


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


DOMAINS = 24
ROLES = _words(
    "web app db sql file print mail dns dhcp proxy auth ldap cache queue batch report backup mon log vpn edge"
)
APPS = _words("payroll pharmacy lab imaging permits registry billing hr fleet licensing archive portal intake triage")
SITES = _words("hfx syd tru yar ken dig brw ant lun")
BIRDS = _words(
    "osprey heron puffin raven kestrel gannet plover tern merlin eider loon dunlin sparrow wren falcon egret"
)
ENVIRONMENTS = ("production", "staging", "test", "development")
MAKERS = (("Dell", "PowerEdge R650"), ("HPE", "ProLiant DL380 Gen10"), ("Lenovo", "ThinkSystem SR650"))
SYSTEMS = ("RHEL 8.10", "RHEL 9.4", "Windows Server 2019", "Windows Server 2022", "Ubuntu 22.04")
PLACEHOLDERS = ("To Be Filled By O.E.M.", "Default string", "0", "None", "N/A", "System Serial Number", "xxxxxxxx")
SHARE = 0.02
NAME_SLIPS = ("replaced", "dropped", "doubled", "swapped", "hyphens")
SLIPS = (*NAME_SLIPS, "upper", "domain", "serial wrong", "serial gone")
LETTERS = string.ascii_lowercase


class Servers(NamedTuple):
    """Servers, and which of them are one: pairs of ids in order."""

    cis: list[CI]
    same: frozenset[frozenset[CiId]]


class _Record(NamedTuple):
    """What is written of a server; what is not is empty."""

    label: str
    host: str
    domain: str
    sector: str
    serial: str
    ip: str
    maker: str
    model: str
    os: str
    environment: str


def servers(count: int, seed: int) -> Servers:
    """So many servers and their duplicates, shuffled; always the same for the same seed."""
    dice = random.Random(seed)
    records = _cloned(dice, list(_records(dice, count)))
    labels = {record.label for record in records}
    chosen = dice.sample(range(count), round(count * SHARE))
    doubles = [_double(dice, records[at], labels) for at in chosen]
    numbers = [CiId(f"s{number:06d}") for number in dice.sample(range(10**6), count + len(doubles))]
    same = {frozenset((numbers[at], numbers[count + place])) for place, at in enumerate(chosen)}
    cis = [_ci(number, record) for number, record in zip(numbers, [*records, *doubles], strict=True)]
    dice.shuffle(cis)
    return Servers(cis, frozenset(same))


def _records(dice: random.Random, count: int) -> Iterator[_Record]:
    """Servers, domain by domain, in the order of their numbers."""
    for at in range(DOMAINS):
        sector = "health" if at % 2 else "shared" if at % 6 == 0 else "government"
        domain = f"{('net', 'corp', 'clinic', 'hospital')[at % 4]}{at // 4 + 1}.{sector}.example"
        wanted = count * (at + 1) // DOMAINS - count * at // DOMAINS
        yield from _domain(dice, at, domain, sector, wanted)


def _domain(dice: random.Random, at: int, domain: str, sector: str, wanted: int) -> Iterator[_Record]:
    counters: dict[str, int] = {}
    batch = at * 10**5 + dice.randrange(10**4)
    for place in range(wanted):
        environment = dice.choices(ENVIRONMENTS, (6, 1, 2, 2))[0]
        label = _label(dice, at % 5, environment, counters)
        virtual = dice.random() < 0.6
        maker, model = ("VMware", "VMware7,1") if virtual else dice.choice(MAKERS)
        bare = dice.random() < 0.15
        serial = _serial(dice, maker, batch + place)
        if not bare:
            serial = dice.choices((serial, "", dice.choice(PLACEHOLDERS)), (88, 8, 4))[0]
        host = dice.choice(("", label)) if bare else f"{label}.{domain}"
        ip = f"10.{at % 12}.{place // 250 % 250}.{place % 250 + 1}" if dice.random() < 0.8 else ""
        yield _Record(
            label, host, domain, sector, serial, ip, maker, model, dice.choice(SYSTEMS), environment
        )  # fmt: skip


def _label(dice: random.Random, habit: int, environment: str, counters: dict[str, int]) -> str:
    """The next name of a domain that names by a habit; names of birds are followed by a number when they run out."""
    role = dice.choice(ROLES)
    stem, width = (
        (role, 2),
        (f"{dice.choice(SITES)}-{role}-{environment[0]}-", 3),
        (f"srv{role}", 2),
        (f"{dice.choice(('app', 'db', 'web'))}-{dice.choice(APPS)}-", 2),
        (dice.choice(BIRDS), 0),
    )[habit]
    number = counters[stem] = counters.get(stem, 0) + 1
    return stem if not width and number == 1 else f"{stem}{number:0{width}d}"


def _serial(dice: random.Random, maker: str, number: int) -> str:
    if maker == "VMware":
        figures = "".join(dice.choices("0123456789abcdef", k=32))
        pairs = [figures[at : at + 2] for at in range(0, 32, 2)]
        return f"VMware-{' '.join(pairs[:8])}-{' '.join(pairs[8:])}"
    if maker == "Dell":
        return "".join(dice.choices("BCDFGHJKLMNPQRSTVWXYZ0123456789", k=7))
    return f"CZJ{number:07d}" if maker == "HPE" else f"J30{number:06d}"


def _cloned(dice: random.Random, records: list[_Record]) -> list[_Record]:
    """Some runs of neighbours get one serial number."""
    for at in range(len(records)):
        if dice.random() < 0.01:
            run = range(at, min(len(records), at + dice.randint(2, 12)))
            template = _serial(dice, "VMware", 0)
            for place in run:
                records[place] = records[place]._replace(serial=template, maker="VMware", model="VMware7,1")
    return records


def _double(dice: random.Random, record: _Record, labels: set[str]) -> _Record:
    """What somebody else wrote of a server."""
    slips = set(dice.sample(SLIPS, dice.choice((1, 2, 3))))
    for extra in [slip for slip in NAME_SLIPS if slip in slips][1:]:
        slips.discard(extra)
    serial = _slipped_serial(dice, record.serial, slips)
    label = _slipped_label(dice, record.label, slips, labels if serial in ("", *PLACEHOLDERS) else set())
    domain, host = record.domain, record.host
    if host and dice.random() < 0.6:
        host = host.replace(record.label, label, 1)
    if "domain" in slips and "." in host:
        label, host = dice.choice(((label, ""), (label, label), (f"{label}.{domain}", "")))
    if "upper" in slips:
        label, host = label.upper(), dice.choice((host, host.upper()))
    ip = dice.choices((record.ip, f"10.200.{dice.randrange(250)}.{dice.randrange(250)}", ""), (60, 10, 30))[0]
    kept = [value if dice.random() < 0.8 else "" for value in record[6:]]
    return _Record(label, host, domain, record.sector, serial, ip, *kept)


def _slipped_serial(dice: random.Random, serial: str, slips: set[str]) -> str:
    if "serial gone" in slips:
        return ""
    if "serial wrong" in slips and len(serial) > 3:
        return _slipped(dice, serial, dice.choice(("replaced", "swapped")))
    return serial


def _slipped_label(dice: random.Random, label: str, slips: set[str], others: set[str]) -> str:
    """The name with its one slip, if there is one; tried again where it makes another server's name."""
    for slip in slips.intersection(NAME_SLIPS):
        for _ in range(20):
            changed = _slipped(dice, label, slip)
            if changed not in others:
                return changed
    return label


def _slipped(dice: random.Random, text: str, slip: str) -> str:
    at = dice.randrange(len(text) - 1)
    if slip == "hyphens":
        stem = text.rstrip(string.digits)
        return text.replace("-", "") if "-" in text else f"{stem}-{text[len(stem) :]}".rstrip("-")
    if slip == "swapped":
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if slip == "dropped":
        return text[:at] + text[at + 1 :]
    if slip == "doubled":
        return text[: at + 1] + text[at:]
    kind = string.digits if text[at].isdigit() else LETTERS if text[at].islower() else string.ascii_uppercase
    return text[:at] + dice.choice([c for c in kind if c != text[at]]) + text[at + 1 :]


def _ci(number: CiId, record: _Record) -> CI:
    attributes = {
        "hostname": record.host, "serial": record.serial, "ip_address": record.ip, "manufacturer": record.maker,
        "model": record.model, "os": record.os, "environment": record.environment,
    }  # fmt: skip
    told = {name: value for name, value in attributes.items() if value}
    return CI(number, "server", record.label, record.sector, "live", attributes_json(told), "estate")
