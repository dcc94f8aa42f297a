"""A CycloneDX bill of materials with a component of every kind."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.importers.payloads.payload import Part, Payload

SHOP = {"type": "application", "bom-ref": "root", "group": "acme", "name": "shop", "version": "2.1",
        "purl": "pkg:maven/acme/shop@2.1?type=jar", "description": "Sells."}  # fmt: skip
PARTS: list[tuple[str, dict[str, Any]]] = [
    ("metadata", {"component": SHOP}),
    ("components", {"type": "library", "bom-ref": "log", "name": "log", "version": "1.0", "purl": "pkg:npm/log@1.0"}),
    ("components", {"type": "framework", "bom-ref": "web", "group": "org", "name": "web", "version": "3",
                    "components": [{"type": "library", "bom-ref": "http", "name": "http"},
                                   {"type": "library", "bom-ref": "dns", "name": "dns"}]}),
    ("components", {"type": "library", "bom-ref": "cache", "name": "cache", "scope": "optional"}),
    ("components", {"type": "device", "bom-ref": "box", "name": "till"}),
    ("components", {"type": "file", "bom-ref": "readme", "name": "README"}),
    ("components", {"type": "library", "bom-ref": "spare", "name": "spare", "version": "9"}),
    ("services", {"bom-ref": "rates", "group": "bank", "name": "rates", "provider": {"name": "Example Bank"}}),
    ("dependencies", {"ref": "root", "dependsOn": ["log", "web", "cache", "rates", "box"]}),
    ("dependencies", {"ref": "web", "dependsOn": ["log", "readme"]}),
    ("dependencies", {"ref": "spare", "dependsOn": ["log"]}),
]  # fmt: skip


def write(folder: Path, parts: Sequence[Part]) -> Path:
    """One document, its sections in the order in which the parts first name them."""
    document: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
    for name, part in parts:
        if name == "metadata":
            document[name] = part
        else:
            document.setdefault(name, []).append(part)
    path = folder / "bom.json"
    path.write_text(json.dumps(document))
    return path


BAD = ("services", {"name": "a\u202eb"})
CYCLONEDX = Payload("cyclonedx", PARTS, write, "'spare'", "library:spare@9", BAD, "bom.json")
