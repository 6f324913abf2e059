"""How the rows of one template are sampled: from compiled probabilities, kept simulators, or one by one.

How a circuit is sampled depends on the circuit and its shots alone, never on its batch, so that a seeded
circuit gives the same counts wherever it is submitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vivace import _core
from vivace.backends.maestro.keeper import Keep, Keeping
from vivace.backends.maestro.library import Compiled, load_maestro
from vivace.backends.maestro.line import Line
from vivace.backends.maestro.methods import check_sample
from vivace.backends.maestro.noise import noise_seeds, refuse_noisy, sampler
from vivace.backends.maestro.paths import AS_PRODUCT, ExecutionPath, described, sample_facts
from vivace.backends.maestro.planner import SAMPLED_QUBITS, Work, cost, in_cheaper_form
from vivace.backends.maestro.run import (
    Run,
    chunk_rows,
    is_product,
    is_sampled,
    keeps_exactly,
    leaves_method,
)
from vivace.backends.submission import Sampled, angles_of, nothing_to_sample
from vivace.errors import SimulationError
from vivace.tables import CountsBlock, Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace.backends.maestro.engine import Engine

__all__ = ["Samples", "plan_sample"]

_PORTION: Final = 1 << 16  # shots at a time, where qubits are sampled that nobody asked for

_OUTCOME_BITS: Final = 64  # of the library's integers

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

    def only(self, chosen: NDArray[np.bool_]) -> Samples:
        """Some of the rows."""
        return self._replace(rows=self.rows[chosen], shots=self.shots[chosen], seeds=self.seeds[chosen])

    def angles(self, part: slice, outcomes: _core.Outcomes) -> NDArray[np.float64]:
        """Angles of some of the rows, for the circuit to sample; those of gates left out are checked, too."""
        return angles_of(self.template, self.native, self.rows[part])[:, outcomes.slots]


def plan_sample(engine: Engine, samples: Samples) -> Callable[[], Sampled]:
    """Check what can be checked; return a call for the counts.

    Raises:
        SimulationError: Nothing is measured, or the library must not be asked.
    """
    run, template, native, rows, _, _ = samples
    label, outcomes = run.labels[template.circuits[rows[0]]], native.outcomes()
    if not native.measures:
        raise nothing_to_sample(label)
    check_sample(run.config, native, label)
    if run.config.noise_model is not None or outcomes is None:
        return _plan_circuits(engine, samples, label)
    if is_sampled(run, native.n_qubits):
        narrow = native.n_qubits <= SAMPLED_QUBITS
        return partial(_compiled if narrow else _cheapest, engine, samples, outcomes)
    if run.path == "circuits" or not is_product(run.config, native.n_qubits):
        return _plan_circuits(engine, samples, label)
    line = engine.line(outcomes.circuit)
    if keeps_exactly(run.config, line.circuit):
        if max(line.places(outcomes.qubits)) < _OUTCOME_BITS:
            return partial(_kept, engine, samples, outcomes, line=line)
        return _plan_circuits(engine, samples, label)
    _check_shots(samples)
    engine.warn_of_truncation(run, line.circuit, label)
    return partial(_truncated, engine, samples, outcomes, line)


def _plan_circuits(engine: Engine, samples: Samples, label: str) -> Callable[[], Sampled]:
    """A call for the counts, from one simulation per row of all gates and measurements."""
    run, native = samples.run, samples.native
    _check_shots(samples)
    if run.config.noise_model is not None:
        engine.warn_of_truncation(run, native, label)
        refuse_noisy(native, label)
        return partial(_noisy, engine, samples)
    if max(native.condition_values, default=0) > _MAX_CONDITION:
        raise SimulationError(
            f"Circuit '{label}' compares a classical register with a number above {_MAX_CONDITION}, "
            "which Maestro cannot read. Compare a shorter register.",
            label,
        )
    if run.path != "circuits" and is_product(run.config, native.n_qubits):
        native = engine.line(native).circuit
    engine.warn_of_truncation(run, native, label)
    return partial(_executed, engine, samples, native)


def _check_shots(samples: Samples) -> None:
    most = samples.shots.argmax()
    shots = int(samples.shots[most])
    if shots > _MOST_SHOTS:
        asked = samples.run.labels[samples.template.circuits[samples.rows[most]]]
        raise SimulationError(
            f"Circuit '{asked}' is to be sampled {shots} times, but Maestro runs such a circuit at "
            f"most {_MOST_SHOTS} times. Submit it more than once, with another seed each time.",
            asked,
        )


def _compiled(engine: Engine, samples: Samples, outcomes: _core.Outcomes) -> Sampled:
    """Counts from the probabilities of a compiled program."""
    run, template, _, rows, shots, seeds = samples
    maestro, circuit, bits = load_maestro(), outcomes.circuit, outcomes.bits
    first = run.labels[template.circuits[rows[0]]]
    program: Compiled = engine.recent.get_or(("compiled", circuit.shape()), lambda: Compiled(circuit, first))
    what = [maestro.Probabilities(outcomes.qubits)]
    config = run.config.to_simulator_config(maestro, width=circuit.n_qubits)
    facts = described(ExecutionPath.COMPILED, run.config, circuit)
    width, found = template.n_clbits, list[tuple[CountsBlock, Metadata]]()
    size = chunk_rows(1 << len(bits), max(1, circuit.n_operations) << circuit.n_qubits)
    for start in range(0, len(rows), size):
        run.check()
        part = slice(start, start + size)
        circuits, labels = samples.circuits(part)
        values = program.values(labels[0], what, samples.angles(part, outcomes), config)
        table = outcomes.table(values)
        arrays = _core.sample_counts(table, shots[part], seeds[part], bits, width, labels)
        found.append((CountsBlock(circuits, width, *arrays), facts))
        run.progress(len(labels))
    return found


def _cheapest(engine: Engine, samples: Samples, outcomes: _core.Outcomes) -> Sampled:
    """Counts from kept simulators, of the method that is the cheaper for the shots of each circuit."""
    import numpy as np

    if not leaves_method(samples.run.config):
        return _kept(engine, samples, outcomes)
    circuit, line = outcomes.circuit, engine.line(outcomes.circuit)
    each = Work(circuit.n_qubits, circuit.n_operations, 0, 1)
    shots, of_row = np.unique(samples.shots, return_inverse=True)
    cost_of_product = line.circuit.product_cost()
    forms = [in_cheaper_form(each._replace(n_shots=count), cost_of_product) for count in shots.tolist()]
    as_product = np.array([form.product is not None for form in forms])[of_row]
    found = list[tuple[CountsBlock, Metadata]]()
    for chosen, own in ((as_product, line), (~as_product, None)):
        if chosen.any():
            found += _kept(engine, samples.only(chosen), outcomes, line=own)
    return found


def _kept(engine: Engine, samples: Samples, outcomes: _core.Outcomes, *, line: Line | None = None) -> Sampled:
    """Counts from kept simulators, here or in workers: the library's sampler gives the same in both.

    Args:
        engine: The engine.
        samples: What is to be sampled.
        outcomes: How.
        line: The circuit as a matrix product state, which loses nothing; None for a statevector.
    """
    run, template, _, rows, shots, seeds = samples
    circuit, qubits, places, form = outcomes.circuit, outcomes.qubits, None, None
    mask = (1 << len(qubits)) - 1
    if line is not None:
        circuit, places, form = line.circuit, line.places(qubits), line.circuit.product_cost()
        # What it takes to leave a qubit out doubles with every one.
        qubits, mask = list(range(max(places) + 1)), sum(1 << place for place in places)
    work = Work(circuit.n_qubits, circuit.n_operations, 0, len(rows), form, int(shots.max()))
    path = engine.keeper.cheapest(run, work, ["kept", "workers"])
    key = "kept", circuit.shape(), line is not None
    keep = engine.recent.get_or(key, lambda: Keep(circuit, product=line is not None))
    how = Keeping(path, keep, cost("kept", work._replace(n_rows=1), 1))
    facts = described(ExecutionPath(path), run.config, circuit)
    if line is not None and run.config.simulation_type_for(circuit.n_qubits) == "Statevector":
        facts |= AS_PRODUCT
    width, found = template.n_clbits, list[tuple[CountsBlock, Metadata]]()
    size = chunk_rows(min(int(shots.max()), 1 << len(qubits)), 1)
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        circuits, labels = samples.circuits(part)
        angles = samples.angles(part, outcomes)
        drawn, counts, ends = engine.keeper.counts(
            run, how, qubits, mask, angles, shots[part], seeds[part], labels
        )
        arrays = _core.pack_outcomes(outcomes.becoming(drawn, places), counts, ends, outcomes.bits, width)
        found.append((CountsBlock(circuits, width, *arrays), facts))
        run.progress(len(angles))
    return found


def _truncated(engine: Engine, samples: Samples, outcomes: _core.Outcomes, line: Line) -> Sampled:
    """Counts from a matrix product state for each row, cut off where it grows too large."""
    import numpy as np

    run, template, _, rows, shots, seeds = samples
    maestro, circuit = load_maestro(), line.circuit
    width, bond, n_bits = circuit.n_qubits, circuit.bond_exponent, template.n_clbits
    measured = [(place, bit) for bit, place in enumerate(line.places(outcomes.qubits))]

    def angles(index: int) -> NDArray[np.float64]:
        return samples.angles(slice(index, index + 1), outcomes)

    def call(index: int, built: Any) -> dict[str, int]:
        built.measure(measured)
        config = run.config.to_simulator_config(
            maestro, width=width, seed=int(seeds[index]), bond_exponent=bond
        )
        counts: dict[str, int] = maestro.simple_execute(built, config, int(shots[index]))["counts"]
        return counts

    facts, found = sample_facts(run.config, circuit), list[tuple[CountsBlock, Metadata]]()
    for part, counts in engine.each(run, template, circuit, rows, angles, call):
        drawn = np.array([int(key[::-1], 2) for row in counts for key in row], dtype=np.uint64)
        times = np.array([times for row in counts for times in row.values()], dtype=np.uint64)
        ends = np.cumsum([len(row) for row in counts]).tolist()
        arrays = _core.pack_outcomes(outcomes.becoming(drawn), times, ends, outcomes.bits, n_bits)
        found.append((CountsBlock(samples.circuits(part)[0], n_bits, *arrays), facts))
    return found


def _noisy(engine: Engine, samples: Samples) -> Sampled:
    """Counts of the library's noise trajectories."""
    run, _, native, _, shots, seeds = samples
    circuits, labels = samples.circuits()
    noise = noise_seeds(run.config, circuits.tolist(), labels)
    counts, spare = sampler(run.config, native, labels[0], engine.warnings), _spare(samples, native)

    def call(index: int, circuit: Any) -> dict[str, int]:
        if spare:
            circuit.measure(spare)
        return counts(circuit, int(shots[index]), noise[index], int(seeds[index]))

    return _one_by_one(engine, samples, native, call)


