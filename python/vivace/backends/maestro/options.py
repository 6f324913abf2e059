"""Options of `MaestroConfig`: what each one takes, checked without loading the simulator.

An option is a descriptor, so the class body of the config is the one list of names, rules and defaults.
Names of simulators and methods are kept here as tables; a test compares them with the installed library.
"""

from __future__ import annotations

import copy
import math
import numbers
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Generic, Self, TypeVar, cast, overload

from vivace._suggest import did_you_mean
from vivace.errors import ConfigError, ConfigTypeError, UnknownChoiceError

__all__ = [
    "I32_MAX",
    "SIMULATION_TYPES",
    "SIMULATOR_TYPES",
    "STATEVECTOR_ONLY",
    "U64_MAX",
    "Alias",
    "FrozenMapping",
    "Option",
    "check_bool",
    "choice",
    "flag",
    "integer",
    "mapping",
    "model",
    "precision",
    "real",
    "whole_number",
]

T = TypeVar("T")

SIMULATOR_TYPES: Final = (
    "QiskitAer",
    "QCSim",
    "CompositeQiskitAer",
    "CompositeQCSim",
    "Gpu",
    "QuestSim",
    "DistributedGpu",
    "DistributedMpiGpu",
)
SIMULATION_TYPES: Final = (
    "Statevector",
    "MatrixProductState",
    "Stabilizer",
    "TensorNetwork",
    "PauliPropagator",
    "ExtendedStabilizer",
    "PathIntegral",
    "DensityMatrix",
    "MatrixProductOperator",
)
# Simulators that refuse every other method.
STATEVECTOR_ONLY: Final = frozenset({"CompositeQiskitAer", "CompositeQCSim", "QuestSim"})

U64_MAX: Final = 2**64 - 1
I32_MAX: Final = 2**31 - 1

Check = Callable[[str, Any], T]


class Option(Generic[T]):
    """One option: how a value is checked, and what it reads as when it is not set.

    Args:
        check: Takes the name under which the value was given and the value; returns it in canonical form or
            raises.
        kind: The values it takes, in words.
        doc: What it does, and in which unit.
        default: What the option reads as when it is not set.
        library: Whether the simulator library has an option of this name.
        library_default: What the library does when the option is not passed on.
    """

    name: str

    def __init__(
        self,
        check: Check[T],
        *,
        kind: str,
        doc: str,
        default: Any = None,
        library: bool = True,
        library_default: Any = None,
    ) -> None:
        self.check = check
        self.kind = kind
        self.doc = doc
        self.default = default
        self.library = library
        self.library_default = library_default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        return cast("T", vars(instance)["_set"].get(self.name, self.default))

    def __repr__(self) -> str:
        library = f"; the library has {self.library_default!r}" if self.library_default is not None else ""
        differs = library if self.library_default != self.default else ""
        return f" ({self.kind}): {self.doc} Default: {self.default}{differs}."


class Alias(Generic[T]):
    """An older name of an option.

    Args:
        target: The option as it is called now.
        encode: Turns a value given under this name into one of the target.
        decode: Turns the target's value into what this name reads as.
        doc: What values given under this name mean, where they are others than the target's.
    """

    name: str

    def __init__(
        self,
        target: str,
        encode: Callable[[str, Any], Any] = lambda _name, value: value,
        decode: Callable[[Any], T] = lambda value: cast("T", value),
        *,
        doc: str = "",
    ) -> None:
        self.target = target
        self.doc = doc
        self.encode = encode
        self.decode = decode

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Self | T:
        return self if instance is None else self.decode(getattr(instance, self.target))

    def __repr__(self) -> str:
        return f": Older name of `{self.target}`. {self.doc}".rstrip()


def _wrong_type(name: str, expected: str, value: object) -> ConfigTypeError:
    return ConfigTypeError(f"{name} must be {expected}, got {value!r} ({type(value).__name__}).", name)


def choice(*names: str, doc: str, **library: Any) -> Option[str | None]:
    """One of several names, given as text or as an enum member of that name."""

    def check(name: str, value: Any) -> str | None:
        text = value if isinstance(value, str) else getattr(value, "name", None)
        if not isinstance(text, str):
            raise _wrong_type(name, f"one of {', '.join(names)}", value)
        if text not in names:
            raise UnknownChoiceError(
                f"{name} must be one of {', '.join(names)}; got {text!r}{did_you_mean(text, names)}.",
                name,
            )
        return text

    return Option(check, kind=" or ".join(map(repr, names)), doc=doc, **library)


