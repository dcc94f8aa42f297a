"""What the verbs that write records have in common: who asks, under which key, and what to say of unknown CIs."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from api.unknown import explained
from api.verbs.options import Refused
from api.workspace import Workspace
from cmdb.model.errors import InvalidInput
from cmdb.service import Signed
from cmdb.store.port import RecordConflict

SOURCE = "cli"
Key = Annotated[str, typer.Option(help="A key of your choice that makes a repeated run safe.")]
Message = Annotated[str, typer.Option(help="Why, for the history.")]
NumberArgument = Annotated[str, typer.Argument(help="Its number, or SOURCE/NUMBER where another tool keeps it.")]


def signed(key: str, message: str) -> Signed:
    """Who runs the command, and under which key."""
    return Signed(getpass.getuser(), SOURCE, message, key)


@contextmanager
def refusing(workspace: Workspace) -> Iterator[None]:
    """Names the CIs that may have been meant by unknown ids; says what a conflict is about."""
    try:
        yield
    except RecordConflict as error:
        stands = f"is at r{error.actual}" if error.actual else "does not exist"
        raise Refused(f"{error.key} {stands}, not at r{error.expected}: look again and repeat", error.code) from None
    except InvalidInput as error:
        raise explained(workspace, error) from None
