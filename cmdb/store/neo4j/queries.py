"""All Cypher of the store, as constants. Values travel as parameters; labels and types are filled in from the model.

A `CI` node is never replaced, so relationships stay; what else changes is deleted and created anew, so that who
reads meanwhile finds the old or the new, and never a mixture.
"""

# Opening
ANSWER = "RETURN 1"
NAMES = "SHOW INDEXES YIELD name RETURN name"
FORMAT_FOUND = "MATCH (h:Head {id: 1}) RETURN h.format"
SET_FORMAT = "MATCH (h:Head {id: 1}) SET h.format = $format"
RELABEL = "MATCH (n:CI:{label}) REMOVE n:{label} SET n:{label}Kind"
INSIDE = "MATCH (n) RETURN 1 LIMIT 1"
START = "MERGE (h:Head {id: 1}) ON CREATE SET h.format = $format, h.revision = 0, h.mark = $mark, h.lock = 0"
START_REVISION = """
MERGE (r:Revision {number: 0})
ON CREATE SET r.recorded_at = $now, r.who = '', r.source = '', r.message = '', r.created = 0, r.changed = 0,
    r.removed = 0, r.touched = [], r.records = []
"""

# Revisions. Setting a property locks the node until the end of the transaction, also where the value stays.
LOCK = "MATCH (h:Head {id: 1}) SET h.lock = 0"
HEAD = """
MATCH (h:Head {id: 1})
MATCH (r:Revision {number: h.revision})
RETURN r.number, r.recorded_at
"""
MARK = "MATCH (h:Head {id: 1}) RETURN h.mark"
HEAD_NUMBER = "MATCH (h:Head {id: 1}) RETURN h.revision"
REVISION = "MATCH (r:Revision {number: $number}) RETURN r.number, r.recorded_at"
REVISION_AT = """
MATCH (r:Revision) WHERE r.recorded_at <= $moment
RETURN r.number, r.recorded_at ORDER BY r.recorded_at DESC, r.number DESC LIMIT 1
"""
REVISIONS = """
UNWIND $numbers AS number
MATCH (r:Revision {number: number})
RETURN r.number, r.recorded_at, r.who, r.source, r.message
"""
TOUCHED = """
MATCH (r:Revision) WHERE r.number > $after AND r.number <= $until
RETURN r.touched
"""
# A first revision copied from another store may be older than this store.
BEGUN = "MATCH (r:Revision {number: 0}) WHERE r.recorded_at > $moment SET r.recorded_at = $moment"
RECORD_REVISION = """
CREATE (r:Revision) SET r = $revision
WITH r
MATCH (h:Head {id: 1}) SET h.revision = r.number, h.mark = $mark
"""
ATTEMPTED = "MATCH (r:Revision {attempt: $attempt}) RETURN r.number, r.created, r.changed, r.removed"
REQUEST = "MATCH (q:Request {key: $key}) RETURN q.digest, q.revision, q.created, q.changed, q.removed, q.attempt"
RECORD_REQUEST = "CREATE (q:Request) SET q = $request"

# Before records there were no such lists.
LOG = """
MATCH (r:Revision) WHERE r.number > $after
RETURN r.number, r.recorded_at, r.who, r.source, r.message, coalesce(r.records, []), size(r.touched)
ORDER BY r.number LIMIT $first
"""

# Current things
CI_COUNT = "MATCH (n:CI) RETURN count(n)"
RELATION_COUNT = "MATCH (:CI)-[r]->() RETURN count(r)"
POOL_COUNT = "MATCH (p:Pool) RETURN count(p)"
CIS = "UNWIND $ids AS id MATCH (n:CI {id: id}) RETURN n.record"
CI_NUMBERS = "UNWIND $ids AS id MATCH (n:CI {id: id}) RETURN id, id(n)"
CI_REVISIONS = "UNWIND $ids AS id MATCH (n:CI {id: id}) RETURN id, n.since"
CI_KINDS = "UNWIND $ids AS id MATCH (n:CI {id: id}) RETURN id, n.kind"
RELATIONS_AT_CIS = """
UNWIND $ids AS id
MATCH (n:CI {id: id})-[r]-(:CI)
WITH DISTINCT r
RETURN startNode(r).id, type(r), endNode(r).id, r.pool, r.effect, r.source, coalesce(r.claims, ''), r.since
"""
RELATIONS = """
UNWIND $keys AS key
MATCH (a:CI {id: key[0]})
CALL (a) { MATCH (a)-[r]->(b) RETURN r, b }
WITH key, a, r, b WHERE type(r) = key[1] AND r.pool = key[3] AND b.id = key[2]
RETURN a.id, type(r), b.id, r.pool, r.effect, r.source, coalesce(r.claims, ''), r.since
"""
POOLS_OF_CIS = """
UNWIND $ids AS id
MATCH (p:Pool)-[:POOL_OF]->(:CI {id: id})
RETURN p.ci, p.name, p.required, p.full, p.effect, p.source, coalesce(p.claims, ''), p.since
"""

