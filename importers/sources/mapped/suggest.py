"""A mapping file proposed from what tables look like: headers by their usual meaning, values by what they read as.

Nothing is imported from a suggestion unless a person saves it; every line says what it rests on.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from cmdb.model.attributes import Attribute
from cmdb.model.errors import ValueFault, shown
from cmdb.model.model import Model
from importers.kit.findings import Findings
from importers.sources.mapped import words
from importers.sources.mapped.sheets import Sheet, sheets_at

ENOUGH = 0.8
"""Share of the values that are not empty which have to fit for a column to be taken for something."""
CHOICES = {"criticality": words.CRITICALITY, "environment": words.ENVIRONMENTS}
SLIPS, MOST_SLIPS = 0.02, 3
"""Share of the rows, and number of rows, that a column of ids may not tell apart and be taken for one all the same."""
MOST_TOLD = 5
MOST_WORDS = 40
"""A column with more different values than this is no column of classes or states."""
_PLAIN = re.compile(r"[^a-z0-9]+")
_SUFFIX = re.compile(r" (u key|sys id|id|key|ref|name)$")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping as YAML; `keyless` are the tables of which nothing is made, since no column tells their rows apart."""

    text: str
    keyless: tuple[str, ...]
    makes_cis: bool


def suggest(paths: Sequence[Path], model: Model, problems: Findings) -> Proposal:
    """A mapping of the tables at `paths`, CSV or .xlsx; what cannot be read is in `problems`."""
    suggestion = _Suggestion([sheet for path in paths for sheet in sheets_at(path, problems)], model)
    keyless = tuple(sheet.name for sheet in suggestion.of_cis if not suggestion.key(sheet))
    text = "\n".join(suggestion.lines()) + "\n"
    return Proposal(text, keyless, len(keyless) < len(suggestion.of_cis))


def plain(text: str) -> str:
    """A header or word without case and signs; `cmdb_ci_` and `u_` before it say nothing."""
    found = _PLAIN.sub(" ", text.casefold()).strip()
    return re.sub(r"^(cmdb ci|u) ", "", found)


def meaning(text: str, known: Mapping[str, tuple[str, ...]]) -> str:
    """The name that a text usually stands for; empty where none is known."""
    word = plain(text)
    for name, others in known.items():
        if word == plain(name) or word in others:
            return name
    return ""


