"""The simulator library: loaded on first use, warmed up, and the objects built from our circuits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from vivace import _core
from vivace.backends.forks import ForkSafeLock, after_fork, on_new_thread
from vivace.backends.submission import blaming
from vivace.errors import MissingDependencyError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "ADJOINT",
    "Compiled",
    "Operations",
    "build_circuit",
    "load_maestro",
]

Operations = Sequence[tuple[str, tuple[int, ...], int, int]]
"""What `_core.NativeCircuit.operations` returns."""

T = TypeVar("T")


ADJOINT: Final = ForkSafeLock()
"""Held around compiled programs: one call already uses every core, two at once only hinder each other."""

_LOADING: Final = ForkSafeLock()
_loaded: list[Any] = []
_forked: list[bool] = []
after_fork(lambda: _forked.append(True) if _loaded else None)


def load_maestro() -> Any:
    """The ``maestro`` module, ready for calls from several threads.

    The library's first native calls of a process fail when they come from several threads at once ("Failed to
    create simulator handle"); one call on one thread first removes that.

    Raises:
        MissingDependencyError: The library cannot be imported.
    """
    with _LOADING:
        if not _loaded:
            try:
                import maestro
            except ImportError as error:
                raise MissingDependencyError(
                    "qoro-maestro is required for MaestroSimulator but could not be imported. "
                    "Install it: pip install qoro-maestro",
                    name="maestro",
                ) from error
            circuit = maestro.circuits.QuantumCircuit()
            circuit.x(0)
            circuit.measure([(0, 0)])
            maestro.simple_execute(circuit, shots=1)
            _loaded.append(maestro)
        return _loaded[0]


def build_circuit(
    maestro: Any,
    native: _core.NativeCircuit,
    angles: Sequence[float],
    idle: bool = False,
    operations: Operations | None = None,
) -> Any:
    """A circuit object of the library, gate by gate; ``angles`` has one number per slot of ``native``.

    With ``idle``, ``id`` becomes ``u(0, 0, 0)``, which carries noise; without, it is left out. Pass
    ``native.operations()`` as ``operations`` when building one structure many times.
    """
    circuit = maestro.circuits.QuantumCircuit()
    for name, operands, slot, n_angles in native.operations() if operations is None else operations:
        if name == "measure":
            circuit.measure([operands])
        elif name == "id":
            if idle:
                circuit.u(*operands, 0.0, 0.0, 0.0)
        else:
            getattr(circuit, name)(*operands, *angles[slot : slot + n_angles])
    return circuit


def _exclusively(label: str, call: Callable[[], T]) -> T:
    """The result of a call of a compiled program, which must be the only one at a time.

    In a forked child it runs on a new thread: the library's OpenMP keeps its workers per calling thread, and
    those of the parent's thread are gone.

    Raises:
        SimulationError: The library failed; names the circuit ``label``.
    """
    with ADJOINT, blaming(label):
        return on_new_thread(call) if _forked else call()


class Compiled:
    """A circuit compiled for any number of rows.

    Args:
        circuit: The circuit, without measurements.
        label: Label of the circuit to name in errors.

    Raises:
        SimulationError: The library refused the circuit.
    """

    def __init__(self, circuit: _core.NativeCircuit, label: str) -> None:
        maestro = load_maestro()
        with blaming(label):
            built = build_circuit(maestro, circuit, [0.0] * circuit.n_slots)
            self._program = maestro.AdjointProgram(built)

    def values(
        self, label: str, observables: Sequence[Any], angles: NDArray[np.float64], *config: Any
    ) -> Any:
        """Values of the observables, a row for each row of angles.

        Raises:
            SimulationError: The library failed; names the circuit ``label``.
        """
        return _exclusively(
            label,
            lambda: self._program.expectation_values(observables, angles, *config)["expectation_values"],
        )

    def vjp(
        self,
        label: str,
        observables: Sequence[Any],
        cotangents: NDArray[np.float64],
        angles: NDArray[np.float64],
        *config: Any,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values, rows × observables; derivatives of their sums weighted by ``cotangents``, rows × angles.

        Raises:
            SimulationError: The library failed; names the circuit ``label``.
        """
        found = _exclusively(label, lambda: self._program.vjp(observables, cotangents, angles, *config))
        return found["expectation_values"], found["vjp"]

    def jacobian(
        self, label: str, observables: Sequence[Any], angles: NDArray[np.float64], *config: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values, rows × observables, and their derivatives, rows × observables × angles.

        Raises:
            SimulationError: The library failed; names the circuit ``label``.
        """
        found = _exclusively(label, lambda: self._program.jacobian(observables, angles, *config))
        return found["expectation_values"], found["jacobian"]
