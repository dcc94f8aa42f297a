"""The turnstile lets everybody through: in order, a few at a time, and soon."""

import asyncio
from time import monotonic

from api.events.pace import LEAST, MOST, SPREAD_SECONDS, Turnstile

CROWD = 500


def test_a_crowd_is_let_through_in_order_a_few_at_a_time() -> None:
    passed, batches = list[int](), list[int]()

    async def pass_through(turnstile: Turnstile, number: int) -> None:
        await turnstile.turn()
        passed.append(number)

    async def watch() -> None:
        while len(passed) < CROWD:
            before = len(passed)
            await asyncio.sleep(0)
            batches.append(len(passed) - before)

    async def crowd() -> float:
        turnstile, begun = Turnstile(), monotonic()
        await asyncio.gather(*(pass_through(turnstile, number) for number in range(CROWD)), watch())
        return monotonic() - begun

    took = asyncio.run(crowd())
    assert passed == list(range(CROWD))
    assert LEAST <= max(batches) <= MOST
    assert SPREAD_SECONDS / 2 < took < 10 * SPREAD_SECONDS


def test_who_has_gone_takes_nobodys_turn() -> None:
    async def crowd() -> bool:
        turnstile = Turnstile()
        turns = [asyncio.get_running_loop().create_future() for _ in range(3 * LEAST)]
        for turn in turns[:-1]:
            turn.cancel()
        turnstile.release(turns)
        return turns[-1].done()

    assert asyncio.run(crowd())