class _Suggestion:
    def __init__(self, sheets: Sequence[Sheet], model: Model) -> None:
        self._sheets, self._model = sheets, model
        self._attributes = {a.name: a for kind in model.concrete for a in model.attributes[kind].values()}
        self._ids = {id(sheet): self._id_column(sheet) for sheet in sheets}
        self._known = {text for sheet in sheets if self.key(sheet) for text in sheet.texts(self.key(sheet))}
        self._relations = {id(sheet): ends for sheet in sheets if (ends := self._ends(sheet))}

    @property
    def of_cis(self) -> list[Sheet]:
        """The tables of CIs; the others are of relations."""
        return [sheet for sheet in self._sheets if id(sheet) not in self._relations]

    def key(self, sheet: Sheet) -> str:
        """The column that tells the rows of a table apart; empty where none does."""
        return self._ids[id(sheet)]

    def lines(self) -> Iterator[str]:
        """The document."""
        yield "# Proposed from headers and values. Read every line, then try it: cmdb import FOLDER --plan"
        yield "tables:"
        for sheet in self._sheets:
            yield f"  - file: {_quoted(sheet.file)}"
            if sheet.sheet:
                yield f"    sheet: {_quoted(sheet.sheet)}"
            if sheet.delimiter != ",":
                yield f"    delimiter: {_quoted(sheet.delimiter)}"
            ends = self._relations.get(id(sheet))
            yield from self._relation_lines(sheet, *ends) if ends else self._ci_lines(sheet)

    def _id_column(self, sheet: Sheet) -> str:
        """The column that tells the rows apart: by its header, be it with a few slips, else the first that does."""
        rows = len(sheet.table)
        lacking = {c: rows - len(set(sheet.texts(c))) for c in sheet.header} if rows else {}
        unique = [c for c, missing in lacking.items() if not missing]
        few = max(MOST_SLIPS, int(rows * SLIPS))
        nearly = [c for c, missing in lacking.items() if missing <= few and missing * 2 < rows]
        known = [c for some in (unique, nearly) for c in some if plain(c) in words.HEADERS["id"]]
        return next(iter(known or unique), "")

    def _ends(self, sheet: Sheet) -> tuple[str, str] | None:
        """The two columns of a table of relations: both name CIs of the tables."""
        key = self.key(sheet)
        named = [c for c in sheet.header if c != key and _share(sheet.texts(c), self._known) >= ENOUGH]
        own = set(sheet.texts(key)) if key else set[str]()
        named = [c for c in named if set(sheet.texts(c)) - own]
        start = next((c for c in named if _stem(c) in words.FROM), "")
        end = next((c for c in named if c != start and _stem(c) in words.TO), "")
        return (start, end) if start and end else None

    def _relation_lines(self, sheet: Sheet, start: str, end: str) -> Iterator[str]:
        yield "    relations:"
        column = next((c for c in sheet.header if plain(c) in words.TYPES), "")
        texts = sorted(set(sheet.texts(column))) if column else []
        found = {text: meaning(text, words.RELATIONS) for text in texts}
        unknown = [text for text, type_ in found.items() if not type_]
        yield f"      - from: {_taken(start)}"
        yield f"        to: {_taken(end)}"
        if not texts:
            yield "        type: {value: depends_on}   # no column says how they are related"
            return
        note = f"   # left out, since not known: {_told(unknown)}" if unknown else ""
        yield f"        type: {{column: {_quoted(column)}, values: {_words(found)}}}{note}"

    def _ci_lines(self, sheet: Sheet) -> Iterator[str]:
        key = self.key(sheet)
        if not key:
            yield "    # No column tells the rows apart. Put in place of [] what does, maybe several columns together:"
            yield '    #   - {id: "{One Column}-{Another}", kind: {value: server}, name: "{One Column}"}'
            yield "    cis: []"
            return
        sheet.used.add(key)
        yield "    cis:"
        yield f"      - id: {_taken(key)}{_slips(sheet, key)}"
        kinds, line = self._kind(sheet)
        yield f"        kind: {line}"
        name = self._header(sheet, "name") or self._hostname(sheet)
        yield f"        name: {_taken(name or key)}"
        yield from self._word_line(sheet, "lifecycle", words.LIFECYCLES, "        ")
        attributes = list(self._attribute_lines(sheet, kinds))
        sheet.used.add(name)
        if attributes:
            yield "        attributes:"
            yield from attributes
        teams = list(self._teams(sheet))
        for column in dict.fromkeys(column for column, _ in teams):
            yield f"      - {{id: {_taken(column)}, once: true, kind: {{value: team}}, name: {_taken(column)}}}"
        relations = [*self._team_relations(key, teams), *self._column_relations(sheet, key)]
        if relations:
            yield "    relations:"
            yield from relations
        left = [c for c in sheet.header if c not in sheet.used and sheet.texts(c)]
        if left:
            yield "    # not used: " + ", ".join(_told([c]) + sheet.reason(c) for c in left)
        if sheet.unnamed:
            title = "; is the first row a title? The header has to be there" if len(sheet.header) == 1 else ""
            noun = "column" if len(sheet.unnamed) == 1 else "columns"
            yield f"    # not used: {noun} {', '.join(map(str, sheet.unnamed))}, without a header{title}"

    def _hostname(self, sheet: Sheet) -> str:
        """The column of host names, where every row has one: servers are called so where they have no other name."""
        named = (c for c in sheet.header if c not in sheet.used and plain(c) in words.HEADERS["hostname"])
        return next(filter(sheet.filled, named), "")

    def _header(self, sheet: Sheet, name: str) -> str:
        """The column that by its header holds a field; used up by this."""
        accepted = words.HEADERS.get(name, (plain(name),))
        by_rank = sorted(
            (accepted.index(plain(c)), at, c)
            for at, c in enumerate(sheet.header)
            if c not in sheet.used and plain(c) in accepted
        )
        if not by_rank:
            return ""
        sheet.used.add(by_rank[0][2])
        return by_rank[0][2]

    def _kind(self, sheet: Sheet) -> tuple[list[str], str]:
        """The kind of every row, and how it is told."""
        columns = [c for c in sheet.header if c not in sheet.used and plain(c) in words.HEADERS["kind"]]
        best = max(columns, key=lambda c: _share(sheet.texts(c), self._kinds(sheet.texts(c))), default="")
        known = self._kinds(sheet.texts(best)) if best else {}
        if known:
            sheet.used.add(best)
            found = {text: known.get(text, "software") for text in sorted(set(sheet.texts(best)))}
            unknown = [text for text in found if text not in known]
            note = f"   # guessed as software: {_told(unknown)}" if unknown else ""
            by_row = [found.get(text, "") for text in sheet.cells(best)]
            return by_row, f"{{column: {_quoted(best)}, values: {_words(found)}}}{note}"
        name = re.sub(r"^[0-9]+ | (csv|gz|xlsx)$", "", plain(sheet.sheet or sheet.file))
        kind = meaning(name, words.KINDS) or meaning(name.removesuffix("s"), words.KINDS)
        note = "by the name of the table" if kind else "nothing says what these are"
        return [kind or "software"] * len(sheet.table), f"{{value: {kind or 'software'}}}   # {note}"

    def _kinds(self, texts: Sequence[str]) -> dict[str, str]:
        distinct = set(texts)
        if len(distinct) > MOST_WORDS:
            return {}
        return {text: kind for text in distinct if (kind := meaning(text, words.KINDS)) in self._model.concrete}

    def _word_line(
        self, sheet: Sheet, name: str, known: Mapping[str, tuple[str, ...]], indent: str, kinds: Sequence[str] = ()
    ) -> Iterator[str]:
        for column in [c for c in sheet.header if c not in sheet.used and plain(c) in words.HEADERS[name]]:
            found = {text: meaning(text, known) for text in sorted(set(sheet.texts(column)))}
            if not found or not self._have(sheet, column, name, kinds):
                continue
            if unknown := [text for text, word in found.items() if not word]:
                sheet.why[column] = f"not known as {name}: {_some(unknown)}"
                continue
            sheet.used.add(column)
            yield f"{indent}{name}: {{column: {_quoted(column)}, values: {_words(found)}}}"
            return

    def _attribute_lines(self, sheet: Sheet, kinds: Sequence[str]) -> Iterator[str]:
        """The attributes that the kinds of all rows have in which they are filled."""
        indent = "          "
        for name, known in CHOICES.items():
            yield from self._word_line(sheet, name, known, indent, kinds)
        for name in (name for name in words.HEADERS if name in self._attributes and name not in CHOICES):
            column = next((c for c in sheet.header if c not in sheet.used and plain(c) in words.HEADERS[name]), "")
            texts = sheet.texts(column) if column else []
            if not texts or not self._have(sheet, column, name, kinds):
                continue
            if line := _read_as(self._attributes[name], column, texts):
                sheet.used.add(column)
                yield f"{indent}{name}: {line}"
            else:
                sheet.why[column] = f"too few values read as {name}"

    def _have(self, sheet: Sheet, column: str, name: str, kinds: Sequence[str]) -> bool:
        """Whether the kinds of all rows in which a column is filled have an attribute."""
        filled = {kind for kind, text in zip(kinds, sheet.cells(column), strict=False) if kind and text}
        without = sorted(kind for kind in filled if name not in self._model.attributes[kind])
        if without:
            sheet.why[column] = f"no {name} for {_some(without)}"
        return not without

    def _teams(self, sheet: Sheet) -> Iterator[tuple[str, str]]:
        """Columns that name a team, and the relation that leads to it."""
        for column in sheet.header:
            type_ = meaning(_stem(column), words.TEAMS)
            if type_ and column not in sheet.used and sheet.texts(column):
                sheet.used.add(column)
                yield column, type_

    def _team_relations(self, key: str, teams: Iterable[tuple[str, str]]) -> Iterator[str]:
        for column, type_ in teams:
            yield f"      - {{from: {_taken(key)}, type: {{value: {type_}}}, to: {_taken(column)}}}"

    def _column_relations(self, sheet: Sheet, key: str) -> Iterator[str]:
        """Columns whose cells name CIs, one or several."""
        for column in sheet.header:
            type_ = meaning(_stem(column), words.RELATIONS)
            if type_ and column not in sheet.used and (texts := sheet.texts(column)):
                sheet.used.add(column)
                mark = next((m for m in ";,|" if any(m in text for text in texts)), "")
                parts = [part.strip() for text in texts for part in (text.split(mark) if mark else [text])]
                find = "id" if _share(parts, self._known) >= ENOUGH else "name"
                split = f", split: {_quoted(mark)}" if mark else ""
                to = f"{{column: {_quoted(column)}{split}, find: {find}}}"
                yield f"      - {{from: {_taken(key)}, type: {{value: {type_}}}, to: {to}}}"


