"""Subscribers whose connections are lost at random, beside a writer."""

import socket
from collections.abc import Callable, Iterator
from random import Random
from threading import Event as Flag
from threading import Thread

from cmdb.store.port import Store
from tests.events.clients import Socket, commit, events, revision, stream

REVISIONS = 200
MOST = 25
"""Events after which a connection is lost at the latest."""
Follow = Callable[[str, int, Random], Iterator[int]]


def by_socket(url: str, after: int, random: Random) -> Iterator[int]:
    """Some events over a WebSocket, which is then lost."""
    with Socket(url).begin().subscribe(after=after) as client:
        for _ in range(random.randrange(MOST)):
            yield client.event()["revision"]
        client.drop()


def by_stream(url: str, after: int, random: Random) -> Iterator[int]:
    """Some events over a stream, which is then lost."""
    with stream(url, last_seen=after) as response:
        told = events(response)
        for _ in range(random.randrange(MOST)):
            yield revision(next(told))
        response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)


class Writer(Thread):
    """Commits revisions at random moments, sometimes many at once."""

    def __init__(self, store: Store, count: int) -> None:
        super().__init__(daemon=True)
        self._store, self._count, self._random, self._pause = store, count, Random(5), Flag()
        self.start()

    def run(self) -> None:
        for number in range(self._count):
            commit(self._store, f"change {number}")
            if self._random.random() < 0.2:
                self._pause.wait(self._random.uniform(0, 0.1))


def follow(url: str, store: Store, by: Follow, seed: int) -> None:
    """Follow a writer over connections that are lost at random: all is told, in order, once."""
    first, random, told = store.head().revision, Random(seed), list[int]()
    writer = Writer(store, REVISIONS)
    while len(told) < REVISIONS:
        for number in by(url, told[-1] if told else first, random):
            told.append(number)
            if len(told) == REVISIONS:
                break
    writer.join()
    assert told == list(range(first + 1, first + REVISIONS + 1))
