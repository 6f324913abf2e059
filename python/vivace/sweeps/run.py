"""Runs sweeps on any runner, chunk by chunk.

`sweep` runs one on any runner; `sweep_parts` does so piece by piece, for sweeps larger than memory or to keep
what is done when a run stops early. Rows go to the runner in chunks, so memory beyond the results is flat.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from vivace._qiskit import exported, is_circuit, names_of
from vivace._suggest import warn_user
from vivace.cancellation import check
from vivace.errors import ConfigError, ParameterError, ResultError
from vivace.sweeps.checks import checked_rows, checked_template, runner_for
from vivace.sweeps.observable import Observable
from vivace.sweeps.result import SweepCounts, SweepResult
from vivace.sweeps.sampled import Samples
from vivace.sweeps.waiting import finished, takes_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

    from vivace.backends import CircuitRunner
    from vivace.circuits import CircuitPayload
    from vivace.results import ExecutionResult

__all__ = ["sweep", "sweep_parts"]

# Chunks start small and grow while they are quick: little is lost when a slow run stops early.
_FIRST_CHUNK: Final = 512
_LAST_CHUNK: Final = 65_536
_LAST_SAMPLED_CHUNK: Final = 8192
_QUICK: Final = 0.5
_SLOW: Final = 2.0


def sweep(  # noqa: PLR0913 - keywords, all optional but the first three
    template: str | QuantumCircuit,
    names: Iterable[Any],
    values: ArrayLike,
    *,
    observable: Observable | SparsePauliOp | None = None,
    shots: int | None = None,
    runner: CircuitRunner | None = None,
    seed: int | None = None,
    gradients: bool = False,
    progress: Callable[[int, int], None] | None = None,
    cancellation_event: Event | None = None,
) -> SweepResult:
    """Run a template on every row of parameters.

    Args:
        template: OpenQASM 2 text, where in gate arguments the names stand for the parameters, or a Qiskit
            circuit with parameters.
        names: The parameters, in the order of the columns: names, or Qiskit's ``Parameter`` objects, such as
            ``circuit.parameters``. Not ``pi``, or a function such as ``sin``.
        values: float64, rows × names.
        observable: What to measure, an `Observable` or anything `Observable.of` takes: exact expectation
            values, or estimates if ``shots`` is given as well. Words that commute qubit by qubit are measured
            together: for each such group all rows run again with gates that turn its basis, and measurements,
            in place of the template's own at the end. Only where those tell all words, as they are of I and Z
            and qubit i is measured into bit i of as many as a word has letters, the template runs as it is.
        shots: Sample this many shots per row, and per group of words if there is an observable. Without shots
            and observable, the runner's own number.
        runner: Where to run; by default a `MaestroSimulator`, closed afterwards. On a `QoroService` up to
            65536 rows are a job, or 8192 circuits to sample; setting the event cancels it.
        seed: Makes sampling repeatable; a runner that is given keeps it, as from its ``set_seed``.
        gradients: Also take the exact derivatives of the observable by every parameter. The runner must have
            them, as `MaestroSimulator` does.
        progress: Called with (rows done, rows in all), often, as far as the runner tells.
        cancellation_event: Set it to stop; finished rows are lost then, use `sweep_parts` to keep them.

    Raises:
        QasmError: The template is not valid; tells line and column. Or a circuit cannot be exported.
        ParameterError: Names and values do not fit each other or the template, or a value is not finite.
        ObservableError: The observable does not fit the circuit.
        ConfigError: The shots are not those of the runner, or there is nothing to sample or to differentiate,
            or the runner has no expectation values, or no gradients.
        TypeError: The runner is none.
        ExecutionCancelledError: The event is set.

    >>> template = "OPENQASM 2.0; qreg q[1]; creg c[1]; ry(angle) q[0]; measure q -> c;"
    >>> from vivace.sweeps import Observable, parameter_grid, sweep
    >>> names, values = parameter_grid({"angle": (0.0, 3.0, 4)})
    >>> result = sweep(template, names, values, observable=Observable(("Z",), [1.0]))
    >>> result.energies.round(6).tolist(), result.best().parameters
    ([1.0, 0.540302, -0.416147, -0.989992], {'angle': 3.0})
    >>> result = sweep(template, names, values, observable=Observable(("Z",), [2.0]), gradients=True)
    >>> (result.gradients[1:] + 0).round(6).tolist()  # of 2 cos(angle)
    [[-1.682942], [-1.818595], [-0.28224]]

    With shots, the energies have standard errors, unless shots depend on each other, as they do where a noisy
    simulator shares random patterns of errors among them: then they are NaN, and a warning says what to do.

    >>> observable = Observable(("Z", "X"), [1.0, -0.5])
    >>> result = sweep(template, names, values, observable=observable, shots=10_000, seed=1)
    >>> exact = sweep(template, names, values, observable=observable).energies
    >>> result.bases, bool((abs(result.energies - exact) <= 5 * result.standard_errors).all())
    (('Z', 'X'), True)

    Objects of Qiskit go in as they are; ``result.observable`` then has qubit 0 on the left:

    >>> from qiskit.circuit import Parameter, QuantumCircuit
    >>> from qiskit.quantum_info import SparsePauliOp
    >>> circuit = QuantumCircuit(2)
    >>> circuit.rx(2 * Parameter("a"), 0), circuit.cx(0, 1)  # doctest: +ELLIPSIS
    (...)
    >>> operator = SparsePauliOp.from_list([("IZ", 1.0), ("ZZ", 0.5)])
    >>> result = sweep(circuit, circuit.parameters, [[0.0], [0.5]], observable=operator)
    >>> result.observable.words, result.energies.round(6).tolist()
    (('ZI', 'ZZ'), [1.5, 1.040302])
    """
    return SweepResult.joined(
        list(
            sweep_parts(
                template,
                names,
                values,
                observable=observable,
                shots=shots,
                runner=runner,
                seed=seed,
                gradients=gradients,
                progress=progress,
                cancellation_event=cancellation_event,
            )
        )
    )


def sweep_parts(  # noqa: PLR0913 - those of sweep()
    template: str | QuantumCircuit,
    names: Iterable[Any],
    values: ArrayLike,
    *,
    observable: Observable | SparsePauliOp | None = None,
    shots: int | None = None,
    runner: CircuitRunner | None = None,
    seed: int | None = None,
    gradients: bool = False,
    progress: Callable[[int, int], None] | None = None,
    cancellation_event: Event | None = None,
) -> Iterator[SweepResult]:
    """As `sweep`, one `SweepResult` per chunk of rows, in order, as each is done.

    Everything that can be checked is checked by the call, before the first part is asked for.

    >>> from vivace.sweeps import Observable, sweep_parts
    >>> template = "OPENQASM 2.0; qreg q[1]; rx(a) q[0];"
    >>> parts = sweep_parts(template, ["a"], [[0.0], [0.5]], observable=Observable(("Z",), [1.0]))
    >>> [len(part) for part in parts]
    [2]
    """
    if isinstance(names, str):
        raise ParameterError(f"Expected a sequence of names, such as [{names!r:.60}], got text.")
    names = names_of(names)
    if is_circuit(template):
        template = exported(template, names)
    observable = None if observable is None else Observable.of(observable)
    exact = observable is not None and shots is None
    if gradients and not exact:
        wrong = "of an observable: give one" if observable is None else "exact: leave out shots"
        raise ConfigError(f"Gradients are {wrong}.", "gradients")
    matrix = checked_rows(names, values)
    checked = checked_template(template, names, matrix)
    if observable is None and not checked.native().measures:
        raise ConfigError(
            "The template measures nothing, so there is nothing to sample. Add measurements, or give an "
            "observable.",
            "shots",
        )
    sampled = None if observable is None or exact else Samples.of(template, checked, observable)
    owned, used = runner_for(runner, shots)
    if exact and not used.supports_expval:
        raise ConfigError(
            f"{type(used).__name__} has no exact expectation values with these options. Give shots (this "
            f"runner has {used.shots}), to estimate them from samples."
        )
    if gradients and not hasattr(used, "gradients"):
        raise ConfigError(f"{type(used).__name__} has no gradients; run on MaestroSimulator.", "gradients")
    if seed is not None:
        used.set_seed(seed)
    dependence = None if sampled is None else used.shot_dependence(checked.n_qubits)
    if dependence is not None:
        warn_user(f"The standard errors of this sweep are NaN, not known. {dependence}")
    known = dependence is None
    job = _Job(
        template, names, matrix, observable, sampled, known, gradients, used, progress, cancellation_event
    )
    return job.run(owned)


@dataclass(frozen=True, slots=True)
class _Job:
    """One sweep on its way."""

    template: str
    names: tuple[str, ...]
    values: NDArray[np.float64]
    observable: Observable | None
    sampled: Samples | None
    errors_known: bool
    gradients: bool
    runner: CircuitRunner
    progress: Callable[[int, int], None] | None
    event: Event | None

    @property
    def _exact(self) -> bool:
        return self.observable is not None and self.sampled is None

    @property
    def _texts(self) -> tuple[str, ...]:
        return (self.template,) if self.sampled is None else self.sampled.texts

    def run(self, owned: AbstractContextManager[object]) -> Iterator[SweepResult]:
        n_texts, rows = len(self._texts), len(self.values)
        start, size = 0, max(_FIRST_CHUNK // n_texts, 1)
        largest = _LAST_CHUNK if self._exact else max(_LAST_SAMPLED_CHUNK // n_texts, 1)
        if self.runner.is_async:
            size = largest  # a job takes its time, however small it is
        with owned:
            while start < rows:
                check(self.event, f"Sweep cancelled after {start} of {rows} rows")
                part = self._part(start, min(start + size, rows))
                start += len(part)
                if self.progress is not None:
                    self.progress(start, rows)
                yield part
                if not self.runner.is_async:
                    size = min(_next_size(size, part.seconds), largest)

    def _part(self, start: int, stop: int) -> SweepResult:
        began = time.perf_counter()
        values = self.values[start:stop]
        done = self._submit(start, values)
        words, counts, gradients, errors = None, None, None, None
        if self._exact:
            words = done.expectations().values
            if self.gradients:
                gradients = self._gradients(start, values)
        else:
            counts = _counts(done)
        found = len(words) if words is not None else len(counts or ())
        expected = len(values) * len(self._texts)
        if found != expected:
            raise ResultError(f"Expected results for {expected} circuits, the runner returned {found}.")
        bases: tuple[str, ...] = ()
        if self.sampled is not None and counts is not None:
            words, errors = self.sampled.values(counts)
            if not self.errors_known:
                errors[:] = float("nan")
            bases = self.sampled.letters
            counts = None if bases else counts
        seconds = time.perf_counter() - began
        shots = None if self._exact else self.runner.shots
        return SweepResult(
            self.names, values, seconds, self.observable, words, counts, shots, gradients, errors, bases
        )

    def _payloads(self, start: int, values: NDArray[np.float64]) -> list[CircuitPayload]:
        """The rows of every text.

        Labels are row numbers of the whole sweep, with their bases: seeded runners draw from them, however
        rows are chunked, and whatever else is measured.
        """
        from vivace.circuits import CircuitPayload

        bases = self.sampled.letters if self.sampled is not None else ()
        rows = range(start, start + len(values))
        labels = [[f"row {row} in basis {letters}" for row in rows] for letters in bases]
        return [
            CircuitPayload.from_matrix(text, self.names, values, own)
            for text, own in zip(self._texts, labels or [[str(row) for row in rows]], strict=True)
        ]

    def _gradients(self, start: int, values: NDArray[np.float64]) -> NDArray[np.float64]:
        runner: Any = self.runner
        assert self.observable is not None  # noqa: S101 - sweep_parts() has checked
        words, coefficients = ";".join(self.observable.words), self.observable.coefficients
        options = self._options(runner.gradients, start)
        payload = self._payloads(start, values)[0]
        found: NDArray[np.float64] = runner.gradients(
            payload, words, coefficients=coefficients, **options
        ).jacobian
        return found

    def _options(self, call: Callable[..., Any], start: int) -> dict[str, Any]:
        """What stops a call of the runner, and whom it tells of rows done, from ``start`` on."""
        options: dict[str, Any] = {"cancellation_event": self.event}
        progress = self._told(start)
        if progress is not None and takes_progress(call):
            options["progress"] = progress
        return options

    def _submit(self, start: int, values: NDArray[np.float64]) -> ExecutionResult:
        from vivace.circuits import normalise_circuit_batch

        payloads = self._payloads(start, values)
        circuits = payloads if self.runner.resolves_parameters else normalise_circuit_batch(payloads)
        options = self._options(self.runner.submit_circuits, start)
        if self.gradients or self.runner.is_async:
            options.pop("progress", None)  # they tell of the rows later
        if self._exact and self.observable is not None:
            options["ham_ops"] = ";".join(self.observable.words)
        result = self.runner.submit_circuits(circuits, **options)
        if not result.is_async():
            return result
        return finished(self.runner, result, self._told(start), self.event)

    def _told(self, start: int) -> Callable[[int, int], None] | None:
        """What to call with (circuits done, circuits in all) of the rows from ``start`` on."""
        report, n_texts, total = self.progress, len(self._texts), len(self.values)
        return None if report is None else lambda done, _total: report(start + done // n_texts, total)


def _next_size(size: int, seconds: float) -> int:
    """Rows of the next chunk, after one of ``size`` rows that took so long."""
    if seconds > _SLOW:
        return max(size // 2, 1)
    if seconds >= _QUICK:
        return size
    return (8 if seconds < _QUICK / 8 else 2) * size


def _counts(result: ExecutionResult) -> SweepCounts:
    import numpy as np

    table = result.counts_table()
    widths = np.unique(table.widths).tolist()
    if len(widths) != 1 or not np.diff(table.offsets).all():
        raise ResultError(f"Expected counts of one width for every row, the runner returned {widths}.")
    bits = table.bits.reshape(len(table.counts), -(-widths[0] // 8))
    return SweepCounts(bits, table.counts, table.offsets, widths[0])