def check_bool(name: str, value: Any) -> bool:
    """The value, if it is true or false and nothing else; NumPy's are taken too."""
    if isinstance(value, bool):
        return value
    if type(value).__module__ == "numpy" and type(value).__name__.startswith("bool"):
        return bool(value)
    raise _wrong_type(name, "True or False", value)


def flag(*, doc: str, **library: Any) -> Option[bool | None]:
    """True or False."""
    return Option(check_bool, kind="bool", doc=doc, **library)


def whole_number(minimum: int, maximum: int | None, message: str | None = None) -> Check[int]:
    """Check for an integer between two bounds; ``message`` is the start of another text for the error."""
    limits = f"an integer of at least {minimum}" if maximum is None else f"between {minimum} and {maximum}"

    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise _wrong_type(name, "an integer", value)
        number = operator.index(value)
        if number < minimum or (maximum is not None and number > maximum):
            raise ConfigError(f"{name} must be {message or limits}, got {number}.", name)
        return number

    return check


def integer(minimum: int, maximum: int = U64_MAX, *, doc: str) -> Option[int | None]:
    """An integer between two bounds."""
    limits = f"of at least {minimum}" if maximum >= I32_MAX else f"from {minimum} to {maximum}"
    return Option(whole_number(minimum, maximum), kind=f"int {limits}", doc=doc)


def real(*, above: float | None = None, maximum: float = math.inf, doc: str) -> Option[float | None]:
    """A finite number: at least 0, or strictly above a bound, and at most ``maximum``."""
    low = "of at least 0" if above is None else f"above {above:g}"
    limits = f"a finite number {low}" + ("" if maximum == math.inf else f" and at most {maximum:g}")

    def check(name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise _wrong_type(name, limits, value)
        number = float(value)
        too_low = number < 0 if above is None else number <= above
        if not math.isfinite(number) or too_low or number > maximum:
            raise ConfigError(f"{name} must be {limits}, got {number}.", name)
        return number

    return Option(check, kind=limits.replace("a finite number", "float"), doc=doc)


def precision(*, doc: str) -> Option[str | None]:
    """``"single"`` or ``"double"``; True and False mean double and single."""
    names = choice("single", "double", doc=doc)

    def check(name: str, value: Any) -> str | None:
        if isinstance(value, bool):
            return "double" if value else "single"
        return names.check(name, value)

    return Option(check, kind=names.kind, doc=doc)


def mapping(*prefixes: str, doc: str) -> Option[Mapping[str, str] | None]:
    """Text to text, with keys that start in one of the ways given."""

    def check(name: str, value: Any) -> Mapping[str, str]:
        if not isinstance(value, Mapping) or not all(isinstance(t, str) for kv in value.items() for t in kv):
            raise _wrong_type(name, "a mapping of text to text", value)
        bad = [key for key in value if not key.startswith(prefixes)]
        if bad:
            starts = " or ".join(f"{prefix}*" for prefix in prefixes)
            raise ConfigError(f"{name} accepts only {starts} keys, got {bad}.", name)
        return FrozenMapping(value)

    return Option(check, kind="mapping of str to str", doc=doc, library_default={})


class FrozenMapping(Mapping[str, str]):
    """A mapping that cannot change, can be pickled, and equals a dict with the same items."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str]) -> None:
        self._items = MappingProxyType(dict(sorted(items.items())))

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __iter__(self) -> Any:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(tuple(self._items.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMapping, (dict(self._items),)

    def __repr__(self) -> str:
        return repr(dict(self._items))


def model(type_name: str, setter: str, *, doc: str) -> Option[Any]:
    """An object of the library, recognised by one of its methods: the library itself is not loaded.

    The option is a copy of what is given, which may change later; where the library cannot copy it, the
    object itself.
    """

    def check(name: str, value: Any) -> Any:
        if not callable(getattr(value, setter, None)):
            raise ConfigTypeError(f"{name} must be a {type_name}, got {type(value).__name__}.", name)
        try:
            return copy.deepcopy(value)
        except (TypeError, ValueError, OverflowError, RuntimeError):  # it repeats calls that were refused
            return value

    return Option(check, kind=type_name, doc=doc, library=False)