def _executed(engine: Engine, samples: Samples, circuit: _core.NativeCircuit) -> Sampled:
    """Counts from one simulation per row, of the circuit with its qubits in some order."""
    run, shots, seeds = samples.run, samples.shots, samples.seeds
    maestro, width, bond = load_maestro(), circuit.n_qubits, circuit.bond_exponent
    spare, n_clbits = _spare(samples, circuit), samples.template.n_clbits

    def sampled(built: Any, seed: int, n_shots: int) -> dict[str, int]:
        config = run.config.to_simulator_config(maestro, width=width, seed=seed, bond_exponent=bond)
        counts: dict[str, int] = maestro.simple_execute(built, config, n_shots)["counts"]
        return counts

    def call(index: int, built: Any) -> dict[str, int]:
        seed, n_shots = int(seeds[index]), int(shots[index])
        if not spare:
            return sampled(built, seed, n_shots)
        built.measure(spare)
        found = Counter[str]()
        starts = range(0, n_shots, _PORTION)
        others: list[int] = _core.derive_seeds(seed, [str(start) for start in starts[1:]]).tolist()
        for start, own in zip(starts, [seed, *others], strict=True):
            for key, count in sampled(built, own, min(n_shots - start, _PORTION)).items():
                found[key[:n_clbits]] += count
        return found

    return _one_by_one(engine, samples, circuit, call)


