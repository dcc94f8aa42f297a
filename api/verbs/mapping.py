"""The verb that proposes a mapping file for tables of any tool."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.verbs.options import ModelOption, Refused
from cmdb.model.extension import load_extension
from cmdb.model.model import standard_model

mapping = typer.Typer(help="Mapping files: any export to CIs, relations and pools.", no_args_is_help=True)


@mapping.command()
def suggest(
    files: Annotated[list[Path], typer.Argument(help="Tables that belong together, CSV or .xlsx.")],
    out: Annotated[Path | None, typer.Option(help="Write it there, not on standard output; never over a file.")] = None,
    model: ModelOption = None,
) -> None:
    """Propose a mapping by looking at headers and values. Imports nothing; read every line before you use it."""
    from importers.kit.findings import Findings
    from importers.sources.mapped.suggest import suggest as propose

    declared = standard_model() if model is None else load_extension(model, standard_model())
    problems = Findings()
    found = propose(files, declared, problems)
    problems.refuse()
    if found.keyless and not found.makes_cis:
        raise Refused(f"no column tells the rows apart in {', '.join(found.keyless)}: nothing can be proposed")
    for name in found.keyless:
        typer.echo(f"{name}: no column tells the rows apart; complete its `cis` in the mapping", err=True)
    if out is None:
        sys.stdout.write(found.text)
        return
    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.write(found.text)
    except FileExistsError:
        raise Refused("the file exists; name a new one") from None
    except OSError as fault:
        raise Refused(f"the file cannot be written: {fault.strerror or 'an output error'}") from None
