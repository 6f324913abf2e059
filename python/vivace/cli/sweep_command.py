"""``vivace sweep``."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vivace._files import check_creatable
from vivace._suggest import install_hint
from vivace.cli.cloud import BaseUrl
from vivace.cli.console import (
    progress_bar,
    reported,
    say,
    told_too,
    warnings_told,
)
from vivace.cli.runners import Backend, BackendOption, BondDimension, Device, Method, RunnerOptions, Seed
from vivace.errors import (
    ConfigError,
    ExecutionCancelledError,
    MissingDependencyError,
    ParameterError,
    QasmError,
    VivaceError,
)

if TYPE_CHECKING:
    from vivace.sweeps import Observable, SweepResult

__all__ = ["sweep"]

_LONGEST_NUMBER: Final = 1000


def sweep(  # noqa: PLR0913, PLR0917 - one argument per option
    template: Annotated[
        Path, typer.Argument(help="OpenQASM 2 file with named parameters.", metavar="TEMPLATE")
    ],
    ranges: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="NAME=START:STOP:NUM",
            help="Evenly spaced values, both ends included; ends may be expressions, as in -pi/2. "
            "Several ranges make a grid, the last one changing fastest.",
        ),
    ] = None,
    parameters: Annotated[
        Path | None,
        typer.Option(
            help="Rows instead of ranges: .csv with a header of names, .npy, or the results of a sweep, .npz "
            "or .csv, for its rows."
        ),
    ] = None,
    names: Annotated[str | None, typer.Option(help="Names of the columns of a .npy matrix: a,b,c.")] = None,
    observable: Annotated[
        Path | None,
        typer.Option(help="Words file: lines of <coefficient> <word>, leftmost letter = qubit 0."),
    ] = None,
    shots: Annotated[
        int | None, typer.Option(min=1, help="Sample this many shots per row and group of words.")
    ] = None,
    backend: BackendOption = Backend.MAESTRO,
    seed: Seed = None,
    method: Method = None,
    bond_dimension: BondDimension = None,
    device: Device = None,
    out: Annotated[
        Path,
        typer.Option(
            help="A directory, for sweep.npz and the picture landscape.png; or one file, .npz or .csv, "
            "without a picture."
        ),
    ] = Path("sweep-out"),
    plot: Annotated[Path | None, typer.Option(help="File for the picture, .png.")] = None,
    no_plot: Annotated[bool, typer.Option("--no-plot", help="Draw nothing.")] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="Diagonalise the observable too, and compare (14 qubits at most).")
    ] = False,
    unit: Annotated[str, typer.Option(help="Unit of the observable, for print and picture: Ha.")] = "",
    base_url: BaseUrl = None,
) -> None:
    """Run a circuit template on every row of parameters.

    With --observable the values are exact (a warning says so where circuits are too wide for that); with
    --shots, counts; with both, estimates and their standard errors. Words that commute qubit by qubit are
    measured together, each group with shots of its own.
    """
    with reported() as saved:
        chosen = RunnerOptions(backend, seed, method, bond_dimension, device, base_url)
        source = _Source(template, tuple(ranges or ()), parameters, names, observable, exact, shots)
        files = _Files.planned(out, plot, no_plot)
        result, stopped = _run(source, shots, chosen)
        files.make_directories()
        result.save(files.results)
        saved.append(files.results)
        _report(result, unit)
        if exact and source.words is not None and stopped is None:
            _report_ground(result, unit, source.words.ground_energy())
        say("results", str(files.results))
        if files.picture is not None and stopped is None:
            from vivace.plots import landscape

            say("plot", str(landscape(result, files.picture, unit=unit, title=template.stem)))
        elif files.note:
            say("plot", files.note)
        if stopped is not None:
            raise stopped


class _Source:
    """What goes into a sweep, read and checked."""

    words: Observable | None

    def __init__(
        self,
        template: Path,
        ranges: tuple[str, ...],
        parameters: Path | None,
        names: str | None,
        observable: Path | None,
        exact: bool,
        shots: int | None,
    ) -> None:
        from vivace.sweeps import parameter_grid, read_observable, read_parameters, read_template

        if bool(ranges) == (parameters is not None):
            raise ConfigError("give either --range (once per parameter) or --parameters")
        if names is not None and parameters is None:
            raise ConfigError("--names goes with --parameters FILE.npy")
        if observable is None and (exact or shots is None):
            raise ConfigError("--exact needs --observable" if exact else "give --observable, --shots or both")
        self.path = template
        self.text = read_template(template)
        self.words = None if observable is None else read_observable(observable)
        if exact and self.words is not None:
            self.words.check_diagonalisable()
        if parameters is None:
            self.names, self.values = parameter_grid(_ranges(ranges))
        else:
            given = None if names is None else [name.strip() for name in names.split(",")]
            self.names, self.values = read_parameters(parameters, given)


@dataclass(frozen=True)
class _Files:
    """Where results go; settled, and tried, before anything runs."""

    results: Path
    picture: Path | None
    note: str = ""

    @classmethod
    def planned(cls, out: Path, plot: Path | None, no_plot: bool) -> _Files:
        from vivace.plots import require_matplotlib
        from vivace.sweeps import output_format

        if plot is not None and no_plot:
            raise ConfigError("--plot and --no-plot exclude each other")
        if plot is not None and plot.suffix.lower() != ".png":
            raise ConfigError(f"{plot}: pictures are written as .png")
        if out.suffix and not out.is_dir():
            output_format(out)
            results, picture = out, plot
        else:
            results, picture = out / "sweep.npz", plot or out / "landscape.png"
        check_creatable(results)
        if no_plot or picture is None:
            return cls(results, None)
        try:
            require_matplotlib()
        except MissingDependencyError:
            if plot is not None:
                raise
            return cls(results, None, f"none. {install_hint('plot')}")
        check_creatable(picture)
        return cls(results, picture)

    def make_directories(self) -> None:
        """Now that there is something to write."""
        for path in filter(None, (self.results, self.picture)):
            path.parent.mkdir(parents=True, exist_ok=True)


def _run(source: _Source, shots: int | None, chosen: RunnerOptions) -> tuple[SweepResult, Exception | None]:
    """The rows that were done, and what stopped the others, if anything did. At least one was done."""
    from vivace.cancellation import interrupt_scope
    from vivace.sweeps import SweepResult, sweep_parts

    parts: list[SweepResult] = []
    stopped: Exception | None = None
    rows = len(source.values)
    with (
        warnings_told(),
        chosen.runner(shots) as runner,
        interrupt_scope(pressed=chosen.announcement()) as event,
        progress_bar("rows", rows) as progress,
    ):
        try:
            parts.extend(
                sweep_parts(
                    source.text,
                    source.names,
                    source.values,
                    observable=source.words,
                    shots=shots,
                    runner=runner,
                    progress=progress,
                    cancellation_event=event,
                )
            )
        except QasmError as error:
            raise QasmError(f"{source.path}: {error}\n") from error
        except ExecutionCancelledError as error:
            done = f"{sum(map(len, parts))} of {rows} rows done"
            saved = "the finished rows are saved" if parts else "nothing is saved"
            stopped = ExecutionCancelledError(f"{done}; {saved}{told_too(error)}")
        except (VivaceError, OSError, MemoryError) as error:
            stopped = error
            if parts:
                error.add_note(f"{sum(map(len, parts))} of {rows} rows were done before that")
    if stopped is not None and not parts:
        raise stopped
    return SweepResult.joined(parts), stopped


def _ranges(texts: tuple[str, ...]) -> dict[str, tuple[float, float, int]]:
    found: dict[str, tuple[float, float, int]] = {}
    for text in texts:
        name, _, rest = text.partition("=")
        name = name.strip()
        fields = rest.split(":")
        if not name or len(fields) != 3:
            raise ParameterError(f"--range {text}: expected NAME=START:STOP:NUM, such as theta=-pi:pi:101")
        if name in found:
            raise ParameterError(f"--range {text}: {name!r} has a range already", name=name)
        try:
            found[name] = _number(fields[0]), _number(fields[1]), _count(fields[2])
        except ValueError as error:
            raise ParameterError(f"--range {text[:80]}: {error}", name=name) from None
    return found


def _number(text: str) -> float:
    """A number, or what the core makes of an expression: ``1.5``, ``-pi``, ``3*pi/4``."""
    from vivace.circuits import CircuitBatch

    text = text.strip()
    try:
        return float(text)
    except ValueError:
        pass
    try:
        # Without these characters it cannot end the statement it is put into.
        if len(text) <= _LONGEST_NUMBER and not set(text) & set(';[]{}"'):
            circuit = CircuitBatch.of([f"OPENQASM 2.0; qreg q[1]; rx({text}) q[0];"]).templates[0]
            return float(circuit.angles(circuit.native(), 0, 1)[0, 0])
    except QasmError:
        pass
    raise ValueError(f"{text[:40]!r} is neither a number nor an expression such as 3*pi/4 (2*pi, not 2pi)")


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("expected a whole number of values") from None


def _report(result: SweepResult, unit: str) -> None:
    shots = "" if result.shots is None else f", {result.shots} shots each"
    shots += f" in {len(result.bases)} bases" if len(result.bases) > 1 else ""
    say("rows", f"{len(result)} of {', '.join(result.names)}{shots}")
    say("time", f"{result.seconds:.3g} s, {result.rows_per_second:,.0f} rows/s")
    if result.energies is None:
        if result.counts is not None:
            frequencies = result.counts.frequencies()
            row = int(frequencies.argmax())
            outcome = max(result.counts.row(row).items(), key=lambda item: item[1])[0]
            at = _parameters(dict(zip(result.names, result.values[row].tolist(), strict=True)))
            say("most certain", f"{outcome} in {frequencies[row]:.1%} of the shots of row {row}   {at}")
        return
    best = result.best()
    errors = result.standard_errors
    error = f" +- {errors[best.row]:.2g}" if errors is not None and isfinite(errors[best.row]) else ""
    say("lowest", f"{_quantity(best.value, error, unit)}   row {best.row}   {_parameters(best.parameters)}")


def _report_ground(result: SweepResult, unit: str, ground: float) -> None:
    above = result.best().value - ground
    apart = f"{above * 1000:.3f} m{unit}" if unit else f"{above:.3g}"
    say("exact ground", f"{_quantity(ground, '', unit)}   lowest is {apart} above it")


def _parameters(parameters: dict[str, float]) -> str:
    shown = [f"{name} = {value:.6g}" for name, value in parameters.items()]
    return "   ".join(shown[:8]) + (f"   and {len(shown) - 8} more" if len(shown) > 8 else "")


def _quantity(value: float, error: str, unit: str) -> str:
    return f"{value:.8f}{error} {unit}".rstrip()
