"""What matters among the changes of a planned import, the worst sort first; in each, services first, then by id."""

from collections.abc import Collection, Iterable, Iterator

from api.import_report import Concern, Matter
from api.import_sides import NEEDS, Redundancy, Side, Sides, moved
from api.lines import named
from cmdb.model.ci import CiId
from cmdb.model.durations import show_minutes
from cmdb.reconcile.duplicates import proposals
from cmdb.reconcile.reconcile import parted

PAGE, NAMED = 20, 3
"""Concerns listed of each sort, and CIs named in each."""
MOST_LOSING = 50_000
"""Removed or changed relations, rules and CIs beyond which it is not looked for what they take from others."""
MOST_COMPARED = 20_000
"""CIs, recorded and new, beyond which it is not looked for new ones that resemble recorded ones: they take a second."""
PROMISES = ("rto", "rpo", "mtd", "criticality")
ANSWERING = {
    "owned_by": "owner", "supported_by": "support", "on_call": "on call", "managed_by": "manager",
    "has_expert": "expert",
}  # fmt: skip
"""Relations that say who answers for a CI, in a word."""
ORDER = {"service": 0, "client": 2, "contact": 3}


def matters(sides: Sides) -> list[Matter]:
    """Every sort of change that there is any of."""
    losing: Collection[CiId] = () if too_many(sides) else sides.losing
    now, then = sides.now(losing), sides.then(losing)
    found = (
        ("services_leave", "services that leave service", leaving_services(sides)),
        ("dependencies_lost", "services that lose a dependency", lost_dependencies(sides, now, then)),
        ("still_needed", "CIs that leave service although something still needs them", still_needed(sides)),
        ("pools_weakened", "pools removed or weakened", weakened_pools(sides, now, then)),
        ("contacts_lost", "services and applications that lose who answers for them", lost_contacts(sides, now, then)),
        ("promises_changed", "RTO, RPO, MTD and criticality that change", promises(sides)),
        ("kinds_changed", "CIs of another kind", kinds(sides)),
        ("head_counts_changed", "client groups of another size", head_counts(sides)),
        ("resembling", "new CIs that look like recorded ones", resembling(sides)),
    )
    sorts = (_matter(sides, code, title, list(concerns)) for code, title, concerns in found)
    return [matter for matter in sorts if matter.count]


def too_many(sides: Sides) -> bool:
    """Whether so much goes that it is not looked for what that takes from others."""
    return sides.may_lose > MOST_LOSING


def too_many_to_compare(sides: Sides) -> bool:
    """Whether there are new CIs, and too many of all to look for those that resemble each other."""
    created = len(sides.plan.cis.created)
    return bool(created) and sides.before.size + created > MOST_COMPARED


def _matter(sides: Sides, code: str, title: str, concerns: list[Concern]) -> Matter:
    concerns.sort(key=lambda told: (ORDER.get(sides.role(told.ci.id), 1), told.after is not None, told.ci.id))
    return Matter(code, title, len(concerns), concerns[:PAGE])


def leaving_services(sides: Sides) -> Iterator[Concern]:
    """Services in service that will not be."""
    for ci in sides.leaving:
        if sides.role(ci) == "service":
            yield Concern(sides.ref(ci), "leaves service", "live", sides.lifecycle(ci))


def lost_dependencies(sides: Sides, now: Side, then: Side) -> Iterator[Concern]:
    """Services that no longer depend on something, or otherwise than before."""
    for ci, relied in now.relied.items():
        old, new = relied.get(NEEDS, {}), then.relied[ci].get(NEEDS, {})
        lost, gained = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
        otherwise = sorted(other for other in old.keys() & new.keys() if old[other] != new[other])
        if sides.role(ci) != "service" or not (lost or otherwise):
            continue
        parts = [f"loses {_names(sides, lost)}" + _none_left(sides, lost, new)] if lost else []
        parts += [f"gains {_names(sides, gained)}"] if gained else []
        parts += [f"{_names(sides, [other])}: {_word(old[other])} → {_word(new[other])}" for other in otherwise[:NAMED]]
        parts += [f"and {len(otherwise) - NAMED:,} more otherwise"] if len(otherwise) > NAMED else []
        yield Concern(sides.ref(ci), "; ".join(parts))


def _none_left(sides: Sides, lost: Iterable[CiId], left: Iterable[CiId]) -> str:
    """Says of which kinds the last one is lost."""
    had = dict.fromkeys(sides.kind(ci) for ci in lost)
    gone = had.keys() - {sides.kind(ci) for ci in left}
    return f" (no {' and no '.join(kind.replace('_', ' ') for kind in had if kind in gone)} left)" if gone else ""


def _word(hard: str) -> str:
    return f"one of {hard}" if hard.startswith("pool ") else f"then {hard.replace('_', ' ')}"


