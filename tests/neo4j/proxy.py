"""A TCP proxy on loopback that can stop forwarding without closing, or cut a connection behind a COMMIT."""

import socket
import threading
from collections.abc import Callable
from typing import Self

COMMIT = b"\x00\x02\xb0\x12\x00\x00"
"""The Bolt message COMMIT, as one chunk with its end mark."""


class Proxy:
    """Forwards to `port`. `hang()` swallows everything both ways, `restore()` forwards again (on new connections).

    While `cutting`, each COMMIT is passed on to the server, its reply awaited and thrown away, and the connection cut;
    `cuts` counts them.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cutting = False
        self.cuts = 0
        self._hanging = threading.Event()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hang(self) -> None:
        """From now on bytes are read and thrown away; connections stay open and new ones are accepted."""
        self._hanging.set()

    def restore(self) -> None:
        """Close what hung, forward what comes."""
        self._hanging.clear()
        for connection in self._open:
            connection.close()
        self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.restore()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                if self._listener.fileno() < 0:
                    return
                client.close()
                continue
            self._open += [client, server]
            cut = threading.Event()
            self._start(client, server, lambda data, c=cut: self._watch(data, c))  # type: ignore[misc]
            self._start(server, client, lambda data, c=cut: self._reply(data, c))  # type: ignore[misc]

    def _start(self, source: socket.socket, sink: socket.socket, pass_on: Callable[[bytes], bool]) -> None:
        threading.Thread(target=self._pump, args=(source, sink, pass_on), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, pass_on: Callable[[bytes], bool]) -> None:
        try:
            while data := source.recv(65536):
                if self._hanging.is_set():
                    continue
                if not pass_on(data):
                    break
                sink.sendall(data)
        except OSError:
            pass  # the other side was closed, which is what the tests do to connections
        finally:
            source.close()
            sink.close()

    def _watch(self, data: bytes, cut: threading.Event) -> bool:
        """What the client sends always goes on; a COMMIT dooms the reply."""
        if self.cutting and COMMIT in data:
            cut.set()
        return True

    def _reply(self, _: bytes, cut: threading.Event) -> bool:
        """What the server sends goes on, unless it answers a doomed COMMIT."""
        if cut.is_set():
            self.cuts += 1
            return False
        return True
