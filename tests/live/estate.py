"""What becomes of a fetched payload: the plan of importing it into an empty store."""

from pathlib import Path
from typing import NamedTuple

from cmdb.model.ci import CI, Pool
from importers.live.apis import api_for
from importers.registry import importer_for
from tests.importers.estate import plan_of, store_in


class Estate(NamedTuple):
    """CIs by id, relations as start, type and end, and pools."""

    cis: dict[str, CI]
    relations: set[tuple[str, str, str]]
    pools: tuple[Pool, ...]


def estate_of(path: Path, name: str, scratch: Path) -> Estate:
    """What importing the payload of an API would record; nothing may be wrong with it, nothing left out."""
    assert importer_for(path).name == importer_for(path, name).name == api_for(name).importer
    store = store_in(scratch)
    try:
        planned = plan_of(path, store, name)
    finally:
        store.close()
    assert planned.warnings == ()
    changes = planned.changeset
    relations = {(str(relation.from_id), relation.type, str(relation.to_id)) for relation in changes.put_relations}
    return Estate({str(ci.id): ci for ci in changes.put_cis}, relations, tuple(changes.put_pools))
