"""Columns of text, worked on whole: what holds for every text is found without a Python call for each."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

import polars as pl

from cmdb.model.errors import ValueFault
from cmdb.model.text import folded

BLANKS = "".join(map(chr, (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
                           0x2028, 0x2029, 0x202F, 0x205F, 0x3000)))  # fmt: skip
"""The characters that `str.strip` takes away."""
PLAIN = r"^(?:[!#-*,-\[\]-~À-ɏ](?:[ !#-*,-\[\]-~À-ɏ]*[!#-*,-\[\]-~À-ɏ])?)?$"
"""Empty texts, and texts that, unless they are too long, stand for themselves as an id, as a name and in JSON: one line
of ASCII and Latin letters, blanks only inside, without quotes, backslashes and the plus of a number that was spoilt."""
T = TypeVar("T")
_FOREIGN = "[^\\x00-\\x7f]"
_ASCII_BLANKS = "[\\t-\\r\\x1c-\\x1f ]+"
_ONE_CASE = ("^[!-@\\[-~]*$", "^[!-`{-~]*$")
_SAMPLE, _FEW = 4096, 512


def column_of(texts: Sequence[str]) -> pl.Series:
    """A column. A lone surrogate, which no text file can hold, becomes U+0000, which every check refuses."""
    try:
        return pl.Series(texts, dtype=pl.String)
    except UnicodeEncodeError:
        whole = [text.encode(errors="surrogatepass").decode(errors="ignore") for text in texts]
        return pl.Series([w if w == t else w + "\0" for w, t in zip(whole, texts, strict=True)], dtype=pl.String)


def constant(text: str, length: int) -> pl.Series:
    """A column of nothing but one text."""
    return pl.Series([text], dtype=pl.String).new_from_index(0, length)


def holds(texts: pl.Series | Sequence[str], text: str) -> bool:
    """Whether one of the texts is this one."""
    return bool((texts == text).any()) if isinstance(texts, pl.Series) else text in texts


def matches(texts: pl.Series, pattern: str) -> pl.Series:
    """Which of the texts have a match of `pattern`."""
    return texts.str.contains(pattern)


def which_plain(columns: Mapping[str, pl.Series]) -> dict[str, bool]:
    """Of which columns all texts are `PLAIN`."""
    shorter = {name: texts.unique() for name, texts in columns.items() if len(texts) > _FEW and few(texts)}
    some = [shorter.get(name, texts).alias(name) for name, texts in columns.items()]
    asked = [texts.to_frame().lazy().select(pl.all().str.contains(PLAIN).all()) for texts in some]
    return {name: answer.item() for name, answer in zip(columns, pl.collect_all(asked), strict=True)}


def longest_of(texts: pl.Series) -> int:
    """Bytes of the longest text; 0 where there is none."""
    return cast(int, texts.str.len_bytes().max() or 0)


def parsed_once(
    texts: pl.Series, parse: Callable[[str], T], empty: T
) -> tuple[dict[str, T], dict[str, ValueFault]]:  # fmt: skip
    """What each different text is parsed to, and what `parse` refuses, which becomes `empty`."""
    values, faults = dict[str, T](), dict[str, ValueFault]()
    for text in texts.unique().to_list():
        try:
            values[text] = parse(text)
        except ValueFault as fault:
            values[text], faults[text] = empty, fault
    return values, faults


def replaced(texts: pl.Series, values: Mapping[str, str]) -> pl.Series:
    """The texts, each that `values` knows as it says."""
    changed = {text: value for text, value in values.items() if text != value}
    return texts.replace(list(changed), list(changed.values())) if changed else texts


def places_of(texts: pl.Series, some: Mapping[str, object]) -> list[int]:
    """The positions at which one of `some` stands."""
    return texts.is_in(list(some)).arg_true().to_list() if some else []


def stripped(texts: pl.Series) -> pl.Series:
    """The texts without blanks at either end."""
    return texts.str.strip_chars(BLANKS)


def few(texts: pl.Series) -> bool:
    """Whether a column has few different texts, judged by some of them: what is done then is only a matter of speed."""
    return texts.gather_every(len(texts) // _SAMPLE + 1).n_unique() <= min(_FEW, len(texts) // 2)


def listed(texts: pl.Series) -> list[str]:
    """The texts as a list in which the same word is one object, where there are few different ones."""
    if not few(texts):
        return texts.to_list()
    words = texts.unique()
    if len(words) == 1:
        return words.to_list() * len(texts)
    numbers = texts.cast(pl.Enum(words)).to_physical()
    return list(map(words.to_list().__getitem__, numbers.to_list()))


def differ_folded(texts: pl.Series) -> bool:
    """Whether different texts of a column differ without case, accents and repeated blanks, too."""
    one_case = any(matches(texts, pattern).all() for pattern in _ONE_CASE)
    return one_case or folded_column(texts).n_unique() == texts.n_unique()


def folded_column(texts: pl.Series) -> pl.Series:
    """The texts as `folded` makes them."""
    plain = texts.str.to_lowercase().str.replace_all(_ASCII_BLANKS, " ").str.strip_chars(" ")
    foreign = matches(texts, _FOREIGN)
    if not foreign.any():
        return plain
    odd = {text: folded(text) for text in texts.filter(foreign).unique().to_list()}
    return texts.replace(list(odd), list(odd.values())).zip_with(foreign, plain)
