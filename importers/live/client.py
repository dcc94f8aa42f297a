"""Asking an API: waits and asks again where that is told, and says in our own words what was refused."""

import base64
import random
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from cmdb.model.errors import InvalidInput, Problem
from importers.live.guard import Target
from importers.live.login import Login
from importers.live.reach import Limits
from importers.live.wire import Answer, Wire, WireFault

PATIENCE = frozenset({429, 502, 503, 504})
REFUSED = frozenset({401, 403, 407})
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Told:
    """A document that an API answered with."""

    status: int
    headers: Mapping[str, str]
    document: Any


class Client:
    """Asks one API, whose `name` stands in front of every problem; nothing of an answer or a login gets into those."""

    def __init__(
        self, name: str, target: Target, headers: Mapping[str, str], trust: ssl.SSLContext | None, limits: Limits,
        sleep: Sleep = time.sleep,
    ) -> None:  # fmt: skip
        self._name, self._path, self._limits, self._sleep = name, target.path, limits, sleep
        agent = {"User-Agent": "bluenose", "Accept": "application/json", "Accept-Encoding": "gzip"}
        self._headers = {**agent, **headers}
        self._wire = Wire(target, trust, limits)
        self._bytes, self._requests, self._begun = 0, 0, time.monotonic()

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def get(self, what: str, path: str, query: Mapping[str, str], also: Collection[int] = ()) -> Told:
        """Ask for `path` below the address; `what` says in problems what was asked for.

        Statuses in `also` are answered rather than raised. Raises `InvalidInput`.
        """
        asked = f"{self._path}/{path}?{urlencode(query)}" if query else f"{self._path}/{path}"
        return self._told(what, self._patient(what, "GET", asked, self._headers, None, also))

    def post(self, what: str, path: str, form: Mapping[str, str]) -> Told:
        """The same with a form, which may hold a login; it only reads, so it is asked again like any other."""
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        asked = f"{self._path}/{path}"
        return self._told(what, self._patient(what, "POST", asked, headers, urlencode(form).encode(), ()))

    def problem(self, code: str, what: str, found: str, accepted: str) -> InvalidInput:
        """What is wrong with an answer."""
        return InvalidInput([Problem(code, f"{self._name} {what}", found, accepted)])

    def _told(self, what: str, answer: Answer) -> Told:
        try:
            return Told(answer.status, answer.headers, orjson.loads(answer.body))
        except orjson.JSONDecodeError:
            if answer.status != 200:
                return Told(answer.status, answer.headers, None)
        raise self.problem("BAD_ANSWER", what, "an answer that is no JSON", "what the API answers, at its own address")

    def _patient(
        self, what: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None, also: Collection[int]
    ) -> Answer:  # fmt: skip
        for attempt in range(1, self._limits.tries + 1):
            self._check_total(what)
            last = attempt == self._limits.tries
            try:
                answer = self._wire.ask(method, path, headers, body)
            except WireFault as fault:
                if last or not fault.again:
                    raise self.problem(fault.code, what, fault.found, fault.accepted) from None
                self._sleep(self._wait(attempt, ""))
                continue
            self._bytes += len(answer.body)
            if answer.status not in PATIENCE or answer.status in also:
                return self._judged(what, answer, also)
            if not last:
                self._sleep(self._wait(attempt, answer.headers.get("retry-after", "")))
        found = f"the status {answer.status}, {self._limits.tries} times"
        raise self.problem("FETCH_FAILED", what, found, "a service that has time to answer")

    def _judged(self, what: str, answer: Answer, also: Collection[int]) -> Answer:
        if answer.status == 200 or answer.status in also:
            return answer
        found = f"the status {answer.status}"
        if answer.status in REFUSED:
            raise self.problem("LOGIN_REFUSED", what, found, "a login that may read this; see docs/live-sources.md")
        if answer.status < 500:
            raise self.problem("FETCH_REFUSED", what, found, "an address of the API, and a version that has this")
        raise self.problem("FETCH_FAILED", what, found, "a service that answers")

    def _wait(self, attempt: int, asked: str) -> float:
        """Seconds until the next try: what the service asks for, else ever longer; never longer than the limit."""
        wait = _seconds(asked)
        if wait is None:
            wait = 2.0 ** (attempt - 1) * random.uniform(0.75, 1.25)
        return min(max(wait, 0.0), self._limits.longest_wait)

    def _check_total(self, what: str) -> None:
        self._requests += 1
        limits, spent = self._limits, time.monotonic() - self._begun
        if self._bytes > limits.total_bytes or self._requests > limits.requests:
            accepted = f"at most {limits.total_bytes:,} bytes in {limits.requests:,} answers"
            raise self.problem("FETCH_TOO_LARGE", what, "more than that already", accepted)
        if spent > limits.total_seconds:
            raise self.problem("FETCH_FAILED", what, "no end in sight", f"at most {limits.total_seconds:g} seconds")


def _seconds(text: str) -> float | None:
    """What `Retry-After` says, a number of seconds or a moment; None where it says nothing that can be read."""
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def basic(login: Login) -> str:
    """A user and a password as the header `Authorization` takes them."""
    return "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()


def missing_login(name: str, accepted: str) -> InvalidInput:
    """Nothing to show to an API that wants something."""
    return InvalidInput([Problem("MISSING_LOGIN", name, "no login", accepted)])
