"""`ParallelSimulator`: the older face of `QiskitSimulator`."""

from __future__ import annotations

from typing import Any

from vivace._suggest import warn_user
from vivace.backends.aer.simulator import QiskitSimulator
from vivace.errors import ConfigError

__all__ = ["ParallelSimulator"]


class ParallelSimulator(QiskitSimulator):
    """`QiskitSimulator` as older releases called it, for sampling: it refuses ``ham_ops``. Deprecated.

    Args:
        n_processes: As for `QiskitSimulator`, like all the others.
        shots: Shots per circuit.
        simulation_seed: Makes sampling repeatable.
        qiskit_backend: A backend, or a name.
        noise_model: An Aer ``NoiseModel``.
        _deterministic_execution: Taken and without effect: every seeded run is deterministic.
        track_depth: Whether to record the depth of every circuit submitted.
        seed: The same as ``simulation_seed``.

    Warns:
        DeprecationWarning: Always.

    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     simulator = ParallelSimulator(shots=100, seed=42, qiskit_backend="qasm_simulator")
    >>> simulator.supports_expval
    False
    """

    def __init__(
        self,
        n_processes: int | None = None,
        shots: int = 5000,
        simulation_seed: int | None = None,
        qiskit_backend: Any = None,
        noise_model: Any = None,
        _deterministic_execution: bool = False,
        track_depth: bool = False,
        *,
        seed: int | None = None,
    ) -> None:
        warn_user("ParallelSimulator is now called QiskitSimulator.", DeprecationWarning)
        super().__init__(
            n_processes,
            shots,
            simulation_seed,
            qiskit_backend,
            noise_model,
            track_depth,
            force_sampling=True,
            seed=seed,
        )

    def _check_ham_ops(self, ham_ops: str | None) -> None:
        if ham_ops is not None:
            raise ConfigError(
                "ParallelSimulator takes counts only; leave out ham_ops, or use QiskitSimulator.", "ham_ops"
            )