def _spare(samples: Samples, circuit: _core.NativeCircuit) -> list[tuple[int, int]]:
    """What else to measure of a matrix product state: qubits before the last one that is measured.

    What it takes to leave a qubit out doubles with every one. Bits beyond those of the circuit are dropped.
    """
    run = samples.run
    if run.path == "circuits" or run.config.simulation_type_for(circuit.n_qubits) != "MatrixProductState":
        return []
    measured = {qubit for qubit in circuit.readout() or () if qubit is not None}
    left_out = [qubit for qubit in range(max(measured, default=0)) if qubit not in measured]
    return [(qubit, bit) for bit, qubit in enumerate(left_out, samples.template.n_clbits)]


def _one_by_one(
    engine: Engine,
    samples: Samples,
    circuit: _core.NativeCircuit,
    call: Callable[[int, Any], dict[str, int]],
) -> Sampled:
    """The library's counts of every row (leftmost = bit 0, keys cut after the last bit used), packed."""
    run, template, native, rows, shots, _ = samples
    width, found = template.n_clbits, list[tuple[CountsBlock, Metadata]]()
    facts = sample_facts(run.config, circuit)

    def angles(index: int) -> NDArray[np.float64]:
        return angles_of(template, native, rows[index : index + 1])

    for part, counts in engine.each(run, template, circuit, rows, angles, call):
        circuits, labels = samples.circuits(part)
        arrays = _core.pack_counts(counts, width, shots[part].tolist(), labels)
        found.append((CountsBlock(circuits, width, *arrays), facts))
    return found
