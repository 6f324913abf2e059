"""QUBO characterisation: what `vivace.backends` has of it, under one name."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.backends.qoro.analysis import characterize_and_validate, get_characterization_result
    from vivace.backends.qoro.analysis_options import CharacterizationOptions
    from vivace.backends.qoro.analysis_result import CharacterizationResult

__all__ = [
    "CharacterizationOptions",
    "CharacterizationResult",
    "characterize_and_validate",
    "get_characterization_result",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "CharacterizationOptions": "vivace.backends.qoro.analysis_options",
        "CharacterizationResult": "vivace.backends.qoro.analysis_result",
        "characterize_and_validate": "vivace.backends.qoro.analysis",
        "get_characterization_result": "vivace.backends.qoro.analysis",
    },
)
