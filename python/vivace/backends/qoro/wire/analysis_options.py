"""Options of a characterisation as they travel, checked: what clients build, and what servers are sent.

Each object of the options is a table of its members with a check for each. A check takes where the value
stands and the value; it returns the value in canonical form, or raises.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from vivace._suggest import did_you_mean
from vivace.backends.qoro.wire.qubo import decode_qubo
from vivace.errors import ConfigError, ConfigTypeError, ProtocolError

__all__ = [
    "ANALYSIS",
    "ANSATZ",
    "CONSTRAINT",
    "OPTIONS",
    "PRESETS",
    "SUBSPACE",
    "check_analysis",
    "check_states",
    "check_variables",
    "read_options",
]

_Check: TypeAlias = Callable[[str, Any], Any]

PRESETS: Final = {"fast": (False, False), "standard": (True, True), "deep": (True, True)}
"""Whether a preset means a parameter sweep, and whether it means structural sensitivity."""


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigTypeError(f"{name} must be True or False, got {value!r:.60}.", name)
    return value


def _number(name: str, value: Any) -> int | float:
    try:
        good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number that is no float
        good = False
    if not good:
        raise ConfigError(f"{name} must be a finite number, got {value!r:.60}.", name)
    return value  # type: ignore[no-any-return]


def _angle(name: str, value: Any) -> float:
    return float(_number(name, value))


def _positive(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{name} must be a positive integer, got {value!r:.60}.", name)
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigTypeError(f"{name} must be text, got {value!r:.60}.", name)
    return value


def _bits(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value or set(value) - {"0", "1"}:
        raise ConfigError(f"{name} must be a bitstring of 0 and 1, got {value!r:.60}.", name)
    return value


def _one_of(*known: str) -> _Check:
    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise ConfigError(f"{name} must be one of {', '.join(known)}, got {value!r:.60}.", name)
        return value

    return check


def _list(name: str, value: Any, what: str) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ConfigTypeError(f"{name} must be a list of {what}, got {type(value).__name__}.", name)
    return list(value)


def _variables(name: str, value: Any) -> list[int]:
    found = _list(name, value, "variables")
    for variable in found:
        if isinstance(variable, bool) or not isinstance(variable, int) or variable < 0:
            raise ConfigError(f"{name} must hold variables, numbered from 0, got {variable!r:.60}.", name)
    _refuse_twice(name, found)
    return found


def _refuse_twice(name: str, variables: Sequence[int]) -> None:
    twice = next((variable for variable, times in Counter(variables).items() if times > 1), None)
    if twice is not None:
        raise ConfigError(f"{name} names variable {twice!s:.60} twice.", name)


def _weights(name: str, value: Any) -> dict[str, Any] | list[Any]:
    """Weights by variable; or one after the other, of the qubits named or else of all."""
    if not isinstance(value, Mapping):
        found = _list(name, value, "numbers, or a mapping of variables to numbers")
        return [_number(f"{name}[{place}]", weight) for place, weight in enumerate(found)]
    keys = list(map(str, value))
    odd = next((key for key in keys if not (key.isascii() and key.isdigit() and len(key) <= 9)), None)
    if odd is not None:
        raise ConfigError(f"{name} must map variables, numbered from 0, got {odd!r:.60}.", name)
    variables = list(map(int, keys))
    _refuse_twice(name, variables)
    weights = [_number(f"{name}[{key!r:.60}]", weight) for key, weight in value.items()]
    return {str(variable): weight for variable, weight in zip(variables, weights, strict=True)}


def _members(name: str, value: Any, checks: Mapping[str, _Check], where: str = "{name}[{key!r}]") -> Any:
    """An object with its members checked; known ones that are null say nothing, and are left out."""
    if not isinstance(value, Mapping):
        raise ConfigTypeError(f"{name} must be a mapping, got {type(value).__name__}.", name)
    found = {}
    for key, member in value.items():
        if key not in checks:
            hint = did_you_mean(str(key), checks) or f"; it takes {', '.join(checks)}"
            raise ConfigError(f"{name} has no key {key!r:.60}{hint}.", name)
        if member is not None:
            found[key] = checks[key](where.format(name=name, key=key), member)
    return found


def _analysis(name: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = _members(name, value, ANALYSIS)
    check_analysis(found)
    return found


def _ansatz(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping) and "auto_warmstart" in value:
        raise ConfigError("ansatz['auto_warmstart'] is managed by the backend", name)
    return _members(name, value, ANSATZ)  # type: ignore[no-any-return]


def _subspace(name: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = _members(name, value, SUBSPACE)
    fixed = [key for key in ("base_bitstring", "variable_qubits") if key in found]
    if len(fixed) == 1 or (fixed and found.get("auto_warmstart") is not False):
        raise ConfigError(
            "subspace takes base_bitstring and variable_qubits together, and with auto_warmstart=False.", name
        )
    automatic = [key for key in ("solver", "max_variable_qubits", "restarts") if key in found]
    if automatic and found.get("auto_warmstart") is False:
        raise ConfigError(f"subspace takes {automatic[0]} only with auto_warmstart.", name)
    return found


def _constraints(name: str, value: Any) -> list[dict[str, Any]]:
    found = [
        _members(f"{name}[{place}]", item, CONSTRAINT)
        for place, item in enumerate(_list(name, value, "mappings"))
    ]
    for place, item in enumerate(found):
        for key in ("type", "bound"):
            if key not in item:
                raise ConfigError(f"{name}[{place}] needs a {key}.", name)
        if item["type"] in ("inequality", "equality") and "weights" not in item:
            raise ConfigError(f"{name}[{place}] of type {item['type']} needs weights.", name)
    return found


ANALYSIS: Final[Mapping[str, _Check]] = {
    "gamma": _angle,
    "beta": _angle,
    "sensitivity": _flag,
    "parameter_sweep": _flag,
    "auto_tune": _flag,
    "structural_sensitivity": _flag,
    "penalty_tuning": _flag,
    "hardness_only": _flag,
}
"""Members of ``analysis``."""

ANSATZ: Final[Mapping[str, _Check]] = {"mixer": _one_of("x", "xy", "I"), "layers": _positive}
"""Members of ``ansatz``."""

SUBSPACE: Final[Mapping[str, _Check]] = {
    "auto_warmstart": _flag,
    "solver": _text,
    "max_variable_qubits": _positive,
    "restarts": _positive,
    "base_bitstring": _bits,
    "variable_qubits": _variables,
}
"""Members of ``subspace``."""

CONSTRAINT: Final[Mapping[str, _Check]] = {
    "type": _one_of("max_cardinality", "min_cardinality", "eq_cardinality", "inequality", "equality"),
    "bound": _number,
    "qubits": _variables,
    "weights": _weights,
}
"""Members of each of ``constraints``."""

OPTIONS: Final[Mapping[str, _Check]] = {
    "preset": _one_of(*PRESETS),
    "analysis": _analysis,
    "ansatz": _ansatz,
    "subspace": _subspace,
    "constraints": _constraints,
    "n_qubits": _positive,
}
"""Members of ``options``, but for the two problems ``cost_qubo`` and ``penalty_qubo``."""


def read_options(options: Mapping[str, Any], *, max_variables: int = 1 << 16) -> dict[str, Any]:
    """The ``options`` of ``submit_qubo/`` as they came, checked; members that are null are dropped.

    Args:
        options: The JSON object.
        max_variables: Most variables of ``cost_qubo`` and ``penalty_qubo``.

    Raises:
        ConfigError: An unknown member, or a value of the wrong type or out of range.

    >>> read_options({"preset": "fast", "ansatz": {"layers": 2, "mixer": None}})
    {'preset': 'fast', 'ansatz': {'layers': 2}}
    >>> read_options({"ansatz": {"layrs": 2}})
    Traceback (most recent call last):
    ...
    vivace.errors.ConfigError: ansatz has no key 'layrs' (did you mean 'layers'?).
    """

    def problem(name: str, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ConfigTypeError(f"{name} must be a mapping, got {type(value).__name__}.", name)
        try:
            decode_qubo(value, max_variables=max_variables)
        except ProtocolError as error:
            raise ConfigError(f"{name}: {error}", name) from None
        return value

    checks = {**OPTIONS, "cost_qubo": problem, "penalty_qubo": problem}
    return _members("options", options, checks, "{key}")  # type: ignore[no-any-return]


def check_analysis(analysis: Mapping[str, Any]) -> None:
    """Refuse members of ``analysis`` that contradict each other, or say the same under two names.

    Raises:
        ConfigError: They do.
    """
    if analysis.get("parameter_sweep") and not {"gamma", "beta"}.isdisjoint(analysis):
        raise ConfigError(
            "parameter_sweep=True is mutually exclusive with fixed gamma/beta. Drop one.", "parameter_sweep"
        )
    for old, new in (("sensitivity", "structural_sensitivity"), ("auto_tune", "penalty_tuning")):
        if old in analysis and new in analysis:
            raise ConfigTypeError(f"{old!r} and {new!r} are the same option. Give one of them.", new)


def check_states(states: Any, n_variables: int, *, name: str) -> tuple[str, ...]:
    """Bitstrings, leftmost character = variable 0, one character per variable.

    Raises:
        ConfigError: There is none, or one is not of that form.
    """
    if isinstance(states, str) or not isinstance(states, Sequence) or not states:
        raise ConfigError(
            f"{name} must be a list of at least one bitstring to compare with, of {n_variables} characters 0 "
            "and 1, one for each variable.",
            name,
        )
    for state in states:
        if not isinstance(state, str) or set(state) - {"0", "1"} or len(state) != n_variables:
            raise ConfigError(
                f"Expected bitstrings of {n_variables} characters 0 and 1 in {name}, one for each variable, "
                f"got {state!r:.60}.",
                name,
            )
    return tuple(states)


def check_variables(
    subspace: Mapping[str, Any] | None, constraints: Sequence[Mapping[str, Any]] | None, n_variables: int
) -> None:
    """Refuse options that speak of more variables than there are.

    Raises:
        ConfigError: A variable is out of range, or a bitstring or a list of weights has the wrong length.
    """
    base = (subspace or {}).get("base_bitstring")
    if base is not None:
        check_states([base], n_variables, name="subspace['base_bitstring']")
    used = [("subspace['variable_qubits']", (subspace or {}).get("variable_qubits", []))]
    for place, item in enumerate(constraints or ()):
        name, qubits, weights = f"constraints[{place}]", item.get("qubits"), item.get("weights", {})
        used.append((name, qubits or []))
        if isinstance(weights, Mapping):
            used.append((f"{name}['weights']", list(map(int, weights))))
            continue
        expected = n_variables if qubits is None else len(qubits)
        if len(weights) != expected:
            raise ConfigError(
                f"{name}['weights'] must have {expected} numbers, one for each variable, got {len(weights)}.",
                name,
            )
    for name, variables in used:
        odd = next((variable for variable in variables if variable >= n_variables), None)
        if odd is not None:
            raise ConfigError(f"{name}: {odd!s:.60} is not one of the {n_variables} variables.", name)
