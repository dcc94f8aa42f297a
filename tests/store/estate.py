"""A small estate for the acceptance suite, and short ways to write one."""

from collections.abc import Iterable

import orjson

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.record import OWN_SOURCE, Record


def ci(ci_id: str, kind: str = "server", name: str = "", source: str = "test", **attributes: object) -> CI:
    """A live shared CI, named like its id unless stated."""
    return CI(CiId(ci_id), kind, name or ci_id, "shared", "live", attributes_json(attributes), source)


def rel(start: str, type_: str, end: str, pool: str = "", effect: str = "") -> Relation:
    return Relation(CiId(start), type_, CiId(end), pool, effect, "test")


def rule(owner: str, name: str, required: str = "1", full: str = "") -> Pool:
    return Pool(CiId(owner), name, required, full, "", "test")


def incident(number: str, cis: Iterable[str] = (), source: str = OWN_SOURCE, **body: object) -> Record:
    """An incident on CIs that are down."""
    parts = [{"ci": affected, "state": "down"} for affected in cis]
    return kept_as("incident", number, source, cis=parts, **body)


def kept_as(kind: str, number: str, source: str = OWN_SOURCE, **body: object) -> Record:
    """A record of any kind."""
    return Record(kind, source, number, orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode())


def change(**parts: object) -> Changeset:
    """A changeset by `ada` from `test`."""
    return Changeset("ada", "test", **parts)  # type: ignore[arg-type]


CIS = [ci("app", "application"), ci("db", "database"), ci("h1"), ci("h2"), ci("san", "storage")]
RELATIONS = [
    rel("app", "depends_on", "db"),
    rel("db", "runs_on", "h1", "hosts"),
    rel("db", "runs_on", "h2", "hosts"),
    rel("h1", "stores_data_on", "san", effect="degraded"),
]
POOLS = [rule("db", "hosts")]
ESTATE = change(put_cis=CIS, put_relations=RELATIONS, put_pools=POOLS, message="first load")
