"""Inputs of the benches: circuits, Pauli words, shot ranges and histograms, the same every time."""

from __future__ import annotations

import random

import numpy as np


def template(n_qubits: int, layers: int) -> str:
    """Hardware-efficient ansatz, all qubits measured, with ``%.8f`` wherever an angle goes."""
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{n_qubits}];", f"creg c[{n_qubits}];"]
    for _ in range(layers):
        for qubit in range(n_qubits):
            lines += [f"ry(%.8f) q[{qubit}];", f"rz(%.8f) q[{qubit}];"]
        lines += [f"cx q[{qubit}],q[{qubit + 1}];" for qubit in range(n_qubits - 1)]
    lines += [f"measure q[{qubit}] -> c[{qubit}];" for qubit in range(n_qubits)]
    return "\n".join(lines) + "\n"


def circuits(n_qubits: int, layers: int, count: int) -> tuple[list[str], np.ndarray]:
    """Bound texts of one structure, and their angles, rows × angles."""
    text = template(n_qubits, layers)
    angles = np.random.default_rng(n_qubits).uniform(-np.pi, np.pi, (count, 2 * n_qubits * layers)).round(8)
    return [text % tuple(row) for row in angles.tolist()], angles


def neighbours(n_qubits: int) -> list[str]:
    """The n − 1 words ``ZZ`` on neighbours."""
    return ["I" * i + "ZZ" + "I" * (n_qubits - 2 - i) for i in range(n_qubits - 1)]


def words(count: int, letters: int) -> list[str]:
    """Pauli words, all letters equally likely."""
    draw = random.Random(1)
    return ["".join(draw.choices("IXYZ", k=letters)) for _ in range(count)]


def shot_ranges(count: int, chunks: int) -> tuple[list[tuple[int, int, int]], int, list[tuple[int, int]]]:
    """Ranges of five circuits each, the number of circuits, and equal chunks of them."""
    n_circuits = 5 * count
    ranges = [(5 * i, 5 * i + 5, 100 + i % 7) for i in range(count)]
    size = -(-n_circuits // chunks)
    return ranges, n_circuits, [(i * size, min((i + 1) * size, n_circuits)) for i in range(chunks)]


def counts(outcomes: int, n_bits: int) -> dict[str, int]:
    """Counts of distinct outcomes; about half are 1, as in real histograms."""
    draw = random.Random(outcomes)
    keys = sorted(draw.sample(range(1 << n_bits), outcomes))
    return {format(key, f"0{n_bits}b"): draw.choice((1, 1, 2, 3, 17, 400)) for key in keys}
