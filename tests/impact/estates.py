"""Small estates for the analyses: written as short rows, compiled as the product does."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.model import standard_model
from cmdb.store.port import Dump, Head
from impact.estate import Estate
from impact.question import Asked, Question, ask
from impact.report import CiRef
from impact.snapshot import compile_estate, vocabulary
from impact.states import STATES, Assumption, ImpactState

MODEL = standard_model()
WORDS = vocabulary(MODEL)
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def ci(ci_id: str, kind: str = "server", sector: str = "shared", lifecycle: str = "live", **attributes: object) -> CI:
    """A CI named like its id in capitals, verified yesterday unless `verified_at` is stated (None: never)."""
    stated = {"verified_at": (NOW - timedelta(days=1)).date().isoformat(), **attributes}
    known = {name: value for name, value in stated.items() if value is not None}
    return CI(CiId(ci_id), kind, ci_id.upper(), sector, lifecycle, attributes_json(known), "test")


def rel(text: str, pool: str = "", effect: str = "") -> Relation:
    """`app depends_on db` as a relation."""
    start, type_, end = text.split()
    return Relation(CiId(start), type_, CiId(end), pool, effect, "test")


def rule(owner: str, name: str, required: str, full: str = "", effect: str = "down") -> Pool:
    return Pool(CiId(owner), name, required, full, effect, "test")


def estate(cis: Sequence[CI], relations: Sequence[Relation] = (), pools: Sequence[Pool] = ()) -> Estate:
    """The estate of these rows at revision 1."""
    return compile_estate(WORDS, Dump(Head(1, NOW), sorted(cis), sorted(relations), sorted(pools)))


def asked(found: Estate, scenario: str, started_at: datetime | None = None) -> Question:
    """A question asked at `NOW`: `db-1 web=degraded` assumes db-1 down and web degraded."""
    parts = (part.partition("=") for part in scenario.split())
    return ask(
        found, [Assumption(name, ImpactState(state or "down")) for name, _, state in parts], Asked(NOW), started_at
    )


def states(question: Question) -> dict[str, str]:
    """The state of every affected CI, by id, as a word."""
    found = question.walk
    ids = question.estate.register.ids
    return {ids[at]: STATES[level].value for at, level in zip(found.nodes.tolist(), found.levels.tolist(), strict=True)}


def down(question: Question) -> set[str]:
    return {at for at, state in states(question).items() if state == "down"}


def ids(refs: Sequence[CiRef]) -> list[str]:
    return [ref.id for ref in refs]


def distances(question: Question) -> Mapping[str, int]:
    found, register = question.walk, question.estate.register
    return {register.ids[at]: far for at, far in zip(found.nodes.tolist(), found.distances.tolist(), strict=True)}
