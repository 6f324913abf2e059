"""The ``vivace`` command, put together."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from vivace.cli.console import FAILED, INTERRUPTED, complain
from vivace.cli.jobs_command import jobs
from vivace.cli.run_command import run
from vivace.cli.serve_command import serve
from vivace.cli.sweep_command import sweep

__all__ = ["app", "main"]

# Typer has no name of its own for it.
_USAGE_ERROR: Final[Any] = typer.BadParameter.__base__


class _Commands(TyperGroup):
    """The commands, whose wrong use is one line like any other error."""

    def main(self, *args: Any, **options: Any) -> Any:
        standalone = options.pop("standalone_mode", True)
        options["standalone_mode"] = False
        if not standalone:
            return super().main(*args, **options)
        try:
            sys.exit(super().main(*args, **options))
        except _USAGE_ERROR as error:
            # "Value error" is what pydantic, which reads Typer's options, puts before the reason.
            message = " ".join(error.format_message().split()).replace(": Value error, ", ": ", 1)
            path = error.ctx.command_path if error.ctx is not None else "vivace"
            complain(f"error: {message}{'' if message[-1] in '.?' else '.'} Try: {path} --help")
            sys.exit(FAILED)
        except typer.Abort:
            complain("interrupted")
            sys.exit(INTERRUPTED)


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Runs many quantum circuits fast.",
)
app.command(short_help="Run a template on rows of parameters.")(sweep)
app.command(short_help="Run circuits.")(run)
app.add_typer(jobs, short_help="List, resume and cancel jobs in the cloud.")
app.command(short_help="Serve the cloud's protocol here.")(serve)


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 2 it cannot be done, 130 interrupted."""
    sys.exit(app())


@app.callback(invoke_without_command=True)
def _vivace(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        import vivace

        typer.echo(f"vivace {vivace.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(FAILED)