# Past things
PAST_CIS_OF = """
UNWIND $ids AS id
MATCH (p:PastCI {id: id})
RETURN p.record, p.until
"""
PAST_RELATIONS_OF = """
UNWIND $ids AS id
CALL (id) {
    MATCH (p:PastRelation {from_id: id}) RETURN p
    UNION
    MATCH (p:PastRelation {to_id: id}) RETURN p
}
WITH DISTINCT p
RETURN p.from_id, p.type, p.to_id, p.pool, p.effect, p.source, coalesce(p.claims, ''), p.since, p.until
"""
PAST_POOLS_OF = """
UNWIND $ids AS id
MATCH (p:PastPool {ci: id})
RETURN p.ci, p.name, p.required, p.full, p.effect, p.source, coalesce(p.claims, ''), p.since, p.until
"""
PAST_CIS_AT = "MATCH (p:PastCI) WHERE p.until > $at AND p.since <= $at RETURN p.record"
PAST_RELATIONS_AT = """
MATCH (p:PastRelation) WHERE p.until > $at AND p.since <= $at
RETURN p.from_id, p.type, p.to_id, p.pool, p.effect, p.source, coalesce(p.claims, ''), p.since
"""
PAST_POOLS_AT = """
MATCH (p:PastPool) WHERE p.until > $at AND p.since <= $at
RETURN p.ci, p.name, p.required, p.full, p.effect, p.source, coalesce(p.claims, ''), p.since
"""

# Everything, in columns. A property that is missing belongs to what is being deleted: its past version is complete.
ALL_NUMBERS = "MATCH (n:CI) RETURN collect(id(n))"
ALL_CIS = """
UNWIND $numbers AS number
MATCH (n) WHERE id(n) = number
WITH number, n.record AS record WHERE record IS NOT NULL
RETURN collect(number), collect(record)
"""
ALL_RELATIONS = """
UNWIND $numbers AS number
MATCH (a) WHERE id(a) = number
CALL (a) {
    MATCH (a)-[r]->(b)
    RETURN type(r) AS type, id(b) AS other, r.pool AS pool, r.effect AS effect, r.source AS source,
        coalesce(r.claims, '') AS claims, r.since AS since
}
WITH number, type, other, pool, effect, source, claims, since
WHERE type IS NOT NULL AND pool IS NOT NULL AND effect IS NOT NULL AND source IS NOT NULL AND since <= $at
RETURN collect(number), collect(type), collect(other), collect(pool), collect(effect), collect(source), collect(claims),
    collect(since)
"""
ALL_POOLS = """
MATCH (p:Pool)
WITH p.ci AS ci, p.name AS name, p.required AS required, p.full AS full, p.effect AS effect, p.source AS source,
    coalesce(p.claims, '') AS claims, p.since AS since
WHERE ci IS NOT NULL AND name IS NOT NULL AND required IS NOT NULL AND full IS NOT NULL AND effect IS NOT NULL
    AND source IS NOT NULL AND since <= $at
RETURN ci, name, required, full, effect, source, claims, since
"""

# Pages; the conditions are those of `CONDITIONS` whose part of the filter is not empty.
CONDITIONS = {
    "kinds": "n.kind IN $kinds",
    "sectors": "n.sector IN $sectors",
    "lifecycles": "n.lifecycle IN $lifecycles",
    "sources": "n.source IN $sources",
}
CURRENT = "(n:CI)"
CURRENT_AT = "n.since <= $at"
PAST = "(n:PastCI)"
PAST_AT = "n.until > $at AND n.since <= $at"
BEHIND = "n.id > $after"


def counted(node: str, *conditions: str) -> str:
    """How many nodes meet the conditions."""
    return f"MATCH {node}{_where(conditions)} RETURN count(n)"


def paged(node: str, *conditions: str) -> str:
    """The first $limit records that meet the conditions, by id."""
    return f"MATCH {node}{_where(conditions)} RETURN n.record ORDER BY n.id LIMIT $limit"


