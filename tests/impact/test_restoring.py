"""Recovery, deadlines and schedules, case by case: the law's table, and what an incident manager would expect."""

from dataclasses import dataclass, field

import pytest

from impact.analyses import restore_order
from impact.analyses.clocks import clock
from impact.estate import Estate
from impact.kernels.work import NEVER
from impact.question import Question
from tests.impact.estates import asked, ci, ids, rel, rule
from tests.impact.estates import estate as built


@dataclass
class Case:
    """`needs`: `svc: app, 1(a b), ~log` (hard on app, one of a and b, soft on log). `restore`: minutes, `?` unknown.

    `down` is the scenario, all CIs where it is left out. `back` is E: `85+` at least 85, `-` not down. `due` is L and
    `slack` L - E, for the CIs named. `crews` leads from a number of crews to when all is done.
    """

    name: str
    needs: str
    restore: str
    back: str
    down: str = ""
    rto: str = ""
    due: str = ""
    slack: str = ""
    unknown: dict[str, list[str]] = field(default_factory=dict)
    crews: dict[int, int] = field(default_factory=dict)
    order: str = ""


CHAIN, TIMES = "portal: app; app: db; db: san", "portal 10, app 20, db 45, san 30"
DIAMOND = "svc: app1, app2; app1: db; app2: db, mq; db: san; mq: san"
DIAMOND_TIMES = "svc 5, app1 15, app2 25, db 40, mq 20, san 30"
WEB = "web: db, {}(a b c)"
WEB_TIMES = "web 5, db 40, a 20, b 50, c 90"

CASES = (
    Case("the law: a chain", CHAIN, TIMES, "san 30, db 75, app 95, portal 105"),
    Case("the law: a diamond, its crews", DIAMOND, DIAMOND_TIMES, "san 30, db 70, mq 50, app1 85, app2 95, svc 100",
         crews={1: 135, 2: 100, 9: 100}),
    Case("the law: a pool of one", WEB.format(1), WEB_TIMES, "web 45, db 40, a 20, b 50, c 90"),
    Case("the law: a pool of two", WEB.format(2), WEB_TIMES, "web 55, db 40, a 20, b 50, c 90"),
    Case("the law: a pool of three", WEB.format(3), WEB_TIMES, "web 95, db 40, a 20, b 50, c 90"),
    Case("the law: a cycle", "a: b, c; b: a, c", "a 10, b 20, c 30", "a 50, b 50, c 30", crews={1: 50}),
    Case("the law: required by and slack", CHAIN, TIMES, "portal 105", rto="portal 120",
         due="portal 120, app 110, db 90, san 45", slack="portal 15, app 15, db 15, san 15"),
    Case("the law: an unknown part", CHAIN, "portal 10, app ?, db 45, san 30", "portal 85+, app 75+, db 75, san 30",
         unknown={"portal": ["app"], "db": []}),
    Case("only what is down is restored", CHAIN, TIMES, "app 20, portal 30, db -, san -", down="app"),
    Case("one CI alone", "", "san 30", "san 30", crews={1: 30}, order="san"),
    Case("nothing is down", CHAIN, TIMES, "portal -", down="portal=at_risk"),
    Case("a degraded provider works", CHAIN, TIMES, "db -, san -, app -", down="db=degraded"),
    Case("soft dependencies do not count", "svc: app, ~log; log: san", "svc 5, app 10, log 50, san 100",
         "svc 15, app 10, log 150"),
    Case("a pool member that works counts as back", "web: 2(a b c)", "web 5, a 20, b 50, c 90", "web 25, a 20, b 50",
         down="a b"),
    Case("a pool that still stands needs nobody", "web: 1(a b), db", "web 5, a 20, b 50, db 1", "web 6, a 20, b -",
         down="a db"),
    Case("two relations to one member count once", "web: 1(a b); a: x", "web 5, a 20, b 50, x 7", "web 32, a 27"),
    Case("a pool behind a pool", "svc: 1(w1 w2); w1: 2(d1 d2); w2: 1(d1 d2)",
         "svc 1, w1 5, w2 30, d1 10, d2 40", "w1 45, w2 40, svc 41"),
    Case("a hidden common cause", "a: 1(x y); x: s; y: s", "a 1, x 2, y 3, s 100", "a 103, x 102, y 103"),
    Case("two pools must both be met", "a: 1(x y), 1(u v)", "a 1, x 2, y 3, u 40, v 50", "a 41"),
    Case("unknown, but another member is known to be quicker", "a: 1(x y)", "a 1, x 20, y ?", "a 1+, x 20, y 0+",
         unknown={"a": ["y"]}),
    Case("unknown above the member that counts", "a: 1(x y); y: z", "a 1, x 20, y ?, z 60", "a 21, x 20, y 60+",
         unknown={"a": [], "y": ["y"]}),
    Case("a pool of two, one known too late", "a: 2(x y z)", "a 1, x 20, y 30, z ?", "a 21+", unknown={"a": ["z"]}),
    Case("the unknown does not matter beside", "svc: app; other: db", "svc 5, app 10, other 1, db ?",
         "svc 15, other 1+", unknown={"svc": [], "other": ["db"]}),
    Case("the longest way is known, a shorter is not", "svc: app, db", "svc 5, app 100, db ?", "svc 105+",
         unknown={"svc": ["db"]}),
    Case("many unknowns, the nearest first", "a: b; b: c; c: d", "a ?, b 5, c ?, d ?", "a 5+",
         unknown={"a": ["a", "c", "d"], "c": ["c", "d"]}),
    Case("a cycle with a way out through a pool", "a: b; b: 1(a c)", "a 10, b 20, c 30", "b 50, a 60", crews={1: 60}),
    Case("a cycle without one", "a: b; b: 2(a c)", "a 10, b 20, c 30", "a 50, b 50, c 30"),
    Case("a cycle with an unknown", "a: b; b: a, c", "a 10, b ?, c 30", "a 40+, b 40+", unknown={"a": ["b"]}),
    Case("what rests on a cycle", "a: b; b: a, c; z: a", "a 10, b 20, c 30, z 5", "a 50, b 50, z 55"),
    Case("a ring of three", "a: b; b: c; c: a", "a 10, b 40, c 30", "a 40, b 40, c 40", crews={1: 40}),
    Case("two cycles, one on the other", "a: b; b: a, x; x: y; y: x", "a 10, b 20, x 5, y 7", "x 7, y 7, a 27, b 27"),
    Case("zero is a time", "svc: app; app: db", "svc 0, app 0, db 30", "svc 30, app 30, db 30", order="db app svc"),
    Case("the least promise of several counts", "p: db; q: db; db: san", "p 10, q 30, db 40, san 5",
         "db 45, p 55, q 75", rto="p 60, q 75", due="p 60, q 75, db 45, san 5", slack="db 0, p 5, q 0"),
    Case("a promise of its own", CHAIN, TIMES, "db 75", rto="portal 500, db 60", due="portal 500, db 60, san 15",
         slack="portal 395, db -15, san -15, app 395"),
    Case("no promise rests on it", "svc: app; other: app2", "svc 5, app 10, other 5, app2 10", "svc 15",
         rto="svc 60", due="svc 60, app 55, other -, app2 -", slack="other -"),
    Case("of a pool only the quickest are required", "web: 1(a b c)", "web 5, a 20, b 20, c 90", "web 25",
         rto="web 60", due="a 55, b 55, c -"),
    Case("a promise that asks for more than there is time", "svc: app", "svc 50, app 30", "svc 80", rto="svc 40",
         due="svc 40, app -10", slack="svc -40, app -40"),
    Case("one crew does the urgent first", "p: x; q: y", "p 10, q 10, x 20, y 20", "p 30, q 30", rto="q 40, p 200",
         crews={1: 60, 2: 30}, order="y q x p"),
    Case("without promises the longest tail goes first", "p: x; q: y", "p 10, q 50, x 20, y 20", "p 30, q 70",
         crews={1: 100, 2: 70}, order="y q x p"),
    Case("an unknown step makes what follows a least", "", "a ?, b 10", "a 0+, b 10", crews={1: 10}, order="b a"),
)  # fmt: skip


