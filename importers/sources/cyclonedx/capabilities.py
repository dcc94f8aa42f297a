"""What the importer of CycloneDX bills of materials can do."""

from importers.kit.capabilities import Capabilities

CAPABILITIES = Capabilities(
    title="CycloneDX",
    reads=("CycloneDX 1.x as JSON: one file, or a tree with `bom.json`, `*.bom.json` or `*.cdx.json` files",),
    kinds=("application", "server", "software", "supplier", "technical_service"),
    relations=("depends_on", "supplied_by"),
    becomes=(
        ("`metadata.component` and components of type `application`", "applications"),
        ("`device`; all other types", "a server; software"),
        ("services; their provider", "technical services; a supplier"),
        ("`dependencies`", "dependencies. What has scope `optional` degrades at most"),
        ("components and services inside others", "the outer one depends on the inner ones"),
        ("no `dependencies` at all", "the `metadata.component` depends on everything listed"),
    ),
    left_out="`file`, `data`, `cryptographic-asset` and what has scope `excluded`; licences, hashes, vulnerabilities;"
    " CycloneDX as XML.",
    notes="""\
An id is the package URL where there is one, else `library:group/name@version`. Applications and services leave out
their version, so that a release is a change and no new CI; two versions of a library are two CIs. Several documents
meet where they name the same thing.""",
)  # fmt: skip
