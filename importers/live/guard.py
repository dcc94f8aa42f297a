"""Which addresses are asked at all: a web address is taken apart, its host looked up once, and every result checked.

The connection then goes to exactly what was checked here; the name is not looked up again.
"""

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cmdb.model.errors import InvalidInput, Problem, shown
from importers.live.reach import INSIDE, NAME, PLAIN, Reach

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
PLACE = "address"
ACCEPTED = "https://HOST, with a port and a path if need be"
_WEB = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#\\]*)(?P<path>[^?#\\]*)(?P<rest>.*)", re.I | re.S
)
_AUTHORITY = re.compile(r"(?:\[(?P<six>[0-9a-f:.]{2,45})\]|(?P<name>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?", re.I | re.A)
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*/?", re.ASCII)
_LOOKUP_SECONDS = 20.0
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192",
         "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"),
    )
)  # fmt: skip
"""Where clouds hand out secrets of a machine to whoever asks from it. No inventory is there: never asked."""


@dataclass(frozen=True, slots=True)
class Target:
    """A web address that may be asked: `path` has no slash at its end, `addresses` are those of the host, checked."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def target_of(address: str, reach: Reach, resolve: Resolve | None = None) -> Target:
    """Take a web address apart, look its host up and check it. Raises `InvalidInput` URL_FORBIDDEN or FETCH_FAILED."""
    scheme, host, port, path = _parts(address.strip())
    if scheme == "http" and host not in reach.plain_names:
        raise _forbidden("http, without encryption", f"https, or a host that {PLAIN} names")
    literal = _literal(host)
    found = [str(literal)] if literal is not None else _looked_up(host, port, resolve or resolved)
    if not found:
        raise InvalidInput([Problem("FETCH_FAILED", PLACE, f"no address of {shown(host)}", "a host that can be found")])
    for text in found:
        _check(host, _literal(text), reach)
    return Target(scheme, host, port, path.rstrip("/"), tuple(dict.fromkeys(found)))


def _parts(address: str) -> tuple[str, str, int, str]:
    match = _WEB.fullmatch(address) if address.isascii() and address.isprintable() and " " not in address else None
    if match is None:
        raise _forbidden("no web address in plain letters")
    scheme, authority, path = match["scheme"].lower(), match["authority"], match["path"]
    if scheme not in {"https", "http"}:
        raise _forbidden(f"the scheme {shown(scheme)}")
    if "@" in authority:
        raise _forbidden("a user name or password in it", "an address without; see docs/live-sources.md for the login")
    if match["rest"]:
        raise _forbidden("a ? or # in it", "the address alone; the questions are added")
    if _PATH.fullmatch(path) is None:
        raise _forbidden("a path with other signs than letters, digits and . _ ~ -")
    host, port = _host(authority)
    return scheme, host, port or (443 if scheme == "https" else 80), path


def _host(authority: str) -> tuple[str, int]:
    match = _AUTHORITY.fullmatch(authority)
    if match is None or (match["port"] and not 0 < int(match["port"]) < 65536):
        raise _forbidden("a host or port that is none")
    port = int(match["port"] or 0)
    if match["six"]:
        six = _literal(match["six"])
        if six is None:
            raise _forbidden("brackets around what is no IPv6 address")
        return str(six), port
    name = match["name"].lower()
    numeric = name.rpartition(".")[2].isdecimal() or any(re.fullmatch(r"0x[0-9a-f]*", p) for p in name.split("."))
    if NAME.fullmatch(name) is None or (numeric and _literal(name) is None):
        raise _forbidden("a host that is neither a name nor an address such as 192.0.2.7")
    return name, port


def _literal(text: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _check(host: str, address: IPAddress | None, reach: Reach) -> None:
    """Refuse an address that is not public, unless it is allowed by name or network."""
    if address is None or getattr(address, "scope_id", None):
        raise _forbidden(f"{shown(host)}, of which an address cannot be read")
    meant = _meant(address)
    if meant in METADATA or address in METADATA:
        raise _forbidden(f"{shown(host)}, which is where a cloud keeps a machine's secrets")
    if any(meant in network for network in reach.inside_networks) or _is_public(meant):
        return
    nowhere = meant.is_multicast or meant.is_unspecified or meant.is_reserved or meant.is_link_local
    if host in reach.inside_names and not nowhere:
        return
    raise _forbidden(f"{shown(host)}, which is inside this machine or its network", f"a host that {INSIDE} allows")


def _meant(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 address stands for; any other as it is."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo:
        inner = address.teredo[1]
    if inner is None and (address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1)):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def _is_public(address: IPAddress) -> bool:
    closed = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not closed and not getattr(address, "is_site_local", False)


def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system finds them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _looked_up(host: str, port: int, resolve: Resolve) -> list[str]:
    """The addresses of a host, or none; the system's own lookup knows no limit of time, so it gets one here."""
    answers: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()

    def look() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError):
            answers.put(())

    threading.Thread(target=look, daemon=True).start()
    try:
        return list(answers.get(timeout=_LOOKUP_SECONDS))
    except queue.Empty:
        return []


def _forbidden(found: str, accepted: str = ACCEPTED) -> InvalidInput:
    return InvalidInput([Problem("URL_FORBIDDEN", PLACE, found, accepted)])
