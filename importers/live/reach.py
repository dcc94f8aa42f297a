"""How far a fetch may reach, and how much it may take: hosts, bytes, seconds, tries."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cmdb.model.errors import InvalidInput, Problem, shown
from importers.kit.files import LARGEST

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
INSIDE, PLAIN = "BLUENOSE_INSIDE_HOSTS", "BLUENOSE_PLAIN_HOSTS"
NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*", re.ASCII)
_MOST_HOSTS = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may take. Bytes are counted unpacked; `file_bytes` is what an importer reads of one file."""

    connect_seconds: float = 10.0
    silence_seconds: float = 60.0
    answer_seconds: float = 300.0
    total_seconds: float = 4 * 3600.0
    answer_bytes: int = 64 * 2**20
    total_bytes: int = 2 * 2**30
    file_bytes: int = LARGEST
    requests: int = 100_000
    tries: int = 5
    longest_wait: float = 60.0


@dataclass(frozen=True, slots=True)
class Reach:
    """Hosts inside the own network that may be asked, by exact name or by network, and those asked without TLS.

    Without a word here only public addresses over https are reached.
    """

    inside_names: frozenset[str] = frozenset()
    inside_networks: tuple[IPNetwork, ...] = ()
    plain_names: frozenset[str] = frozenset()
    limits: Limits = Limits()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Reach":
        """`BLUENOSE_INSIDE_HOSTS` (names, addresses, networks) and `BLUENOSE_PLAIN_HOSTS` (names), comma between.

        Raises `InvalidInput` BAD_HOST for anything else.
        """
        names, networks = set[str](), list[IPNetwork]()
        for word in _words(environment, INSIDE):
            network = _network(word)
            if network is not None:
                networks.append(network)
            else:
                names.add(_name(word, INSIDE))
        plain = (
            word.strip("[]") if _network(word.strip("[]")) else _name(word, PLAIN)
            for word in _words(environment, PLAIN)
        )
        return cls(frozenset(names), tuple(networks), frozenset(plain))


def _words(environment: Mapping[str, str], variable: str) -> list[str]:
    words = [word.strip().casefold() for word in environment.get(variable, "").split(",")]
    if len(words) > _MOST_HOSTS:
        raise InvalidInput([Problem("BAD_HOST", variable, f"{len(words)} hosts", f"at most {_MOST_HOSTS:,}")])
    return [word for word in words if word]


def _network(word: str) -> IPNetwork | None:
    try:
        return ipaddress.ip_network(word)
    except ValueError:
        return None


def _name(word: str, variable: str) -> str:
    if NAME.fullmatch(word) is None or word.rpartition(".")[2].isdecimal():
        accepted = "exact host names, or networks such as 10.1.0.0/16, separated by commas; no wildcards, no ports"
        raise InvalidInput([Problem("BAD_HOST", variable, shown(word), accepted)])
    return word
