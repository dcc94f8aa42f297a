"""docs/readiness.md, from the rules."""

from collections.abc import Iterable, Iterator

from impact.analyses.completeness import RULES as BLIND_SPOTS
from impact.readiness.needs import (
    STALE_DAYS,
    Dependencies,
    Dependents,
    HasPools,
    IsNamed,
    Need,
    NotPassed,
    Points,
    Purpose,
    Recorded,
    Rule,
    Scope,
    SoundPools,
    Verified,
)
from impact.readiness.purposes import POOL_RULES, PURPOSES

HEAD = """\
# Decision readiness

Written by `python3 dev.py schema` from `impact/readiness/purposes.py`; change the rules there, not
here.

Data is good or bad **for something**. This page says what each kind of decision needs of the records, why, and how
the numbers of `cmdb readiness` and of the GraphQL field `readiness` come about. Nothing is asked of a record that
none of these purposes needs; where a record came from is not asked either, since every change is recorded with its
source.

```
cmdb readiness                                  # every purpose, and what is worst in each
cmdb readiness continuity                       # one purpose, all of its rules
cmdb readiness --by owner                       # who has most to do; also --by kind, --by sector
cmdb readiness --worklist --rule service_rto    # which CIs, the most valuable first
cmdb readiness --trend --every month            # how it went
cmdb readiness change --kind database --csv     # only these CIs, as a sheet
```

## What the numbers mean

| number | what it is | formula |
| --- | --- | --- |
| need | one rule asked of one live CI | |
| applicable | needs in all | live CIs in the scope of the rule |
| met, or "has it" | the record has what the rule asks for | |
| missing | needs not met: the worklist holds these CIs | applicable - met |
| share | how far the data is ready | met / applicable |
| verified | met, and the record was verified at some time | has `verified_at` |
| fresh | met, verified lately, some source fresh | day of judging - day of `verified_at` ≤ days of the rule |

- The share of a **purpose** is the share over the needs of all its rules: each need counts the same. There are no
  weights, so a rule that concerns many CIs moves it more than one that concerns few; look at the rules, which are
  shown worst first. A rule or purpose that asks nothing of any CI has no share, and is shown as such, not as 100 %.
- In a **group** (kind, owner, sector) a rule that belongs to several purposes counts once. A CI with several owners
  counts under each of them; what nobody owns is a group of its own. So owners do not add up to the whole; kinds and
  sectors do.
- Only CIs in lifecycle `live` are asked, and only relations to live CIs count: support by a team that is gone is no
  support.
- A kind stands for all kinds inside it ([The model](model.md)) as well.
- A need is met by what is recorded, not by what is true. A wrong RTO counts as one.
- Percentages are rounded down. The word beside a share only says how much it is: all, nearly all (from 95 %), most
  (from 50 %), some, none.

**What is fresh** is judged for a day, in UTC: today; of a past revision (`--as-of r42`), the day it was recorded; of a
time (`--as-of 2026-11-08T12:00:00Z`), that day. The answer says which (`judgedAt`). A CI that only stale sources
describe is not fresh, whenever it was verified; when a source is stale is told in [Runs of imports](import-runs.md).

**The worklist** begins with what is worth most. There is no measure of worth in the data, so these stand for it, one
after the other: services by tier, T0 first, those without an RTO last; then all other CIs; among equals, by recorded
`criticality`: critical, high, medium, low, none; among equals, the larger first: the people of a client group, of
any other CI the recorded dependencies on it; then by id. The order is the same however the list is paged.

**The trend** shows now and the last revision of each day, ISO week or month before (`--every`, `--points`), or given
revisions and times (`--at`, repeated). A point is judged for the end of its day, week or month; a given revision for
the day it was recorded. The numbers of a point are kept in a small file beside the kept estate (`STORE.readiness`,
or in `CMDB_CACHE` for a database on the network), so that they are computed once. The file holds the numbers of
whole estates only, at most 5,000 points; it can be deleted at any time. A point that is not in it is computed from
the store: the estate of then is read and compiled, which takes seconds for 60,000 CIs and longer for a million. With
a filter every point is computed. Reading now costs nothing of the kind, and adds today's point. When the rules or
the model change, all points are computed anew under the new rules, so that a line never mixes two measures.

The **blind spots** of an impact answer ([What impact means](impact.md)) apply rules of this page to what was
assumed and what is affected:

{blind_spots}
"""


def document() -> str:
    """The page, always the same for the same rules."""
    applied = [(code, rule.name) for code, *_, rule in BLIND_SPOTS if rule is not None]
    spots = (f"- `{code}` is `{rule}`" for code, rule in (*applied, ("BAD_POOL_RULE", POOL_RULES.name)))
    return HEAD.format(blind_spots="\n".join(spots)) + "".join(
        f"\n{line}" for purpose in PURPOSES for line in _section(purpose)
    )


def _section(purpose: Purpose) -> Iterator[str]:
    yield f"## {purpose.name.replace('_', ' ').capitalize()}\n"
    yield f"*{purpose.question}*\n"
    yield "| rule | asked of live | must | why |"
    yield "| --- | --- | --- | --- |"
    for rule in purpose.rules:
        yield f"| `{rule.name}` | {_scopes(rule)} | {_must(rule)} | {rule.why} |"
    yield ""


def _must(rule: Rule) -> str:
    days = "" if rule.days == STALE_DAYS else f"; fresh for {rule.days} days"
    return have(rule.need) + days


def have(need: Need) -> str:
    """A need in words, after "must"."""
    match need:
        case Recorded(names):
            return f"have {_any_of(names)}"
        case Points(types):
            return f"have a relation {_any_of(types)}"
        case IsNamed(types):
            return f"be at the end of {_any_of(types)}"
        case Dependents():
            return "have something that depends on it"
        case Dependencies():
            return "depend on something"
        case Verified(None):
            return "have been verified (`verified_at`)"
        case Verified(days):
            return f"have been verified in the last {days} days"
        case NotPassed(name):
            return f"have a `{name}` that has not passed"
        case HasPools():
            return "have redundancy pools"
        case SoundPools():
            return "have pools whose rules can be met as written"


def _scopes(rule: Rule) -> str:
    return "; ".join(map(_scope, rule.scopes))


def _scope(scope: Scope) -> str:
    words = ", ".join([*(f"`{kind}`" for kind in scope.kinds), *(f"{role}s" for role in map(_role, scope.roles))])
    if scope.but:
        words += ", not " + ", ".join(f"`{kind}`" for kind in scope.but)
    if scope.where is not None:
        words += f" that must {have(scope.where)}".replace("that must have", "that have").replace("must be", "are")
    if scope.unless is not None:
        words += f", unless they {have(scope.unless)}"
    return words


def _role(role: str) -> str:
    return {"client": "client group"}.get(role, role)


def _any_of(names: Iterable[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)
