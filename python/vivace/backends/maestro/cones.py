"""Expectation values by light cones: each word on the part of the circuit it depends on.

The core cuts the cones out, finds those that are the same circuit, and puts words together where that is
cheaper. Values are exact at any register width, as long as the cones are narrow; words whose cones are not
run on the whole circuit, one circuit at a time, with whatever method the config gives that width.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from vivace import _core
from vivace.backends.maestro.library import Compiled, Operations, angles_of, build_circuit, load_maestro
from vivace.backends.maestro.methods import check_estimate
from vivace.backends.maestro.paths import ExecutionPath, estimate_facts
from vivace.backends.maestro.run import Run, chunk_rows
from vivace.tables import Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace.backends.maestro.engine import Engine

__all__ = ["ConePlan", "cone_facts", "estimate_by_cones", "plan_cones"]

_log = logging.getLogger(__name__)

_Members = Sequence[tuple["NDArray[np.uint32]", Sequence[Sequence[int]]]]


class _Task(NamedTuple):
    """A cone: its circuit, its words, and where in the full circuit it occurs."""

    circuit: _core.NativeCircuit
    words: list[str]
    members: _Members

    def work(self) -> int:
        """Amplitudes touched for one row."""
        return len(self.members) * (self.circuit.n_operations + len(self.words)) << self.circuit.n_qubits


class ConePlan(NamedTuple):
    """How to evaluate words on a circuit.

    Attributes:
        unitary: The whole circuit.
        words: The words, one letter per qubit of it.
        tasks: The cones.
        wide: Numbers of the words whose cones have more qubits than a statevector is used for.
    """

    unitary: _core.NativeCircuit
    words: list[str]
    tasks: list[_Task]
    wide: list[int]


def plan_cones(run: Run, unitary: _core.NativeCircuit, words: list[str]) -> ConePlan:
    """Plan ``words``, which have one letter per qubit of ``unitary``."""
    tasks, wide = unitary.cones(words, run.config.mps_qubit_threshold)
    return ConePlan(unitary, words, [_Task(*task) for task in tasks], wide)


def cone_facts(run: Run, plan: ConePlan) -> Metadata:
    """Metadata of the circuits evaluated by this plan.

    ``widest_cone`` is the number of qubits of the largest circuit simulated for a word with a narrow cone, 0
    if there is none. ``wide_words`` says how many words have wide cones, if any do, and how they ran.
    """
    widest = max((task.circuit.n_qubits for task in plan.tasks), default=0)
    facts: dict[str, Any] = {
        "path": ExecutionPath.LIGHT_CONES.value,
        "simulator": run.config.simulator_type or "QCSim",
        "method": "Statevector",
        "n_qubits": plan.unitary.n_qubits,
        "widest_cone": widest,
    }
    if plan.wide:
        wide = estimate_facts(run.config, plan.unitary)
        facts["wide_words"] = {"n_words": len(plan.wide), **wide}
    return facts


def estimate_by_cones(
    engine: Engine, run: Run, template: _core.Template, plan: ConePlan, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Expectation values, rows × words, of the given rows of a template."""
    import numpy as np

    label = run.labels[template.circuits[rows[0]]]
    if plan.wide:
        check_estimate(run.config, plan.unitary, [plan.words[index] for index in plan.wide], label)
        engine.warn_of_truncation(run, plan.unitary, label)
        _log.info(
            "%d of %d words of circuit '%s' have light cones of more than %d qubits; they run as %s on the "
            "whole circuit.",
            len(plan.wide),
            len(plan.words),
            label,
            run.config.mps_qubit_threshold,
            run.config.simulation_type_for(plan.unitary.n_qubits),
        )
    compiled = [_compiled(task, label) for task in plan.tasks if task.circuit.n_qubits <= run.compiled_qubits]
    single = [task for task in plan.tasks if task.circuit.n_qubits > run.compiled_qubits]
    values = np.empty((len(rows), len(plan.words)))
    size = _chunk_rows(plan)
    for start in range(0, len(rows), size):
        run.check()
        chosen, part = rows[start : start + size], values[start : start + size]
        angles = angles_of(template, plan.unitary, chosen)
        for evaluate in compiled:
            evaluate(angles, part)
        if single or plan.wide:
            labels = [run.labels[circuit] for circuit in template.circuits[chosen]]
            engine.run_all(run, _jobs(run, plan, single, labels, angles, part))
        run.progress(len(chosen))
    return values


def _chunk_rows(plan: ConePlan) -> int:
    if plan.wide:
        return 64
    widest = max(
        (len(task.members) * (task.circuit.n_slots + len(task.words)) for task in plan.tasks), default=1
    )
    numbers = max(1, plan.unitary.n_slots, widest)
    return chunk_rows(numbers, sum(task.work() for task in plan.tasks))


def _compiled(task: _Task, label: str) -> Callable[[NDArray[np.float64], NDArray[np.float64]], None]:
    """A function that evaluates the task: angles of the full circuit in, values into their columns."""
    import numpy as np

    program = Compiled(task.circuit, label)
    members = len(task.members)

    def evaluate(angles: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        own = np.concatenate([angles[:, slots] for slots, _ in task.members])
        blocks = program.values(task.words, own).reshape(members, len(angles), -1)
        for (_, targets), block in zip(task.members, blocks, strict=True):
            for column, words in enumerate(targets):
                out[:, words] = block[:, column, None]

    return evaluate


def _jobs(
    run: Run,
    plan: ConePlan,
    tasks: list[_Task],
    labels: list[str],
    angles: NDArray[np.float64],
    out: NDArray[np.float64],
) -> list[tuple[str, Callable[[], None]]]:
    """Cones too wide to compile, and words without a narrow cone: a simulation each."""
    maestro = load_maestro()

    def job(
        row: int,
        circuit: _core.NativeCircuit,
        operations: Operations,
        own: Any,
        words: list[str],
        targets: Sequence[Any],
    ) -> tuple[str, Callable[[], None]]:
        def evaluate() -> None:
            config = run.config.to_simulator_config(maestro, width=circuit.n_qubits)
            built = build_circuit(maestro, circuit, own.tolist(), operations=operations)
            found = maestro.simple_estimate(built, words, config)["expectation_values"]
            for value, where in zip(found, targets, strict=True):
                out[row, where] = value

        return labels[row], evaluate

    listed = [(task, task.circuit.operations()) for task in tasks]
    jobs = [
        job(row, task.circuit, operations, angles[row, slots], task.words, targets)
        for row in range(len(labels))
        for task, operations in listed
        for slots, targets in task.members
    ]
    if plan.wide:
        wide = [plan.words[index] for index in plan.wide]
        whole = plan.unitary.operations()
        jobs += [job(row, plan.unitary, whole, angles[row], wide, plan.wide) for row in range(len(labels))]
    return jobs
