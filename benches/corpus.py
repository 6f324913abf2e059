"""Inputs of the benches: circuits, Pauli words, shot ranges and histograms, the same every time."""

from __future__ import annotations

import random

import numpy as np


def template(n_qubits: int, layers: int) -> str:
    """Hardware-efficient ansatz, all qubits measured, with ``%.8f`` wherever an angle goes."""
    gates = []
    for _ in range(layers):
        for qubit in range(n_qubits):
            gates += [f"ry(%.8f) q[{qubit}];", f"rz(%.8f) q[{qubit}];"]
        gates += [f"cx q[{qubit}],q[{qubit + 1}];" for qubit in range(n_qubits - 1)]
    return _program(gates, n_qubits)


def circuits(n_qubits: int, layers: int, count: int) -> tuple[list[str], np.ndarray]:
    """Bound texts of one structure, and their angles, rows × angles."""
    text = template(n_qubits, layers)
    angles = np.random.default_rng(n_qubits).uniform(-np.pi, np.pi, (count, 2 * n_qubits * layers)).round(8)
    return [text % tuple(row) for row in angles.tolist()], angles


def shifted(n_qubits: int, layers: int, count: int) -> list[str]:
    """Bound texts of the ansatz for gradients by parameter shift: one angle of each is off by ±π/2."""
    text, angles = template(n_qubits, layers), 2 * n_qubits * layers
    rows = np.random.default_rng(n_qubits).uniform(-np.pi, np.pi, (-(-count // (2 * angles)), angles))
    rows = np.repeat(rows, 2 * angles, axis=0)[:count]
    index = np.arange(count)
    rows[index, index // 2 % angles] += np.where(index % 2, -np.pi / 2, np.pi / 2)
    return [text % tuple(row) for row in rows.round(8).tolist()]


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


def brickwork(n_qubits: int, layers: int, count: int) -> list[str]:
    """Bound texts of `ry` on every qubit and `cx` on even, then odd pairs, per layer; all measured."""
    lines = []
    for _ in range(layers):
        lines += [f"ry(%.8f) q[{qubit}];" for qubit in range(n_qubits)]
        lines += [
            f"cx q[{qubit}],q[{qubit + 1}];" for first in (0, 1) for qubit in range(first, n_qubits - 1, 2)
        ]
    return _bound(lines, n_qubits, n_qubits * layers, count)


def regular_graph(n_nodes: int) -> list[tuple[int, int]]:
    """Edges of a random 3-regular graph: stubs joined at random until there is no loop and no double edge."""
    draw = random.Random(n_nodes)
    while True:
        stubs = [node for node in range(n_nodes) for _ in range(3)]
        draw.shuffle(stubs)
        edges = {(min(pair), max(pair)) for pair in zip(stubs[::2], stubs[1::2], strict=True)}
        if len(edges) == 3 * n_nodes // 2 and all(a != b for a, b in edges):
            return sorted(edges)


def qaoa(edges: list[tuple[int, int]], n_qubits: int, angles: np.ndarray) -> list[str]:
    """MaxCut with one layer: ``exp(-iγ ZZ/2)`` on every edge and ``rx(2β)``; a row is (γ, β)."""
    gates = [f"h q[{qubit}];" for qubit in range(n_qubits)]
    for a, b in edges:
        gates += [f"cx q[{a}],q[{b}];", f"rz(%.8f) q[{b}];", f"cx q[{a}],q[{b}];"]
    gates += [f"rx(%.8f) q[{qubit}];" for qubit in range(n_qubits)]
    text = _program(gates, n_qubits)
    return [
        text % (*[gamma] * len(edges), *[round(2 * beta, 8)] * n_qubits) for gamma, beta in angles.tolist()
    ]


def edge_words(edges: list[tuple[int, int]], n_qubits: int) -> list[str]:
    """``Z`` on both ends of every edge."""
    return ["".join("Z" if qubit in edge else "I" for qubit in range(n_qubits)) for edge in edges]


def unrelated(n_qubits: int, gates: int, count: int) -> list[str]:
    """Circuits that share no structure: gates, places and angles all drawn at random."""
    draw = random.Random(count)
    texts = []
    for _ in range(count):
        lines = []
        for _ in range(gates):
            a, b = draw.sample(range(n_qubits), 2)
            angle = f"{draw.uniform(-np.pi, np.pi):.8f}"
            lines.append(
                draw.choice(
                    (
                        f"h q[{a}];",
                        f"rx({angle}) q[{a}];",
                        f"ry({angle}) q[{a}];",
                        f"rz({angle}) q[{a}];",
                        f"cx q[{a}],q[{b}];",
                        f"cz q[{a}],q[{b}];",
                    )
                )
            )
        texts.append(_program(lines, n_qubits))
    return texts


def _bound(lines: list[str], n_qubits: int, n_angles: int, count: int) -> list[str]:
    angles = np.random.default_rng(n_qubits).uniform(-np.pi, np.pi, (count, n_angles)).round(8)
    text = _program(lines, n_qubits)
    return [text % tuple(row) for row in angles.tolist()]


def _program(gates: list[str], n_qubits: int) -> str:
    head = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{n_qubits}];", f"creg c[{n_qubits}];"]
    tail = [f"measure q[{qubit}] -> c[{qubit}];" for qubit in range(n_qubits)]
    return "\n".join(head + gates + tail) + "\n"
