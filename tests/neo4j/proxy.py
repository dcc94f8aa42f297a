"""A TCP proxy on loopback that can stop forwarding without closing: a half-open connection."""

import socket
import threading
from typing import Self


class Proxy:
    """Forwards to `port`. `hang()` swallows everything both ways, `restore()` forwards again (on new connections)."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
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
            except OSError:
                return  # the proxy was left
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()  # the database is away
                continue
            self._open += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if not self._hanging.is_set():
                    sink.sendall(data)
        except OSError:
            pass  # the other side was closed, which is what the tests do to connections
        finally:
            source.close()
            sink.close()
