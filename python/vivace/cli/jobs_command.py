"""``vivace jobs``: list, resume, cancel."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vivace.cli.cloud import BaseUrl, connected
from vivace.cli.console import reported, say, say_table, warnings_told
from vivace.cli.report import Report, check_file, give_analysis
from vivace.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vivace.backends import JobRecord, QoroService

__all__ = ["cancel", "jobs", "resume"]

# Shorter ones are no beginning of an id, but a slip.
_SHORTEST: Final = 4

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

            found = Journal().jobs(base_url and base_url.rstrip("/"))
        _show(found[:last])
        if len(found) > last:
            typer.echo(f"and {len(found) - last:,} more; --last shows them")


@jobs.command()
def resume(
    job_id: Annotated[str, typer.Argument(metavar="JOB_ID", help="The job: its id, or the beginning of it.")],
    observable: Annotated[
        Path | None, typer.Option(help="Words file of the job, to print the value of the observable too.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Outcomes, or words, to print of each circuit.")] = 8,
    out: Annotated[Path | None, typer.Option(help="File for all results, .json or .csv.")] = None,
    base_url: BaseUrl = None,
) -> None:
    """Wait for a job and print its results. Ctrl+C cancels the job.

    Of a characterization (type VALIDATE), the analysis is printed; Ctrl+C leaves it running.
    """
    with reported() as saved, warnings_told():
        from vivace.sweeps import read_observable

        job_id = _on_record(job_id)
        if _is_characterization(job_id):
            if observable is not None:
                raise ConfigError(f"job {job_id} is a characterization and takes no --observable")
            _resume_analysis(job_id, out, base_url, saved)
            return
        report = Report(out, top, None if observable is None else read_observable(observable))
        report.check()
        with _service_of(job_id, base_url) as service:
            result = service.resume(job_id, verbose=sys.stderr.isatty())
        report.give(result, saved)


def _resume_analysis(job_id: str, out: Path | None, base_url: str | None, saved: list[Path]) -> None:
    from vivace.backends import get_characterization_result

    check_file(out, (".json",), "an analysis is")
    with _service_of(job_id, base_url) as service:
        result = get_characterization_result(job_id, service=service)
    give_analysis(result, out, saved)


@jobs.command()
def cancel(
    job_id: Annotated[str, typer.Argument(metavar="JOB_ID", help="The job: its id, or the beginning of it.")],
    base_url: BaseUrl = None,
) -> None:
    """Cancel a job that has not ended."""
    with reported(), warnings_told():
        job_id = _on_record(job_id)
        with _service_of(job_id, base_url) as service:
            service.cancel_job(job_id)
        say("cancelled", job_id)


def _on_record(text: str) -> str:
    """The id of the one job on record that begins so, as bars show it; else the text itself."""
    from vivace.backends import Journal

    found = {record.job_id for record in Journal().jobs() if record.job_id.startswith(text)}
    if text in found or not found or len(text) < _SHORTEST:
        return text
    if len(found) > 1:
        raise ConfigError(f"{len(found)} jobs on record begin with {text!r}; give more of the id.", "job_id")
    return found.pop()


def _is_characterization(job_id: str) -> bool:
    from vivace.backends import JobType, Journal

    record = Journal().job(job_id)
    return record is not None and record.job_type == JobType.CHARACTERIZE


@contextmanager
def _service_of(job_id: str, base_url: str | None) -> Iterator[QoroService]:
    """The service. If it does not know the job, the error says which one does; Ctrl+C says how to go on."""
    from vivace.backends import Journal, QoroConnectionError, QoroHTTPError

    asked = base_url
    try:
        with connected(base_url) as service:
            asked = service.base_url
            yield service
    except (QoroConnectionError, QoroHTTPError) as error:
        record = Journal().job(job_id)
        unknown = not isinstance(error, QoroHTTPError) or error.status_code in (401, 404)
        elsewhere = record is not None and record.base_url != asked and record.base_url not in str(error)
        if record is not None and unknown and elsewhere:
            error.add_note(f"Job {job_id} was sent to {record.base_url}; use --base-url {record.base_url}.")
        raise
    except KeyboardInterrupt as error:
        if not getattr(error, "__notes__", ()):
            error.add_note(
                f"Job {job_id} may go on: service.resume({job_id!r}) waits for it and fetches, "
                f"service.cancel_job({job_id!r}) stops it."
            )
        raise


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
