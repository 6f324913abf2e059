"""The ``vivace`` command, put together."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from vivace.cli.jobs_command import jobs
from vivace.cli.run_command import run
from vivace.cli.serve_command import serve
from vivace.cli.sweep_command import sweep

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Runs many quantum circuits fast.",
)
app.command()(sweep)
app.command()(run)
app.add_typer(jobs)
app.command()(serve)


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 2 it cannot be done, 130 interrupted."""
    sys.exit(app())


@app.callback(invoke_without_command=True)
def _vivace(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        import vivace

        typer.echo(f"vivace {vivace.__version__}")
        raise typer.Exit
