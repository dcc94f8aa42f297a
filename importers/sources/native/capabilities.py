"""What the native format can do: it is the model as tables."""

from importers.kit.capabilities import Capabilities

CAPABILITIES = Capabilities(
    title="Native",
    reads=("a folder of `cis`, `relations`, `pools` as `.csv` or `.csv.gz`", "one `.xlsx` with sheets of these names"),
    kinds=None,
    relations=None,
    pools=("any",),
    partial=True,
    left_out="Other files of the folder and other sheets of the workbook, with a warning; macros and formulas.",
    page="estate-format.md",
)
