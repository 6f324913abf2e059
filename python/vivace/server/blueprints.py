"""Shapes of device options, as real vendors have them, and the check that options have these shapes.

Emulated systems are exact: they have no gate set to transpile to and no errors to mitigate. Every option that
has a shape below is checked, stored, told and shown, and leaves the results as they are; others are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vivace.errors import ProtocolError

__all__ = ["BLUEPRINTS", "check_options"]


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


def check_options(options: Mapping[str, Any], vendor: str | None = None) -> None:
    """Refuse options that no device of the vendor has, and values that do not fit.

    Args:
        options: Options by name, in upper case.
        vendor: Key of `BLUEPRINTS`; None allows the options of all vendors.

    Raises:
        ProtocolError: There is no such option, or its value is of another kind.

    >>> check_options({"TRANSPILE_LEVEL": 3})
    >>> check_options({"TRANSPILE_LEVEL": 9})
    Traceback (most recent call last):
    ...
    vivace.errors.ProtocolError: Expected one of 0, 1, 2, 3 in 'TRANSPILE_LEVEL', got 9.
    """
    one = BLUEPRINTS.get(vendor or "")
    shapes = BLUEPRINTS.values() if one is None else [one]
    known = {field["name"]: field for shape in shapes for field in shape["device"]}
    for name, value in options.items():
        if name not in known:
            has = f"has {', '.join(sorted(known))}" if known else "has no options"
            raise ProtocolError(f"Unknown device option {name!r:.60}; the device {has}.", name)
        field = known[name]
        choices = field["choices"] if field["kind"] == "choice" else [True, False]
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            expected = f"one of {', '.join(map(str, choices))}" if field["kind"] == "choice" else "a boolean"
            raise ProtocolError(f"Expected {expected} in {name!r}, got {value!r:.60}.", name)
