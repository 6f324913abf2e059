"""The simulator library: loaded on first use, warmed up, and the objects built from our circuits."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from vivace import _core
from vivace.errors import MissingDependencyError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ADJOINT", "angles_of", "build_circuit", "load_maestro"]

ADJOINT: Final = threading.Lock()
"""Held around compiled programs: one call already uses every core, two at once only hinder each other."""

_LOADING: Final = threading.Lock()
_loaded: list[Any] = []


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


def angles_of(
    template: _core.Template, circuit: _core.NativeCircuit, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Angles of the given rows, ascending, of a template: rows × slots of ``circuit``."""
    first, last = int(rows[0]), int(rows[-1])
    angles = template.angles(circuit, first, last + 1)
    return angles if last - first + 1 == len(rows) else angles[rows - first]


def build_circuit(
    maestro: Any, native: _core.NativeCircuit, angles: Sequence[float], idle: bool = False
) -> Any:
    """A circuit object of the library, gate by gate; ``angles`` has one number per slot of ``native``.

    With ``idle``, ``id`` becomes ``u(0, 0, 0)``, which carries noise; without, it is left out.
    """
    circuit = maestro.circuits.QuantumCircuit()
    for name, operands, slot, n_angles in native.operations():
        if name == "measure":
            circuit.measure([operands])
        elif name == "id":
            if idle:
                circuit.u(*operands, 0.0, 0.0, 0.0)
        else:
            getattr(circuit, name)(*operands, *angles[slot : slot + n_angles])
    return circuit
