"""Letters of other scripts that look Latin: `pаyroll` with a Cyrillic а is not `payroll`."""

import re
from collections.abc import Iterable

from cmdb.model.text import folded

_CYRILLIC = str.maketrans("асеорхуіјѕһԁԛԝӏкмтвнАСЕОРХУІЈЅНКМТВԚԜӀ", "aceopxyijshdqwlkmtbhACEOPXYIJSHKMTBQWl")
_GREEK = str.maketrans("αοερνικτυχωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aoepviktuxwABEZHIKMNOPTYX")
SUSPECT = "[\u0370-\u052f]"
"""The letters of other scripts that may look Latin are among these."""
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")


def latin_looks(text: str) -> str:
    """`text` as it looks: Cyrillic and Greek letters replaced by the Latin ones that look the same, folded."""
    return folded(text.translate(_CYRILLIC).translate(_GREEK))


def confusable(texts: Iterable[str]) -> dict[str, str]:
    """Texts that look like what they are not, with the reason: another of the texts, or mixed scripts in a word."""
    known = set(texts)
    suspects = [text for text in known if not text.isascii() and _swapped(text) != text]
    plain = {folded(text): text for text in known if text not in set(suspects)} if suspects else {}
    found = {}
    for text in suspects:
        if twin := plain.get(latin_looks(text)):
            found[text] = twin
        elif any(_LATIN.search(word) and _swapped(word) != word for word in _WORD.findall(text)):
            found[text] = latin_looks(text)
    return found


def _swapped(text: str) -> str:
    return text.translate(_CYRILLIC).translate(_GREEK)
