"""Derivatives by the parameter shift of exact matrix product states, as values at shifted angles.

A shallow circuit is so cheap as a matrix product state that all its shifted values cost less than a sweep
over its statevector, and there are circuits that no statevector holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vivace import _core
from vivace.backends.maestro.cones import ConePlan, evaluation_by_cones, plan_cones
from vivace.backends.maestro.planner import PRODUCT_QUBITS, cores, cost
from vivace.backends.maestro.run import Run, chunk_rows, keeps_exactly, leaves_method
from vivace.backends.maestro.shifts import Shifts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace.backends.maestro.engine import Engine

__all__ = ["Shifted", "plan_shifted"]

_SWEEP: Final = 4  # what a backward sweep over a statevector costs, in forward ones


class Shifted:
    """Values of words on one template and their derivatives by its parameters, as `Derivatives` gives them.

    Args:
        engine: The engine.
        run: The submission.
        template: The template.
        unitary: Its unitary form.
        plan: The words on their light cones.
        weights: One per word: of their weighted sum, rather than of each.
    """

    def __init__(
        self,
        engine: Engine,
        run: Run,
        template: _core.Template,
        unitary: _core.NativeCircuit,
        plan: ConePlan,
        weights: NDArray[np.float64] | None,
    ) -> None:
        import numpy as np

        self._template, self._unitary, self._weights = template, unitary, weights
        self._slots = np.arange(unitary.n_slots, dtype=np.uint32)
        self._shifts = Shifts(plan.circuit.shift_terms(), [self._slots])
        n_rows = len(template) * self._shifts.n_runs
        self._evaluation = evaluation_by_cones(engine, run, plan, n_rows, run.labels[0])
        self.facts = {**self._evaluation.facts, "derivatives": ["parameter_shift"]}
        n_runs = self._shifts.n_runs
        by_memory = chunk_rows(n_runs * (unitary.n_slots + len(plan.words)), 0)
        self.chunk = max(1, min(by_memory, self._evaluation.chunk // n_runs))

    def of_rows(self, start: int, stop: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values and derivatives of rows ``start..stop``, as `Derivatives.of_rows` gives them."""
        import numpy as np

        angles = self._template.angles(self._unitary, start, stop)
        circuits = np.repeat(self._template.circuits[start:stop], self._shifts.n_runs)

        def values_at(shifted: NDArray[np.float64]) -> NDArray[np.float64]:
            size, found = self._evaluation.chunk, []
            for first in range(0, len(shifted), size):
                self._evaluation.run.check()
                part = slice(first, first + size)
                found.append(self._evaluation.values(shifted[part], circuits[part]))
            return np.concatenate(found)

        values, by_slot = self._shifts.of_each(values_at, angles)
        if self._weights is not None:
            values = values @ self._weights
            by_slot = np.einsum("rws,w->rs", by_slot, self._weights)
        flat = by_slot.reshape(values.size, len(self._slots))
        pulled = self._template.pull_back(self._unitary, self._slots, flat, start, stop)
        return values, pulled.reshape(*values.shape, -1)


def plan_shifted(
    engine: Engine,
    run: Run,
    template: _core.Template,
    unitary: _core.NativeCircuit,
    words: list[str],
    weights: NDArray[np.float64] | None,
) -> Shifted | None:
    """The parameter shift, if it is exact and cheaper than sweeps over statevectors; else None."""
    if unitary.n_qubits < PRODUCT_QUBITS or not leaves_method(run.config):
        return None
    plan = plan_cones(engine, run, unitary, words)
    if plan.wide:
        is_better = keeps_exactly(run.config, engine.line(plan.circuit).circuit)
    else:
        is_better = _is_cheaper(plan, run, len(template), weights is not None)
    return Shifted(engine, run, template, unitary, plan, weights) if is_better else None


def _is_cheaper(plan: ConePlan, run: Run, n_rows: int, weighted: bool) -> bool:
    """Whether the shift is cheaper; both are thought to run on all cores."""
    if not any(task.method("kept") == "MatrixProductState" for task in plan.tasks):
        return False
    n_runs = int(plan.circuit.shift_terms().sum()) + 1
    shifted = swept = 0.0
    for task in plan.tasks:
        shifted += min(cost(path, task.work(n_rows * n_runs), cores()) for path in task.paths(run))
        forward = cost("compiled", task.work(n_rows)._replace(n_words=1), cores())
        swept += forward * (1 + _SWEEP * (1 if weighted else len(task.words)))
    return shifted < swept
