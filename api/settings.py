"""How the service is run: who may ask, where it may listen, and how much one request may cost."""

import hmac
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

MIN_TOKEN = 16


class UnsafeListen(ValueError):
    """The service must not be started like this; the message says what to change."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one running service. Limits are per request; those of subscriptions are per process.

    `token`, when set, is asked of every request but /health and /ready. Without one the service is for this machine
    alone and answers only to the Host names in `hosts`. `development` shows GraphiQL, introspection and suggestions.

    `max_subscribers` bounds connections and subscriptions, `max_subscriptions` those of one connection,
    `max_operations` the different operations among them, `max_replay` the revisions that one who comes back may have
    missed. A connection that sends no `connection_init` within `init_seconds`, or takes nothing for `slow_seconds`, is
    closed; one that is told nothing hears a sign of life every `keepalive_seconds`.
    """

    token: str = field(default="", repr=False)
    principal: str = "local"
    development: bool = False
    hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1", "::1"})
    max_body_bytes: int = 1_000_000
    max_tokens: int = 5_000
    max_depth: int = 12
    max_aliases: int = 30
    max_cost: int = 5_000
    question_threads: int = 4
    waiting_questions: int = 64
    body_seconds: float = 20.0
    max_subscribers: int = 2_000
    max_subscriptions: int = 16
    max_operations: int = 100
    max_replay: int = 10_000
    init_seconds: float = 10.0
    keepalive_seconds: float = 15.0
    slow_seconds: float = 10.0

    def __post_init__(self) -> None:
        if self.token and (len(self.token) < MIN_TOKEN or not self.token.isascii() or " " in self.token):
            raise UnsafeListen("WEAK_TOKEN", f"CMDB_TOKEN must be at least {MIN_TOKEN} ASCII characters, no spaces")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, development: bool = False) -> "Settings":
        """Settings from `CMDB_TOKEN` and `CMDB_PRINCIPAL`, the name that changes are recorded under.

        Raises `UnsafeListen` WEAK_TOKEN.
        """
        token = environment.get("CMDB_TOKEN", "")
        principal = environment.get("CMDB_PRINCIPAL", "") or ("token" if token else "local")
        return cls(token=token, principal=principal, development=development)

    def admits(self, presented: str) -> bool:
        """Whether `presented` is the configured token; compared in constant time."""
        return hmac.compare_digest(presented.encode("utf-8", "replace"), self.token.encode())

    def admits_header(self, authorization: str) -> bool:
        """Whether the value of an Authorization header presents the token."""
        scheme, _, presented = authorization.partition(" ")
        return scheme.lower() == "bearer" and self.admits(presented.strip())


def check_listen(host: str, token: str) -> None:
    """Whether the service may listen on `host`: loopback always, any other address only with a token.

    Raises `UnsafeListen` TOKEN_REQUIRED.
    """
    if not is_loopback(host) and not token:
        message = f"listening on {host} needs a bearer token: set CMDB_TOKEN to {MIN_TOKEN} or more characters"
        raise UnsafeListen("TOKEN_REQUIRED", message)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine alone; of names, only `localhost` is."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
