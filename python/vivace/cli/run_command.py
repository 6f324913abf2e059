"""``vivace run``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from vivace.cli.cloud import BaseUrl
from vivace.cli.console import progress_bar, reported, say, warnings_told
from vivace.cli.report import Report
from vivace.cli.runners import Backend, BackendOption, BondDimension, Device, Method, RunnerOptions, Seed
from vivace.errors import ConfigError, QasmError

if TYPE_CHECKING:
    from vivace.backends import ExecutionResult

__all__ = ["run"]

_SHOTS: Final = 1000


def run(  # noqa: PLR0913, PLR0917 - one argument per option
    files: Annotated[
        list[Path], typer.Argument(help="OpenQASM 2 files; each is a circuit.", metavar="FILE...")
    ],
    backend: BackendOption = Backend.MAESTRO,
    shots: Annotated[int | None, typer.Option(min=1, help=f"Shots per circuit; {_SHOTS} by default.")] = None,
    seed: Seed = None,
    method: Method = None,
    bond_dimension: BondDimension = None,
    device: Device = None,
    observable: Annotated[
        Path | None,
        typer.Option(help="Words file: lines of <coefficient> <word>. Expectation values instead of counts."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Outcomes, or words, to print of each circuit.")] = 8,
    out: Annotated[Path | None, typer.Option(help="File for all results, .json or .csv.")] = None,
    base_url: BaseUrl = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Submit, print the id of the job, and leave it to run.")
    ] = False,
) -> None:
    """Run circuits: sample them, or take the expectation value of an observable.

    A circuit is labelled by the name of its file.
    """
    with reported() as saved, warnings_told():
        from vivace.sweeps import read_observable

        chosen = RunnerOptions(backend, seed, method, bond_dimension, device, base_url)
        _refuse(chosen, shots, observable, out, detach)
        words = None if observable is None else read_observable(observable)
        circuits = _read(files)
        estimates = words is not None and chosen.device is not None
        report = Report(out, top, words, (shots or _SHOTS) if estimates else None)
        report.check()
        options: dict[str, Any] = {} if words is None else {"ham_ops": ";".join(words.words)}
        try:
            if backend is Backend.QORO:
                result = _in_the_cloud(circuits, chosen, shots or _SHOTS, options, detach=detach)
            else:
                result = _here(circuits, chosen, shots or _SHOTS, options)
        except QasmError as error:
            if "Unknown symbol" in str(error):
                error.add_note("\n  If it is a parameter, give it values: vivace sweep.")
            raise
        if result is not None:
            each = [] if words is None else [f"{len(words.words)} words each"]
            each += [f"{shots or _SHOTS} shots each"] if words is None or estimates else []
            say("circuits", ", ".join([f"{len(circuits)} on {backend.value}", *each]))
            report.give(result, saved)


def _refuse(
    chosen: RunnerOptions,
    shots: int | None,
    observable: Path | None,
    out: Path | None,
    detach: bool,
) -> None:
    if observable is not None and shots is not None and chosen.device is None:
        raise ConfigError("--observable gives exact values, which take no --shots; give one of them")
    if chosen.backend is not Backend.QORO and detach:
        raise ConfigError("--detach goes with --backend qoro")
    if detach and out is not None:
        raise ConfigError("--detach waits for no results; get them with vivace jobs resume JOB_ID --out FILE")


def _read(files: list[Path]) -> dict[str, str]:
    from vivace.sweeps import read_template

    origins: dict[str, Path] = {}
    for path in files:
        other = origins.setdefault(path.stem, path)
        if other is not path:
            raise ConfigError(f"{other} and {path} are both labelled {path.stem!r}; rename one of them")
    return {label: read_template(path) for label, path in origins.items()}


def _here(
    circuits: dict[str, str], chosen: RunnerOptions, shots: int, options: dict[str, Any]
) -> ExecutionResult:
    from vivace.cancellation import interrupt_scope

    with (
        chosen.runner(shots) as runner,
        interrupt_scope() as event,
        progress_bar("circuits", len(circuits)) as progress,
    ):
        return runner.submit_circuits(circuits, cancellation_event=event, progress=progress, **options)


def _in_the_cloud(
    circuits: dict[str, str], chosen: RunnerOptions, shots: int, options: dict[str, Any], *, detach: bool
) -> ExecutionResult | None:
    """The results; none of a job that is left to run, whose id is printed."""
    with chosen.service(shots) as service:
        if not detach:
            return service.run(circuits, verbose=sys.stderr.isatty(), **options)
        typer.echo(service.submit_circuits(circuits, **options).job_id)
        return None
