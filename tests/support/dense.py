"""A plain dense simulator, written from the definitions of the gates and nothing of Vivace's.

States are arrays with one axis per qubit, axis 0 = qubit 0. Matrices take the first operand as the most
significant bit of their index, so that a controlled gate is block diagonal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]

I2 = np.eye(2, dtype=complex)
X = np.array([[0, 1], [1, 0]], dtype=complex)
Y = np.array([[0, -1j], [1j, 0]])
Z = np.diag([1, -1]).astype(complex)
H = (X + Z) / np.sqrt(2)
S = np.diag([1, 1j])
T = np.diag([1, np.exp(0.25j * np.pi)])
SX = np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2
SWAP = np.eye(4, dtype=complex)[[0, 2, 1, 3]]
PAULI = {"I": I2, "X": X, "Y": Y, "Z": Z}


def rotation(pauli: Matrix, angle: float) -> Matrix:
    """exp(-i angle/2 pauli), for a matrix that squares to one."""
    return np.cos(angle / 2) * np.eye(len(pauli)) - 1j * np.sin(angle / 2) * pauli


def phase(angle: float) -> Matrix:
    return np.diag([1, np.exp(1j * angle)])


def u(theta: float, phi: float, lam: float) -> Matrix:
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return np.array([[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]])


def controlled(matrix: Matrix, controls: int = 1) -> Matrix:
    size = len(matrix) << controls
    out = np.eye(size, dtype=complex)
    out[size - len(matrix) :, size - len(matrix) :] = matrix
    return out


def rccx() -> Matrix:
    """Relative-phase Toffoli (Maslov, arXiv:1508.03273): X on |11>, with signs i, and Z on |10>."""
    out = np.eye(8, dtype=complex)
    out[5, 5] = -1
    out[6:, 6:] = [[0, -1j], [1j, 0]]
    return out


def rc3x() -> Matrix:
    """Relative-phase X with three controls (Maslov, arXiv:1508.03273, figure 4)."""
    out = np.eye(16, dtype=complex)
    out[12, 12], out[13, 13] = 1j, -1j
    out[14:, 14:] = [[0, 1], [-1, 0]]
    return out


ISWAP = np.array([[1, 0, 0, 0], [0, 0, 1j, 0], [0, 1j, 0, 0], [0, 0, 0, 1]])

# name: (angles, qubits, matrix of the angles)
GATES: dict[str, tuple[int, int, Callable[..., Matrix]]] = {
    "id": (0, 1, lambda: I2),
    "x": (0, 1, lambda: X),
    "y": (0, 1, lambda: Y),
    "z": (0, 1, lambda: Z),
    "h": (0, 1, lambda: H),
    "s": (0, 1, lambda: S),
    "sdg": (0, 1, S.conj),
    "t": (0, 1, lambda: T),
    "tdg": (0, 1, T.conj),
    "sx": (0, 1, lambda: SX),
    "sxdg": (0, 1, lambda: SX.conj().T),
    "rx": (1, 1, lambda a: rotation(X, a)),
    "ry": (1, 1, lambda a: rotation(Y, a)),
    "rz": (1, 1, lambda a: rotation(Z, a)),
    "p": (1, 1, phase),
    "u0": (1, 1, lambda a: I2),
    "u1": (1, 1, phase),
    "u2": (2, 1, lambda a, b: u(np.pi / 2, a, b)),
    "u3": (3, 1, u),
    "u": (3, 1, u),
    "U": (3, 1, u),
    "CX": (0, 2, lambda: controlled(X)),
    "cx": (0, 2, lambda: controlled(X)),
    "cy": (0, 2, lambda: controlled(Y)),
    "cz": (0, 2, lambda: controlled(Z)),
    "ch": (0, 2, lambda: controlled(H)),
    "csx": (0, 2, lambda: controlled(SX)),
    "swap": (0, 2, lambda: SWAP),
    "iswap": (0, 2, lambda: ISWAP),
    "crx": (1, 2, lambda a: controlled(rotation(X, a))),
    "cry": (1, 2, lambda a: controlled(rotation(Y, a))),
    "crz": (1, 2, lambda a: controlled(rotation(Z, a))),
    "cp": (1, 2, lambda a: controlled(phase(a))),
    "cu1": (1, 2, lambda a: controlled(phase(a))),
    "cu3": (3, 2, lambda a, b, c: controlled(u(a, b, c))),
    "cu": (4, 2, lambda a, b, c, d: controlled(np.exp(1j * d) * u(a, b, c))),
    "rxx": (1, 2, lambda a: rotation(np.kron(X, X), a)),
    "ryy": (1, 2, lambda a: rotation(np.kron(Y, Y), a)),
    "rzz": (1, 2, lambda a: rotation(np.kron(Z, Z), a)),
    "ccx": (0, 3, lambda: controlled(X, 2)),
    "cswap": (0, 3, lambda: controlled(SWAP)),
    "rccx": (0, 3, rccx),
    "rc3x": (0, 4, rc3x),
    "c3x": (0, 4, lambda: controlled(X, 3)),
    "c3sqrtx": (0, 4, lambda: controlled(SX, 3)),
    "c4x": (0, 5, lambda: controlled(X, 4)),
}


@dataclass(frozen=True)
class Gate:
    """One gate of a random circuit."""

    name: str
    angles: tuple[float, ...]
    qubits: tuple[int, ...]

    def text(self) -> str:
        angles = f"({','.join(map(repr, self.angles))})" if self.angles else ""
        return f"{self.name}{angles} {','.join(f'q[{qubit}]' for qubit in self.qubits)};"


def program(n_qubits: int, gates: Sequence[Gate], measure: bool = False) -> str:
    """The circuit as OpenQASM 2."""
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{n_qubits}];", f"creg c[{n_qubits}];"]
    lines += [gate.text() for gate in gates]
    return "\n".join([*lines, "measure q -> c;"] if measure else lines) + "\n"


def apply(state: Matrix, matrix: Matrix, qubits: Sequence[int]) -> Matrix:
    """``matrix`` on the given axes of ``state``."""
    count = len(qubits)
    tensor = matrix.reshape((2,) * (2 * count))
    moved = np.tensordot(tensor, state, axes=(range(count, 2 * count), qubits))
    return np.moveaxis(moved, range(count), qubits)


def simulate(n_qubits: int, gates: Sequence[Gate]) -> Matrix:
    """The final state from |0…0>."""
    state = np.zeros((2,) * n_qubits, dtype=complex)
    state[(0,) * n_qubits] = 1
    for gate in gates:
        state = apply(state, GATES[gate.name][2](*gate.angles), gate.qubits)
    return state


def expectation(state: Matrix, word: str) -> float:
    """<word>; leftmost letter = qubit 0."""
    changed = state
    for qubit, letter in enumerate(word):
        changed = apply(changed, PAULI[letter], [qubit])
    return float(np.vdot(state, changed).real)


def probabilities(state: Matrix) -> NDArray[np.float64]:
    """Probability of each outcome; index bit k = qubit k."""
    n_qubits = state.ndim
    flat = np.transpose(state, range(n_qubits)[::-1]).reshape(-1)
    return np.abs(flat) ** 2


def random_gates(rng: np.random.Generator, n_qubits: int, count: int, names: Sequence[str]) -> list[Gate]:
    """A random circuit over the given gates, those that fit the width."""
    fitting = [name for name in names if GATES[name][1] <= n_qubits]
    gates = []
    for name in rng.choice(fitting, size=count).tolist():
        n_angles, n_operands, _ = GATES[name]
        angles = tuple(rng.uniform(-2 * np.pi, 2 * np.pi, n_angles).tolist())
        gates.append(Gate(name, angles, tuple(rng.permutation(n_qubits)[:n_operands].tolist())))
    return gates
