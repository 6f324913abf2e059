"""Templates with expressions over named parameters, and their derivatives by finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from support import dense
from support.dense import Gate

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
NAMES = ("a", "b", "theta")
# Finite for parameters in 0.3 … 1.3.
EXPRESSIONS = [
    "a",
    "b",
    "theta",
    "-a",
    "2*theta+pi/4",
    "sin(a)*b",
    "a^2",
    "a^b",
    "exp(-theta)/b",
    "sqrt(a+b)",
    "ln(theta)",
    "atan(a*b)-theta",
    "tan(a/2)",
    "asin(a/2)",
    "acos(b/3)",
    "cos(theta)^3",
    "0.7",
    "-(a-b)^2",
]
FUNCTIONS = {
    name: getattr(math, name) for name in ["sin", "cos", "tan", "exp", "sqrt", "atan", "asin", "acos", "pi"]
}
FUNCTIONS["ln"] = math.log


Symbolic = tuple[str, tuple[str, ...], tuple[int, ...]]
"""A gate with expressions as angles: name, expressions, qubits."""


def value_of(expression: str, row: Sequence[float]) -> float:
    """The expression at values of `NAMES`."""
    return eval(expression.replace("^", "**"), FUNCTIONS | dict(zip(NAMES, row, strict=True)))


def template_text(n_qubits: int, gates: Sequence[Symbolic]) -> str:
    """The template as OpenQASM 2."""
    return dense.program(n_qubits, []) + "".join(
        f"{name}{'(' + ','.join(angles) + ')' if angles else ''} {','.join(f'q[{q}]' for q in qubits)};\n"
        for name, angles, qubits in gates
    )


def bound(gates: Sequence[Symbolic], row: Sequence[float]) -> list[Gate]:
    """The gates at values of `NAMES`."""
    return [Gate(name, tuple(value_of(e, row) for e in angles), qubits) for name, angles, qubits in gates]


def differences(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    row: NDArray[np.float64],
    step: float = 2e-3,
) -> NDArray[np.float64]:
    """Derivatives of an array of values by central differences of the sixth order."""
    found = []
    for unit in np.eye(len(row)) * step:
        shifted = [
            (w, function(row + k * unit) - function(row - k * unit)) for k, w in ((1, 45), (2, -9), (3, 1))
        ]
        found.append(sum(w * d for w, d in shifted) / (60 * step))
    return np.moveaxis(np.array(found), 0, -1)


def words_of(rng: np.random.Generator, n_qubits: int, count: int = 4) -> list[str]:
    """Some words, one of them all Z."""
    return sorted({"".join(rng.choice(list("IXYZ"), n_qubits)) for _ in range(count)} | {"Z" * n_qubits})


def values_of(n_qubits: int, gates: Sequence[Gate], words: Sequence[str]) -> NDArray[np.float64]:
    """Expectation values from the final state."""
    state = dense.simulate(n_qubits, gates)
    return np.array([dense.expectation(state, word) for word in words])


def with_expressions(rng: np.random.Generator, gates: Sequence[Gate]) -> list[Symbolic]:
    """The gates with expressions drawn for their angles."""
    return [
        (gate.name, tuple(rng.choice(EXPRESSIONS, len(gate.angles)).tolist()), gate.qubits) for gate in gates
    ]
