"""What every local runner does with a submission: refuse, count, ask for values, put them in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from vivace import _core
from vivace.backends.observables import Observables
from vivace.backends.runner import shot_ranges
from vivace.circuits import CircuitBatch
from vivace.errors import ConfigError, SimulationError, VivaceError
from vivace.tables import CountsBlock, CountsTable, ExpectationTable, Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "KEYWORDS",
    "Estimated",
    "Sampled",
    "angles_of",
    "blaming",
    "counted",
    "depths",
    "estimated",
    "no_values",
    "nothing_to_sample",
    "refuse_conflicts",
    "refuse_control",
    "shots_per_circuit",
    "told",
]

KEYWORDS = ("payloads", "ham_ops", "circuit_ham_map", "shot_groups", "cancellation_event", "progress")
"""Keywords of ``submit_circuits`` of the local runners."""


def angles_of(
    template: _core.Template, circuit: _core.NativeCircuit | _core.WrittenCircuit, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Angles of the given rows, ascending, of a template: rows × slots of ``circuit``."""
    first, last = int(rows[0]), int(rows[-1])
    angles = template.angles(circuit, first, last + 1)
    return angles if last - first + 1 == len(rows) else angles[rows - first]


@contextmanager
def blaming(label: str) -> Iterator[None]:
    """Turn what a library raises into a `SimulationError` that names the circuit."""
    try:
        yield
    except VivaceError:
        raise
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        raise SimulationError.for_circuit(label, error) from error


def refuse_conflicts(ham_ops: object, circuit_ham_map: object, shot_groups: object) -> None:
    """Refuse keywords that exclude one another.

    Raises:
        ConfigError: ``ham_ops`` with ``shot_groups``, or ``circuit_ham_map`` without ``ham_ops``.
    """
    if ham_ops is not None and shot_groups is not None:
        raise ConfigError(
            "shot_groups is incompatible with ham_ops: expectation values take no shots. Pass exactly one.",
            "shot_groups",
        )
    if ham_ops is None and circuit_ham_map is not None:
        raise ConfigError("circuit_ham_map needs ham_ops. Pass both, or neither.", "circuit_ham_map")


def nothing_to_sample(label: str) -> SimulationError:
    """The error of a circuit that is to be sampled, but measures nothing."""
    return SimulationError(
        f"Circuit '{label}' measures nothing, so there is nothing to sample. Add measurements, or "
        "give ham_ops for expectation values.",
        label,
    )


def no_values(label: str) -> SimulationError:
    """The error of a circuit under classical control that is asked for expectation values."""
    return SimulationError(
        f"Circuit '{label}' has operations under classical control ('if'), and expectation values of such "
        "circuits are not defined by their final state alone. Sample it instead: leave out ham_ops.",
        label,
    )


def refuse_control(batch: CircuitBatch) -> None:
    """Refuse circuits under classical control, which have no expectation values.

    Raises:
        SimulationError: There is one.
    """
    for template in batch.templates:
        native = template.native()
        if native.has_conditions and native.unitary() is None:
            raise no_values(batch.labels[template.circuits[0]])


def shots_per_circuit(
    shot_groups: Sequence[tuple[int, int, int]] | None, shots: int, n_circuits: int
) -> NDArray[np.uint64]:
    """Shots of every circuit, uint64: those of its range, or ``shots`` if there are no ranges."""
    import numpy as np

    if shot_groups is None:
        return np.full(n_circuits, shots, dtype=np.uint64)
    return _core.shots_per_circuit(shot_ranges(shot_groups), n_circuits)


def depths(batch: CircuitBatch) -> list[int]:
    """Depth of every circuit, in the order of the batch.

    >>> depths(CircuitBatch.of(["OPENQASM 2.0; qreg q[2]; h q[0]; cx q[0],q[1];"]))
    [2]
    """
    found = [0] * len(batch)
    for template in batch.templates:
        depth = template.depth
        for circuit in template.circuits.tolist():
            found[circuit] = depth
    return found


def told(progress: Callable[[int, int], None] | None, total: int) -> Callable[[int], None]:
    """An engine's "so many more" as the caller's "so many of all".

    >>> more = told(lambda done, total: print(done, "of", total), 5)
    >>> more(2), more(3)
    2 of 5
    5 of 5
    (None, None)
    """
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done, total)

    return more


Estimated: TypeAlias = "tuple[NDArray[np.float64], Metadata]"
"""Expectation values, rows × words, and how they came about."""

Sampled: TypeAlias = "list[tuple[CountsBlock, Metadata]]"
"""Counts of rows, and how they came about."""


def counted(
    batch: CircuitBatch, plan: Callable[[_core.Template, NDArray[np.int64]], Callable[[], Sampled]]
) -> CountsTable:
    """Counts of all circuits. ``plan(template, rows)`` checks what can be checked and returns the run."""
    import numpy as np

    # All templates are checked before the first one runs.
    plans = [plan(template, np.arange(len(template.circuits))) for template in batch.templates]
    found = [block for counts_of in plans for block in counts_of()]
    metadata = _spread(len(batch), [(block.circuits, facts) for block, facts in found])
    return CountsTable.from_blocks(batch.labels, [block for block, _ in found], metadata)


def estimated(
    batch: CircuitBatch,
    observables: Observables,
    plan: Callable[[_core.Template, NDArray[np.int64], list[str]], Callable[[], Estimated]],
) -> ExpectationTable | list[dict[str, Any]]:
    """Expectation values of all circuits; one matrix if all of them have the same words.

    ``plan(template, rows, words)`` is asked for each template and group of words: it checks what can be
    checked and returns the run, whose values are rows × words.
    """
    import numpy as np

    labels = batch.labels
    plans = []
    for template in batch.templates:  # all of them are checked before the first one runs
        of_row = observables.groups[template.circuits]
        for group in np.unique(of_row).tolist():
            rows = np.flatnonzero(of_row == group)
            label = labels[template.circuits[rows[0]]]
            words = observables.padded(group, template.n_qubits, label)
            plans.append((group, template.circuits[rows], plan(template, rows, words)))
    n, groups = len(batch), np.unique(observables.groups).tolist()
    if len(groups) == 1:
        values, notes = np.empty((n, len(observables.words(groups[0])))), []
        for _, circuits, values_of in plans:
            values[circuits], metadata = values_of()
            notes.append((circuits, metadata))
        return ExpectationTable(labels, observables.words(groups[0]), values, _spread(n, notes))
    entries = np.empty(n, dtype=object)
    for group, circuits, values_of in plans:
        values, metadata = values_of()
        own = [labels[circuit] for circuit in circuits.tolist()]
        table = ExpectationTable(own, observables.words(group), values, [metadata] * len(own))
        entries[circuits] = table.entries()
    found: list[dict[str, Any]] = entries.tolist()
    return found


def _spread(n_circuits: int, notes: Sequence[tuple[NDArray[np.uint32], Metadata]]) -> list[Metadata]:
    """The metadata of every circuit, from those of groups of circuits."""
    import numpy as np

    if len(notes) == 1:
        return [notes[0][1]] * n_circuits
    spread = np.empty(n_circuits, dtype=object)
    for circuits, metadata in notes:
        spread[circuits] = metadata
    found: list[Metadata] = spread.tolist()
    return found
