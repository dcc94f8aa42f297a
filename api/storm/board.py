"""What the board says at a moment of a storm, beside what the file expects of it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from api.board import Board
from api.records import Standing, standing
from api.reviews import reviewed
from api.storm.replay import Replay
from api.storm.story import Check
from api.workspace import Workspace
from impact.report import StateCounts
from impact.reviews.report import Collision
from impact.states import ImpactState

STATES = ("down", "degraded", "at_risk")


@dataclass(frozen=True)
class Difference:
    """An answer that is not the expected one."""

    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, the board says {self.found}"


@dataclass(frozen=True)
class Seen:
    """The board as it stands, with records under the numbers that the story gives them."""

    workspace: Workspace
    replay: Replay

    @cached_property
    def board(self) -> Board:
        """The board of now, which is where the clock of the storm stands."""
        return Board(standing(self.workspace))

    @property
    def standing(self) -> Standing:
        return self.board.standing

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """The story's number of each record, by its key."""
        return {str(written.value.key): number for number, written in self.replay.records.items()}

    def named(self, key: str) -> str:
        """The number under which the story knows a record, or its key."""
        return self.numbers.get(key, key)

    @property
    def open(self) -> list[str]:
        """Open incidents, in order of number."""
        return sorted(self.named(str(row.incident.key)) for row in self.board.rows)

    @cached_property
    def people(self) -> StateCounts:
        """People by the worst state that hits them, each counted once over all incidents."""
        return self.board.question.summary().people.by_state

    @cached_property
    def services(self) -> StateCounts:
        """Services by state, over all incidents."""
        return self.board.question.summary().services

    def state(self, ci: str) -> ImpactState | None:
        """The state of a CI under all open incidents; None if it is not recorded."""
        at = self.standing.estate.register.find(ci)
        return None if at is None else self.board.question.state(at)

    def together(self) -> list[dict[str, Any]]:
        """Pools that incidents break together: who, which pool, and what becomes of its CI, degraded or down.

        What a CI that was checked and is fine holds up is not broken.
        """
        return [pool for node in self.board.together.nodes for pool in self._pools(node)]

    def _pools(self, node: Collision) -> Iterator[dict[str, Any]]:
        parties = sorted(self.named(party.key) for party in node.parties)
        for pool in node.pools:
            now = self.state(pool.ci.id)
            if now is None or now.level < max(pool.state.level, ImpactState.degraded.level):
                continue
            yield {"incidents": parties, "pool": pool.name, "of": pool.ci.id, "state": pool.state.value}

    def review(self, number: str) -> dict[str, Any]:
        """What the review of a change says now: who it collides with, and the freeze windows it is in."""
        key = self.replay.records[number].value.key if number in self.replay.records else number
        found = reviewed(self.standing, str(key)).found
        others = [[self.named(p.key) for p in node.parties if p.key != str(key)] for node in found.collisions.nodes]
        return {
            "collides": sorted(map(sorted, others)),
            "freezes": sorted({self.named(hit.key) for hit in found.freezes}),
        }


def differences(check: Check, seen: Seen) -> list[Difference]:
    """Where the board says something else than the file expects."""
    return list(_differences(check, seen))


def _differences(check: Check, seen: Seen) -> Iterator[Difference]:
    if check.open is not None:
        yield from _compared("open incidents", sorted(check.open), seen.open)
    for what, counts, found in (("people", check.people, seen.people), ("services", check.services, seen.services)):
        if counts is not None:
            yield from _compared(what, {state: counts.get(state, 0) for state in STATES}, asdict(found))
    for ci, state in (check.states or {}).items():
        now = seen.state(ci)
        yield from _compared(ci, state, "not recorded" if now is None else now.value)
    if check.together is not None:
        expected = [dict(one, incidents=sorted(one["incidents"])) for one in check.together]
        yield from _compared("broken together", _ordered(expected), _ordered(seen.together()))
    for number, review in (check.reviews or {}).items():
        found_review = seen.review(number)
        for part, value in review.items():
            yield from _compared(f"review of {number}, {part}", value, found_review.get(part))


def _compared(what: str, expected: object, found: object) -> Iterator[Difference]:
    if expected != found:
        yield Difference(what, _words(expected), _words(found))


def _ordered(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda one: (one["incidents"], one["of"], one["pool"]))


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(_words, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
