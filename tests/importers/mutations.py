"""Valid inputs made wrong: a few parts of a payload with odd values in odd places, or its files with odd bytes."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

from hypothesis import strategies as st

from tests.importers.payloads.payload import Part, Payload

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**30, 1.5, -0.0, 1e308, "", " ", "x" * 300, "0", "-5", "1e999", "NaN", "50%",
    "150%", "1,5", "a\u202eb", "a\u200bb", "\ufeffa", "a\0b", "a\nb", "e\u0301", "p\u0430y", "=1+1", "{{x}}", "${x}",
    "../x", "a;b", "1.23457E+19", "31/02/2026", "2026-02-31", "live", "down", "yes", [], {}, [[]], [None], {"": ""},
    {"a": {"b": []}}, ["a", 1, None], "{", "}", "{a}{b}", "*", "%Y", "a" * 70_000,
)  # fmt: skip
"""Values that stand where others were."""
NAMES = ("name", "id", "kind", "type", "spec", "metadata", "fields", "ref", "from", "", "\u202e", "file", "where")
TOKENS = (
    b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\n", b"\r", b"\r\n", b"\t", b'"', b"'", b",", b";", b":",
    b"- ", b"{", b"}", b"[", b"]", b"<", b">", b"&x;", b"&a ", b"*a", b"!!str ", b"---\n", b"<!DOCTYPE x>",
    b"<![CDATA[", b"?>", b"NaN", b"1e999", b"9" * 400, b"[" * 200, b"{'a':" * 40, b"\\ud800", b"\\u0000", b"%00",
    b"=1+1", b"<<: ", b"0x1F", b"\x85",
)  # fmt: skip
"""Bytes that stand where others were."""


CHANGES = ("replace", "drop", "double", "swap", "rename", "wrap")
EDITS = ("put", "over", "cut", "end")


@dataclass(frozen=True)
class Change:
    """One step: `how` it goes, at the `at`-th place of all there are, with the `odd`-th value or name."""

    how: str
    at: int
    odd: int


@dataclass(frozen=True)
class Mutation:
    """Some parts of a payload, changed; then, in one of the files written, bytes changed or all of them replaced.

    `chance` is some number that is always the same of the same mutation.
    """

    parts: Sequence[int]
    changes: Sequence[Change]
    edits: Sequence[Change]
    content: bytes | None = None
    chance: int = 0

    def write(self, payload: Payload, folder: Path) -> Path:
        """The input, written into an empty folder."""
        parts = [deepcopy(payload.parts[at % len(payload.parts)]) for at in self.parts]
        for change in self.changes:
            _change(parts, change)
        path = payload.write(folder, parts)
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        if self.content is not None:
            files[len(self.content) % len(files)].write_bytes(self.content)
        for edit in self.edits:
            file = files[edit.at % len(files)]
            file.write_bytes(_edited(file.read_bytes(), edit))
        return path


def mutations() -> st.SearchStrategy[Mutation]:
    """Mostly odd values; also odd bytes in valid files, and files of nothing but odd bytes.

    Drawn as one text of bytes, which is quick, and which shrinks to fewer and simpler steps.
    """
    return st.binary(min_size=1, max_size=40).map(lambda data: replace(_mutation(data), chance=crc32(data)))


def _mutation(data: bytes) -> Mutation:
    which, rest = data[0] % 4, data[1:]
    if which == 3:
        raw = rest[1:] if rest[:1] > b"\x7f" else b"".join(TOKENS[byte % len(TOKENS)] for byte in rest[:12])
        return Mutation((0, 1), (), (), raw)
    count = data[0] // 4 % 5 + 1
    parts, rest = tuple(rest[:count]) or (0,), rest[count:]
    how = EDITS if which == 2 else CHANGES
    steps = [Change(how[s[0] % len(how)], s[1] * 256 + s[2], s[3] * 256 + s[4]) for s in _steps(rest)][:5]
    return Mutation(parts, (), steps) if which == 2 else Mutation(parts, steps, ())


def _steps(data: bytes) -> Iterator[bytes]:
    for at in range(0, max(len(data), 1), 5):
        yield data[at : at + 5].ljust(5, b"\0")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a value that can be changed: the dict or list, and the key in it."""
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _places(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _places(inner)


def _change(parts: list[Part], change: Change) -> None:
    places = [place for part in parts for place in _places(part)]
    if not places:
        return
    holder, key = places[change.at % len(places)]
    odd = deepcopy(ODD[change.odd % len(ODD)])
    if change.how == "drop":
        del holder[key]
    elif change.how == "double" and isinstance(holder, list):
        holder.append(deepcopy(holder[key]))
    elif change.how == "double":
        parts.append(deepcopy(parts[change.odd % len(parts)]))
    elif change.how == "swap":
        other, name = places[change.odd % len(places)]
        holder[key] = deepcopy(other[name])
    elif change.how == "rename" and isinstance(holder, dict):
        holder[NAMES[change.odd % len(NAMES)]] = holder.pop(key)
    elif change.how == "wrap":
        holder[key] = [holder[key]]
    else:
        holder[key] = odd


def _edited(data: bytes, edit: Change) -> bytes:
    token = TOKENS[edit.odd % len(TOKENS)]
    at = edit.at * 31 % (len(data) + 1)
    if edit.how == "end":
        return data[:at] + token
    if edit.how == "cut":
        return data[:at] + data[at + edit.odd % 40 :]
    return data[:at] + token + data[at + (len(token) if edit.how == "over" else 0) :]
