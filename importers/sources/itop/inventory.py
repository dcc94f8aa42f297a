"""What an iTop export says, in our words: CIs, what each needs, redundancy as pools, and whom to tell.

iTop's own impact rules are followed; places are added: what stands in one is lost with it, which iTop does not say.
"""

from collections.abc import Iterable

from importers.kit.build import Build
from importers.sources.itop.objects import Objects, Thing
from importers.sources.itop.rules import (
    CLASSES,
    CONTACTS,
    CUSTOMERS,
    FUNCTIONAL,
    HARDWARE,
    KEYS,
    LINKS,
    ORGANISATIONS,
    POWER,
    REDUNDANCY,
    SOLUTION_PARTS,
    STATES,
)

Names = dict[str, str]


def describe(objects: Objects, names: dict[str, Names], build: Build) -> None:
    """Put all that we record into `build`; `names` are those of brands, models and the like, by class and key."""
    for thing in objects.every(*CLASSES):
        _ci(thing, names, build)
        _placed(thing, objects, build)
        if thing.class_ in HARDWARE:
            _powered(thing, objects, build)
    _keys(objects, build)
    _links(objects, build)
    _members(objects, build)
    _customers(objects, build)


def ci_id(thing: Thing) -> str:
    """The id of an object: `itop-server-17`."""
    return f"itop-{thing.class_.lower()}-{thing.key}"


def _ci(thing: Thing, names: dict[str, Names], build: Build) -> None:
    kind = CLASSES[thing.class_]
    own = _hardware(thing, names) if thing.class_ in {*HARDWARE, "PC"} else {}
    if thing.class_ == "VirtualMachine":
        own = _host(thing, names)
    if thing.class_ in CONTACTS:
        own = {"email": thing.text("email"), "phone": thing.text("phone")}
        own |= {"title": thing.text("function")} if kind == "person" else {}
    if thing.class_ == "Location":
        parts = (thing.text(name) for name in ("address", "postal_code", "city", "country"))
        own = {"address": ", ".join(part for part in parts if part)}
    if thing.class_ == "Service":
        own = {"category": names.get("ServiceFamily", {}).get(thing.text("servicefamily_id"), "")}
    if kind == "agreement":
        own = {"valid_until": thing.text("end_date")}
    if thing.class_ == "DocumentWeb":
        own = {"address": thing.text("url")}
    criticality = thing.text("business_criticity").lower() if thing.class_ in FUNCTIONAL else ""
    name = " ".join(filter(None, (thing.text("first_name"), thing.text("name")))) if kind == "person" else ""
    lifecycle = STATES.get(thing.text("status").lower(), "")
    build.ci(
        thing.at, ci_id(thing), kind, name or thing.text("name"), lifecycle=lifecycle,
        description=thing.text("description"), criticality=criticality,
        external_id=f"{thing.class_}::{thing.key}", **own,
    )  # fmt: skip


def _hardware(thing: Thing, names: dict[str, Names]) -> Names:
    network = CLASSES[thing.class_] in {"server", "network_device"}
    return {
        "serial": thing.text("serialnumber"),
        "manufacturer": names.get("Brand", {}).get(thing.text("brand_id"), ""),
        "model": names.get("Model", {}).get(thing.text("model_id"), ""),
        **(_host(thing, names) if network else {}),
    }


def _host(thing: Thing, names: dict[str, Names]) -> Names:
    system = (names.get(class_, {}).get(thing.text(key), "") for class_, key in SYSTEMS)
    cpus = thing.text("cpu")
    return {
        "ip_address": thing.text("managementip"),
        "os": " ".join(part for part in system if part),
        "cpus": cpus if cpus.isascii() and cpus.isdecimal() else "",
    }


SYSTEMS = (("OSFamily", "osfamily_id"), ("OSVersion", "osversion_id"), ("IOSVersion", "iosversion_id"))
PLACES = (("enclosure_id", "Enclosure"), ("rack_id", "Rack"), ("location_id", "Location"))
"""From the smallest place on."""


def _placed(thing: Thing, objects: Objects, build: Build) -> None:
    if thing.class_ not in {*HARDWARE, *POWER, "PC", "Rack", "Enclosure"}:
        return
    found = (objects.find(thing, field, [class_]) for field, class_ in PLACES if class_ != thing.class_)
    if place := next((place for place in found if place), None):
        inside = "part_of" if CLASSES[thing.class_] == "facility" else "located_in"
        build.relation(thing.at, ci_id(thing), inside, ci_id(place))


def _powered(thing: Thing, objects: Objects, build: Build) -> None:
    found = [objects.find(thing, field, list(POWER)) for field in ("powera_id", "powerb_id")]
    _need(thing, "powered_by", {ci_id(s): thing.at for s in found if s}, "power", "1", build)


def _need(thing: Thing, relation: str, needed: Names, pool: str, rule: str, build: Build) -> None:
    """On all of `needed` (id and place): as many as the rule says must be up; `disabled` says that all must."""
    if rule == "disabled" or (rule == "1" and len(needed) == 1):
        effect = "down" if relation == "has_member" else ""
        for id_, at in needed.items():
            build.relation(at, ci_id(thing), relation, id_, effect=effect)
    elif needed:
        for id_, at in needed.items():
            build.relation(at, ci_id(thing), relation, id_, pool)
        build.pool(thing.at, ci_id(thing), pool, rule)


def _keys(objects: Objects, build: Build) -> None:
    for key in KEYS:
        for thing in objects.every(*key.classes):
            if target := objects.find(thing, key.field, key.targets):
                build.relation(thing.at, ci_id(thing), key.relation, ci_id(target))


def _links(objects: Objects, build: Build) -> None:
    for link in LINKS:
        field, only = link.only
        for thing in objects.links(link.class_):
            start, end = objects.find(thing, link.start, link.starts), objects.find(thing, link.end, link.ends)
            if start and end and thing.text(field) in {"", only}:
                build.relation(thing.at, ci_id(start), link.relation, ci_id(end))


def _members(objects: Objects, build: Build) -> None:
    """Farms of hypervisors, and solutions of what they are made of, with the redundancy that each states."""
    farms = ((objects.find(host, "farm_id", ["Farm"]), host, host.at) for host in objects.every("Hypervisor"))
    _made_of(((farm, host, at) for farm, host, at in farms if farm), "has_member", "hypervisors", build)
    link = SOLUTION_PARTS
    parts = (
        (objects.find(thing, link.start, link.starts), objects.find(thing, link.end, link.ends), thing.at)
        for thing in objects.links(link.class_)
    )
    _made_of(((whole, part, at) for whole, part, at in parts if whole and part), link.relation, "parts", build)


def _made_of(joined: Iterable[tuple[Thing, Thing, str]], relation: str, pool: str, build: Build) -> None:
    wholes: dict[str, tuple[Thing, Names]] = {}
    for whole, part, at in joined:
        wholes.setdefault(ci_id(whole), (whole, {}))[1].setdefault(ci_id(part), at)
    for whole, needed in wholes.values():
        rule = whole.text("redundancy") or REDUNDANCY[whole.class_]
        _need(whole, relation, needed, pool, rule, build)


def _customers(objects: Objects, build: Build) -> None:
    for thing in objects.links(CUSTOMERS):
        service = objects.find(thing, "service_id", ["Service"])
        contract = objects.find(thing, "customercontract_id", ["CustomerContract"])
        customer = objects.find(contract, "org_id", ORGANISATIONS) if contract else None
        if service and customer:
            build.relation(thing.at, ci_id(customer), "uses", ci_id(service))
