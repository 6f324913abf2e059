"""Expectation values by light cones: each word on the part of the circuit it depends on.

The core takes the end of the circuit into the words, cuts the cones out, finds those that are the same
circuit, and puts words together where that is cheaper. Values are exact at any register width, as long as the
cones are narrow; words whose cones are not run on the whole circuit, with whatever method the config gives
that width.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vivace import _core
from vivace.backends.maestro.keeper import Keep, Keeping
from vivace.backends.maestro.library import Compiled, Operations, build_circuit, load_maestro
from vivace.backends.maestro.line import Line
from vivace.backends.maestro.methods import check_estimate
from vivace.backends.maestro.paths import ExecutionPath, estimate_facts
from vivace.backends.maestro.planner import PRODUCT_QUBITS, Path, Work, cost, in_cheaper_form
from vivace.backends.maestro.product import WHOLE_ROWS, Values, exact_values
from vivace.backends.maestro.run import (
    RowLabels,
    Run,
    chunk_rows,
    is_product,
    keeps_exactly,
    keeps_plainly,
    leaves_method,
)
from vivace.backends.maestro.threads import Job
from vivace.backends.submission import angles_of
from vivace.tables import Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace.backends.maestro.engine import Engine

__all__ = [
    "ConePlan",
    "Evaluation",
    "estimate_by_cones",
    "evaluation_by_cones",
    "plan_cones",
]

_A_SECOND: Final = 1e9  # amplitudes touched by a core

_log = logging.getLogger(__name__)

_Members = Sequence[tuple["NDArray[np.uint32]", Sequence[Sequence[int]]]]

_Evaluate = Callable[["NDArray[np.float64]", Sequence[str], "NDArray[np.float64]"], None]
"""Takes angles of the full circuit and the labels of their rows; puts values into their columns."""


class _Task:
    """A cone: its circuit, its words, and where in the full circuit it occurs."""

    def __init__(
        self, circuit: _core.NativeCircuit, words: list[str], members: _Members, *, any_method: bool
    ) -> None:
        self.circuit, self.words, self.members = circuit, words, members
        self._program: Compiled | None = None
        self._work = Work(circuit.n_qubits, circuit.n_operations, len(words), len(members))
        if any_method and circuit.n_qubits >= PRODUCT_QUBITS:
            line = Line.of(circuit)
            self._work = in_cheaper_form(self._work, line.circuit.product_cost())
            if self._is_product:
                self.circuit, self.words = line.circuit, [line.word(word) for word in words]

    def program(self, label: str) -> Compiled:
        """The circuit compiled, once; ``label`` is that of the circuit to name if it cannot be."""
        if self._program is None:
            self._program = Compiled(self.circuit, label)
        return self._program

    @cached_property
    def keep(self) -> Keep:
        """The circuit for kept simulators."""
        return Keep(self.circuit, product=self._is_product)

    @property
    def _is_product(self) -> bool:
        return self._work.product is not None

    def work(self, n_rows: int) -> Work:
        """All of it, for so many rows of the full circuit."""
        return self._work._replace(n_rows=n_rows * len(self.members))

    def method(self, path: Path) -> str:
        """The library's name of the method of a way."""
        kept_product = self._is_product and path in ("kept", "workers")
        return "MatrixProductState" if kept_product else "Statevector"

    def amplitudes(self, path: Path) -> int:
        """Amplitudes touched for one row of the full circuit, or what takes as long."""
        if path in ("kept", "workers"):
            return int(cost("kept", self.work(1), 1) * _A_SECOND)
        return len(self.members) * (self.circuit.n_operations + len(self.words)) << self.circuit.n_qubits

    def paths(self, run: Run) -> list[Path]:
        """The ways it can be run."""
        paths: list[Path] = ["compiled"]
        if self.circuit.n_qubits == 0:
            return paths
        if all(set(word) <= {"I", "Z"} for word in self.words):
            paths.append("probabilities")
        if keeps_plainly(run.config):
            paths += ["kept", "workers"]
        return [*paths, "circuits"]


class ConePlan(NamedTuple):
    """How to evaluate words on any circuit of one shape.

    Attributes:
        circuit: One such circuit, without what its words have taken in. Slots are numbered as before.
        words: The words, one letter per qubit of it.
        signs: For each word 1 or -1, to multiply its value by.
        tasks: The cones.
        wide: Numbers of the words whose cones have more qubits than a statevector is used for.
    """

    circuit: _core.NativeCircuit
    words: list[str]
    signs: NDArray[np.float64]
    tasks: list[_Task]
    wide: list[int]


