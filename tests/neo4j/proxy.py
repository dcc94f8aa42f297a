"""A TCP proxy on loopback that can stop forwarding without closing (a half-open connection), or lose a single reply.

A connection is ended with `shutdown`: closing a socket that another thread waits on would tell its peer nothing.
"""

import socket
import threading
from contextlib import suppress
from typing import Self

BEGIN, READING = b"\xb1\x11", b"\x84mode\x81r"
"""How the Bolt message BEGIN starts, and what one says that only reads."""
COMMIT = b"\x00\x02\xb0\x12\x00\x00"
"""The Bolt message COMMIT: one chunk and its end. A client then waits, so nothing follows it."""
SUCCESS = b"\xb1\x70"


class Proxy:
    """Forwards to `port`. `hang()` swallows everything both ways, `restore()` forwards again (on new connections).

    `lose_replies(n)` cuts the connection behind each of the next n COMMITs, once the server has committed and before
    the client hears of it; `cuts` counts them.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._hanging = threading.Event()
        self._open: list[socket.socket] = []
        self._lock, self._armed, self._of_reads, self.cuts = threading.Lock(), 0, False, 0
        threading.Thread(target=self._accept, daemon=True).start()

    def hang(self) -> None:
        """From now on bytes are read and thrown away; connections stay open and new ones are accepted."""
        self._hanging.set()

    def restore(self) -> None:
        """Close what hung, forward what comes."""
        self._hanging.clear()
        sever(*self._open)
        self._open.clear()

    def lose_replies(self, commits: int, *, of_reads: bool = False) -> None:
        """Lose the replies to so many COMMITs of transactions that write (or that read), from the next one on."""
        with self._lock:
            self._armed, self._of_reads = commits, of_reads

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sever(self._listener)
        self.restore()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # the proxy was left
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()  # the database is away
                continue
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each reply in two parts takes 40 ms
                self._open.append(each)
            doomed = threading.Event()
            for pump in (self._pump_requests, self._pump_replies):
                threading.Thread(target=pump, args=(client, server, doomed), daemon=True).start()

    def _pump_requests(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        """Pass on what the client sends; a COMMIT that is to be cut behind dooms its reply."""
        reading = False
        with suppress(OSError):  # the other side was closed, which is what the tests do to connections
            while data := client.recv(65536):
                begin = data.rfind(BEGIN)
                if begin >= 0:
                    reading = READING in data[begin:]
                if data.endswith(COMMIT) and self._disarm(reading):
                    doomed.set()
                if not self._hanging.is_set():
                    server.sendall(data)
        sever(client, server)

    def _disarm(self, reading: bool) -> bool:
        """Whether this COMMIT, of a transaction that reads or writes, is one of those whose reply is to be lost."""
        with self._lock:
            if reading is not self._of_reads or not self._armed:
                return False
            self._armed -= 1
            return True

    def _pump_replies(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        """Pass on what the server answers, up to the reply that is to be lost."""
        with suppress(OSError):
            while data := server.recv(65536):
                if doomed.is_set() and SUCCESS in data:
                    with self._lock:
                        self.cuts += 1
                    break
                if not self._hanging.is_set():
                    client.sendall(data)
        sever(client, server)


def sever(*sockets: socket.socket) -> None:
    """End connections for whoever waits on them, here and at the other end."""
    for each in sockets:
        with suppress(OSError):  # ended already
            each.shutdown(socket.SHUT_RDWR)
        each.close()
