"""Vivace runs many quantum circuits fast. Modules load on first use."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace import backends, cancellation, circuits, codecs, errors, plots, qasm, results, sweeps

__all__ = [
    "backends",
    "cancellation",
    "circuits",
    "codecs",
    "errors",
    "plots",
    "qasm",
    "results",
    "sweeps",
]

__getattr__, __dir__ = lazy_names(__name__, {name: f"{__name__}.{name}" for name in __all__})
