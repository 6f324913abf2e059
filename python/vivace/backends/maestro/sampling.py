"""How the rows of one template are sampled: from compiled probabilities, kept simulators, or one by one.

How a circuit is sampled depends on the circuit alone, never on its batch, so that a seeded circuit gives the
same counts wherever it is submitted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vivace import _core
from vivace.backends.maestro.keeper import Keep, Keeping
from vivace.backends.maestro.library import Compiled, load_maestro
from vivace.backends.maestro.methods import check_sample
from vivace.backends.maestro.noise import noise_seeds, refuse_noisy, sampler
from vivace.backends.maestro.paths import ExecutionPath, described, sample_facts
from vivace.backends.maestro.planner import SAMPLED_QUBITS, Work, cost
from vivace.backends.maestro.run import Run, chunk_rows, is_sampled
from vivace.backends.submission import Sampled, angles_of
from vivace.errors import SimulationError
from vivace.tables import CountsBlock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace.backends.maestro.engine import Engine

__all__ = ["Samples", "plan_sample"]

_MAX_CONDITION: Final = (1 << 31) - 1  # the library's parser reads the value of an `if` as a C int

_MOST_SHOTS: Final = (1 << 31) - 1  # of one circuit object: the library counts them in a C int


class Samples(NamedTuple):
    """Rows of a template that are to be sampled.

    Attributes:
        run: The submission.
        template: The template.
        native: The template in the native gate set.
        rows: Its rows.
        shots: Shots of each.
        seeds: Seed of each.
    """

    run: Run
    template: _core.Template
    native: _core.NativeCircuit
    rows: NDArray[np.int64]
    shots: NDArray[np.uint64]
    seeds: NDArray[np.uint64]

    def circuits(self, part: slice = slice(None)) -> tuple[NDArray[np.uint32], list[str]]:
        """Circuits of some of the rows, and their labels."""
        circuits = self.template.circuits[self.rows[part]]
        return circuits, [self.run.labels[circuit] for circuit in circuits.tolist()]

    def angles(self, part: slice, outcomes: _core.Outcomes) -> NDArray[np.float64]:
        """Angles of some of the rows, for the circuit to sample; those of gates left out are checked, too."""
        return angles_of(self.template, self.native, self.rows[part])[:, outcomes.slots]


def plan_sample(engine: Engine, samples: Samples) -> Callable[[], Sampled]:
    """Check what can be checked; return a call for the counts.

    Raises:
        SimulationError: Nothing is measured, or the library must not be asked.
    """
    run, template, native, rows, shots, _ = samples
    label = run.labels[template.circuits[rows[0]]]
    outcomes = native.outcomes()
    if not native.measures:
        raise SimulationError(
            f"Circuit '{label}' measures nothing, so there is nothing to sample. Add measurements, or "
            "give ham_ops for expectation values.",
            label,
        )
    check_sample(run.config, native, label)
    engine.warn_of_truncation(run, native, label)
    narrow = native.n_qubits <= SAMPLED_QUBITS
    exact = run.config.noise_model is None and is_sampled(run, native.n_qubits)
    if exact and outcomes is not None:
        return partial(_compiled if narrow else _kept, engine, samples, outcomes)
    if shots.max() > _MOST_SHOTS:
        asked = run.labels[template.circuits[rows[shots.argmax()]]]
        raise SimulationError(
            f"Circuit '{asked}' is to be sampled {shots.max()} times, but Maestro runs such a circuit at "
            f"most {_MOST_SHOTS} times. Submit it more than once, with another seed each time.",
            asked,
        )
    if run.config.noise_model is not None:
        refuse_noisy(native, label)
        return partial(_noisy, engine, samples)
    if max(native.condition_values, default=0) > _MAX_CONDITION:
        raise SimulationError(
            f"Circuit '{label}' compares a classical register with a number above {_MAX_CONDITION}, "
            "which Maestro cannot read. Compare a shorter register.",
            label,
        )
    return partial(_executed, engine, samples)


def _compiled(engine: Engine, samples: Samples, outcomes: _core.Outcomes) -> Sampled:
    """Counts from the probabilities of a compiled program."""
    run, template, _, rows, shots, seeds = samples
    maestro, circuit, bits = load_maestro(), outcomes.circuit, outcomes.bits
    first = run.labels[template.circuits[rows[0]]]
    program: Compiled = engine.recent.get_or(("compiled", circuit.shape()), lambda: Compiled(circuit, first))
    what = [maestro.Probabilities(outcomes.qubits)]
    config = run.config.to_simulator_config(maestro, width=circuit.n_qubits)
    width, blocks = template.n_clbits, list[CountsBlock]()
    size = chunk_rows(1 << len(bits), max(1, circuit.n_operations) << circuit.n_qubits)
    for start in range(0, len(rows), size):
        run.check()
        part = slice(start, start + size)
        circuits, labels = samples.circuits(part)
        found = program.values(labels[0], what, samples.angles(part, outcomes), config)
        table = outcomes.table(found)
        arrays = _core.sample_counts(table, shots[part], seeds[part], bits, width, labels)
        blocks.append(CountsBlock(circuits, width, *arrays))
        run.progress(len(labels))
    return blocks, described(ExecutionPath.COMPILED, run.config, circuit)


def _kept(engine: Engine, samples: Samples, outcomes: _core.Outcomes) -> Sampled:
    """Counts from kept simulators, here or in workers: the library's sampler gives the same in both."""
    run, template, _, rows, shots, seeds = samples
    circuit = outcomes.circuit
    work = Work(circuit.n_qubits, circuit.n_operations, 0, len(rows), n_shots=int(shots.max()))
    path = engine.keeper.cheapest(run, work, ["kept", "workers"])
    keep = engine.recent.get_or(("kept", circuit.shape()), lambda: Keep(circuit))
    how = Keeping(path, keep, cost("kept", work._replace(n_rows=1), 1))
    width, blocks = template.n_clbits, list[CountsBlock]()
    size = chunk_rows(1 << circuit.n_qubits, 1)
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        circuits, labels = samples.circuits(part)
        angles = samples.angles(part, outcomes)
        found, counts, ends = engine.keeper.counts(
            run, how, outcomes.qubits, angles, shots[part], seeds[part], labels
        )
        arrays = _core.pack_outcomes(outcomes.becoming(found), counts, ends, outcomes.bits, width)
        blocks.append(CountsBlock(circuits, width, *arrays))
        run.progress(len(angles))
    return blocks, described(ExecutionPath(path), run.config, circuit)