def _where(conditions: tuple[str, ...]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


# Search
FOUND = """
UNWIND $queries AS query
CALL db.index.fulltext.queryNodes($index, query, {limit: $limit}) YIELD node
RETURN DISTINCT node.record
"""

# Writing. Rows are lists; relations and pools find their CI by the number of its node where that is known.
CREATE_CIS = "UNWIND $rows AS row CREATE (n{labels}) SET n = row RETURN collect(id(n))"
CHANGE_CIS = "UNWIND $rows AS row MATCH (n:CI {id: row.id}) SET n = row"
CHANGE_LABELS = "UNWIND $ids AS id MATCH (n:CI {{id: id}}) REMOVE n{others} SET n{labels}"
DELETE_CIS = "UNWIND $ids AS id MATCH (n:CI {id: id}) DETACH DELETE n"
CREATE_RELATIONS = """
UNWIND $rows AS row
MATCH (a) WHERE id(a) = row[0]
MATCH (b) WHERE id(b) = row[1]
CREATE (a)-[:{type} {{pool: row[2], effect: row[3], source: row[4], claims: row[5], since: $since}}]->(b)
"""
DELETE_RELATIONS = """
UNWIND $keys AS key
MATCH (a:CI {id: key[0]})
CALL (a) { MATCH (a)-[r]->(b) RETURN r, b }
WITH key, r, b WHERE type(r) = key[1] AND r.pool = key[3] AND b.id = key[2]
DELETE r
"""
CREATE_POOLS = """
UNWIND $rows AS row
MATCH (n) WHERE id(n) = row[0]
CREATE (p:Pool {ci: row[1], name: row[2], required: row[3], full: row[4], effect: row[5], source: row[6],
    claims: row[7], since: $since})-[:POOL_OF]->(n)
"""
DELETE_POOLS = "UNWIND $keys AS key MATCH (p:Pool {ci: key[0], name: key[1]}) DETACH DELETE p"
KEEP_CIS = """
UNWIND $rows AS row
CREATE (:PastCI {id: row[0], kind: row[1], name: row[2], sector: row[3], lifecycle: row[4], source: row[5],
    since: row[6], record: row[7], until: $until})
"""
KEEP_RELATIONS = """
UNWIND $rows AS row
CREATE (:PastRelation {from_id: row[0], type: row[1], to_id: row[2], pool: row[3], effect: row[4], source: row[5],
    claims: row[6], since: row[7], until: $until})
"""
KEEP_POOLS = """
UNWIND $rows AS row
CREATE (:PastPool {ci: row[0], name: row[1], required: row[2], full: row[3], effect: row[4], source: row[5],
    claims: row[6], since: row[7], until: $until})
"""

# Records. One that names CIs which are not there holds their ids, and how many they are.
RECORD_REVISIONS = """
UNWIND $keys AS key
MATCH (r:ServiceRecord {kind: key[0], source: key[1], number: key[2]})
RETURN r.kind, r.source, r.number, r.since
"""
RECORDS = """
UNWIND $keys AS key
MATCH (r:ServiceRecord {kind: key[0], source: key[1], number: key[2]})
RETURN r.kind, r.source, r.number, r.body, r.since
"""
RECORDS_SINCE = """
MATCH (r:ServiceRecord) WHERE r.since > $after AND r.since <= $at
WITH r.kind AS kind, r.source AS source, r.number AS number, r.body AS body, r.since AS since
WHERE kind IS NOT NULL AND source IS NOT NULL AND number IS NOT NULL AND body IS NOT NULL AND since IS NOT NULL
RETURN kind, source, number, body, since
"""
PAST_RECORDS_AT = """
MATCH (p:PastRecord) USING INDEX p:PastRecord(until)
WHERE p.until > $at AND p.since <= $at AND p.since > $after
RETURN p.kind, p.source, p.number, p.body, p.since
"""
PAST_RECORDS_SINCE = PAST_RECORDS_AT.replace("(until)", "(since)")
RECORD_VERSIONS = """
MATCH (r:ServiceRecord {kind: $key[0], source: $key[1], number: $key[2]})
RETURN r.body AS body, r.since AS since, null AS until
UNION ALL
MATCH (r:PastRecord {kind: $key[0], source: $key[1], number: $key[2]})
RETURN r.body AS body, r.since AS since, r.until AS until
"""
RECORDS_OF_CIS = """
UNWIND $ids AS id
MATCH (n:CI {id: id})
CALL (n) { MATCH (n)<--(r) RETURN r }
WITH DISTINCT r WHERE r:ServiceRecord
RETURN r.kind, r.source, r.number
"""
UNLINKED = "MATCH (r:ServiceRecord) WHERE r.missing > 0 RETURN r.kind, r.source, r.number, r.unlinked"
KEEP_RECORDS = """
UNWIND $rows AS row
CREATE (:PastRecord {kind: row[0], source: row[1], number: row[2], body: row[3], since: row[4], until: $until})
"""
DELETE_RECORDS = """
UNWIND $keys AS key
MATCH (r:ServiceRecord {kind: key[0], source: key[1], number: key[2]})
DETACH DELETE r
"""
CREATE_RECORDS = "UNWIND $rows AS row CREATE (r:ServiceRecord:{label}) SET r = row"
LINK = """
UNWIND $rows AS row
MATCH (r:ServiceRecord {{kind: row[0], source: row[1], number: row[2]}})
MATCH (n:CI {{id: row[3]}})
CREATE (r)-[link:{type}]->(n) SET link = row[4]
"""
NOTE_UNLINKED = """
UNWIND $rows AS row
MATCH (r:ServiceRecord {kind: row[0], source: row[1], number: row[2]})
SET r.missing = row[3], r.unlinked = row[4]
"""

EVER = 2**62
"""A revision that none comes after: what stands now is unchanged since before it."""
