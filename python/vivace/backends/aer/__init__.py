"""Qiskit Aer on this machine: `QiskitSimulator`, and `ParallelSimulator`, its older face."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.backends.aer.parallel import ParallelSimulator
    from vivace.backends.aer.simulator import QiskitSimulator

__all__ = ["ParallelSimulator", "QiskitSimulator"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ParallelSimulator": "vivace.backends.aer.parallel",
        "QiskitSimulator": "vivace.backends.aer.simulator",
    },
)