def _noisy(engine: Engine, samples: Samples) -> Sampled:
    """Counts of the library's noise trajectories."""
    run, _, native, _, shots, seeds = samples
    circuits, labels = samples.circuits()
    noise = noise_seeds(run.config, circuits.tolist(), labels)
    counts = sampler(run.config, native, labels[0], engine.warnings)

    def call(index: int, circuit: Any) -> dict[str, int]:
        return counts(circuit, int(shots[index]), noise[index], int(seeds[index]))

    return _one_by_one(engine, samples, call)


def _executed(engine: Engine, samples: Samples) -> Sampled:
    """Counts from one simulation per row."""
    run, _, native, _, shots, seeds = samples
    maestro, width, bond = load_maestro(), native.n_qubits, native.bond_exponent

    def call(index: int, circuit: Any) -> dict[str, int]:
        config = run.config.to_simulator_config(
            maestro, width=width, seed=int(seeds[index]), bond_exponent=bond
        )
        counts: dict[str, int] = maestro.simple_execute(circuit, config, int(shots[index]))["counts"]
        return counts

    return _one_by_one(engine, samples, call)


def _one_by_one(engine: Engine, samples: Samples, call: Callable[[int, Any], dict[str, int]]) -> Sampled:
    """The library's counts of every row (leftmost = bit 0, keys cut after the last bit used), packed."""
    run, template, native, rows, shots, _ = samples
    width, blocks = template.n_clbits, list[CountsBlock]()
    for part, found in engine.each(run, template, native, rows, call):
        circuits, labels = samples.circuits(part)
        arrays = _core.pack_counts(found, width, shots[part].tolist(), labels)
        blocks.append(CountsBlock(circuits, width, *arrays))
    return blocks, sample_facts(run.config, native)
