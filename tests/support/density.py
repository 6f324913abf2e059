"""A dense density matrix under depolarizing noise, on top of the dense simulator and nothing of Vivace's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tests.support.dense import GATES, PAULI, Gate, Matrix, apply


def evolve(n_qubits: int, gates: Sequence[Gate], p: float) -> Matrix:
    """Density matrix, axes (kets, bras), with p/3 of X, Y and Z on every operand after every gate."""
    rho = np.zeros((2,) * (2 * n_qubits), dtype=complex)
    rho[(0,) * (2 * n_qubits)] = 1
    for gate in gates:
        rho = _conjugate(rho, GATES[gate.name][2](*gate.angles), gate.qubits)
        for qubit in gate.qubits:
            errors = sum(_conjugate(rho, PAULI[letter], [qubit]) for letter in "XYZ")
            rho = (1 - p) * rho + p / 3 * errors
    return rho


def expectation(rho: Matrix, word: str) -> float:
    """Tr(rho word); leftmost letter = qubit 0."""
    for qubit, letter in enumerate(word):
        rho = apply(rho, PAULI[letter], [qubit])
    size = 1 << len(word)
    return float(np.trace(rho.reshape(size, size)).real)


def probabilities(rho: Matrix) -> NDArray[np.float64]:
    """Probability of each outcome; index bit k = qubit k."""
    n_qubits = rho.ndim // 2
    diagonal = np.diagonal(rho.reshape(1 << n_qubits, -1)).real.reshape((2,) * n_qubits)
    return np.transpose(diagonal, range(n_qubits)[::-1]).reshape(-1)


def _conjugate(rho: Matrix, matrix: Matrix, qubits: Sequence[int]) -> Matrix:
    n_qubits = rho.ndim // 2
    ket = apply(rho, matrix, qubits)
    return apply(ket, matrix.conj(), [n_qubits + qubit for qubit in qubits])
