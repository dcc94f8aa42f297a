"""What an account shows to an API, read from the environment or from files that only their owner can read."""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cmdb.model.errors import InvalidInput, Problem

LONGEST = 16 * 2**10
"""Bytes of one secret; tokens of a Kubernetes service account are about 1 KiB."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password, or a token; `ca_file` holds the certificates that are trusted instead of the system's.

    Secrets stand in no text of this object, and go to no host but the one that is fetched from.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca_file: str = ""


def login_for(importer: str, source: str = "", environment: Mapping[str, str] = os.environ) -> Login:
    """The login of a source, else of its importer: `BLUENOSE_PROD_TOKEN`, else `BLUENOSE_KUBERNETES_TOKEN`.

    `USER`, `PASSWORD`, `TOKEN` and `CA_FILE` are asked for; `PASSWORD_FILE` and `TOKEN_FILE` name files that nobody
    else may read. What a source has is taken whole: nothing is added from its importer but `CA_FILE`. Raises
    `InvalidInput` UNSAFE_LOGIN_FILE for a file that others may read, BAD_LOGIN for one that cannot be a secret.
    """
    names = [f"BLUENOSE_{_word(name)}" for name in (source, importer) if name]
    own = next((name for name in names if any(_text(environment, name, part) for part in _PARTS)), "")
    files = [*(f"{name}_CA_FILE" for name in names), "BLUENOSE_CA_FILE"]
    ca_file = next((environment[name] for name in files if environment.get(name)), "")
    if not own:
        return Login(ca_file=ca_file)
    user, password, token = (_secret(environment, f"{own}_{part}") for part in ("USER", "PASSWORD", "TOKEN"))
    return Login(user, password, token, ca_file)


_PARTS = ("USER", "PASSWORD", "TOKEN", "USER_FILE", "PASSWORD_FILE", "TOKEN_FILE")


def _word(name: str) -> str:
    """A name as it stands in names of the environment: `gitlab-prod` is `GITLAB_PROD`."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _text(environment: Mapping[str, str], name: str, part: str) -> str:
    return environment.get(f"{name}_{part}", "")


def _secret(environment: Mapping[str, str], name: str) -> str:
    text, file = environment.get(name, ""), environment.get(f"{name}_FILE", "")
    if not text and file:
        text = _read(Path(file), f"{name}_FILE")
    if any(not character.isprintable() for character in text) or len(text) > LONGEST:
        raise InvalidInput([Problem("BAD_LOGIN", name, "a text that cannot be one", "printable characters, one line")])
    return text


def _read(file: Path, name: str) -> str:
    """The first line of a file that belongs to this user, or to root, and is closed to everybody else."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _check(os.fstat(handle), name)
            return os.read(handle, LONGEST + 1).decode().rstrip("\r\n")
        finally:
            os.close(handle)
    except OSError as fault:
        found = fault.strerror or "an input error"
        raise InvalidInput([Problem("UNREADABLE_FILE", name, found, "a file that can be read")]) from None
    except UnicodeDecodeError:
        raise InvalidInput([Problem("BAD_LOGIN", name, "a file that is no text", "UTF-8, one line")]) from None


def _check(status: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InvalidInput([Problem("UNSAFE_LOGIN_FILE", name, "no file", "a file of mode 600")])
    if status.st_uid not in {os.geteuid(), 0} or status.st_mode & 0o077:
        found = f"a file of mode {stat.S_IMODE(status.st_mode):o}"
        raise InvalidInput([Problem("UNSAFE_LOGIN_FILE", name, found, "a file of your own, of mode 600 or 400")])