def estate_of(case: Case) -> Estate:
    restore = {name: None if minutes == "?" else int(minutes) for name, minutes in pairs(case.restore)}
    rto = {name: int(minutes) for name, minutes in pairs(case.rto)}
    cis = [ci(name, "software", restore=minutes, rto=rto.get(name)) for name, minutes in restore.items()]
    relations, rules = [], []
    for line in filter(None, case.needs.split("; ")):
        owner, _, wanted = line.partition(": ")
        for number, part in enumerate(wanted.split(", ")):
            if "(" in part:
                least, _, members = part.rstrip(")").partition("(")
                rules.append(rule(owner, f"p{number}", least))
                relations += [rel(f"{owner} depends_on {member}", f"p{number}") for member in members.split()]
            else:
                relations.append(rel(f"{owner} depends_on {part.lstrip('~')}", "", "degraded" if "~" in part else ""))
    relations += [rel("web runs_on a", "p0")] if "once" in case.name else []
    return built(cis, relations, rules)


def pairs(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in (part.split() for part in filter(None, text.split(", ")))]


def question_of(case: Case) -> Question:
    found = estate_of(case)
    return asked(found, case.down or " ".join(found.register.ids))


def place(question: Question, name: str) -> int:
    found = question.estate.register.find(name)
    assert found is not None
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case(case: Case) -> None:
    question = question_of(case)
    deadlines = question.deadlines
    recovery = deadlines.recovery
    for name, expected in pairs(case.back):
        at = place(question, name)
        assert (recovery.needs.position(at) >= 0) == (expected != "-"), name
        if expected != "-":
            assert recovery.of(at) == (int(expected.rstrip("+")), not expected.endswith("+")), name
    for name, expected in pairs(case.due):
        moment = deadlines.moments[recovery.needs.position(place(question, name))]
        assert moment == (NEVER if expected == "-" else int(expected)), name
    for name, expected in pairs(case.slack):
        slack = deadlines.slack[recovery.needs.position(place(question, name))]
        assert slack == (NEVER if expected == "-" else int(expected)), name
    for name, names in case.unknown.items():
        found, count = recovery.unknowns(place(question, name), question.estate.register.ranks)
        assert ([question.estate.register.ids[other] for other in found], count) == (names, len(names))
    for crews, minutes in case.crews.items():
        plan = restore_order(question, crews)
        assert plan.all_back_at is not None
        assert (plan.all_back_at - plan.begins_at).total_seconds() == 60 * minutes
        assert plan.most_at_once <= crews
    if case.order:
        assert ids([step.ci for step in restore_order(question, 1).nodes]) == case.order.split()


def test_more_unknowns_than_can_be_named() -> None:
    names = [f"n{at:02d}" for at in range(30)]
    case = Case("", f"svc: {', '.join(names)}", ", ".join(["svc 5", *(f"{name} ?" for name in names)]), "")
    question = question_of(case)
    told = clock(question, place(question, "svc"))
    assert told is not None
    assert (ids(told.unknown), told.unknown_count) == (names[:20], 30)
    assert told.at_least
