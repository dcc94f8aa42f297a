"""What an importer can do, declared beside it: its page in docs/sources.md is written from this, and tests hold it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an importer reads and makes.

    `reads` are the forms its input may have. `kinds` and `relations` are all that it ever makes; None stands for
    whatever the model declares. `pools` are the names it gives to pools, in the words of the page. `partial` says that
    an input of only a part of what the source knows still has the relations to what was recorded before; `deletes` that
    what an input lacks is retired, unless it is imported as a part. `becomes` says what each part of the input is here,
    `left_out` what is never read, `notes` what else a data owner should know; all three are Markdown. `page` is the
    page that says so instead.
    """

    title: str
    reads: tuple[str, ...]
    kinds: tuple[str, ...] | None
    relations: tuple[str, ...] | None
    pools: tuple[str, ...] = ()
    partial: bool = False
    deletes: bool = True
    becomes: tuple[tuple[str, str], ...] = ()
    left_out: str = ""
    notes: str = ""
    page: str = ""
