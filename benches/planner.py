"""The planner's cost model beside measured times, for every way to run a circuit.

Each line is one circuit, run for its rows on every way that can run it: predicted and measured µs per row,
the way the planner takes once workers run, and by how much that is slower than the fastest one measured.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from rich.table import Table

import corpus
from measure import console, digits, machine
from vivace.backends import CircuitBatch, MaestroSimulator
from vivace.backends.maestro.planner import PATHS, Path, Work, cores, cost, in_cheaper_form

_SIZES = (
    *((4, 2, 2000), (6, 3, 1000), (8, 3, 600), (10, 3, 300)),
    *((12, 4, 100), (14, 4, 40), (16, 4, 12), (20, 4, 4)),
)


def words_of(n: int, count: int) -> list[str]:
    """Words of Z: neighbours, then random ones."""
    draw = np.random.default_rng(n)
    listed = corpus.neighbours(n)
    while len(listed) < count:
        word = "".join(draw.choice(["I", "Z"], n))
        if word not in listed and "Z" in word:
            listed.append(word)
    return listed[:count]


def measured(path: Path, texts: list[str], words: list[str] | None, seconds: float) -> float:
    """Seconds of one run: the best of several, started once before."""
    batch, joined = CircuitBatch.of(texts), None if words is None else ";".join(words)
    with MaestroSimulator(1000, path=path) as runner:
        best, until = np.inf, time.perf_counter() + seconds
        runner.submit_circuits(batch, ham_ops=joined)
        while time.perf_counter() < until or best == np.inf:
            began = time.perf_counter()
            runner.submit_circuits(batch, ham_ops=joined)
            best = min(best, time.perf_counter() - began)
    return best


def line(n: int, layers: int, rows: int, count: int, seconds: float) -> list[str]:
    texts, words = corpus.circuits(n, layers, rows)[0], words_of(n, count)
    unitary = CircuitBatch.of(texts).templates[0].native().unitary()
    shorter, taken, _ = unitary.absorb(words)
    cones = shorter.cones(taken, 22)[0]
    parts = []
    for cone, own, where in cones:
        part = Work(cone.n_qubits, cone.n_operations, len(own), rows * len(where))
        parts.append(in_cheaper_form(part, cone.product_cost()))
    scale = 1e6 / rows
    predicted = {path: scale * sum(cost(path, part, cores()) for part in parts) for path in PATHS}
    found = {path: measured(path, texts, words, seconds) * scale for path in PATHS}
    chosen = min(PATHS, key=predicted.__getitem__)
    excess = found[chosen] / min(found.values())
    shown = [f"{digits(predicted[path])} / {digits(found[path])}" for path in PATHS]
    return [f"n={n}, {len(words)} words", *shown, chosen, f"{excess:.2f} ×"]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=0.5, help="about how long to time each figure")
    given = arguments.parse_args()
    shown = Table(title="Expectation values, µs per row: predicted / measured")
    for name in ("work", *PATHS, "planned", "off by"):
        shown.add_column(name, justify="left" if name == "work" else "right", no_wrap=True)
    out = console()
    for n, layers, rows in _SIZES:
        for count in (n - 1, 120):
            if count < 1 << (n - 1):
                with out.status(f"n={n} …"):
                    shown.add_row(*line(n, layers, rows, count, given.seconds))
    out.print(shown)
    out.print(", ".join(f"{name} {value}" for name, value in machine().items()), highlight=False)


if __name__ == "__main__":
    main()
