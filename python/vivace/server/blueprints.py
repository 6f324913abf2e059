"""Shapes of device options, as real vendors have them, and the check that options have these shapes.

Emulated systems are exact: they have no gate set to transpile to and no errors to mitigate. Every option that
has a shape below is checked, stored, told and shown, and leaves the results as they are; others are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vivace.backends.qoro.wire.blueprints import misfit
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
    known = [{field["name"]: field for field in shape["device"]} for shape in shapes]
    wrong = misfit(options, known)
    if wrong is None:
        return
    if wrong.expected is None:
        names = sorted({name for shape in known for name in shape})
        has = f"has {', '.join(names)}" if names else "has no options"
        raise ProtocolError(f"Unknown device option {wrong.name!r:.60}; the device {has}.", wrong.name)
    raise ProtocolError(f"Expected {wrong.expected} in {wrong.name!r}, got {wrong.value!r:.60}.", wrong.name)
