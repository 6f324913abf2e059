"""How circuits are run on Aer: many rows of one structure in one job, or each row as a job of its own.

Where the final state tells everything, Aer computes probabilities and the samples are drawn here, from the
seed of each circuit; elsewhere each circuit is a job of its own with that seed. So the counts of a circuit
follow from itself, its label and the seed, whatever is submitted with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from vivace import _core
from vivace.backends.aer.circuits import Program, build, fold, hold
from vivace.backends.aer.forms import Form
from vivace.backends.aer.library import run_job
from vivace.backends.aer.readout import Readout
from vivace.backends.aer.targets import Target
from vivace.backends.submission import Sampled, angles_of
from vivace.cancellation import check
from vivace.tables import CountsBlock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Batch",
    "Compiled",
    "Packed",
    "Run",
    "counts_of",
    "described",
    "packed_counts",
    "program_of",
    "saved",
]

_CANCELLED: Final = "Qiskit batch cancelled after partial completion"
_WORK: Final = 1 << 26  # amplitudes touched between two looks at the cancellation event
_BYTES: Final = 32 << 20
_ROWS: Final = 4096
_SEEDS: Final = 1 << 62
_DENSITY_QUBITS: Final = 6  # up to here density matrices are the fastest whatever the shots
_MOST_DENSITY_QUBITS: Final = 11
_SHARED_QUBITS: Final = 17  # states from 2**17 numbers on are worth sharing out among threads
_HELD: Final = 1 << 26  # amplitudes of all states in memory together: 1 GB
_WHOLE: Final = 16  # widest circuit under conditions that is run with its idle qubits
_BRANCHED: Final = 1 << 25  # amplitudes that the shots of one circuit may hold together: 512 MB

Packed: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]"
"""Offsets, packed outcomes and counts of some rows, as `vivace.tables.CountsBlock` has them."""


@dataclass(frozen=True)
class Run:
    """What one submission runs with.

    Attributes:
        target_for: The target for a circuit of so many qubits.
        labels: Labels of all circuits of the batch.
        n_processes: How many threads Aer may use.
        event: Stops the run when set.
        progress: Told of finished circuits.
        seed: Where the seeds of all circuits come from.
    """

    target_for: Callable[[int], Target]
    labels: Sequence[str]
    n_processes: int
    event: Event | None
    progress: Callable[[int], None]
    seed: int

    def check(self) -> None:
        """Raise `ExecutionCancelledError` if the event is set."""
        check(self.event, _CANCELLED)


class Batch:
    """Rows of one template that are run in one form on one target.

    Args:
        run: The submission.
        target: What the circuits are run on.
        template: The template.
        form: The circuit that is run for it.
        rows: The rows, ascending.
    """

    def __init__(
        self, run: Run, target: Target, template: _core.Template, form: Form, rows: NDArray[np.int64]
    ) -> None:
        self.run = run
        self.target = target
        self.template = template
        self.form = form
        self.rows = rows
        self.labels = [run.labels[circuit] for circuit in template.circuits[rows].tolist()]

    def angles(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Angles of some of the rows, by their places: places × slots."""
        return angles_of(self.template, self.form.source, self.rows[places])


