"""One question and its answer over HTTP, to an address that was checked; bounded, and nothing is followed."""

import http.client
import socket
import ssl
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from importers.kit.files import is_bomb
from importers.live.guard import Target
from importers.live.reach import Limits

_STEP = 2**16


class WireFault(Exception):
    """No answer, or none that is taken: a code, what was found, what is accepted; nothing of the answer itself."""

    def __init__(self, code: str, found: str, accepted: str, again: bool = False) -> None:
        self.code, self.found, self.accepted, self.again = code, found, accepted, again
        super().__init__(f"{code}: {found}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: headers by name in lower case, and the body unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """A connection that is kept open between questions. No proxy is asked, and no redirect followed."""

    def __init__(self, target: Target, trust: ssl.SSLContext | None, limits: Limits) -> None:
        self._limits = limits
        self._connection = _Pinned(target, trust, limits)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send one request and read the whole answer. Raises `WireFault`; `again` says that it may pass."""
        expired = threading.Event()
        watch = threading.Timer(self._limits.answer_seconds, self._hang_up, [expired])
        watch.daemon = True
        watch.start()
        try:
            answer = self._answer(method, path, headers, body)
        except BaseException as fault:
            self.close()
            if expired.is_set():
                raise self._late() from None
            if isinstance(fault, OSError | http.client.HTTPException | zlib.error):
                raise _translated(fault) from None
            raise
        finally:
            watch.cancel()
        if expired.is_set():
            self.close()
            raise self._late()
        return answer

    def _late(self) -> WireFault:
        found = f"no whole answer in {self._limits.answer_seconds:g} seconds"
        return WireFault("FETCH_FAILED", found, "an answer in time", again=True)

    def _hang_up(self, expired: threading.Event) -> None:
        expired.set()
        self._connection.abort()

    def _answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        self._connection.request(method, path, body, dict(headers))
        response = self._connection.getresponse()
        told = {name.lower(): text for name, text in response.getheaders()}
        if 300 <= response.status < 400:
            self.close()
            accepted = "the address that it leads to, if that is meant; redirects are not followed"
            raise WireFault("FETCH_REFUSED", "a redirect to somewhere else", accepted)
        content = self._body(response, told.get("content-encoding", "").strip().lower())
        if response.will_close:
            self.close()
        return Answer(response.status, told, content)

    def _body(self, response: http.client.HTTPResponse, packing: str) -> bytes:
        if packing not in {"", "identity", "gzip", "x-gzip"}:
            raise WireFault("BAD_ANSWER", "an answer packed in another way", "gzip, or not packed")
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS) if packing.endswith("gzip") else None
        parts, taken, size = list[bytes](), 0, 0
        while piece := response.read(_STEP):
            taken += len(piece)
            while piece:
                part = unpacker.decompress(piece, _STEP) if unpacker else piece
                piece = unpacker.unconsumed_tail if unpacker else b""
                size += len(part)
                parts.append(part)
                self._check_size(taken, size)
        if response.length or (unpacker is not None and taken and not unpacker.eof):
            raise WireFault("FETCH_FAILED", "an answer that ends early", "a whole answer", again=True)
        if unpacker is not None and unpacker.unused_data:
            raise WireFault("BAD_ANSWER", "something behind the packed answer", "one answer")
        return b"".join(parts)

    def _check_size(self, taken: int, size: int) -> None:
        if size > self._limits.answer_bytes or is_bomb(taken, size):
            accepted = f"at most {self._limits.answer_bytes:,} bytes at once"
            raise WireFault("FETCH_TOO_LARGE", "an answer that is larger, or packed to be", accepted)


class _Pinned(http.client.HTTPConnection):
    """A connection to the addresses of a target, whatever its name leads to by now."""

    def __init__(self, target: Target, trust: ssl.SSLContext | None, limits: Limits) -> None:
        super().__init__(target.host, target.port, timeout=limits.silence_seconds)
        self.default_port = 443 if target.scheme == "https" else 80
        self._target, self._trust, self._limits = target, trust, limits

    def connect(self) -> None:
        """Try the addresses in turn; the name is used for the certificate alone."""
        fault: OSError = OSError("no address")
        for address in self._target.addresses:
            try:
                self.sock = self._opened(address)
                return
            except OSError as found:
                fault = found
        raise fault

    def _opened(self, address: str) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        plain = used = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.sock = plain
            plain.settimeout(self._limits.connect_seconds)
            plain.connect((address, self._target.port))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._trust is not None:
                used = self._trust.wrap_socket(
                    plain, server_hostname=self._target.host, do_handshake_on_connect=False
                )  # fmt: skip
                self.sock = used
                used.do_handshake()
            used.settimeout(self._limits.silence_seconds)
        except BaseException:
            used.close()
            self.sock = None
            raise
        return used

    def abort(self) -> None:
        """End what another thread is reading; an SSL socket's own way to do so would change it under the reader."""
        current: socket.socket | None = self.sock
        if current is not None:
            try:
                socket.socket.shutdown(current, socket.SHUT_RDWR)
            except OSError:
                current.close()


def _translated(fault: Exception) -> WireFault:
    if isinstance(fault, ssl.SSLCertVerificationError):
        accepted = "a certificate that this machine trusts, or that of BLUENOSE_CA_FILE"
        return WireFault("FETCH_FAILED", "a certificate that is not trusted", accepted)
    if isinstance(fault, TimeoutError):
        return WireFault("FETCH_FAILED", "no answer in time", "an answer in time", again=True)
    if isinstance(fault, zlib.error):
        return WireFault("BAD_ANSWER", "a damaged packed answer", "a whole answer", again=True)
    return WireFault("FETCH_FAILED", "no connection, or one that breaks off", "a service that answers", again=True)
