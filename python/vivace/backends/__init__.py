"""Runners, their configs and results: the public face of Vivace. Names load on first use."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.backends.maestro.config import MaestroConfig
    from vivace.backends.runner import AsyncJobBackend, CircuitRunner, SupportsCircuitTemplates
    from vivace.errors import ExecutionCancelledError
    from vivace.results import ExecutionResult, convert_counts_to_probs, reverse_dict_endianness

__all__ = [
    "AsyncJobBackend",
    "CircuitRunner",
    "ExecutionCancelledError",
    "ExecutionResult",
    "MaestroConfig",
    "SupportsCircuitTemplates",
    "convert_counts_to_probs",
    "reverse_dict_endianness",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AsyncJobBackend": "vivace.backends.runner",
        "CircuitRunner": "vivace.backends.runner",
        "ExecutionCancelledError": "vivace.errors",
        "ExecutionResult": "vivace.results",
        "MaestroConfig": "vivace.backends.maestro.config",
        "SupportsCircuitTemplates": "vivace.backends.runner",
        "convert_counts_to_probs": "vivace.results",
        "reverse_dict_endianness": "vivace.results",
    },
)
