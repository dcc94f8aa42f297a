"""The estate under construction: CIs, relations and pool rules, each written once, in the native format's words."""

from binascii import crc32
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

Row = tuple[str, ...]

RECENT, OLD = date(2026, 6, 1), date(2025, 2, 3)
RECENT_DAYS, OLD_DAYS = 165, 460
NEVER_PERCENT, OLD_PERCENT = 5, 12

EFFECTS = {"~": "degraded", "?": "at_risk"}


def spread(key: str, choices: int) -> int:
    """A number from 0 to `choices` - 1 that depends on `key` alone: the same in every build."""
    return crc32(key.encode()) % choices


def pick(key: str, options: Sequence[str]) -> str:
    """One of `options`, always the same for `key`."""
    return options[spread(key, len(options))]


def table(text: str, columns: int) -> list[list[str]]:
    """Rows of a table written as text with `|` between cells; `-` is an empty cell. Raises `ValueError`."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines() if line.strip()]
    for row in rows:
        if len(row) != columns:
            raise ValueError(f"expected {columns} cells, found {len(row)}: {row}")
    return [["" if cell == "-" else cell for cell in row] for row in rows]


def words(text: str) -> list[str]:
    """The words of a text, however it is broken into lines."""
    return text.split()


def links(text: str) -> list[tuple[str, str]]:
    """`a, b~, c?` as (name, effect): `~` is degraded, `?` is at risk, no mark is the relation's default."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    return [(word.rstrip("~?"), EFFECTS.get(word[-1], "")) for word in words]


def verified(ci: str) -> str:
    """When the record was last confirmed: mostly in the last months, sometimes long ago, sometimes never."""
    share = spread("verified " + ci, 100)
    if share < NEVER_PERCENT:
        return ""
    if share < NEVER_PERCENT + OLD_PERCENT:
        return (OLD + timedelta(days=spread("day " + ci, OLD_DAYS))).isoformat()
    return (RECENT + timedelta(days=spread("day " + ci, RECENT_DAYS))).isoformat()


class Estate:
    """Collects the rows; a second CI with the same id, or a second rule for a pool, is a `ValueError`."""

    def __init__(self) -> None:
        self.cis: dict[str, dict[str, str]] = {}
        self.relations: dict[tuple[str, str, str, str], str] = {}
        self.pools: dict[tuple[str, str], tuple[str, str, str]] = {}

    def ci(
        self, ci: str, kind: str, name: str, sector: str = "shared", lifecycle: str = "live", **attributes: str
    ) -> str:
        """Add a CI and return its id. Empty attributes are unknown."""
        if ci in self.cis:
            raise ValueError(f"second CI {ci}")
        known = {key: value for key, value in attributes.items() if value}
        if lifecycle == "live" and (seen := verified(ci)):
            known.setdefault("verified_at", seen)
        fixed = {"id": ci, "kind": kind, "name": name, "sector": sector, "lifecycle": lifecycle}
        self.cis[ci] = fixed | known
        return ci

    def link(self, start: str, relation: str, end: str, effect: str = "", pool: str = "") -> None:
        """Add a relation; with `pool`, as a member of that pool."""
        self.relations[start, relation, end, pool] = effect

    def pool(
        self,
        ci: str,
        name: str,
        required: str,
        relation: str,
        members: Iterable[str],
        full: str = "",
        effect: str = "",
    ) -> None:
        """Add the rule of a pool of `ci` and a relation to each member."""
        if (ci, name) in self.pools:
            raise ValueError(f"second pool {name} of {ci}")
        self.pools[ci, name] = (required, full, effect)
        for member in members:
            self.link(ci, relation, member, pool=name)

    def pool_or_link(
        self, ci: str, name: str, rule: str, relation: str, members: Sequence[str], effect: str = ""
    ) -> None:
        """A pool with the rule `required` or `required/full`; a single member is a plain relation."""
        if len(members) == 1:
            self.link(ci, relation, members[0], effect)
            return
        required, _, full = rule.partition("/")
        self.pool(ci, name, required, relation, members, full, effect)

    def cis_rows(self, columns: Sequence[str]) -> list[Row]:
        """Rows of cis.csv, by id. Raises `ValueError` for an attribute without a column."""
        for row in self.cis.values():
            if extra := set(row).difference(columns):
                raise ValueError(f"{row['id']}: no column for {sorted(extra)}")
        return [tuple(self.cis[ci].get(column, "") for column in columns) for ci in sorted(self.cis)]

    def relation_rows(self) -> list[Row]:
        """Rows of relations.csv, by both ends."""
        keys = sorted(self.relations, key=lambda key: (key[0], key[1], key[2], key[3]))
        return [(start, kind, end, self.relations[start, kind, end, pool], pool) for start, kind, end, pool in keys]

    def pool_rows(self) -> list[Row]:
        """Rows of pools.csv, by CI and pool name."""
        return [(*key, *self.pools[key]) for key in sorted(self.pools)]
