"""Decision readiness of a whole estate: reading every record, then counting, grouping, and the first page of work."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import numpy as np

from benchmarks.figures import Figure, fastest, shown
from benchmarks.generator import generate
from benchmarks.inventory import KINDS
from cmdb.model.ci import attributes_json
from cmdb.model.model import standard_model
from impact.adjacency import Adjacency
from impact.estate import NUMBERS, UNKNOWN, Estate
from impact.graph import compile_graph
from impact.kernels.types import I32
from impact.readiness.groups import group
from impact.readiness.ledger import open_ledger, scores
from impact.readiness.purposes import PURPOSES, RULES
from impact.readiness.report import ReadinessBy
from impact.readiness.worklist import worklist
from impact.register import Register
from impact.snapshot import vocabulary

DAY = 20_779
SIZES = ((63_436, 1.0), (1_000_000, 10.0))
"""CIs, and within how many seconds all of their records are to be judged."""
RECORD = {
    "criticality": "high", "description": "A record as discovery writes it.", "environment": "production",
    "external_id": "OBJ-0012345", "hostname": "vm-0012345.example", "ip_address": "192.0.2.17",
    "manufacturer": "Fictional", "model": "F-100", "os": "Linux", "restore": 30, "rto": 240, "serial": "SN-0012345",
    "verified_at": "2026-08-01",
}  # fmt: skip
VARIETIES = 997


def figures() -> Iterator[Figure]:
    """Readiness at two sizes."""
    for size, limit in SIZES:
        estate = build(size)
        name = f"readiness of {size:,} CIs, {len(RULES)} rules"
        opened = fastest(partial(open_ledger, estate, DAY), 2)
        yield Figure(f"{name}: judge every record", shown(opened), "", f"≤ {limit:g} s", opened <= limit)
        ledger = open_ledger(estate, DAY)
        for what, work in (
            ("scores of four purposes", partial(scores, ledger, PURPOSES)),
            ("by owner", partial(group, estate, ledger, RULES, ReadinessBy.owner, 50)),
            ("first page of the worklist", partial(worklist, estate, ledger, RULES, 50)),
        ):
            yield Figure(f"{name}: {what}", shown(fastest(work, 3)), "", "", None)


def build(size: int) -> Estate:
    """A generated estate with records of a dozen attributes, of which each lacks some, owners and support."""
    random, made = np.random.default_rng(5), generate(size)
    words = vocabulary(standard_model())
    texts = [attributes_json({k: v for k, v in RECORD.items() if random.random() < 0.8}) for _ in range(VARIETIES)]
    ids = [f"ci-{at:07d}" for at in range(size)]
    kind = np.array([words.kind_number[name] for name in KINDS], np.uint8)[made.layer]
    numbers = {name: random.choice(np.array([UNKNOWN, 60, 240], np.int32), size) for name in NUMBERS}
    return Estate(
        1, datetime(2026, 11, 22, tzinfo=UTC), words,
        Register.of(ids, ids, [texts[at % VARIETIES] for at in range(size)]),
        kind, np.zeros(size, np.uint8), np.ones(size, np.bool_),
        random.integers(DAY - 400, DAY, size).astype(np.int32), numbers,
        compile_graph(size, made.found), _links(random, made.layer, words.relation_number),
    )  # fmt: skip


def _links(random: np.random.Generator, layer: I32, types: dict[str, int]) -> Adjacency:
    """Each CI has an owner or not, and support or not, from among the client groups."""
    size, parties = len(layer), np.nonzero(layer == layer.max())[0]
    starts = [np.nonzero(random.random(size) < 0.7)[0].astype(np.int32) for _ in range(2)]
    type_ = np.repeat(np.array([types["owned_by"], types["supported_by"]], np.int32), list(map(len, starts)))
    start = np.concatenate(starts)
    end = random.choice(parties[:5_000], len(start)).astype(np.int32)
    return Adjacency.build(start, size, end, type_)
