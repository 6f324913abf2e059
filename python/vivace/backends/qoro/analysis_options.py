"""`CharacterizationOptions`: what a characterisation looks at. And QUBO problems, as callers give them."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from vivace.backends.qoro.options import FrozenConfig
from vivace.backends.qoro.wire.analysis_options import (
    ANALYSIS,
    OPTIONS,
    PRESETS,
    check_analysis,
    check_states,
    check_variables,
)
from vivace.backends.qoro.wire.qubo import decode_qubo, encode_qubo
from vivace.errors import ConfigError, ProtocolError

__all__ = ["CharacterizationOptions", "check_states", "terms_of"]


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
    if "_format" in qubo:
        return _decoded(qubo)
    terms: dict[tuple[int, ...], float] = {}
    for key, value in qubo.items():
        variables = _variables(key)
        terms[variables] = terms.get(variables, 0.0) + _coefficient(key, value)
    return terms, max((key[-1] + 1 for key in terms if key), default=0)


def _decoded(body: Mapping[str, Any]) -> tuple[dict[tuple[int, ...], float], int]:
    try:
        return decode_qubo(body)
    except ProtocolError as error:
        raise ConfigError(str(error), "qubo") from None


def _coefficient(key: Any, value: Any) -> float:
    try:
        if not isinstance(value, str) and math.isfinite(value):
            return float(value)
    except (TypeError, ValueError, OverflowError):  # complex, None, or too large for a float
        pass
    raise ConfigError(
        f"Expected variables from 0 up and finite, real coefficients, got {key!s:.60}: {value!s:.60}.",
        "qubo",
    )


def _variables(key: Any) -> tuple[int, ...]:
    if isinstance(key, str):
        return next(iter(_decoded({key: 1.0})[0]))
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
        matrix = np.asarray(qubo)
        found += f" of shape {matrix.shape}"
        if np.iscomplexobj(matrix):
            found = "got complex numbers"
            matrix = np.empty(0)
        matrix = matrix.astype(float)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    is_square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    odd = np.argwhere(~np.isfinite(matrix)).tolist() if is_square else []
    if odd:
        found = f"got {matrix[tuple(odd[0])]} at {odd[0]}"
    if odd or not is_square:
        raise ConfigError(
            "Expected a QUBO as a mapping of variables to coefficients, or as a square matrix of finite "
            f"real numbers, {found}.",
            "qubo",
        )
    n = len(matrix)
    both = np.triu(matrix) + np.tril(matrix, -1).T
    places = zip(*(axis.tolist() for axis in np.nonzero(both)), strict=True)
    return {(i, j) if i != j else (i,): float(both[i, j]) for i, j in places}, n


def _qubo(name: str, value: Any) -> dict[str, Any]:
    try:
        return encode_qubo(*terms_of(value)).body
    except ProtocolError as error:
        raise ConfigError(f"{name}: {error}", name) from None


class CharacterizationOptions(FrozenConfig):
    """What a characterisation looks at. Frozen; None, the default, leaves an option to the service.

    Args:
        sensitivity (bool): Whether to tell how much each variable matters. Default: False.
        parameter_sweep (bool): Whether to search for the best angles. Services may do so unasked, unless
            the preset is ``"fast"``; `vivace.server` does. Default: False.
        auto_tune (bool): Whether to tune penalties; give ``cost_qubo`` and ``penalty_qubo`` with it, unless
            the service knows them. Default: False.
        gamma (float): Fixed angle of the cost layers, in radians; only together with ``beta``. A layer, as
            `vivace.server` means it, is exp(-i·beta·ΣX)·exp(-i·gamma·C), where C is the QUBO.
        beta (float): Fixed angle of the mixer layers, in radians; only together with ``gamma``.
        cost_qubo (QUBO): The problem without its penalties: a mapping of variables to coefficient, or a
            square matrix.
        penalty_qubo (QUBO): The penalties, likewise.
        constraints (list of mappings): Constraints: ``type`` (``"max_cardinality"``, ``"min_cardinality"``,
            ``"eq_cardinality"``, ``"inequality"`` or ``"equality"``), ``bound``, the ``qubits`` it is about,
            by default all, and for the last two types ``weights``: a mapping of variables to numbers.
        ansatz (mapping): ``mixer`` (``"x"``, ``"xy"`` or ``"I"``) and ``layers``, at least 1.
        preset (str): ``"fast"``, which looks neither for angles nor for sensitivity, ``"standard"`` or
            ``"deep"``, which do.
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
        "sensitivity": ANALYSIS["sensitivity"],
        "parameter_sweep": ANALYSIS["parameter_sweep"],
        "auto_tune": ANALYSIS["auto_tune"],
        "gamma": ANALYSIS["gamma"],
        "beta": ANALYSIS["beta"],
        "cost_qubo": _qubo,
        "penalty_qubo": _qubo,
        "constraints": OPTIONS["constraints"],
        "ansatz": OPTIONS["ansatz"],
        "preset": OPTIONS["preset"],
        "structural_sensitivity": ANALYSIS["structural_sensitivity"],
        "penalty_tuning": ANALYSIS["penalty_tuning"],
        "subspace": OPTIONS["subspace"],
        "n_qubits": OPTIONS["n_qubits"],
    }
    _defaults: ClassVar = {"sensitivity": False, "parameter_sweep": False, "auto_tune": False}

    if TYPE_CHECKING:
        n_qubits: int | None

    def _check_together(self) -> None:
        check_analysis(self._set)
        if self.is_set("gamma") != self.is_set("beta"):
            given, other = ("gamma", "beta") if self.is_set("gamma") else ("beta", "gamma")
            raise ConfigError(
                f"{given} is given without {other}. Angles are fixed together: give both.", other
            )
        if self.preset is not None:
            self._warn_of_contradictions()
        if self.n_qubits is not None:
            self.check_size(self.n_qubits)

    def _warn_of_contradictions(self) -> None:
        sweep, sensitivity = PRESETS[self.preset]
        for name, usual in (
            ("parameter_sweep", sweep),
            ("structural_sensitivity", sensitivity),
            ("sensitivity", sensitivity),
        ):
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
            ConfigError: A variable is out of range, or a bitstring or a list of weights has the wrong length.
        """
        if self.n_qubits is not None and self.n_qubits != n_variables:
            raise ConfigError(
                f"n_qubits is {self.n_qubits}, the problem has {n_variables} variables.", "n_qubits"
            )
        check_variables(self.subspace, self.constraints, n_variables)

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
