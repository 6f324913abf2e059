"""How long circuits would take on a device, from the durations in its target."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from typing import Any

from vivace._suggest import warn_user
from vivace.backends.aer.targets import resolve_backend
from vivace.circuits import CircuitBatch
from vivace.errors import ConfigError, ConfigTypeError

__all__ = ["estimate_run_time_batch", "estimate_run_time_single_circuit"]


def estimate_run_time_single_circuit(circuit: Any, qiskit_backend: Any, **transpilation_kwargs: Any) -> float:
    """Seconds one shot of a circuit takes: the longest path through it, in the durations of the backend.

    Args:
        circuit: OpenQASM 2 text, or a Qiskit circuit.
        qiskit_backend: A ``BackendV2``, or the name of a fake one.
        **transpilation_kwargs: Passed on to Qiskit's ``transpile``.

    Warns:
        UserWarning: The backend tells no duration of an operation, which then counts nothing.

    >>> bell = 'OPENQASM 2.0; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
    >>> bool(5e-6 < estimate_run_time_single_circuit(bell, "FakeManilaV2") < 1e-5)
    True
    """
    from qiskit import transpile

    backend = resolve_backend(qiskit_backend)
    if backend is None or isinstance(backend, str):
        raise ConfigError(
            "Expected qiskit_backend as a BackendV2 or the name of a fake one: durations are those of a "
            f"device, and {backend!r} has none.",
            "qiskit_backend",
        )
    found = transpile(_qiskit_circuit(circuit), backend, **transpilation_kwargs)
    busy: dict[Any, float] = {}
    for instruction in found.data:
        bits = [*instruction.qubits, *instruction.clbits]
        qubits = tuple(found.find_bit(qubit).index for qubit in instruction.qubits)
        start = max((busy.get(bit, 0.0) for bit in bits), default=0.0)
        end = start + _duration(backend.target, instruction.operation, qubits)
        busy.update(dict.fromkeys(bits, end))
    return max(busy.values(), default=0.0)


def _duration(target: Any, operation: Any, qubits: tuple[int, ...]) -> float:
    if operation.name == "barrier":
        return 0.0
    known = target[operation.name].get(qubits) if operation.name in target.operation_names else None
    duration = None if known is None else known.duration
    if duration is None and operation.name == "delay":
        duration = operation.duration * {"s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}.get(
            operation.unit, target.dt or 0.0
        )
    if duration is None:
        warn_user(f"Instruction duration not found: {operation.name}")
        return 0.0
    return float(duration)


def _qiskit_circuit(circuit: Any) -> Any:
    from vivace.backends.aer.circuits import build

    if not isinstance(circuit, str):
        return circuit
    template = CircuitBatch.of([circuit]).templates[0]
    written = template.written()
    if template.has_delays:
        warn_user("Instruction duration not found: delay, which OpenQASM 2 has no unit for")
    built, parameters = build(written.operations(), template.n_qubits, template.n_clbits)
    angles = template.angles(written, 0, 1)[0].tolist()
    return built.assign_parameters(dict(zip(parameters, angles, strict=True)), strict=False)


def estimate_run_time_batch(
    circuits: Iterable[Any] | None = None,
    precomputed_durations: Sequence[float] | None = None,
    n_qpus: int = 5,
    **transpilation_kwargs: Any,
) -> float:
    """Seconds until the last of several devices is done, the longest circuits first.

    Args:
        circuits: OpenQASM 2 texts or Qiskit circuits; give ``qiskit_backend`` as a keyword as well.
        precomputed_durations: Seconds of each circuit, instead of circuits.
        n_qpus: Number of devices.
        **transpilation_kwargs: As for `estimate_run_time_single_circuit`.

    Raises:
        ConfigError: There are neither circuits nor durations, or ``n_qpus`` is not positive.

    >>> estimate_run_time_batch(precomputed_durations=[5, 4, 3, 3, 3], n_qpus=2)
    10.0
    """
    if n_qpus < 1:
        raise ConfigError(f"n_qpus must be a positive integer, got {n_qpus!r}.", "n_qpus")
    if precomputed_durations is not None:
        durations = [float(duration) for duration in precomputed_durations]
        bad = next((d for d in durations if not 0 <= d < math.inf), None)
        if bad is not None:
            raise ConfigError(f"Durations must be finite seconds, not negative; got {bad}.")
    elif circuits is not None:
        items = list(circuits.values() if hasattr(circuits, "values") else circuits)
        if items and "qiskit_backend" not in transpilation_kwargs:
            raise ConfigTypeError("Circuits take time on a device: pass qiskit_backend=.", "qiskit_backend")
        durations = [estimate_run_time_single_circuit(circuit, **transpilation_kwargs) for circuit in items]
    else:
        raise ConfigError("Either circuits or precomputed_durations must be given.", "circuits")
    devices = [0.0] * n_qpus
    for duration in sorted(durations, reverse=True):
        heapq.heapreplace(devices, devices[0] + duration)
    return max(devices)
