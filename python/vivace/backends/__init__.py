"""Runners, their configs and results: the public face of Vivace. Names load on first use."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.backends.maestro.config import MaestroConfig
    from vivace.backends.maestro.paths import ExecutionPath
    from vivace.backends.maestro.simulator import MaestroSimulator
    from vivace.backends.runner import AsyncJobBackend, CircuitRunner, SupportsCircuitTemplates
    from vivace.circuits import CircuitBatch, CircuitPayload, TemplateEntry, normalise_circuit_batch
    from vivace.errors import ExecutionCancelledError
    from vivace.results import ExecutionResult, convert_counts_to_probs, reverse_dict_endianness

__all__ = [
    "AsyncJobBackend",
    "CircuitBatch",
    "CircuitPayload",
    "CircuitRunner",
    "ExecutionCancelledError",
    "ExecutionPath",
    "ExecutionResult",
    "MaestroConfig",
    "MaestroSimulator",
    "SupportsCircuitTemplates",
    "TemplateEntry",
    "convert_counts_to_probs",
    "normalise_circuit_batch",
    "reverse_dict_endianness",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AsyncJobBackend": "vivace.backends.runner",
        "CircuitBatch": "vivace.circuits",
        "CircuitPayload": "vivace.circuits",
        "CircuitRunner": "vivace.backends.runner",
        "ExecutionCancelledError": "vivace.errors",
        "ExecutionPath": "vivace.backends.maestro.paths",
        "ExecutionResult": "vivace.results",
        "MaestroConfig": "vivace.backends.maestro.config",
        "MaestroSimulator": "vivace.backends.maestro.simulator",
        "SupportsCircuitTemplates": "vivace.backends.runner",
        "TemplateEntry": "vivace.circuits",
        "convert_counts_to_probs": "vivace.results",
        "normalise_circuit_batch": "vivace.circuits",
        "reverse_dict_endianness": "vivace.results",
    },
)
