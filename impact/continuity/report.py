"""The shape of a restore order. Plain values; times are UTC, durations whole minutes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from impact.report import CiRef, Contact


@dataclass
class RestoreStep:
    """One piece of work: what to restore, who does it, when, and what comes back with it."""

    number: Annotated[int, "Steps begin in this order."]
    ci: Annotated[CiRef, "What is restored."]
    together: Annotated[list[CiRef], "What must be started together with it, each needing the others; the first 20."]
    who: Annotated[Contact | None, "Who does it: on call or support first; null if nobody is recorded."]
    crew: Annotated[int, "Which crew, from 1: the first that is free takes the next step."]
    starts_at: Annotated[datetime, "When it can begin: what it needs is back, and a crew is free."]
    minutes: Annotated[int | None, "Hands-on minutes; null if not recorded, then the schedule counts 0."]
    done_at: datetime
    at_least: Annotated[bool, "True: not before these times; a restore time they rest on is not recorded."]
    gives_back: Annotated[list[CiRef], "Services that are back with it: the last they waited for; the first 20."]
    gives_back_count: Annotated[int, "How many services come back with it."]
    people: Annotated[int, "People in client groups that have everything back with it, each counted in one step only."]
    slack_minutes: Annotated[
        int | None, "From done until a promise that rests on it breaks; negative: too late; null: no promise."
    ]
    slack_at_most: Annotated[bool, "True: the slack may be less, since some restore time is not recorded."]


@dataclass
class RestoreOrder:
    """A page of steps in the order they begin, and what they come to."""

    nodes: list[RestoreStep]
    total_count: int
    end_cursor: str | None
    has_next_page: bool
    crews: Annotated[int | None, "How many crews work at once; null: everything begins as soon as it can."]
    most_at_once: Annotated[int, "How many steps are under way at once, at most."]
    begins_at: Annotated[datetime, "When work begins: as declared, else when asked."]
    all_back_at: Annotated[datetime | None, "When everything that is down is back; null if nothing is down."]
    at_least: Annotated[bool, "True: not before then; some restore times are not recorded."]
    unknown_count: Annotated[int, "Steps without a recorded restore time."]
