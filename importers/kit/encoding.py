"""Bytes of a text file to text: UTF-8, with or without a byte order mark, and nothing guessed."""

import codecs

from importers.kit.findings import Cell, Findings

ACCEPTED = "UTF-8 text; save the file as CSV UTF-8"
_FOREIGN = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16", b"\0\0\xfe\xff": "UTF-32"}


def decode(data: bytes, file: str, findings: Findings) -> str | None:
    """The text of `data` without its byte order mark, or None with ENCODING_UNKNOWN, ENCODING_INVALID, EMPTY_FILE."""
    if mark := next((name for bom, name in _FOREIGN.items() if data.startswith(bom)), None):
        findings.add("ENCODING_UNKNOWN", Cell(file), f"a {mark} byte order mark", ACCEPTED)
        return None
    body = data.removeprefix(codecs.BOM_UTF8)
    if not body[:64].strip() and not body.strip():
        findings.add("EMPTY_FILE", Cell(file), "no text", "a header row, and rows below it")
        return None
    if body[:64].count(0) * 3 >= len(body[:64]):
        findings.add("ENCODING_UNKNOWN", Cell(file), "every other byte is 0, as in UTF-16", ACCEPTED)
        return None
    return _strict(body, len(data) - len(body), file, findings)


def _strict(body: bytes, skipped: int, file: str, findings: Findings) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError as fault:
        row = 1 + body.count(b"\n", 0, fault.start)
        found = f"byte 0x{body[fault.start]:02X} at byte {fault.start + skipped + 1}"
        findings.add("ENCODING_INVALID", Cell(file, row), found, ACCEPTED)
        return None
