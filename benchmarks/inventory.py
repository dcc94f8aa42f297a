"""A generated estate as records: in the store at a million CIs, or as files of the native format."""

import csv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.generator import Synthetic, generate
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation

KINDS = (
    "power",
    "storage",
    "hypervisor",
    "virtual_machine",
    "database",
    "application",
    "business_service",
    "client_group",
)
TYPES = {"client_group": "uses", "business_service": "delivered_by"}
EFFECTS = ("", "at_risk", "degraded", "down")


def names(estate: Synthetic) -> list[str]:
    """An id for every CI, by its kind and number."""
    return [f"{KINDS[layer]}-{at:07d}" for at, layer in enumerate(estate.layer.tolist())]


def relations(estate: Synthetic, ids: list[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of relations.csv, each once: from, type, to, effect, pool."""
    found = estate.found
    seen: set[tuple[str, str, str]] = set()
    for dependent, provider, effect, pool in zip(
        found.dependent.tolist(), found.provider.tolist(), found.meta.tolist(), found.pool.tolist(), strict=True
    ):
        name = f"p{pool}" if pool >= 0 else ""
        key = (ids[dependent], ids[provider], name)
        if dependent == provider or key in seen:
            continue
        seen.add(key)
        type_ = TYPES.get(KINDS[estate.layer[dependent]], "depends_on")
        yield ids[dependent], type_, ids[provider], EFFECTS[effect], name


def changeset(estate: Synthetic) -> Changeset:
    """The estate as one changeset for an empty store."""
    ids = names(estate)
    kinds = [KINDS[layer] for layer in estate.layer.tolist()]
    cis = [CI(CiId(i), kind, i, "shared", "live", "{}", "bench") for i, kind in zip(ids, kinds, strict=True)]
    arrows = [
        Relation(CiId(a), type_, CiId(b), pool, effect, "bench") for a, type_, b, effect, pool in relations(estate, ids)
    ]
    used = {(r.from_id, r.pool) for r in arrows if r.pool}
    rules = [Pool(ci, name, "1", "", "", "bench") for ci, name in sorted(used)]
    return Changeset("bench", "bench", put_cis=cis, put_relations=arrows, put_pools=rules, base=0)


def write_files(folder: Path, size: int = 63_436) -> None:
    """An estate in the native format, by default of the size of a distribution's package graph."""
    made = changeset(generate(size))
    folder.mkdir(parents=True, exist_ok=True)
    sheets = (
        ("cis", ["id", "kind", "name", "lifecycle"], ((c.id, c.kind, c.name, c.lifecycle) for c in made.put_cis)),
        ("relations", ["from", "type", "to", "effect", "pool"],
         ((r.from_id, r.type, r.to_id, r.effect, r.pool) for r in made.put_relations)),
        ("pools", ["ci", "pool", "required"], ((p.ci, p.name, p.required) for p in made.put_pools)),
    )  # fmt: skip
    for name, header, rows in sheets:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
