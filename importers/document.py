"""docs/sources.md, from what the importers declare."""

from collections.abc import Iterator

from importers.live.apis import LIVE
from importers.registry import IMPORTERS, Importer

HEAD = """\
# What can be imported

Written by `python3 dev.py schema` from `importers/sources/*/capabilities.py`; change those, not this page.

`cmdb import PATH --source NAME` finds the format by looking at the path; `--plan` shows what would change first. Every
format ends in the same checks, plan and revision: all of it or nothing, again changes nothing, what the source no
longer names is retired, and stops first when that is most of it.
"""
ORDER = """\
A path that several formats would take is read as the first in the order of this table. Other files of a tree are not
read, and a warning names them where they might have been meant; links and hidden folders are left out.
"""
WORDS = """\
*Parts*: whether an input with `--partial` may hold a part of what the source knows and still join it to what was
recorded before; other formats find what they join within the input. *Retires*: whether what an input lacks is retired;
with `--partial` nothing is. *Live*: the API that can be asked instead, see [Live sources](live-sources.md).
"""


def document() -> str:
    """The page, always the same for the same declarations."""
    return (
        "\n".join(
            [
                HEAD,
                *_table(("format", "what it reads", "page"), map(_reads, IMPORTERS)),
                ORDER,
                "## What each can do\n",
                *_table(
                    ("format", "kinds", "relation types", "pools", "parts", "retires", "live"), map(_can, IMPORTERS)
                ),
                WORDS,
                *(line for importer in IMPORTERS if not importer.capabilities.page for line in _section(importer)),
            ]
        ).rstrip("\n")
        + "\n"
    )


def _reads(importer: Importer) -> tuple[str, ...]:
    can = importer.capabilities
    place = (
        f"[{can.page.removesuffix('.md').replace('-', ' ')}]({can.page})"
        if can.page
        else f"[below](#{_anchor(can.title)})"
    )
    return importer.name, "; ".join(can.reads), place


def _can(importer: Importer) -> tuple[str, ...]:
    can = importer.capabilities
    counts = ("any" if names is None else str(len(names)) for names in (can.kinds, can.relations))
    flags = ("yes" if flag else "no" for flag in (can.partial, can.deletes))
    live = ", ".join(api.name for api in LIVE if api.importer == importer.name) or "no"
    return importer.name, *counts, ", ".join(can.pools) or "none", *flags, live


def _section(importer: Importer) -> Iterator[str]:
    can = importer.capabilities
    yield f"## {can.title}\n"
    yield from _table((f"in {can.title}", "becomes"), can.becomes)
    yield f"Kinds: {_names(can.kinds)}.\n"
    yield f"Relation types: {_names(can.relations)}.\n"
    yield f"Left out: {can.left_out}\n"
    yield can.notes + "\n"


def _names(names: tuple[str, ...] | None) -> str:
    return ", ".join(f"`{name}`" for name in names or ())


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]] | tuple[tuple[str, ...], ...]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""