class Compiled:
    """A circuit as its target takes it.

    Args:
        batch: What it is for.
        angles: One number for each slot, to fill in before transpiling; None leaves parameters.
        label: Label of a circuit to name in errors.
    """

    def __init__(self, batch: Batch, angles: Sequence[float] | None, label: str) -> None:
        form, target = batch.form, batch.target
        circuit, parameters = build(form.operations, form.n_qubits, form.n_clbits)
        if angles is not None:
            circuit = circuit.assign_parameters(
                dict(zip(parameters, angles, strict=True)),
                strict=False,  # the angle of u0 is nowhere
            )
            parameters = []
        self.circuit = target.transpile(circuit, form.method, label)
        hold(self.circuit)
        self.parameters = parameters
        self._form = form
        self._target = target

    def bound(self, angles: Sequence[float]) -> Any:
        """The circuit of one row."""
        if not self.parameters:
            return self.circuit
        # The transpiler drops gates that nobody can notice, and their parameters with them.
        return self.circuit.assign_parameters(dict(zip(self.parameters, angles, strict=True)), strict=False)

    @cached_property
    def readout(self) -> Readout | None:
        """How outcomes follow from probabilities; None where only running the circuit tells."""
        if not self._form.is_final:
            return None
        if self._target.is_ideal:
            return Readout(self.circuit, {}) if self._form.method == "statevector" else None
        errors = self._target.readout_errors
        if errors is None or not set(self.circuit.count_ops()) <= self._target.exact_operations:
            return None
        return Readout(self.circuit, errors)

    @cached_property
    def n_active(self) -> int:
        """Number of qubits that anything is done to."""
        busy = (i.qubits for i in self.circuit.data if i.operation.name != "barrier")
        return len({qubit for qubits in busy for qubit in qubits})

    @cached_property
    def program(self) -> Program:
        """The circuit with its probabilities saved instead of its measurements."""
        assert self.readout is not None  # noqa: S101 - asked before
        drop = frozenset({"measure", "barrier"})
        program = fold(self.circuit, self.parameters, drop, free=self._target.is_ideal)
        program.circuit.save_probabilities(self.readout.qubits, label="p")
        if self._target.is_ideal:
            program.narrow()
        return program

    def is_exact(self, shots: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """For each number of shots, whether the outcomes are drawn from probabilities."""
        import numpy as np

        if self.readout is None:
            return np.zeros(len(shots), dtype=bool)
        if self._target.is_ideal or self.n_active <= _DENSITY_QUBITS:
            return np.ones(len(shots), dtype=bool)
        # Aer itself then takes the density matrix, too.
        return (shots > 1 << self.n_active) & (self.n_active <= _MOST_DENSITY_QUBITS)


def counts_of(batch: Batch, shots: NDArray[np.uint64], seeds: NDArray[np.uint64]) -> Sampled:
    """Counts of the rows; ``shots`` and ``seeds`` have one entry for each."""
    circuits, blocks, paths = batch.template.circuits[batch.rows], list[CountsBlock](), set[str]()
    for places, drawn in packed_counts(batch, shots, seeds, paths):
        blocks.append(CountsBlock(circuits[places], batch.form.n_clbits, *drawn))
        batch.run.progress(len(places))
    facts = described(batch, paths)
    return [(block, facts) for block in blocks]


def described(batch: Batch, paths: set[str]) -> dict[str, Any]:
    """Metadata of the circuits of a batch.

    Returns:
        ``simulator``; ``backend``, the name of the one that was simulated, or None; ``path``: where numbers
        come from, ``"values"`` (exact), ``"probabilities"`` (samples of exact ones), ``"shots"`` (simulated
        one by one), or several of these where circuits that differ in their shots took different ways.
    """
    target = batch.target
    path = ", ".join(sorted(paths))
    return {"path": path, "simulator": "AerSimulator", "backend": target.backend_name}


def packed_counts(
    batch: Batch, shots: NDArray[np.uint64], seeds: NDArray[np.uint64], paths: set[str]
) -> Iterator[tuple[NDArray[np.int64], Packed]]:
    """Places of rows, with their counts; the ways these came about are added to ``paths``."""
    import numpy as np

    width = batch.form.n_clbits
    for places, compiled in _compiled(batch):
        exact = compiled.is_exact(shots[places])
        if exact.any():
            paths.add("probabilities")
            yield from _drawn(batch, compiled, places[exact], shots, seeds)
        for place in places[~exact].tolist():
            paths.add("shots")
            batch.run.check()
            at, label, wanted = np.array([place]), batch.labels[place], int(shots[place])
            options = {"shots": wanted, "seed_simulator": int(seeds[place]) % _SEEDS}
            bound = compiled.bound(batch.angles(at)[0].tolist())
            found = _job_counts(batch, bound, label, options)
            yield at, _core.pack_counts([found], width, [wanted], [label])


def _compiled(batch: Batch) -> Iterator[tuple[NDArray[np.int64], Compiled]]:
    """Circuits as the target takes them, with the places of the rows they are for."""
    import numpy as np

    every = np.arange(len(batch.rows))
    if not batch.target.by_row:
        label = batch.labels[0]
        yield every, batch.target.kept.get_or(batch.form.key, lambda: Compiled(batch, None, label))
        return
    for place, label in enumerate(batch.labels):
        batch.run.check()
        at = every[place : place + 1]
        yield at, Compiled(batch, batch.angles(at)[0].tolist(), label)


def _drawn(
    batch: Batch,
    compiled: Compiled,
    places: NDArray[np.int64],
    shots: NDArray[np.uint64],
    seeds: NDArray[np.uint64],
) -> Iterator[tuple[NDArray[np.int64], Packed]]:
    """Counts drawn from probabilities, a chunk of places at a time."""
    import numpy as np

    readout = compiled.readout
    assert readout is not None  # noqa: S101 - else it is not exact
    width = batch.form.n_clbits
    method = "statevector" if batch.target.is_ideal else "density_matrix"
    size = compiled.n_active * (1 if batch.target.is_ideal else 2)
    n_values = 1 << len(readout.bits)
    for at, found in saved(batch, compiled.program, places, method, size, n_values):
        table = readout.noted(np.array([data["p"] for data in found]))
        labels = [batch.labels[place] for place in at]
        yield at, _core.sample_counts(table, shots[at], seeds[at], readout.bits, width, labels)


def program_of(batch: Batch, save: Callable[[Any], None], words: tuple[str, ...]) -> Program:
    """The form as a program that saves what ``save`` adds to it; kept under its words."""

    def make() -> Program:
        compiled = Compiled(batch, None, batch.labels[0])
        free = batch.form.method != "density_matrix"  # it lacks cu
        program = fold(compiled.circuit, compiled.parameters, frozenset(), free=free)
        save(program.circuit)
        program.narrow()
        return program

    return batch.target.programs.get_or((batch.form.key, words), make)


def saved(
    batch: Batch,
    program: Program,
    places: NDArray[np.int64],
    method: str | None,
    size: int,
    n_values: int,
) -> Iterator[tuple[NDArray[np.int64], list[dict[str, Any]]]]:
    """What a program saves for each row, a chunk of places at a time.

    Args:
        batch: The rows.
        program: What to run.
        places: Places of the rows in the batch.
        method: Method of the simulation; None lets Aer choose.
        size: The simulated state has 2**size numbers.
        n_values: Numbers saved for each row.
    """
    work = max(1, len(program.circuit.data)) << size
    most = max(1, min(_ROWS, _BYTES // (8 * n_values)))
    same: list[dict[str, Any]] = []
    if program.is_fixed:
        batch.run.check()
        same = _one_job(batch, program, places[:1], method, size)
        chunk = most
    else:
        chunk = 1 if method is None else max(batch.run.n_processes, min(most, _WORK // work))
    for start in range(0, len(places), chunk):
        batch.run.check()
        at = places[start : start + chunk]
        yield at, same * len(at) or _one_job(batch, program, at, method, size)


def _one_job(
    batch: Batch, program: Program, at: NDArray[np.int64], method: str | None, size: int
) -> list[dict[str, Any]]:
    import numpy as np

    label, threads = batch.labels[int(at[0])], batch.run.n_processes
    # Rows in parallel; to share out a small state would cost more than it saves.
    at_once = min(threads, len(at), max(1, _HELD >> size))
    pieces = 1 if method is None else at_once
    options: dict[str, Any] = {
        "shots": 1,
        "enable_truncation": not batch.target.is_ideal,  # it is narrow already
        "max_parallel_shots": 1,
        "max_parallel_experiments": pieces,
        "max_parallel_threads": threads if pieces > 1 or size >= _SHARED_QUBITS else 1,
    }
    if method is not None:  # else Aer looks at the gates, with their numbers
        options["method"] = method
    simulator = batch.target.simulator
    if program.is_fixed:
        return run_job(simulator, [program.circuit], None, label, **options)
    angles = batch.angles(at)
    if method is None or not program.is_loose:
        return run_job(simulator, program.bound(angles), None, label, **options)
    parts = [program.binds(part) for part in np.array_split(angles, pieces)]
    options["runtime_parameter_bind_enable"] = True
    return run_job(simulator, [program.circuit] * pieces, parts, label, **options)


def _job_counts(batch: Batch, circuit: Any, label: str, options: dict[str, Any]) -> dict[str, int]:
    """Counts of one circuit by keys that begin with bit 0, from a job of its own.

    They do not depend on the number of threads.
    """
    threads, shots = batch.run.n_processes, options["shots"]
    # Shots part ways only where chance does: fast, but each way holds a state of its own, and where chance
    # looks at the state Aer forgets its seed.
    seeded = batch.form.is_final and batch.target.has_pauli_noise
    branch = seeded and shots << batch.form.n_qubits <= _BRANCHED
    limits = {
        "max_parallel_threads": threads,
        "max_parallel_experiments": 1,
        "max_parallel_shots": threads if shots >= threads else 1,
        "shot_branching_enable": branch,
        "shot_branching_sampling_enable": branch,
        # Aer loses track of qubits that only a condition touches when it leaves out idle ones.
        "enable_truncation": "if_else" not in circuit.count_ops() or circuit.num_qubits > _WHOLE,
    }
    (data,) = run_job(batch.target.simulator, [circuit], None, label, **options, **limits)
    width = batch.form.n_clbits
    counts: dict[str, int] = {}
    for key, count in data["counts"].items():
        counts[format(int(key, 16), f"0{width}b")[::-1]] = int(count)
    return counts