def plan_cones(engine: Engine, run: Run, unitary: _core.NativeCircuit, words: list[str]) -> ConePlan:
    """Cut out what ``words`` depend on; they have one letter per qubit of ``unitary``.

    Plans are kept: an optimiser submits the same circuit at other angles, again and again.
    """
    limit, any_method = run.config.mps_qubit_threshold, leaves_method(run.config)

    def plan() -> ConePlan:
        shorter, taken, signs = unitary.absorb(words)
        tasks, wide = shorter.cones(taken, limit)
        found = [_Task(*task, any_method=any_method) for task in tasks]
        return ConePlan(shorter, taken, signs, found, wide)

    key = "cones", unitary.shape(), tuple(words), limit, any_method
    found: ConePlan = engine.recent.get_or(key, plan)
    return found


def _facts(run: Run, plan: ConePlan, paths: Sequence[Path], wide: Metadata) -> Metadata:
    """Metadata of the circuits evaluated by this plan.

    ``widest_cone`` is the number of qubits of the largest circuit simulated for a word with a narrow cone, 0
    if there is none, ``method`` is its method, and ``cone_paths`` says how such circuits ran. ``wide_words``
    says how many words have wide cones, if any do, and how they ran.
    """
    ways = [(task.circuit.n_qubits, task.method(path)) for task, path in zip(plan.tasks, paths, strict=True)]
    widest, method = max(ways, default=(0, wide.get("method", "Statevector")))
    facts: dict[str, Any] = {
        "path": ExecutionPath.LIGHT_CONES.value,
        "simulator": run.config.simulator_type or "QCSim",
        "method": method,
        "n_qubits": plan.circuit.n_qubits,
        "widest_cone": widest,
        "cone_paths": sorted(set(paths)),
    }
    if plan.wide:
        facts["wide_words"] = {"n_words": len(plan.wide), **wide}
    return facts


def estimate_by_cones(
    engine: Engine,
    run: Run,
    template: _core.Template,
    unitary: _core.NativeCircuit,
    plan: ConePlan,
    rows: NDArray[np.int64],
) -> tuple[NDArray[np.float64], Metadata]:
    """Expectation values, rows × words, of the given rows of a template, and how they came about."""
    import numpy as np

    evaluation = evaluation_by_cones(engine, run, plan, len(rows), run.labels[template.circuits[rows[0]]])
    values = np.empty((len(rows), len(plan.words)))
    for start in range(0, len(rows), evaluation.chunk):
        run.check()
        chosen = rows[start : start + evaluation.chunk]
        angles = angles_of(template, unitary, chosen)
        values[start : start + len(chosen)] = evaluation.values(angles, template.circuits[chosen])
        run.progress(len(chosen))
    return values, evaluation.facts


class Evaluation(NamedTuple):
    """Takes the values of a plan's words at any angles.

    Attributes:
        run: The submission.
        plan: The plan.
        parts: Each for some of the words.
        chunk: Most rows at a time.
        facts: How the values come about.
    """

    run: Run
    plan: ConePlan
    parts: list[_Evaluate]
    chunk: int
    facts: Metadata

    def values(self, angles: NDArray[np.float64], circuits: NDArray[np.uint32]) -> NDArray[np.float64]:
        """Values, rows × words, at rows of angles; ``circuits`` are those to name if they fail."""
        import numpy as np

        values = np.empty((len(angles), len(self.plan.words)))
        labels = RowLabels(self.run.labels, circuits)
        for of_part in self.parts:
            of_part(angles, labels, values)
        values *= self.plan.signs
        return values


def evaluation_by_cones(engine: Engine, run: Run, plan: ConePlan, n_rows: int, label: str) -> Evaluation:
    """How to evaluate so many rows; ``label`` is that of the circuit to name if they cannot be."""
    paths = [engine.keeper.cheapest(run, task.work(n_rows), task.paths(run)) for task in plan.tasks]
    parts: list[_Evaluate] = []
    facts_of_wide: Metadata = {}
    if plan.wide:
        values_of_wide, facts_of_wide = _wide(engine, run, plan, n_rows, label)
        parts.append(values_of_wide)
    parts += [
        _evaluator(engine, run, task, path, label) for task, path in zip(plan.tasks, paths, strict=True)
    ]
    return Evaluation(run, plan, parts, _chunk_rows(plan, paths), _facts(run, plan, paths, facts_of_wide))


