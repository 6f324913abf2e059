"""What the library cannot run, refused before it is asked: crashes, hangs and silently wrong results.

Each rule was found by running every method in a process of its own against a dense reference
(``tests/property/test_maestro_methods.py`` keeps the pairs that work).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from vivace import _core
from vivace.backends.maestro.ceiling import CEILING
from vivace.errors import SimulationError

if TYPE_CHECKING:
    from vivace.backends.maestro.config import MaestroConfig

__all__ = [
    "can_truncate",
    "check_estimate",
    "check_sample",
    "cone_width",
    "explaining",
    "may_truncate",
    "statevector_fits",
    "truncation_warning",
]

_AER: Final = "QiskitAer"
_AER_LACKS: Final = frozenset({"PauliPropagator", "PathIntegral", "MatrixProductOperator"})
_CLIFFORD: Final = frozenset(
    {"id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap", "measure", "reset"}
)
_BONDS: Final = ("max_bond_dimension", "singular_value_threshold")
_LIMITS: Final = {
    "MatrixProductState": _BONDS,
    "MatrixProductOperator": _BONDS,
    "PauliPropagator": ("pp_coefficient_threshold", "pp_max_pauli_weight"),
    "PathIntegral": ("path_integral_threshold",),
}
_BYTES: Final = 16  # of one complex number


def check_estimate(
    config: MaestroConfig, circuit: _core.NativeCircuit, words: Sequence[str], label: str
) -> None:
    """Raise `SimulationError` if the library must not be asked for these expectation values."""
    width = circuit.n_qubits
    if _needs_memory(config, width):
        if config.enable_causal_cone_reduction is not False:
            width = max((cone_width(circuit, word) for word in words), default=0)
        _check_memory(config, circuit.n_qubits, width, label)
    _check_aer(config, circuit, label, mid_circuit=False)


def check_sample(config: MaestroConfig, circuit: _core.NativeCircuit, label: str) -> None:
    """Raise `SimulationError` if the library must not be asked to sample this circuit."""
    _check_memory(config, circuit.n_qubits, circuit.n_qubits, label)
    _check_aer(config, circuit, label, mid_circuit=circuit.readout() is None)


@contextmanager
def explaining(config: MaestroConfig, circuit: _core.NativeCircuit, label: str) -> Iterator[None]:
    """Turn what only the library can tell into a `SimulationError` that says what to do about it.

    Whether a circuit is one of Clifford gates is seen after its reductions, how many words there are on the
    way.
    """
    method = config.simulation_type
    try:
        with CEILING if method == "PauliPropagator" else nullcontext():
            yield
    except RuntimeError as error:
        text = str(error).lower()
        if method != "Stabilizer" or not ("stabilizer" in text or "clifford" in text):
            raise
        other = sorted({name for name, *_ in circuit.operations()} - _CLIFFORD)
        raise SimulationError(
            f"Circuit '{label}' has gates that {method} does not run ({', '.join(other)}): it takes Clifford "
            "gates alone, by their names (h, s, sdg, sx, cx, …), and no rotations at any angle. Use "
            'simulation_type="Statevector" or "MatrixProductState".',
            label,
        ) from error
    except MemoryError as error:
        if method != "PauliPropagator":
            raise
        raise SimulationError(
            f"Circuit '{label}' has more Pauli words than this machine has memory for with {method}. Set "
            "pp_coefficient_threshold or pp_max_pauli_weight, which drop words, or use "
            'simulation_type="MatrixProductState".',
            label,
        ) from error


def statevector_fits(width: int) -> bool:
    """Whether this machine has the memory for a statevector of so many qubits."""
    return (_BYTES << width) <= _memory()


def can_truncate(config: MaestroConfig, exponent: int, bond_dimension: int | None) -> bool:
    """Whether a matrix product state may lose amplitudes.

    Args:
        config: The options.
        exponent: The bond dimension at which the state is exact, as a power of two.
        bond_dimension: The largest one kept.

    >>> from vivace.backends import MaestroConfig
    >>> can_truncate(MaestroConfig(), 6, 64), can_truncate(MaestroConfig(), 7, 64)
    (False, True)
    """
    if config.singular_value_threshold:
        return True
    return bond_dimension is not None and exponent >= bond_dimension.bit_length()


def may_truncate(config: MaestroConfig, circuit: _core.NativeCircuit) -> bool | None:
    """Whether the limits of the method may cut something off this circuit; None if it has no limits."""
    width, exponent = circuit.n_qubits, circuit.bond_exponent
    method = config.simulation_type_for(width)
    if method == "MatrixProductState":
        return can_truncate(config, exponent, config.bond_dimension_for(width))
    if method == "MatrixProductOperator":  # of the density matrix, whose bond dimension is the square
        return can_truncate(config, 2 * exponent, config.max_bond_dimension)
    if method == "PauliPropagator":
        weight = config.pp_max_pauli_weight
        return bool(config.pp_coefficient_threshold) or (weight is not None and weight < width)
    if method == "PathIntegral":
        return bool(config.path_integral_threshold)
    return None


def truncation_warning(config: MaestroConfig, circuit: _core.NativeCircuit, label: str) -> str | None:
    """What to say where the limits of the method, set or automatic, may cut something off this circuit."""
    if not may_truncate(config, circuit):
        return None
    width, method = circuit.n_qubits, config.simulation_type
    if method is None:
        exactly = ", or set simulation_type='Statevector' for exact ones" * statevector_fits(width)
        return (
            f"Circuit '{label}' needs {width} qubits (> {config.mps_qubit_threshold}) and runs as a matrix "
            "product state, whose bond dimension cuts some of its entanglement off: results are approximate. "
            f"Raise max_bond_dimension for better ones{exactly}."
        )
    found = ((name, getattr(config, name)) for name in _LIMITS[method])
    limits = " and ".join(f"{name}={value}" for name, value in found if value is not None)
    return (
        f"Circuit '{label}' runs with {method} and {limits}, which may cut off a part of it: results may be "
        "approximate. Leave the limit out for exact ones."
    )


def cone_width(circuit: _core.NativeCircuit, word: str) -> int:
    """Number of qubits that the value of a word depends on."""
    cone = {qubit for qubit, letter in enumerate(word) if letter != "I"}
    for _name, qubits, _slot, _count in reversed(circuit.operations()):
        if not cone.isdisjoint(qubits):
            cone.update(qubits)
    return len(cone)


def _amplitudes_log2(config: MaestroConfig, width: int, of: int) -> int | None:
    """log2 of the numbers kept for ``width`` qubits of a circuit of ``of``; None if not a dense method."""
    method = config.simulation_type_for(of)
    return {"Statevector": width, "DensityMatrix": 2 * width}.get(method)


def _needs_memory(config: MaestroConfig, width: int) -> bool:
    numbers = _amplitudes_log2(config, width, width)
    return numbers is not None and (_BYTES << numbers) > _memory()


def _check_memory(config: MaestroConfig, of: int, width: int, label: str) -> None:
    numbers = _amplitudes_log2(config, width, of)
    if numbers is None or (_BYTES << numbers) <= _memory():
        return
    raise SimulationError(
        f"Circuit '{label}' needs 2**{numbers} complex numbers with {config.simulation_type_for(of)}, more "
        'than this machine has memory for. Use simulation_type="MatrixProductState", or fewer qubits.',
        label,
    )


def _check_aer(config: MaestroConfig, circuit: _core.NativeCircuit, label: str, *, mid_circuit: bool) -> None:
    if config.simulator_type != _AER:
        return
    method = config.simulation_type_for(circuit.n_qubits)
    if method in _AER_LACKS:
        raise SimulationError(
            f"Circuit '{label}': {_AER} has no method {method}. Use simulator_type=\"QCSim\".", label
        )
    if method == "MatrixProductState" and mid_circuit:
        raise SimulationError(
            f"Circuit '{label}' measures or resets a qubit before its end, which {_AER} with {method} "
            'samples wrongly. Use simulator_type="QCSim".',
            label,
        )
    if method == "ExtendedStabilizer":
        other = {name for name, *_ in circuit.operations()} - _CLIFFORD
        if other:
            raise SimulationError(
                f"Circuit '{label}' has gates that are not Clifford ({', '.join(sorted(other))}), for which "
                f"{_AER} with {method} is neither exact nor sure to end. "
                'Use simulator_type="QCSim".',
                label,
            )


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 1 << 46
