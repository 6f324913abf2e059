"""Frozen configs that know which of their fields were set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from typing import Any, ClassVar, Self

from vivace._suggest import did_you_mean
from vivace.errors import ConfigTypeError, UnknownOptionError

__all__ = ["Check", "FrozenConfig", "plain"]

Check = Callable[[str, Any], Any]
"""Takes the name of a field and a value; returns the value in canonical form, or raises."""


class FrozenConfig:
    """A frozen config: fields that were set, and defaults for the others. None is the same as not set.

    Subclasses name their fields, in the order of their positional arguments, with a check for each.
    """

    _fields: ClassVar[Mapping[str, Check]]
    _defaults: ClassVar[Mapping[str, Any]] = {}
    _set: dict[str, Any]

    def __init__(self, *values: Any, **fields: Any) -> None:
        if len(values) > len(self._fields):
            raise ConfigTypeError(
                f"{type(self).__name__} takes {len(self._fields)} positional values, got {len(values)}."
            )
        given = dict(zip(self._fields, values, strict=False))
        twice = next((name for name in fields if name in given), None)
        if twice is not None:
            raise ConfigTypeError(f"{type(self).__name__} got {twice!r} twice.", twice)
        vars(self)["_set"] = self._checked(given | fields)
        self._check_together()

    def _check_together(self) -> None:
        """For subclasses: refuse values that do not go together."""

    @classmethod
    def _checked(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        cls._refuse_unknown(given, f"{cls.__name__} got unknown fields")
        return {
            name: cls._fields[name](name, plain(value)) for name, value in given.items() if value is not None
        }

    @classmethod
    def _refuse_unknown(cls, names: Mapping[str, Any] | tuple[str, ...], message: str) -> None:
        unknown = [name for name in names if name not in cls._fields]
        if unknown:
            shown = ", ".join(f"{name!r}{did_you_mean(name, cls._fields)}" for name in unknown)
            raise UnknownOptionError(f"{message} {shown}.", unknown[0])

    def __getattr__(self, name: str) -> Any:
        if name in type(self)._fields:
            return vars(self).get("_set", {}).get(name, self._defaults.get(name))
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}. Use override().")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def is_set(self, name: str) -> bool:
        """Whether a field was set, also if to its default."""
        self._refuse_unknown((name,), "There are no fields")
        return name in self._set

    def override(self, other: Self | None = None, /, **fields: Any) -> Self:
        """A copy in which the fields set in ``other``, and then the fields given, win.

        Only fields that were set count. A field given as None is unset.
        """
        if other is not None and not isinstance(other, type(self)):
            raise ConfigTypeError(f"override() expects a {type(self).__name__}, got {type(other).__name__}.")
        newer = {**(vars(other)["_set"] if other is not None else {}), **self._checked(fields)}
        merged = {**self._without_rivals(newer), **newer}
        for name, value in fields.items():
            if value is None:
                merged.pop(name, None)
        return type(self)(**merged)

    def _without_rivals(self, _newer: Mapping[str, Any]) -> dict[str, Any]:
        """For subclasses: the fields that are set here, but for those that newer ones exclude."""
        return dict(self._set)

    def reset(self, *names: str) -> Self:
        """A copy in which the fields named are not set."""
        if not names:
            raise ConfigTypeError("reset() needs at least one field name.")
        self._refuse_unknown(names, "Cannot reset unknown fields")
        return type(self)(**{name: value for name, value in self._set.items() if name not in names})

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __hash__(self) -> int:
        return hash((type(self), *(_hash(getattr(self, name)) for name in self._fields)))

    def __repr__(self) -> str:
        shown = (f"{name}={self._set[name]!r}" for name in self._fields if name in self._set)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._set)


def plain(value: Any) -> Any:
    """A scalar of numpy as the one of Python; anything else as it is."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "dtype") else value


def _hash(value: object) -> int:
    """The same for equal values, whether they can be hashed or not."""
    if isinstance(value, Mapping):
        return hash(frozenset((name, _hash(item)) for name, item in value.items()))
    try:
        return hash(value)
    except TypeError:
        return 0


def _rebuild(cls: type[FrozenConfig], values: dict[str, Any]) -> FrozenConfig:
    return cls(**values)
