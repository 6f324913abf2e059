"""Shapes of device options, as real vendors have them. The emulated systems keep options and use none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["BLUEPRINTS"]


def _field(name: str, kind: str, default: Any = None, choices: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "required": False,
        "secret": False,
        "choices": list(choices),
        "default": default,
    }


BLUEPRINTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ibm": {
        "label": "IBM Quantum",
        "credentials": [],
        "device": [
            _field("TRANSPILE_LEVEL", "choice", 1, (0, 1, 2, 3)),
            _field("USE_MITIGATION", "toggle", False),
        ],
    },
    "iqm": {"label": "IQM", "credentials": [], "device": []},
    "braket": {"label": "Amazon Braket", "credentials": [], "device": []},
}
"""Vendor to the options of its devices."""
