"""Vivace beside upstream's simulator, each in its own venv, in one run. `make bench-maestro` runs this."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import corpus
import reference
from beside import Case, main
from vivace.backends import CircuitPayload

_MPS = {"simulation_type": "MatrixProductState", "max_bond_dimension": 64}


_SIZES = (  # qubits, layers, circuits to estimate and to sample, aims
    (4, 2, 2000, 2000, 120, 40),
    (8, 3, 1000, 600, 25, 12),
    (12, 4, 400, 240, 6, 4.5),
    (16, 4, 100, 60, 1.5, 2.3),
    (20, 4, 4, 4, 1.1, 2.2),
)


def expectations() -> list[Case]:
    return [
        Case("expectation", f"n={n}, {layers} layers", _ansatz(n, layers, count), corpus.neighbours(n), aim)
        for n, layers, count, _, aim, _ in _SIZES
    ]


def sampling() -> list[Case]:
    return [
        Case("1000 shots", f"n={n}, {layers} layers", _ansatz(n, layers, count), None, aim)
        for n, layers, _, count, _, aim in _SIZES
    ]


def gradients() -> list[Case]:
    cases, rows = [], 8
    for n, layers, aim in ((4, 3, 500), (8, 4, 350), (12, 4, 50)):
        text, angles = corpus.template(n, layers), corpus.circuits(n, layers, rows)[1]
        names = [f"t{k}" for k in range(angles.shape[1])]
        shifts = np.concatenate([np.eye(len(names)), -np.eye(len(names))]) * np.pi / 2
        shifted = (angles[:, None] + shifts).reshape(-1, len(names))
        texts = [text.replace("%.8f", "%.12f") % tuple(row) for row in shifted.tolist()]
        payload = CircuitPayload.from_matrix(text.replace("%.8f", "%s") % tuple(names), names, angles)
        name = f"n={n}, {len(names)} parameters, {rows} rows"
        cases.append(Case("gradients", name, texts, corpus.neighbours(n), aim, payload=payload))
    return cases


def unrelated() -> list[Case]:
    cases = []
    for n, gates, count in ((6, 40, 600), (12, 150, 200)):
        texts, name = corpus.unrelated(n, gates, count), f"n={n}, {gates} gates"
        cases.append(Case("unrelated", f"{name}, values", texts, corpus.neighbours(n), 1))
        cases.append(Case("unrelated", f"{name}, 1000 shots", texts, None, 1))
    return cases


def loop() -> list[Case]:
    """An optimiser's: the same circuit at other angles, one in a call."""
    cases = []
    for n, layers, count in ((4, 2, 200), (8, 3, 150), (12, 4, 100), (16, 4, 20)):
        texts, name = _ansatz(n, layers, count), f"n={n}, one circuit a call"
        cases.append(Case("loop", f"{name}, values", texts, corpus.neighbours(n), 1, apart=True))
        cases.append(Case("loop", f"{name}, 1000 shots", texts, None, 1, apart=True))
    return cases


def matrix_products() -> list[Case]:
    texts, words = _ansatz(40, 2, 100), corpus.neighbours(40)
    return [Case("MPS 64", "n=40, 2 layers", texts, words, 6, _MPS)]


def brickwork() -> list[Case]:
    n, words = 24, corpus.neighbours(24)
    few, many = corpus.brickwork(n, 2, 2), corpus.brickwork(n, 2, 100)
    return [
        Case("brickwork", f"n={n}, 2 layers, as shipped", few, words, 100),
        Case("brickwork", f"n={n}, 2 layers, its MPS 64", many, words, None, {}, _MPS),
    ]


def qaoa() -> list[Case]:
    """With less than the default bond dimension: at 64 upstream would take minutes for one circuit."""
    n, bond, rows = 100, 16, np.array([[0.61547971, 0.39269908]])
    edges = corpus.regular_graph(n)
    exact = np.array([reference.maxcut_edges(edges, *row) for row in rows.tolist()])
    texts, words = corpus.qaoa(edges, n, rows), corpus.edge_words(edges, n)
    ours = {"max_bond_dimension": bond}
    name = f"n={n}, p=1, bond {bond}"
    return [Case("QAOA", name, texts, words, 50, ours, _MPS | ours, exact)]


_CASES: dict[str, Callable[[], list[Case]]] = {
    "expectation": expectations,
    "sampling": sampling,
    "gradients": gradients,
    "unrelated": unrelated,
    "loop": loop,
    "mps": matrix_products,
    "brickwork": brickwork,
    "qaoa": qaoa,
}


def _ansatz(n: int, layers: int, count: int) -> list[str]:
    return corpus.circuits(n, layers, count)[0]


if __name__ == "__main__":
    main(__doc__, _CASES)
