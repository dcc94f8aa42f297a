"""One table of every kind, with a column for every attribute: what most kinds have nothing in costs nothing."""

import csv
import io
from pathlib import Path
from time import process_time

from cmdb.model.attributes import Attribute
from cmdb.store.sqlite.store import SqliteStore
from tests.importers.estate import MODEL, plan_of, write

WORDS = {"integer": "7", "number": "1.5", "duration": "4h", "boolean": "yes", "time": "2026-01-31", "list": "a;b"}
ROWS, SECONDS = 40, 2.0
"""Of each kind; and several times the processor time that it takes."""


def test_a_table_of_every_kind_and_attribute_is_read_at_once(tmp_path: Path, empty: SqliteStore) -> None:
    names = sorted({name for kind in MODEL.concrete for name in MODEL.attributes[kind]})
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["id", "kind", "name", *names])
    for kind in MODEL.concrete:
        own = MODEL.attributes[kind]
        said = [text(own[name]) if name in own else "" for name in names]
        table.writerows([f"{kind}-{at}", kind, f"{kind} {at}", *said] for at in range(ROWS))
    begun = process_time()
    made = plan_of(write(tmp_path / "in", out.getvalue(), "from,type,to\n"), empty).changeset.put_cis
    assert process_time() - begun < SECONDS
    assert len(made) == ROWS * len(MODEL.concrete)
    assert all(ci.attributes.keys() == MODEL.attributes[ci.kind].keys() for ci in made)


def text(attribute: Attribute) -> str:
    """A value that the attribute takes."""
    return attribute.choices[0] if attribute.choices else WORDS.get(attribute.type, "x")
