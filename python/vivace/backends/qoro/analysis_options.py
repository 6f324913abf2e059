"""`CharacterizationOptions`: what a characterisation looks at. And QUBO problems, as callers give them."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from vivace._suggest import did_you_mean
from vivace.backends.qoro.options import FrozenConfig
from vivace.backends.qoro.wire.qubo import decode_qubo, encode_qubo
from vivace.errors import ConfigError, ConfigTypeError, ProtocolError

__all__ = ["CharacterizationOptions", "check_states", "terms_of"]

_PRESETS: Final = {"fast": (False, False), "standard": (True, True), "deep": (True, True)}
_MIXERS: Final = ("x", "xy", "I")
_CONSTRAINTS: Final = ("max_cardinality", "min_cardinality", "eq_cardinality", "inequality", "equality")
_SUBSPACE: Final = (
    "auto_warmstart",
    "solver",
    "max_variable_qubits",
    "restarts",
    "base_bitstring",
    "variable_qubits",
)


def terms_of(qubo: Any) -> tuple[dict[tuple[int, ...], float], int]:
    """Terms and number of variables of a QUBO.

    Args:
        qubo: A mapping of variables to coefficient, where variables are a tuple, one number, or a text such
            as ``"0,1"``; a square matrix; or an object whose ``canonical_problem`` has ``terms`` and
            ``n_vars``.

    Raises:
        ConfigError: None of these.

    >>> terms_of({(0,): -1.0, (1, 0): 2.0})
    ({(0,): -1.0, (0, 1): 2.0}, 2)
    >>> terms_of([[1.0, 2.0], [0.0, 3.0]])
    ({(0,): 1.0, (0, 1): 2.0, (1,): 3.0}, 2)
    """
    problem = getattr(qubo, "canonical_problem", None)
    if problem is not None:
        return terms_of(dict(problem.terms))[0], int(problem.n_vars)
    if not isinstance(qubo, Mapping):
        return _matrix_terms(qubo)
    if "_format" in qubo or any(isinstance(key, str) for key in qubo):
        try:
            return decode_qubo(qubo)
        except ProtocolError as error:
            raise ConfigError(str(error), "qubo") from None
    terms: dict[tuple[int, ...], float] = {}
    for key, value in qubo.items():
        variables = _variables(key)
        if not math.isfinite(value):
            raise ConfigError(
                f"Expected variables from 0 up and finite coefficients, got {key}: {value}.", "qubo"
            )
        terms[variables] = terms.get(variables, 0.0) + float(value)
    return terms, max((key[-1] + 1 for key in terms if key), default=0)


def _variables(key: Any) -> tuple[int, ...]:
    try:
        variables = {operator.index(i) for i in (key if isinstance(key, tuple | frozenset) else (key,))}
    except TypeError:
        variables = {-1}
    if min(variables, default=0) < 0:
        raise ConfigError(
            f"Expected variables, numbered from 0, as keys of the QUBO: 0, (0, 1) or '0,1'; got {key!r:.60}.",
            "qubo",
        )
    return tuple(sorted(variables))


def _matrix_terms(qubo: Any) -> tuple[dict[tuple[int, ...], float], int]:
    import numpy as np

    found = f"got {type(qubo).__name__}"
    try:
        matrix = np.asarray(qubo, dtype=float)
        found += f" of shape {matrix.shape}"
    except (TypeError, ValueError):
        matrix = np.empty(0)
    is_square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    odd = np.argwhere(~np.isfinite(matrix)).tolist() if is_square else []
    if odd:
        found = f"got {matrix[tuple(odd[0])]} at {odd[0]}"
    if odd or not is_square:
        raise ConfigError(
            "Expected a QUBO as a mapping of variables to coefficients, or as a square matrix of finite "
            f"numbers, {found}.",
            "qubo",
        )
    n = len(matrix)
    both = np.triu(matrix) + np.tril(matrix, -1).T
    places = zip(*(axis.tolist() for axis in np.nonzero(both)), strict=True)
    return {(i, j) if i != j else (i,): float(both[i, j]) for i, j in places}, n


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


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigTypeError(f"{name} must be True or False, got {value!r:.60}.", name)
    return value


def _angle(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{name} must be a finite number, got {value!r:.60}.", name)
    return float(value)


def _positive(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{name} must be a positive integer, got {value!r:.60}.", name)
    return value


def _choice(name: str, value: Any, known: Sequence[str]) -> str:
    if value not in known:
        raise ConfigError(f"{name} must be one of {', '.join(known)}, got {value!r:.60}.", name)
    return str(value)


def _keys(name: str, value: Any, known: Sequence[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigTypeError(f"{name} must be a mapping, got {type(value).__name__}.", name)
    for key in value:
        if key not in known:
            raise ConfigError(f"{name} has no key {key!r:.60}{did_you_mean(str(key), known)}.", name)
    return dict(value)


def _ansatz(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping) and "auto_warmstart" in value:
        raise ConfigError("ansatz['auto_warmstart'] is managed by the backend", name)
    found = _keys(name, value, ("mixer", "layers"))
    if "mixer" in found:
        _choice("ansatz['mixer']", found["mixer"], _MIXERS)
    if "layers" in found:
        _positive("ansatz['layers']", found["layers"])
    return found


def _subspace(name: str, value: Any) -> dict[str, Any]:
    found = _keys(name, value, _SUBSPACE)
    fixed = [key for key in ("base_bitstring", "variable_qubits") if key in found]
    if len(fixed) == 1 or (fixed and found.get("auto_warmstart") is not False):
        raise ConfigError(
            "subspace takes base_bitstring and variable_qubits together, and with auto_warmstart=False.", name
        )
    automatic = [key for key in ("solver", "max_variable_qubits", "restarts") if key in found]
    if automatic and found.get("auto_warmstart") is False:
        raise ConfigError(f"subspace takes {automatic[0]} only with auto_warmstart.", name)
    for key in ("max_variable_qubits", "restarts"):
        if key in found:
            _positive(f"subspace[{key!r}]", found[key])
    qubits = list(found.get("variable_qubits", ()))
    if len(set(qubits)) != len(qubits):
        raise ConfigError("subspace['variable_qubits'] names a qubit twice.", name)
    return found


def _constraints(name: str, value: Any) -> list[dict[str, Any]]:
    if isinstance(value, Mapping | str) or not isinstance(value, Sequence):
        raise ConfigTypeError(f"{name} must be a list of mappings, got {type(value).__name__}.", name)
    found = [
        _keys(f"constraints[{i}]", item, ("type", "bound", "qubits", "weights"))
        for i, item in enumerate(value)
    ]
    for index, item in enumerate(found):
        kind = _choice(f"constraints[{index}]['type']", item.get("type"), _CONSTRAINTS)
        if "bound" not in item:
            raise ConfigError(f"constraints[{index}] needs a bound.", name)
        if kind in ("inequality", "equality") and "weights" not in item:
            raise ConfigError(f"constraints[{index}] of type {kind} needs weights.", name)
    return found


def _qubo(name: str, value: Any) -> dict[str, Any]:
    try:
        return encode_qubo(*terms_of(value)).body
    except ProtocolError as error:
        raise ConfigError(f"{name}: {error}", name) from None


class CharacterizationOptions(FrozenConfig):
    """What a characterisation looks at. Frozen; None, the default, leaves an option to the service.

    Args:
        sensitivity (bool): Whether to tell how much each variable matters. Default: False.
        parameter_sweep (bool): Whether to search for the best angles. Default: False.
        auto_tune (bool): Whether to tune penalties; needs ``cost_qubo`` and ``penalty_qubo``. Default: False.
        gamma (float): Fixed angle of the cost layers, in radians. A layer, as `vivace.server` means it, is
            exp(-i·beta·ΣX)·exp(-i·gamma·C), where C is the QUBO.
        beta (float): Fixed angle of the mixer layers, in radians.
        cost_qubo (QUBO): The problem without its penalties: a mapping of variables to coefficient, or a
            square matrix.
        penalty_qubo (QUBO): The penalties, likewise.
        constraints (list of mappings): Constraints: ``type``, ``bound``, and ``qubits`` or ``weights``.
        ansatz (mapping): ``mixer`` (``"x"``, ``"xy"`` or ``"I"``) and ``layers``, at least 1.
        preset (str): ``"fast"``, ``"standard"`` or ``"deep"``.
        structural_sensitivity (bool): What later services call ``sensitivity``.
        penalty_tuning (bool): What later services call ``auto_tune``.
        subspace (mapping): Which variables to look at: ``auto_warmstart``, ``solver``,
            ``max_variable_qubits``, ``restarts``, or ``base_bitstring`` with ``variable_qubits``.
        n_qubits (int): Number of variables, at least 1.

    Raises:
        ConfigError: A value is out of range, or options contradict each other.

    >>> CharacterizationOptions(sensitivity=True, gamma=0.5, beta=0.25).to_payload()
    {'analysis': {'gamma': 0.5, 'beta': 0.25, 'sensitivity': True}}
    >>> CharacterizationOptions().to_payload()
    {}
    """

    _fields: ClassVar = {
        "sensitivity": _flag,
        "parameter_sweep": _flag,
        "auto_tune": _flag,
        "gamma": _angle,
        "beta": _angle,
        "cost_qubo": _qubo,
        "penalty_qubo": _qubo,
        "constraints": _constraints,
        "ansatz": _ansatz,
        "preset": lambda name, value: _choice(name, value, tuple(_PRESETS)),
        "structural_sensitivity": _flag,
        "penalty_tuning": _flag,
        "subspace": _subspace,
        "n_qubits": _positive,
    }
    _defaults: ClassVar = {"sensitivity": False, "parameter_sweep": False, "auto_tune": False}

    if TYPE_CHECKING:
        n_qubits: int | None

    def _check_together(self) -> None:
        if self.parameter_sweep and (self.gamma is not None or self.beta is not None):
            raise ConfigError(
                "parameter_sweep=True is mutually exclusive with fixed gamma/beta. Drop one.",
                "parameter_sweep",
            )
        for old, new in (("sensitivity", "structural_sensitivity"), ("auto_tune", "penalty_tuning")):
            if self.is_set(old) and self.is_set(new):
                raise ConfigTypeError(f"{old!r} and {new!r} are the same option. Give one of them.", new)
        if self.preset is not None:
            self._warn_of_contradictions()
        if self.n_qubits is not None:
            self.check_size(self.n_qubits)

    def _warn_of_contradictions(self) -> None:
        sweep, sensitivity = _PRESETS[self.preset]
        for name, usual in (("parameter_sweep", sweep), ("structural_sensitivity", sensitivity)):
            if self.is_set(name) and getattr(self, name) != usual:
                warnings.warn(
                    f"preset={self.preset!r} means {name}={usual}, but {name}={getattr(self, name)} was "
                    "given, which wins.",
                    UserWarning,
                    stacklevel=4,
                )

    def check_size(self, n_variables: int) -> None:
        """Refuse options that speak of more variables than there are.

        Raises:
            ConfigError: An index is out of range, or a bitstring has the wrong length.
        """
        if self.n_qubits is not None and self.n_qubits != n_variables:
            raise ConfigError(
                f"n_qubits is {self.n_qubits}, the problem has {n_variables} variables.", "n_qubits"
            )
        subspace = self.subspace or {}
        base = subspace.get("base_bitstring")
        if base is not None:
            check_states([base], n_variables, name="subspace['base_bitstring']")
        used = [("subspace['variable_qubits']", subspace.get("variable_qubits", ()))]
        used += [
            (f"constraints[{i}]", item.get("qubits", ())) for i, item in enumerate(self.constraints or ())
        ]
        for name, qubits in used:
            for qubit in qubits:
                if isinstance(qubit, bool) or not isinstance(qubit, int) or not 0 <= qubit < n_variables:
                    raise ConfigError(
                        f"{name}: {qubit!r:.60} is not one of the {n_variables} variables.", name
                    )

    def to_payload(self) -> dict[str, Any]:
        """The ``options`` of the wire."""
        analysis = {name: getattr(self, name) for name in ("gamma", "beta") if self.is_set(name)}
        for name in (
            "sensitivity",
            "parameter_sweep",
            "auto_tune",
            "structural_sensitivity",
            "penalty_tuning",
        ):
            # What older services know as a flag is off unless it is sent; later ones have three states.
            tells_no = name in ("structural_sensitivity", "penalty_tuning") or self.is_set("preset")
            if self.is_set(name) and (getattr(self, name) or tells_no):
                analysis[name] = getattr(self, name)
        names = ("preset", "ansatz", "subspace", "constraints", "cost_qubo", "penalty_qubo", "n_qubits")
        rest = {name: getattr(self, name) for name in names if self.is_set(name)}
        return {**({"analysis": analysis} if analysis else {}), **rest}
