"""What a simulator holds, and how it takes the expectation values of one template.

That is for all rows together where that can be, else circuit by circuit on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakSet

from vivace import _core
from vivace.backends.bounded import Bounded
from vivace.backends.forks import after_fork
from vivace.backends.maestro.cones import estimate_by_cones, plan_cones
from vivace.backends.maestro.keeper import Keeper
from vivace.backends.maestro.library import build_circuit, load_maestro
from vivace.backends.maestro.line import Line
from vivace.backends.maestro.methods import check_estimate, explaining, truncation_warning
from vivace.backends.maestro.noise import WarnOnce, estimator, noise_seeds
from vivace.backends.maestro.paths import estimate_facts
from vivace.backends.maestro.product import estimate_exactly, plan_product
from vivace.backends.maestro.run import (
    Run,
    exact_form,
    is_statevector,
    on_qubits,
)
from vivace.backends.maestro.threads import Job, Threads
from vivace.backends.submission import Estimated, angles_of, no_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Engine"]

_RECENT: Final = 32  # circuits that are ready to be run again

_MOST_JOBS: Final = 1024  # in hand at a time, so that memory does not grow with the rows

T = TypeVar("T")


_ENGINES: Final[WeakSet[Engine]] = WeakSet()


def _leave_to_parent() -> None:
    for engine in list(_ENGINES):
        engine._leave()  # noqa: SLF001 - our own


after_fork(_leave_to_parent)


class Engine:
    """Runs templates. Holds threads and worker processes; any number of threads may use one engine.

    Args:
        on_warning: Called with (topic, message) instead of warning once.

    Attributes:
        threads: The threads.
        keeper: Kept simulators, here and in workers.
        warnings: What was warned of.
        recent: Plans and programs of the latest circuits, by their shapes: whoever minimises an energy
            submits one circuit again and again, at other angles.
    """

    def __init__(self, on_warning: Callable[[str, str], None] | None = None) -> None:
        self._on_warning = on_warning
        self._renew()
        _ENGINES.add(self)

    def _renew(self) -> None:
        """Start afresh: also in a forked child, which has no threads and may have locks that stay shut."""
        self.threads = Threads()
        self.keeper = Keeper(self.threads)
        self.recent: Bounded[Any] = Bounded(_RECENT)
        self.warnings = WarnOnce(self._on_warning)

    def _leave(self) -> None:
        self.keeper.disown()
        self._renew()

    def close(self) -> None:
        """Let the threads and the workers go; they come back with the next use."""
        self.threads.close()
        self.keeper.close()
        self.recent.clear()

    def plan_estimate(
        self, run: Run, template: _core.Template, rows: NDArray[np.int64], words: list[str]
    ) -> Callable[[], Estimated]:
        """Check what can be checked; return a call for the expectation values, rows × words.

        ``words`` have one letter per declared qubit.

        Raises:
            SimulationError: The template has no expectation values.
        """
        label = run.labels[template.circuits[rows[0]]]
        native = template.native()
        unitary = native.unitary()
        if unitary is None:
            raise no_values(label)
        return partial(self._estimate, run, template, native, unitary, rows, words)

    def line(self, circuit: _core.NativeCircuit) -> Line:
        """The circuit in the order in which a matrix product state of it is cheap."""
        # Of the circuits of one shape each has its own numbers.
        order: list[int] = self.recent.get_or(("line", circuit.shape()), circuit.line)
        return Line.of(circuit, order)

    def warn_of_truncation(self, run: Run, circuit: _core.NativeCircuit, label: str) -> None:
        """Warn, once for a simulator, that limits of the method may make results inexact."""
        message = truncation_warning(run.config, circuit, label)
        if message is not None:
            self.warnings.once("truncation" if run.config.simulation_type is None else "limits", message)

    def _estimate(
        self,
        run: Run,
        template: _core.Template,
        native: _core.NativeCircuit,
        unitary: _core.NativeCircuit,
        rows: NDArray[np.int64],
        words: list[str],
    ) -> Estimated:
        label = run.labels[template.circuits[rows[0]]]
        if run.path != "circuits" and is_statevector(run) and run.config.noise_model is None:
            placed = [on_qubits(word, unitary) for word in words]
            plan = plan_cones(self, run, unitary, placed)
            if not plan.wide or unitary.n_qubits == template.n_qubits:
                return estimate_by_cones(self, run, template, unitary, plan, rows)
        run, unitary = exact_form(run, native, unitary, label)
        words = [on_qubits(word, unitary) for word in words]
        check_estimate(run.config, unitary, words, label)
        product, source = plan_product(self, run, unitary, words), unitary
        if product is not None:
            if product.is_exact:
                return estimate_exactly(self, run, template, product, rows)
            unitary, words = product.circuit, product.words
        self.warn_of_truncation(run, unitary, label)
        facts = estimate_facts(run.config, unitary)
        if run.config.noise_model is not None:
            return self._noisy_values(run, template, native, unitary, rows, words), facts
        maestro = load_maestro()
        config = run.config.to_simulator_config(maestro, width=unitary.n_qubits)

        def expectations(_index: int, circuit: Any) -> list[float]:
            values: list[float] = maestro.simple_estimate(circuit, words, config)["expectation_values"]
            return values

        values = self._values(run, template, source, unitary, rows, expectations)
        return (values if product is None else values * product.signs), facts

    def _noisy_values(
        self,
        run: Run,
        template: _core.Template,
        native: _core.NativeCircuit,
        unitary: _core.NativeCircuit,
        rows: NDArray[np.int64],
        words: list[str],
    ) -> NDArray[np.float64]:
        circuits = template.circuits[rows].tolist()
        labels = [run.labels[circuit] for circuit in circuits]
        noise = noise_seeds(run.config, circuits, labels)
        base = run.config.seed
        seeds = [None] * len(rows) if base is None else _core.derive_seeds(base, labels).tolist()
        values = estimator(run.config, native, unitary, words, labels[0], self.warnings)

        def call(index: int, circuit: Any) -> list[float]:
            return values(circuit, noise[index], seeds[index])

        return self._values(run, template, unitary, unitary, rows, call)

    def _values(
        self,
        run: Run,
        template: _core.Template,
        source: _core.NativeCircuit,
        circuit: _core.NativeCircuit,
        rows: NDArray[np.int64],
        call: Callable[[int, Any], list[float]],
    ) -> NDArray[np.float64]:
        """Values of a circuit with the angles of ``source``, whose slots are numbered alike."""
        import numpy as np

        def angles(index: int) -> NDArray[np.float64]:
            return angles_of(template, source, rows[index : index + 1])

        return np.concatenate([found for _, found in self.each(run, template, circuit, rows, angles, call)])

    def each(
        self,
        run: Run,
        template: _core.Template,
        circuit: _core.NativeCircuit,
        rows: NDArray[np.int64],
        angles: Callable[[int], NDArray[np.float64]],
        call: Callable[[int, Any], T],
    ) -> Iterator[tuple[slice, list[T]]]:
        """``call(index, circuit)`` for every row, on the thread pool; results in order, a chunk at a time.

        ``angles(index)`` has the angles of a row, 1 × slots of the circuit.
        """
        maestro = load_maestro()
        by_text = circuit.has_conditions
        idle = run.config.noise_model is not None
        operations = [] if by_text else circuit.operations()
        circuits = template.circuits

        def job(index: int, row: int) -> Job[T]:
            label = run.labels[circuits[row]]

            def run_one() -> T:
                numbers = angles(index)[0].tolist()
                with explaining(run.config, circuit, label):
                    if by_text:
                        return call(index, circuit.text(numbers))
                    return call(index, build_circuit(maestro, circuit, numbers, idle, operations))

            return label, run_one

        for start in range(0, len(rows), _MOST_JOBS):
            part = slice(start, min(start + _MOST_JOBS, len(rows)))
            jobs = [job(index, row) for index, row in enumerate(rows[part].tolist(), start)]
            yield part, self.threads.run_all(run, jobs, report=True)
