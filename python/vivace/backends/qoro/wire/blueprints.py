"""Blueprints of vendors: which options their devices take, and with which values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Misfit", "misfit"]

_EXPECTED: Final = {"toggle": "True or False", "number": "a whole number"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """An option that no blueprint has, or not with this value.

    Attributes:
        name: The option.
        value: What it was to be.
        expected: What it may be; None if there is no such option.
    """

    name: str
    value: Any
    expected: str | None


def misfit(
    options: Mapping[str, Any], blueprints: Iterable[Mapping[str, Mapping[str, Any]]]
) -> Misfit | None:
    """The first option that fits none of some blueprints; None if all fit one.

    Args:
        options: Options by name, in upper case.
        blueprints: For each vendor its options: the name of each, and what the service says of it.

    >>> level = {"kind": "choice", "choices": [0, 1]}
    >>> misfit({"LEVEL": 1}, [{"LEVEL": level}])
    >>> misfit({"LEVEL": True}, [{"LEVEL": level}])
    Misfit(name='LEVEL', value=True, expected='one of 0, 1')
    >>> misfit({"LEVEL": 1.0}, [{"LEVEL": level}])
    Misfit(name='LEVEL', value=1.0, expected='one of 0, 1')
    """
    some = list(blueprints)
    for name, value in options.items():
        fields = [blueprint[name] for blueprint in some if name in blueprint]
        if not any(_fits(field, value) for field in fields):
            expected = " or ".join(sorted({_expected(field) for field in fields}))
            return Misfit(name, value, expected or None)
    return None


def _fits(field: Mapping[str, Any], value: Any) -> bool:
    kind = field.get("kind")
    if kind == "toggle":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "choice":
        return any(c == value and _is_like(value, c) for c in field.get("choices") or ())
    return isinstance(value, str) if kind == "text" else True


def _is_like(value: Any, choice: Any) -> bool:
    """Whether equal values are of one kind; a whole number may stand for a fraction, but not the reverse."""
    if isinstance(value, bool) or isinstance(choice, bool):
        return type(value) is type(choice)
    return isinstance(choice, float) or not isinstance(value, float)


def _expected(field: Mapping[str, Any]) -> str:
    if field.get("kind") == "choice":
        return f"one of {', '.join(map(str, field.get('choices') or ()))}"
    return _EXPECTED.get(str(field.get("kind")), "text")
