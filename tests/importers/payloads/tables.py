"""Tables of the native format, and the same things behind a mapping."""

import csv
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.importers.payloads.payload import Part, Payload

LAYOUTS = {
    "cis": ("id", "kind", "name", "sector", "lifecycle", "rto", "head_count", "aliases"),
    "relations": ("from", "type", "to", "effect", "pool"),
    "pools": ("ci", "pool", "required", "full", "effect"),
}
Row = tuple[str, dict[str, str]]


def ci(id_: str, kind: str, **fields: str) -> Row:
    return "cis", {"id": id_, "kind": kind, "name": f"The {id_}", **fields}


def relation(start: str, type_: str, end: str, **fields: str) -> Row:
    return "relations", {"from": start, "type": type_, "to": end, **fields}


ROWS: list[Row] = [
    ci("payroll", "business_service", rto="4h", sector="government"),
    ci("app", "application", aliases="Pay; Wages"),
    ci("web-1", "server"),
    ci("web-2", "server", lifecycle="planned"),
    ci("staff", "client_group", head_count="2290", sector="government"),
    ci("spare", "server"),
    relation("payroll", "delivered_by", "app"),
    relation("app", "runs_on", "web-1", pool="web"),
    relation("app", "runs_on", "web-2", pool="web"),
    relation("staff", "uses", "payroll", effect="degraded"),
    relation("spare", "depends_on", "web-1"),
    ("pools", {"ci": "app", "pool": "web", "required": "1", "full": "2"}),
]


def write(folder: Path, parts: Sequence[Part]) -> Path:
    """The three tables as CSV; a part of which the first is no table's name goes to the CIs."""
    for name, columns in LAYOUTS.items():
        rows = [part[1] for part in parts if part[0] == name]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="", errors="surrogatepass") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", escapechar="\\")
            writer.writeheader()
            writer.writerows(rows)
    return folder


BAD = ("cis", {"id": "evil", "kind": "server", "name": "a\u202eb"})
NATIVE = Payload("native", ROWS, write, "spare", "spare", BAD, "cis.csv")


def mapping() -> dict[str, object]:
    """Every column under the name of its field."""
    fields = {name: {column: f"{{{column}}}" for column in columns} for name, columns in LAYOUTS.items()}
    cis = {column: text for column, text in fields["cis"].items() if column in {"id", "kind", "name", "sector"}}
    own = {column: fields["cis"][column] for column in ("rto", "head_count", "aliases")}
    return {
        "tables": [
            {"file": "cis.csv", "cis": [{**cis, "lifecycle": "{lifecycle}", "attributes": own}]},
            {"file": "relations.csv", "relations": [fields["relations"]]},
            {"file": "pools.csv", "pools": [fields["pools"]]},
        ]
    }


def write_mapped(folder: Path, parts: Sequence[Part]) -> Path:
    """The tables, and beside them the last part that is a mapping."""
    document = next((part[1] for part in reversed(parts) if part[0] == "mapping"), MAPPING)
    text = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    (folder / "mapping.yaml").write_text(text, encoding="utf-8")
    return write(folder, parts)


MAPPING = mapping()

MAPPED = Payload("mapped", [*ROWS, ("mapping", MAPPING)], write_mapped, "spare", "spare", BAD, "cis.csv")
