"""Expectation values of whole circuits from matrix product states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from vivace import _core
from vivace.backends.maestro.keeper import Keep, Keeping
from vivace.backends.maestro.paths import ExecutionPath, described
from vivace.backends.maestro.planner import Work, cost
from vivace.backends.maestro.run import RowLabels, Run, is_product, keeps_exactly
from vivace.backends.submission import angles_of
from vivace.tables import Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace.backends.maestro.engine import Engine

__all__ = ["WHOLE_ROWS", "ProductPlan", "Values", "estimate_exactly", "exact_values", "plan_product"]

Values = Callable[["NDArray[np.float64]", Sequence[str]], "NDArray[np.float64]"]
"""Takes angles of a circuit and the labels of their rows; returns values, rows × words."""

WHOLE_ROWS: Final = 1024  # of whole circuits, between two reports of progress


class ProductPlan(NamedTuple):
    """How to evaluate words on a whole circuit, as a matrix product state.

    Attributes:
        unitary: The circuit, which has the angles.
        circuit: The same without what its words have taken in, its qubits in line. Slots are numbered as
            before.
        words: The words, one letter per qubit of it.
        signs: For each word 1 or -1, to multiply its value by.
        is_exact: Whether the state loses nothing, so that it can be kept.
    """

    unitary: _core.NativeCircuit
    circuit: _core.NativeCircuit
    words: list[str]
    signs: NDArray[np.float64]
    is_exact: bool


def plan_product(
    engine: Engine, run: Run, unitary: _core.NativeCircuit, words: list[str]
) -> ProductPlan | None:
    """How to evaluate words where a matrix product state is asked for; None if it is the library's matter."""
    if run.path == "circuits" or not is_product(run.config, unitary.n_qubits):
        return None
    shorter, taken, signs = unitary.absorb(words)
    line = engine.line(shorter)
    exact = keeps_exactly(run.config, line.circuit)
    return ProductPlan(unitary, line.circuit, [line.word(word) for word in taken], signs, exact)


def estimate_exactly(
    engine: Engine, run: Run, template: _core.Template, plan: ProductPlan, rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64], Metadata]:
    """Expectation values, rows × words, from exact matrix product states; and how they came about."""
    import numpy as np

    values = np.empty((len(rows), len(plan.words)))
    of_rows, facts = exact_values(engine, run, plan.circuit, plan.words, len(rows))
    for start in range(0, len(rows), WHOLE_ROWS):
        chosen = rows[start : start + WHOLE_ROWS]
        labels = RowLabels(run.labels, template.circuits[chosen])
        values[start : start + len(chosen)] = of_rows(angles_of(template, plan.unitary, chosen), labels)
        run.progress(len(chosen))
    values *= plan.signs
    return values, facts


def exact_values(
    engine: Engine, run: Run, circuit: _core.NativeCircuit, words: list[str], n_rows: int
) -> tuple[Values, Metadata]:
    """Values of words from exact matrix product states, and how they come about."""
    work = Work(circuit.n_qubits, circuit.n_operations, len(words), n_rows, circuit.product_cost())
    path = engine.keeper.cheapest(run, work, ["kept", "workers"])
    bond = run.config.bond_dimension_for(circuit.n_qubits)
    key = "product", circuit.shape(), bond
    keep = engine.recent.get_or(key, lambda: Keep(circuit, product=True, bond=bond))
    how = Keeping(path, keep, cost("kept", work._replace(n_rows=1), 1))
    facts = described(ExecutionPath(path), run.config, circuit)
    return lambda angles, labels: engine.keeper.values(run, how, words, angles, labels), facts
