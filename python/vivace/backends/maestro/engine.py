"""How one template is run: for all its rows together where that can be, else circuit by circuit on threads.

How a circuit is sampled depends on the circuit alone, never on its batch, so that a seeded circuit gives the
same counts wherever it is submitted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakSet

from vivace import _core
from vivace.backends.bounded import Bounded
from vivace.backends.forks import after_fork
from vivace.backends.maestro.cones import estimate_by_cones, estimate_whole, plan_cones
from vivace.backends.maestro.keeper import Keep, Keeper, Keeping
from vivace.backends.maestro.library import Compiled, build_circuit, load_maestro
from vivace.backends.maestro.methods import check_estimate, check_sample
from vivace.backends.maestro.noise import WarnOnce, estimator, noise_seeds, refuse_noisy, sampler
from vivace.backends.maestro.paths import ExecutionPath, described, estimate_facts, sample_facts
from vivace.backends.maestro.planner import SAMPLED_QUBITS, Work, cost
from vivace.backends.maestro.run import (
    Run,
    chunk_rows,
    exact_form,
    is_sampled,
    is_statevector,
    keeps_exactly,
    on_qubits,
)
from vivace.backends.maestro.threads import Job, Threads
from vivace.backends.submission import Estimated, Sampled, angles_of
from vivace.errors import SimulationError
from vivace.tables import CountsBlock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Engine"]

_MAX_CONDITION: Final = (1 << 31) - 1  # the library's parser reads the value of an `if` as a C int

_MOST_SHOTS: Final = (1 << 31) - 1  # of one circuit object: the library counts them in a C int

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

    Attributes:
        threads: The threads.
        keeper: Kept simulators, here and in workers.
        recent: Plans and programs of the latest circuits, by their shapes: whoever minimises an energy
            submits one circuit again and again, at other angles.
    """

    def __init__(self) -> None:
        self._renew()
        _ENGINES.add(self)

    def _renew(self) -> None:
        """Start afresh: also in a forked child, which has no threads and may have locks that stay shut."""
        self.threads = Threads()
        self.keeper = Keeper(self.threads)
        self.recent: Bounded[Any] = Bounded(_RECENT)
        self._warnings = WarnOnce()

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
            raise SimulationError(
                f"Circuit '{label}' has operations under classical control ('if'), and expectation values of "
                "such circuits are not defined by their final state alone. Sample it instead: leave out "
                "ham_ops.",
                label,
            )
        return partial(self._estimate, run, template, native, unitary, rows, words)

    def warn_of_truncation(self, run: Run, circuit: _core.NativeCircuit, label: str) -> None:
        """Warn, once for a simulator, that automatic matrix product states may be inexact."""
        width = circuit.n_qubits
        if run.config.truncates(width, circuit.bond_exponent):
            self._warnings.once(
                "truncation",
                f"Circuit '{label}' needs {width} qubits (> {run.config.mps_qubit_threshold}) and runs as a "
                "matrix product state, whose bond dimension cuts some of its entanglement off: results are "
                "approximate. Raise max_bond_dimension, or set simulation_type='Statevector' for exact ones.",
            )

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
        self.warn_of_truncation(run, unitary, label)
        facts = estimate_facts(run.config, unitary)
        if run.config.noise_model is not None:
            return self._noisy_values(run, template, native, unitary, rows, words), facts
        if run.path != "circuits" and keeps_exactly(run.config, unitary):
            return estimate_whole(self, run, template, unitary, rows, words)
        maestro = load_maestro()
        config = run.config.to_simulator_config(maestro, width=unitary.n_qubits)

        def expectations(_index: int, circuit: Any) -> list[float]:
            values: list[float] = maestro.simple_estimate(circuit, words, config)["expectation_values"]
            return values

        return self._values(run, template, unitary, rows, expectations), facts

    def plan_sample(
        self,
        run: Run,
        template: _core.Template,
        rows: NDArray[np.int64],
        shots: NDArray[np.uint64],
        seeds: NDArray[np.uint64],
    ) -> Callable[[], Sampled]:
        """Check what can be checked; return a call for the counts of the given rows of a template.

        ``shots`` and ``seeds`` have one entry per row.

        Raises:
            SimulationError: Nothing is measured, or the library must not be asked.
        """
        native = template.native()
        label = run.labels[template.circuits[rows[0]]]
        readout = native.readout()
        if not native.measures:
            raise SimulationError(
                f"Circuit '{label}' measures nothing, so there is nothing to sample. Add measurements, or "
                "give ham_ops for expectation values.",
                label,
            )
        check_sample(run.config, native, label)
        self.warn_of_truncation(run, native, label)
        narrow = native.n_qubits <= SAMPLED_QUBITS
        exact = run.config.noise_model is None and is_sampled(run, native.n_qubits)
        if exact and readout is not None and (narrow or run.path != "circuits"):
            bits = {bit: qubit for bit, qubit in enumerate(readout) if qubit is not None}
            how = self._sampled if narrow else self._sampled_kept
            return partial(how, run, template, native, rows, bits, shots, seeds)
        if shots.max() > _MOST_SHOTS:
            asked = run.labels[template.circuits[rows[shots.argmax()]]]
            raise SimulationError(
                f"Circuit '{asked}' is to be sampled {shots.max()} times, but Maestro runs such a circuit at "
                f"most {_MOST_SHOTS} times. Submit it more than once, with another seed each time.",
                asked,
            )
        if run.config.noise_model is not None:
            refuse_noisy(native, label)
            return partial(self._noisy_counts, run, template, native, rows, shots, seeds)
        if max(native.condition_values, default=0) > _MAX_CONDITION:
            raise SimulationError(
                f"Circuit '{label}' compares a classical register with a number above {_MAX_CONDITION}, "
                "which Maestro cannot read. Compare a shorter register.",
                label,
            )
        return partial(self._executed, run, template, native, rows, shots, seeds)

    def _sampled(
        self,
        run: Run,
        template: _core.Template,
        native: _core.NativeCircuit,
        rows: NDArray[np.int64],
        bits: dict[int, int],
        shots: NDArray[np.uint64],
        seeds: NDArray[np.uint64],
    ) -> Sampled:
        """Counts from the probabilities of a compiled program; ``bits`` tells the qubit behind each bit."""
        unitary = native.unitary()
        assert unitary is not None  # noqa: S101 - plan_sample() has excluded classical control
        what = [load_maestro().Probabilities(list(bits.values()))]
        width, blocks, every = template.n_clbits, list[CountsBlock](), template.circuits
        for part, found in self._compiled(run, template, unitary, rows, what, 1 << len(bits)):
            circuits = every[rows[part]]
            labels = [run.labels[circuit] for circuit in circuits.tolist()]
            arrays = _core.sample_counts(found, shots[part], seeds[part], list(bits), width, labels)
            blocks.append(CountsBlock(circuits, width, *arrays))
        return blocks, described(ExecutionPath.COMPILED, run.config, unitary)

    def _sampled_kept(
        self,
        run: Run,
        template: _core.Template,
        native: _core.NativeCircuit,
        rows: NDArray[np.int64],
        bits: dict[int, int],
        shots: NDArray[np.uint64],
        seeds: NDArray[np.uint64],
    ) -> Sampled:
        """Counts from kept simulators, here or in workers: the library's sampler gives the same in both."""
        unitary = native.unitary()
        assert unitary is not None  # noqa: S101 - plan_sample() has excluded classical control
        work = Work(unitary.n_qubits, unitary.n_operations, 0, len(rows), n_shots=int(shots.max()))
        path = self.keeper.cheapest(run, work, ["kept", "workers"])
        keep = self.recent.get_or(("kept", unitary.shape()), lambda: Keep(unitary))
        how = Keeping(path, keep, cost("kept", work._replace(n_rows=1), 1))
        qubits, width, every = list(bits.values()), template.n_clbits, template.circuits
        blocks, size = list[CountsBlock](), chunk_rows(1 << unitary.n_qubits, 1)
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            circuits, angles = every[rows[part]], angles_of(template, unitary, rows[part])
            labels = [run.labels[circuit] for circuit in circuits.tolist()]
            found = self.keeper.counts(run, how, qubits, angles, shots[part], seeds[part], labels)
            blocks.append(CountsBlock(circuits, width, *_core.pack_outcomes(*found, list(bits), width)))
            run.progress(len(angles))
        return blocks, described(ExecutionPath(path), run.config, unitary)

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
        values = estimator(run.config, native, unitary, words, labels[0], self._warnings)

        def call(index: int, circuit: Any) -> list[float]:
            return values(circuit, noise[index], seeds[index])

        return self._values(run, template, unitary, rows, call)

    def _noisy_counts(
        self,
        run: Run,
        template: _core.Template,
        native: _core.NativeCircuit,
        rows: NDArray[np.int64],
        shots: NDArray[np.uint64],
        seeds: NDArray[np.uint64],
    ) -> Sampled:
        circuits = template.circuits[rows].tolist()
        labels = [run.labels[circuit] for circuit in circuits]
        noise = noise_seeds(run.config, circuits, labels)
        counts = sampler(run.config, native, labels[0], self._warnings)

        def call(index: int, circuit: Any) -> dict[str, int]:
            return counts(circuit, int(shots[index]), noise[index], int(seeds[index]))

        found = self._counts(run, template, native, rows, shots, call)
        return found, sample_facts(run.config, native)

    def _executed(
        self,
        run: Run,
        template: _core.Template,
        native: _core.NativeCircuit,
        rows: NDArray[np.int64],
        shots: NDArray[np.uint64],
        seeds: NDArray[np.uint64],
    ) -> Sampled:
        """Counts from one simulation per row."""
        maestro = load_maestro()
        width, bond = native.n_qubits, native.bond_exponent

        def call(index: int, circuit: Any) -> dict[str, int]:
            config = run.config.to_simulator_config(
                maestro, width=width, seed=int(seeds[index]), bond_exponent=bond
            )
            counts: dict[str, int] = maestro.simple_execute(circuit, config, int(shots[index]))["counts"]
            return counts

        found = self._counts(run, template, native, rows, shots, call)
        return found, sample_facts(run.config, native)

    def _counts(
        self,
        run: Run,
        template: _core.Template,
        native: _core.NativeCircuit,
        rows: NDArray[np.int64],
        shots: NDArray[np.uint64],
        call: Callable[[int, Any], dict[str, int]],
    ) -> list[CountsBlock]:
        """The library's counts of every row (leftmost = bit 0, keys cut after the last bit used), packed."""
        width, blocks, every = template.n_clbits, list[CountsBlock](), template.circuits
        for part, found in self._each(run, template, native, rows, call):
            circuits = every[rows[part]]
            labels = [run.labels[circuit] for circuit in circuits.tolist()]
            arrays = _core.pack_counts(found, width, shots[part].tolist(), labels)
            blocks.append(CountsBlock(circuits, width, *arrays))
        return blocks

    def _values(
        self,
        run: Run,
        template: _core.Template,
        native: _core.NativeCircuit,
        rows: NDArray[np.int64],
        call: Callable[[int, Any], list[float]],
    ) -> NDArray[np.float64]:
        import numpy as np

        return np.concatenate([found for _, found in self._each(run, template, native, rows, call)])

    def _compiled(
        self,
        run: Run,
        template: _core.Template,
        unitary: _core.NativeCircuit,
        rows: NDArray[np.int64],
        observables: list[Any],
        n_values: int,
    ) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Values of all rows from one compiled program, a chunk of rows at a time."""
        maestro = load_maestro()
        circuits = template.circuits[rows]
        first = run.labels[circuits[0]]
        program = self.recent.get_or(("compiled", unitary.shape()), lambda: Compiled(unitary, first))
        config = run.config.to_simulator_config(maestro, width=unitary.n_qubits)
        size = chunk_rows(n_values, max(1, unitary.n_operations) << unitary.n_qubits)
        for start in range(0, len(rows), size):
            run.check()
            part = slice(start, min(start + size, len(rows)))
            angles = angles_of(template, unitary, rows[part])
            yield part, program.values(run.labels[circuits[start]], observables, angles, config)
            run.progress(len(angles))

    def _each(
        self,
        run: Run,
        template: _core.Template,
        native: _core.NativeCircuit,
        rows: NDArray[np.int64],
        call: Callable[[int, Any], T],
    ) -> Iterator[tuple[slice, list[T]]]:
        """``call(index, circuit)`` for every row, on the thread pool; results in order, a chunk at a time."""
        maestro = load_maestro()
        by_text = native.has_conditions
        idle = run.config.noise_model is not None
        operations = [] if by_text else native.operations()
        circuits = template.circuits

        def job(index: int, row: int) -> Job[T]:
            def run_one() -> T:
                angles = template.angles(native, row, row + 1)[0].tolist()
                if by_text:
                    return call(index, native.text(angles))
                return call(index, build_circuit(maestro, native, angles, idle, operations))

            return run.labels[circuits[row]], run_one

        for start in range(0, len(rows), _MOST_JOBS):
            part = slice(start, min(start + _MOST_JOBS, len(rows)))
            jobs = [job(index, row) for index, row in enumerate(rows[part].tolist(), start)]
            yield part, self.threads.run_all(run, jobs, report=True)