def _read_as(attribute: Attribute, column: str, texts: Sequence[str]) -> str:
    """How a column is read as an attribute; empty where too few values fit."""
    distinct = sorted(set(texts))
    fitting = [text for text in distinct if _fits(attribute, text)]
    if len(fitting) == len(distinct):
        return _taken(column)
    if attribute.type == "time":
        for form in words.DATE_FORMS:
            if all(_dated(text, form) for text in distinct):
                return f"{{column: {_quoted(column)}, date: {_quoted(form)}}}   # days before months? look"
    if len(fitting) >= ENOUGH * len(distinct) and len(distinct) <= MOST_WORDS:
        found = {text: text if text in fitting else "" for text in distinct}
        return f"{{column: {_quoted(column)}, values: {_words(found)}}}   # what is no {attribute.type} becomes empty"
    return ""


def _fits(attribute: Attribute, text: str) -> bool:
    with suppress(ValueFault):
        attribute.parse(text)
        return True
    return False


def _dated(text: str, form: str) -> bool:
    with suppress(ValueError):
        datetime.strptime(text, form)
        return True
    return False


def _stem(column: str) -> str:
    return _SUFFIX.sub("", _SUFFIX.sub("", plain(column)))


def _share(texts: Sequence[str], known: Iterable[str]) -> float:
    accepted = set(known)
    return sum(text in accepted for text in texts) / len(texts) if texts else 0.0


def _taken(column: str) -> str:
    """A column as it is."""
    return f"{{column: {_quoted(column)}}}" if set("{}") & set(column) else _quoted(f"{{{column}}}")


def _slips(sheet: Sheet, key: str) -> str:
    """What has to be put right in the column that should tell the rows apart, as a comment."""
    counts = Counter(sheet.texts(key))
    slips = [f"in several rows: {_some(twice)}"] if (twice := [t for t, count in counts.items() if count > 1]) else []
    if lacking := len(sheet.table) - counts.total():
        slips.append(f"empty in {lacking} row{'s' * (lacking > 1)}")
    return f"   # to be put right in the table, {'; '.join(slips)}" if slips else ""


def _some(texts: Sequence[str]) -> str:
    """The first few texts, and how many more there are."""
    more = len(texts) - MOST_TOLD
    return _told(texts[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


def _told(texts: Iterable[str]) -> str:
    """Texts as they may stand in a comment."""
    return ", ".join(shown(text)[1:-1] for text in texts)


def _quoted(text: str) -> str:
    """A text as YAML takes it, which takes JSON."""
    return orjson.dumps(text).decode()


def _words(found: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_quoted(word)}: {_quoted(name)}" for word, name in found.items() if word) + "}"