def still_needed(sides: Sides) -> Iterator[Concern]:
    """CIs that leave service, and are recorded as needed by something in service."""
    for ci, owners in ({} if too_many(sides) else sides.still_needed).items():
        words = f"still needed by {_names(sides, sorted(set(owners)))}"
        yield Concern(sides.ref(ci), words, "live", sides.lifecycle(ci))


def weakened_pools(sides: Sides, now: Side, then: Side) -> Iterator[Concern]:
    """Pools that go, have another rule or fewer members."""
    for key, old in now.pools.items():
        new = then.pools.get(key)
        if new is not None and not moved(old.rule, new.rule) and len(new.members) >= len(old.members):
            continue
        words = [f"pool {key[1]}"]
        if lost := sorted(old.members - (new.members if new else set())):
            words.append(f"{_names(sides, lost)} {'leave' if len(lost) > 1 else 'leaves'}")
        if new is not None and old.rule.effect != new.rule.effect:
            words.append(f"when broken: {old.rule.effect or 'down'} → {new.rule.effect or 'down'}")
        yield Concern(
            sides.ref(key[0]), ": ".join(words[:2]) + "".join(f"; {w}" for w in words[2:]), _pool(old), _pool(new)
        )


def _pool(pool: Redundancy | None) -> str | None:
    if pool is None:
        return None
    full = f", {pool.rule.full} for full service" if pool.rule.full else ""
    spare = len(pool.members) - pool.required
    return f"needs {pool.required} of {len(pool.members)}{full}" + ("" if spare else ", none to spare")


def lost_contacts(sides: Sides, now: Side, then: Side) -> Iterator[Concern]:
    """Services and applications that lose an owner, a manager, a support group, an expert, or who is on call."""
    for ci, relied in now.relied.items():
        kind = sides.kind(ci)
        if sides.role(ci) != "service" and not sides.model.is_a(kind, "application"):
            continue
        for relation, word in ANSWERING.items():
            old, new = relied.get(relation, {}), then.relied[ci].get(relation, {})
            if old.keys() - new.keys():
                yield Concern(sides.ref(ci), word, _names(sides, sorted(old)), _names(sides, sorted(new)) or None)


def promises(sides: Sides) -> Iterator[Concern]:
    """Recovery objectives and criticality with another value, or none."""
    for old, new in sides.plan.cis.changed:
        if old.attributes_json == new.attributes_json:
            continue
        was, is_ = old.attributes, new.attributes
        for name in PROMISES:
            if was.get(name) != is_.get(name):
                word = name if name == "criticality" else name.upper()
                yield Concern(sides.ref(new.id), word, _value(was.get(name)), _value(is_.get(name)))


def _value(value: object) -> str | None:
    return None if value is None else show_minutes(value) if isinstance(value, int) else str(value)


def kinds(sides: Sides) -> Iterator[Concern]:
    """CIs that were recorded as another kind."""
    for old, new in sides.plan.cis.changed:
        if old.kind != new.kind:
            yield Concern(sides.ref(new.id), "kind", old.kind, new.kind)


def head_counts(sides: Sides) -> Iterator[Concern]:
    """Client groups that have another head count, or leave service."""
    for old, new in sides.plan.cis.changed:
        if sides.role(new.id) == "client" and new.id not in sides.leaving:
            was, is_ = old.attributes.get("head_count"), new.attributes.get("head_count")
            if was != is_:
                yield Concern(sides.ref(new.id), "people", _number(was), _number(is_))
    for ci in sides.leaving:
        if sides.role(ci) == "client":
            at = sides.place(ci)
            count = None if at is None else sides.before.number("head_count", at)
            yield Concern(sides.ref(ci), "leaves service, people", _number(count), None)


def resembling(sides: Sides) -> Iterator[Concern]:
    """New CIs that may be recorded ones under another name, but for those that the plan tells of as not joined."""
    created = sides.plan.cis.created
    if not created or too_many_to_compare(sides):
        return
    recorded = sides.ahead.recorded.dump()
    new, doubted = {ci.id for ci in created}, {doubt.new for doubt in sides.plan.doubts}
    apart = parted(recorded.records).union(sides.apart)
    for found in proposals(sides.model, [*recorded.cis, *created], apart):
        for one, other in (found.cis, found.cis[::-1]):
            if one in new and other not in new and one not in doubted:
                words = f"like {named(sides.ref(other))} ({found.score} of 100): {', '.join(found.reasons)}"
                yield Concern(sides.ref(one), words)


def _number(value: object) -> str | None:
    return f"{value:,}" if isinstance(value, int) else None


def _names(sides: Sides, cis: Collection[CiId]) -> str:
    words = ", ".join(named(sides.ref(ci)) for ci in list(cis)[:NAMED])
    return words + (f" and {len(cis) - NAMED:,} more" if len(cis) > NAMED else "")
