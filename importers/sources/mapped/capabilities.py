"""What mapping files can do: whatever they say."""

from importers.kit.capabilities import Capabilities

CAPABILITIES = Capabilities(
    title="Mapped",
    reads=("a folder with `mapping.yaml` and the tables it names, `.csv`, `.csv.gz` or `.xlsx`", "the mapping itself"),
    kinds=None,
    relations=None,
    pools=("any",),
    partial=True,
    left_out="Files, sheets, columns and rows that the mapping does not name.",
    page="mapping.md",
)
