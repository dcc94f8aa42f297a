"""docs/model.md, from the declarations of the model."""

from collections.abc import Iterable, Iterator

from cmdb.model.attributes import ACCEPTED_TEXT, Attribute
from cmdb.model.kinds import LIFECYCLES, Kind
from cmdb.model.model import Model
from cmdb.model.relations import RelationType

EXTENSION = """\
kinds:
  kiosk:
    description: A public terminal.
    parent: server
    attributes:
      touch: {type: boolean, description: Whether it has a touch screen.}
      colour: {type: text, choices: [blue, grey], description: Colour of the case.}
  server:                       # an existing kind: adds attributes
    attributes:
      rack_units: {type: integer, unit: U, description: Height in the rack.}
    identified_by: [[serial], [name, sector]]   # and may say anew what identifies it
relations:
  guarded_by:
    description: Is watched over by.
    from: [resource]
    to: [team]
    impact: none                # or to_from (the start depends on the end), or from_to
sectors: [education]
"""
HEAD = """\
# The model

Written by `python3 dev.py schema` from `cmdb/model/kinds.py` and `cmdb/model/relations.py`; change those, not
this page. What the impact columns mean is told in [What impact means](impact.md); how to bring CIs and relations in, in
[The estate format](estate-format.md).

## What every CI has

- an **id**: 1 to 200 visible characters. Ids that differ only in case, accents or space are refused;
- a **kind** and a **name**;
- a **sector**: {sectors};
- a **lifecycle**: {lifecycles}. Only `live` CIs take part in impact;
- the **attributes** of its kind and of all the kinds that one is inside. What is not recorded is unknown, never zero.

## Kinds

Kinds in *italics* are abstract: they group others and hold no CIs. The role says what an answer makes of a CI: a
*service* has a clock and people, a *client* is counted in people, a *contact* can be called.
"""
KEYS = """\
## What identifies

Two sources that describe one thing name it by keys of their own. These say when a CI of one source is taken to be a
recorded one: all values of a key agree, nothing stronger says otherwise, and no third CI has them. Kinds in one row may
be one CI. [How CIs are told to be one](identity.md) has the details.
"""
TAIL = """\
## Adding your own

Write what is yours in a YAML file and name it with `--model FILE`, or in `CMDB_MODEL`, in every command. It may add
kinds, attributes of existing kinds, relation types and sectors; it cannot change or remove what is declared. Import,
export, search, history and the API take the new names at once.

```yaml
{extension}```

A kind needs a description and may name a `parent` (default `ci`), a `role`, `abstract: true`, its attributes and
`identified_by`: a list of keys, each a list of attributes, `name` or `sector`; an empty list is nothing. An attribute
may have a `type` (one of the types above; default `text`), a `unit`, a `description` and, if it is a text, `choices`. A
relation type needs a description, `from` and `to`, and may have `impact` (default `to_from`), `effect` (default `down`)
and `carries_data`. What is wrong is refused with line and column; the codes are in [Errors](errors.md).
"""


def document(model: Model) -> str:
    """The page, always the same for the same model."""
    sectors, lifecycles = (", ".join(f"`{word}`" for word in words) for words in (model.sectors, LIFECYCLES))
    return "\n".join(
        [
            HEAD.format(sectors=sectors, lifecycles=lifecycles),
            *_table(("kind", "inside", "role", "meaning"), map(_kind, model.kinds.values(), _roles(model))),
            "## Attributes\n",
            *_table(("attribute", "of", "type", "meaning"), _attributes(model)),
            "The types, as they may be written:\n",
            *_table(("type", "accepted"), ((f"`{name}`", text) for name, text in ACCEPTED_TEXT.items())),
            KEYS,
            *_table(("kinds", "identified by, strongest first"), _identified(model)),
            f"Nothing identifies {_nameless(model)}: their names repeat rightly.\n",
            "## Relations\n",
            "A relation is an arrow from one CI to another; it may join the kinds named and all those below them.\n",
            *_table(("relation", "from", "to", "impact", "meaning"), map(_relation, model.relations.values())),
            f"No impact ever reaches, or leaves, CIs of the kinds {_silent(model)}.\n",
            TAIL.format(extension=EXTENSION),
        ]
    )


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield _row(header)
    yield _row(("---",) * len(header))
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _roles(model: Model) -> Iterator[str]:
    return (model.roles[kind] for kind in model.kinds)


def _kind(kind: Kind, role: str) -> tuple[str, ...]:
    name = f"*`{kind.name}`*" if kind.abstract else f"`{kind.name}`"
    parent = f"`{kind.parent}`" if kind.parent else ""
    return name, parent, "" if role == "plain" else role, kind.description


def _attributes(model: Model) -> Iterator[tuple[str, ...]]:
    """Every attribute once, with the kinds that declare it."""
    found: dict[Attribute, list[str]] = {}
    for kind in model.kinds.values():
        for attribute in kind.attributes:
            found.setdefault(attribute, []).append(f"`{kind.name}`")
    for attribute, kinds in found.items():
        choices = ": " + ", ".join(attribute.choices) if attribute.choices else ""
        unit = f" ({attribute.unit})" if attribute.unit else ""
        yield f"`{attribute.name}`", ", ".join(kinds), attribute.type + unit + choices, attribute.description


def _identified(model: Model) -> Iterator[tuple[str, ...]]:
    """The keys, each with the kinds that share it."""
    shared: dict[tuple[str, tuple[tuple[str, ...], ...]], list[str]] = {}
    for kind in model.concrete:
        if kind in model.identified:
            shared.setdefault(model.identified[kind], []).append(f"`{kind}`")
    for (_, keys), kinds in shared.items():
        yield ", ".join(kinds), "; ".join(" and ".join(f"`{column}`" for column in key) for key in keys)


def _nameless(model: Model) -> str:
    return ", ".join(f"`{kind}`" for kind in model.concrete if kind not in model.identified)


def _silent(model: Model) -> str:
    return ", ".join(f"`{kind}`" for kind in model.concrete if kind not in model.carriers)


def _relation(relation: RelationType) -> tuple[str, ...]:
    ends = (", ".join(f"`{kind}`" for kind in kinds) for kinds in (relation.from_kinds, relation.to_kinds))
    return f"`{relation.name}`", *ends, _impact(relation), relation.description


def _impact(relation: RelationType) -> str:
    if relation.impact == "none":
        return "none"
    arrow = "end hurts start" if relation.impact == "to_from" else "start hurts end"
    data = ", carries data" if relation.carries_data else ""
    return f"{arrow}, up to `{relation.effect}`{data}"
