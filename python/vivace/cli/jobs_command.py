"""``vivace jobs``: list, resume, cancel."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vivace.cli.cloud import BaseUrl, connected
from vivace.cli.console import reported, say, say_table, warnings_told
from vivace.cli.report import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vivace.backends import JobRecord

__all__ = ["cancel", "jobs", "resume"]

jobs = typer.Typer(
    name="jobs",
    invoke_without_command=True,
    rich_markup_mode=None,
    help="List the jobs sent from this machine, latest first; wait for one, or cancel it.",
)


@jobs.callback()
def _list(
    context: typer.Context,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask the service where those stand that had not ended.")
    ] = False,
    last: Annotated[int, typer.Option(min=1, help="Jobs to list.")] = 20,
    base_url: BaseUrl = None,
) -> None:
    if context.invoked_subcommand is not None:
        return
    with reported(), warnings_told():
        if refresh:
            with connected(base_url) as service:
                found = service.jobs(refresh=True)
        else:
            from vivace.backends import Journal

            found = Journal().jobs(base_url)
        _show(found[:last])
        if len(found) > last:
            typer.echo(f"and {len(found) - last:,} more; --last shows them")


@jobs.command()
def resume(
    job_id: Annotated[str, typer.Argument(metavar="JOB_ID", help="The job.")],
    observable: Annotated[
        Path | None, typer.Option(help="Words file of the job, to print the value of the observable too.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Outcomes, or words, to print of each circuit.")] = 8,
    out: Annotated[Path | None, typer.Option(help="File for all results, .json or .csv.")] = None,
    base_url: BaseUrl = None,
) -> None:
    """Wait for a job and print its results. Ctrl+C cancels the job.

    Characterizations (type VALIDATE) are not for the command line: get_characterization_result fetches them.
    """
    with reported() as saved, warnings_told():
        from vivace.sweeps import read_observable

        report = Report(out, top, None if observable is None else read_observable(observable))
        report.check()
        with connected(base_url) as service:
            result = service.resume(job_id, verbose=sys.stderr.isatty())
        report.give(result, saved)


@jobs.command()
def cancel(
    job_id: Annotated[str, typer.Argument(metavar="JOB_ID", help="The job.")],
    base_url: BaseUrl = None,
) -> None:
    """Cancel a job that has not ended."""
    with reported(), warnings_told():
        with connected(base_url) as service:
            service.cancel_job(job_id)
        say("cancelled", job_id)


def _show(records: Sequence[JobRecord]) -> None:
    if not records:
        typer.echo("no jobs on record")
        return
    say_table(
        ("job", "state", "type", "circuits", "target", "opened", "service"),
        [
            (
                record.job_id,
                record.state,
                record.job_type,
                f"{record.n_circuits}",
                record.target,
                f"{datetime.fromtimestamp(record.created_at).astimezone():%Y-%m-%d %H:%M}",
                record.base_url,
            )
            for record in records
        ],
        numbers=(3,),
    )