def _chunk_rows(plan: ConePlan, paths: Sequence[Path]) -> int:
    numbers, amplitudes = max(1, plan.circuit.n_slots), 0
    for task, path in zip(plan.tasks, paths, strict=True):
        outputs = 1 << task.circuit.n_qubits if path == "probabilities" else len(task.words)
        numbers = max(numbers, len(task.members) * (task.circuit.n_slots + outputs))
        amplitudes += task.amplitudes(path)
    size = chunk_rows(numbers, amplitudes)
    return min(size, WHOLE_ROWS) if plan.wide else size


def _wide(engine: Engine, run: Run, plan: ConePlan, n_rows: int, label: str) -> tuple[_Evaluate, Metadata]:
    """A function for the words without a narrow cone, and how their values come about."""
    circuit, words = plan.circuit, [plan.words[index] for index in plan.wide]
    check_estimate(run.config, circuit, words, label)
    _log.info(
        "%d of %d words of circuit '%s' have light cones of more than %d qubits; they run as %s on the "
        "whole circuit.",
        len(plan.wide),
        len(plan.words),
        label,
        run.config.mps_qubit_threshold,
        run.config.simulation_type_for(plan.circuit.n_qubits),
    )
    values: Values
    if is_product(run.config, circuit.n_qubits):
        line = engine.line(circuit)
        circuit, words = line.circuit, [line.word(word) for word in words]
    if keeps_exactly(run.config, circuit):
        values, facts = exact_values(engine, run, circuit, words, n_rows)
    else:
        engine.warn_of_truncation(run, circuit, label)
        facts = estimate_facts(run.config, circuit)
        values = partial(_on_threads, engine, run, circuit, circuit.operations(), words)

    def evaluate(angles: NDArray[np.float64], labels: Sequence[str], out: NDArray[np.float64]) -> None:
        out[:, plan.wide] = values(angles, labels)

    return evaluate, facts


def _evaluator(engine: Engine, run: Run, task: _Task, path: Path, label: str) -> _Evaluate:
    """A function that evaluates the task on one path."""
    import numpy as np

    values = _values(engine, run, task, path, label)
    members = len(task.members)

    def evaluate(angles: NDArray[np.float64], labels: Sequence[str], out: NDArray[np.float64]) -> None:
        own = np.concatenate([angles[:, slots] for slots, _ in task.members])
        blocks = values(own, labels).reshape(members, len(angles), -1)
        for (_, targets), block in zip(task.members, blocks, strict=True):
            for column, words in enumerate(targets):
                out[:, words] = block[:, column, None]

    return evaluate


def _values(engine: Engine, run: Run, task: _Task, path: Path, label: str) -> Values:
    """The values of the task's words from its own angles."""
    circuit, words = task.circuit, task.words
    if path == "circuits":
        return partial(_on_threads, engine, run, circuit, circuit.operations(), words)
    if path in ("kept", "workers"):
        how = Keeping(path, task.keep, cost("kept", task.work(1), 1) / len(task.members))
        return lambda angles, labels: engine.keeper.values(run, how, words, angles, labels)
    program = task.program(label)
    if path == "compiled":
        return lambda angles, labels: program.values(labels[0], words, angles)
    readout = [load_maestro().Probabilities(list(range(circuit.n_qubits)))]
    masks = [sum(1 << qubit for qubit, letter in enumerate(word) if letter == "Z") for word in words]
    return lambda angles, labels: _core.parities(program.values(labels[0], readout, angles), masks)


def _on_threads(
    engine: Engine,
    run: Run,
    circuit: _core.NativeCircuit,
    operations: Operations,
    words: list[str],
    angles: NDArray[np.float64],
    labels: Sequence[str],
) -> NDArray[np.float64]:
    """A simulation for each row of angles."""
    import numpy as np

    maestro = load_maestro()
    config = run.config.to_simulator_config(maestro, width=circuit.n_qubits)

    def job(row: int) -> Job[list[float]]:
        def evaluate() -> list[float]:
            built = build_circuit(maestro, circuit, angles[row].tolist(), operations=operations)
            values: list[float] = maestro.simple_estimate(built, words, config)["expectation_values"]
            return values

        return labels[row], evaluate

    return np.array(engine.threads.run_all(run, [job(row) for row in range(len(angles))]))
