"""Circuits with measurements, resets and classical control, simulated exactly.

The state is an ensemble: unnormalised states, each with the classical bits it goes with. Nothing is sampled;
probabilities and expectation values are sums over the ensemble.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from support import dense
from support.dense import Gate, Matrix


@dataclass(frozen=True)
class Measure:
    """One qubit into one classical bit."""

    qubit: int
    bit: int

    def text(self) -> str:
        return f"measure q[{self.qubit}] -> c[{self.bit}];"


@dataclass(frozen=True)
class Reset:
    """One qubit to zero."""

    qubit: int

    def text(self) -> str:
        return f"reset q[{self.qubit}];"


@dataclass(frozen=True)
class If:
    """An operation that happens if the whole register has a value."""

    value: int
    inner: Gate | Measure | Reset

    def text(self) -> str:
        return f"if(c=={self.value}) {self.inner.text()}"


Operation = Gate | Measure | Reset | If
Branch = tuple[Matrix, int]


def program(n_qubits: int, n_bits: int, operations: Sequence[Operation]) -> str:
    """The circuit as OpenQASM 2 over ``q`` and ``c``."""
    head = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[{n_qubits}];\ncreg c[{n_bits}];\n'
    return head + "\n".join(operation.text() for operation in operations) + "\n"


def run(n_qubits: int, operations: Sequence[Operation]) -> list[Branch]:
    """(state, bits as a number) of every way the circuit may go; squared norms are probabilities."""
    start = np.zeros((2,) * n_qubits, dtype=complex)
    start[(0,) * n_qubits] = 1
    branches: list[Branch] = [(start, 0)]
    for operation in operations:
        branches = [new for branch in branches for new in _step(branch, operation)]
    return branches


def _step(branch: Branch, operation: Operation) -> list[Branch]:
    state, bits = branch
    if isinstance(operation, If):
        return _step(branch, operation.inner) if bits == operation.value else [branch]
    if isinstance(operation, Gate):
        matrix = dense.GATES[operation.name][2](*operation.angles)
        return [(dense.apply(state, matrix, operation.qubits), bits)]
    found = []
    for outcome in (0, 1):
        projected = dense.apply(state, np.diag([1 - outcome, outcome]).astype(complex), [operation.qubit])
        if np.vdot(projected, projected).real < 1e-15:
            continue
        if isinstance(operation, Measure):
            found.append((projected, bits & ~(1 << operation.bit) | outcome << operation.bit))
        else:
            found.append((dense.apply(projected, dense.X, [operation.qubit]) if outcome else projected, bits))
    return found


def without_readout(operations: Sequence[Gate | Measure | Reset]) -> list[Gate | Measure | Reset]:
    """The circuit that expectation values are of: a measurement after which nothing else happens to its qubit
    is read-out, and left away."""
    used: set[int] = set()
    kept = []
    for operation in reversed(operations):
        if isinstance(operation, Measure) and operation.qubit not in used:
            continue
        if not isinstance(operation, Measure):
            used |= set(operation.qubits) if isinstance(operation, Gate) else {operation.qubit}
        kept.append(operation)
    return kept[::-1]


def expectation(branches: Sequence[Branch], word: str) -> float:
    """The mean of <word> over the ensemble."""
    return sum(dense.expectation(state, word) for state, _ in branches)


def distribution(branches: Sequence[Branch], n_bits: int) -> dict[str, float]:
    """Probability of every count key, rightmost = bit 0."""
    found: dict[str, float] = {}
    for state, bits in branches:
        key = format(bits, f"0{n_bits}b")
        found[key] = found.get(key, 0.0) + float(np.vdot(state, state).real)
    return found


def density_expectations(
    n_qubits: int, operations: Sequence[Gate | Measure | Reset], words: Sequence[str]
) -> list[float]:
    """Means of words over a density matrix, for circuits with too many branches; bits are forgotten."""
    axes = 2 * n_qubits
    rho = np.zeros((2,) * axes, dtype=complex)
    rho[(0,) * axes] = 1
    zero, one = np.diag([1, 0]).astype(complex), np.diag([0, 1]).astype(complex)
    for operation in operations:
        if isinstance(operation, Gate):
            kraus, qubits = [dense.GATES[operation.name][2](*operation.angles)], operation.qubits
        else:
            kraus = [zero, one if isinstance(operation, Measure) else dense.X @ one]
            qubits = (operation.qubit,)
        mirrored = [qubit + n_qubits for qubit in qubits]
        rho = sum(dense.apply(dense.apply(rho, k, qubits), k.conj(), mirrored) for k in kraus)
    found = []
    for word in words:
        changed = rho
        for qubit, letter in enumerate(word):
            changed = dense.apply(changed, dense.PAULI[letter], [qubit])
        found.append(float(np.trace(changed.reshape(2**n_qubits, -1)).real))
    return found
