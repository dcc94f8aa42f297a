"""The `cmdb` command. Exit codes: 0 answered, 2 bad input, 3 store unavailable."""

import sys
from typing import Any

import orjson
import typer

from api.verbs.asking import impact, why
from api.verbs.board import board, trends
from api.verbs.calendar import FREEZE_VERBS, calendar
from api.verbs.causes import causes, changed
from api.verbs.changes import CHANGE_VERBS
from api.verbs.comparing import diff
from api.verbs.continuity import gaps
from api.verbs.identity import conflicts, distinct, duplicates, merge, part, withdraw
from api.verbs.incidents import INCIDENT_VERBS
from api.verbs.keeping import backup, copy, restore
from api.verbs.looking import history, search, show
from api.verbs.mapping import mapping
from api.verbs.moving import export, import_
from api.verbs.observed import hints, observe
from api.verbs.options import Refused
from api.verbs.readiness import readiness
from api.verbs.serving import demo, serve
from api.verbs.sources import runs, sources, undo
from api.verbs.spof import spof
from api.verbs.storm import storm
from api.verbs.syncing import sync
from cmdb.model.errors import InvalidInput
from cmdb.move.revision import Stopped
from cmdb.store.port import Conflict, KeyReused, Moved, RecordConflict, StoreUnavailable
from impact.words import counted

ANSWERED, BAD_INPUT, UNAVAILABLE = 0, 2, 3

app = typer.Typer(
    name="cmdb",
    help="Know what breaks, who is hit, and how long you have.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

VERBS = (
    ("demo", demo),
    ("storm", storm),
    ("import", import_),
    ("runs", runs),
    ("sources", sources),
    ("undo", undo),
    ("sync", sync),
    ("impact", impact),
    ("why", why),
    ("gaps", gaps),
    ("spof", spof),
    ("readiness", readiness),
    ("causes", causes),
    ("changed", changed),
    ("board", board),
    ("calendar", calendar),
    ("trends", trends),
    ("observe", observe),
    ("duplicates", duplicates),
    ("merge", merge),
    ("part", part),
    ("distinct", distinct),
    ("conflicts", conflicts),
    ("withdraw", withdraw),
    ("search", search),
    ("show", show),
    ("history", history),
    ("diff", diff),
    ("export", export),
    ("backup", backup),
    ("restore", restore),
    ("copy", copy),
    ("serve", serve),
)
"""Every verb, in the order of the help."""

GROUPS = (
    ("incident", INCIDENT_VERBS, "Incidents: declare them, follow them, look back upon them."),
    ("change", CHANGE_VERBS, "Planned changes: what they would do, what they collide with, how risky they are."),
    ("freeze", FREEZE_VERBS, "Freeze and blackout windows: when changes are not wanted."),
)
"""Verbs of verbs: name, what can be done, the help."""

for name, verb in VERBS:
    app.command(name)(verb)
for name, verbs, words in GROUPS:
    group = typer.Typer(help=words, no_args_is_help=True, rich_markup_mode=None)
    for inner, done in verbs:
        group.command(inner)(done)
    app.add_typer(group, name=name)
app.add_typer(mapping, name="mapping")
app.add_typer(hints, name="hints")


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = app(given, standalone_mode=False)
        raise SystemExit(code if isinstance(code, int) else ANSWERED)
    except typer.TyperException as error:
        refuse(given, BAD_INPUT, "BAD_REQUEST", getattr(error, "format_message", error.__str__)())
    except Refused as error:
        refuse(given, BAD_INPUT, error.code, str(error))
    except InvalidInput as error:
        refuse(given, BAD_INPUT, error.code, *_problems(error))
    except (Conflict, RecordConflict, Moved, KeyReused) as error:
        refuse(given, BAD_INPUT, error.code, "what is recorded has changed meanwhile; look again and repeat")
    except StoreUnavailable as error:
        refuse(given, UNAVAILABLE, error.code, error.reason)
    except (typer.Abort, KeyboardInterrupt):
        raise SystemExit(130) from None


def refuse(given: list[str], exit_code: int, code: str, message: str, *rest: str) -> None:
    """Say on standard error what was wrong, as JSON if JSON was asked for, and leave."""
    if "--json" in given:
        told: dict[str, Any] = {"error": {"code": code, "message": message, "problems": list(rest)}}
        sys.stderr.buffer.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
    else:
        sys.stderr.write("\n".join([message, *(f"  {line}" for line in rest)]) + "\n")
    raise SystemExit(exit_code)


def _problems(error: InvalidInput) -> list[str]:
    beyond = error.count - len(error.problems)
    lines = [str(problem) for problem in error.problems]
    more = [f"and {beyond:,} more"] if beyond > 0 else []
    stands = f"it holds revisions up to {error.reached:,}" if isinstance(error, Stopped) else "nothing was written"
    return [f"{counted(error.count, 'problem')}; {stands}", *lines, *more]


if __name__ == "__main__":
    main()
