"""What a submission to Maestro runs with, and the questions every way of running asks of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from vivace import _core
from vivace.backends.maestro.config import MaestroConfig
from vivace.backends.maestro.methods import can_truncate
from vivace.backends.maestro.planner import SAMPLED_QUBITS, Path, cores
from vivace.cancellation import check
from vivace.errors import SimulationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Progress",
    "RowLabels",
    "Run",
    "chunk_rows",
    "exact_form",
    "is_product",
    "is_sampled",
    "is_statevector",
    "keeps_exactly",
    "keeps_plainly",
    "leaves_method",
    "on_qubits",
]

_CHUNK_ROWS: Final = 1 << 16
_CHUNK_BYTES: Final = 32 << 20
_CHUNK_GATES: Final = 1 << 27  # amplitudes touched between two looks at the cancellation event
_NARROW_QUBITS: Final = 12  # a unitary form of so many is cheap, however it came about
_DENSITY_QUBITS: Final = 12  # a density matrix of 256 MB
_PLAIN: Final = frozenset(
    {"simulator_type", "simulation_type", "max_bond_dimension", "seed", "noise_seed", "mps_qubit_threshold"}
)
_CANCELLED: Final = "Maestro batch cancelled after partial completion"

Progress = Callable[[int], None]
"""Called with the number of circuits just finished."""


@dataclass(frozen=True)
class Run:
    """What one submission runs with.

    Attributes:
        config: The options.
        labels: Labels of all circuits of the batch.
        path: The way to run circuits wherever it can; None to plan it.
        event: Stops the run when set.
        progress: Told of finished circuits.
    """

    config: MaestroConfig
    labels: Sequence[str]
    path: Path | None
    event: Event | None
    progress: Progress

    def check(self) -> None:
        """Raise `ExecutionCancelledError` if the event is set."""
        check(self.event, _CANCELLED)


class RowLabels(Sequence[str]):
    """Labels of rows, looked up when asked for; they repeat, for the members of a task."""

    def __init__(self, labels: Sequence[str], circuits: NDArray[np.uint32]) -> None:
        self._labels = labels
        self._circuits = circuits

    def __len__(self) -> int:
        return len(self._circuits)

    def __getitem__(self, row: Any) -> Any:
        return self._labels[self._circuits[row % len(self._circuits)]]


def chunk_rows(numbers: int, work: int) -> int:
    """How many rows to run in one call: a fraction of a second, or one row for every core.

    Args:
        numbers: float64 numbers in or out for each row.
        work: Amplitudes touched for each row.

    >>> chunk_rows(10, 1000), chunk_rows(10, 1 << 30) == cores()
    (65536, True)
    """
    by_memory = _CHUNK_BYTES // (8 * max(1, numbers))
    by_work = _CHUNK_GATES // max(1, work)
    return max(1, min(_CHUNK_ROWS, by_memory, max(1, -(-by_work // cores())) * cores()))


def exact_form(
    run: Run, native: _core.NativeCircuit, unitary: _core.NativeCircuit, label: str
) -> tuple[Run, _core.NativeCircuit]:
    """What to take expectation values of, and how.

    Every reset and measurement in mid-circuit makes the unitary form a qubit wider. When that is much wider
    than the circuit, its density matrix is the smaller thing; matrix product states would cut the values off.
    """
    config = run.config
    named = config.simulation_type is not None or config.simulator_type not in (None, "QCSim")
    channel = native.channel()
    if named or channel is None or config.simulation_type_for(native.n_qubits) != "Statevector":
        return run, unitary
    as_statevector = config.simulation_type_for(unitary.n_qubits) == "Statevector"
    if as_statevector and unitary.n_qubits <= max(_NARROW_QUBITS, 2 * channel.n_qubits):
        return run, unitary
    if channel.n_qubits <= _DENSITY_QUBITS:
        return replace(run, config=config.override(simulation_type="DensityMatrix")), channel
    if as_statevector:
        return run, unitary
    raise SimulationError(
        f"Circuit '{label}' resets or measures in mid-circuit so often that exact expectation values would "
        f"take {unitary.n_qubits} qubits. Name a method that may approximate, such as "
        "simulation_type='MatrixProductState', or sample it: leave out ham_ops.",
        label,
    )


def is_statevector(run: Run) -> bool:
    """Whether the options leave statevectors on our own paths open."""
    config = run.config
    return config.simulation_type in (None, "Statevector") and config.simulator_type in (None, "QCSim")


def keeps_plainly(config: MaestroConfig) -> bool:
    """Whether the options leave nothing to tell a kept simulator but its method and bond dimension."""
    return config.simulator_type in (None, "QCSim") and config.sets_only(_PLAIN)


def leaves_method(config: MaestroConfig) -> bool:
    """Whether a kept simulator may hold what is the cheapest, as long as that is exact."""
    return config.simulation_type is None and keeps_plainly(config)


def keeps_exactly(config: MaestroConfig, circuit: _core.NativeCircuit) -> bool:
    """Whether the circuit is to run as a matrix product state and is exact as one, so that it can be kept.

    One that truncates is left to the library, which has more than one way to do so.
    """
    bond = config.bond_dimension_for(circuit.n_qubits)
    return is_product(config, circuit.n_qubits) and not can_truncate(config, circuit.bond_exponent, bond)


def is_product(config: MaestroConfig, width: int) -> bool:
    """Whether a circuit of so many qubits runs as a matrix product state, with no options but its bond."""
    return config.simulation_type_for(width) == "MatrixProductState" and keeps_plainly(config)


def is_sampled(run: Run, n_qubits: int) -> bool:
    """Whether a circuit of so many qubits is sampled from its final statevector, by our own ways."""
    narrow = n_qubits <= run.config.mps_qubit_threshold and is_statevector(run)
    return narrow and (n_qubits <= SAMPLED_QUBITS or keeps_plainly(run.config))


def on_qubits(word: str, unitary: _core.NativeCircuit) -> str:
    """The word with each letter on the qubit that holds its declared qubit in the end."""
    letters = ["I"] * unitary.n_qubits
    for letter, qubit in zip(word, unitary.qubits, strict=True):
        letters[qubit] = letter
    return "".join(letters)
