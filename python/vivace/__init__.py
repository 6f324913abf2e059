"""Vivace runs many quantum circuits fast. Modules load on first use."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace import backends, cancellation, circuits, codecs, errors, plots, qasm, results, sweeps
    from vivace._version import __version__

__all__ = [
    "__version__",
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

__getattr__, __dir__ = lazy_names(
    __name__,
    {"__version__": "vivace._version", **{name: f"{__name__}.{name}" for name in __all__[1:]}},
)
