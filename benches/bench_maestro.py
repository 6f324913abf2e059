"""The main job: sweeps and batches of bound circuits on the local simulator."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import maestro
import numpy as np

import corpus
from measure import Effort, Figure, compare, same
from vivace.backends import MaestroSimulator
from vivace.backends.maestro.library import build_circuit
from vivace.circuits import CircuitBatch
from vivace.sweeps import parameter_grid, read_observable, read_template, sweep

_H2 = Path(__file__).parent.parent / "tests" / "data" / "h2"
_EACH = "each circuit on its own"
_SIZES = ((4, 2, 4000, 100), (8, 3, 1000, 60), (12, 4, 300, 40))


def h2(effort: Effort) -> list[Figure]:
    """The sweep of `make sweep`: rows a second."""
    template, observable = read_template(_H2 / "ansatz.qasm"), read_observable(_H2 / "hamiltonian.txt")
    steps = effort.scaled(101, 40)
    names, values = parameter_grid({"theta_d": (-0.5, 0.5, steps), "theta_s": (-0.5, 0.5, steps)})
    some = values[:: len(values) // 100]
    with MaestroSimulator() as compiled, MaestroSimulator(path="circuits") as single:

        def energies(rows: np.ndarray, runner: MaestroSimulator) -> np.ndarray:
            return sweep(template, names, rows, observable=observable, runner=runner).energies

        agree = np.allclose(energies(some, compiled), energies(some, single), atol=1e-10, rtol=0)
        same("H2 energies", agree, True)
        seconds = compare(
            effort, ours=lambda: energies(values, compiled), each=lambda: energies(some, single)
        )
    rate = len(values) / seconds["ours"]
    ratio = rate * seconds["each"] / len(some)
    return [Figure("H₂ sweep", f"{len(values)} rows", rate, "rows/s", None, ratio, _EACH)]


def expectations(effort: Effort) -> list[Figure]:
    """Bound texts to result dicts, beside the bare native call on the same rows."""
    figures = []
    for n, layers, count, few in _SIZES:
        texts, angles = corpus.circuits(n, layers, effort.scaled(count, count // 4))
        words, some = corpus.neighbours(n), texts[:few]
        native = CircuitBatch.of(texts).templates[0].native().unitary()
        program = maestro.AdjointProgram(build_circuit(maestro, native, [0.0] * native.n_slots))
        config = MaestroSimulator().config.to_simulator_config(maestro, width=n)
        with MaestroSimulator() as compiled, MaestroSimulator(path="circuits") as single:

            def run(given: list[str], runner: MaestroSimulator, words: list[str] = words) -> list[dict]:
                return runner.submit_circuits(given, ham_ops=";".join(words)).results

            ours, theirs = (
                [list(entry["results"].values()) for entry in run(some, r)] for r in (compiled, single)
            )
            same("expectation values", np.allclose(ours, theirs, atol=1e-10, rtol=0), True)
            seconds = compare(
                effort,
                ours=lambda texts=texts: run(texts, compiled),
                each=lambda some=some: run(some, single),
                native=partial(program.expectation_values, words, angles, config),
            )
        figures += _per_circuit("expectation", n, layers, seconds, len(texts), len(some))
        bare = seconds["native"] / len(texts)
        figures.append(
            Figure("expectation", f"n={n}, {layers} layers: native call alone", bare * 1e6, "µs/circuit")
        )
    return figures


def sampling(effort: Effort) -> list[Figure]:
    """Bound texts to counts, 1000 shots."""
    figures = []
    for n, layers, count, few in _SIZES:
        texts, _ = corpus.circuits(n, layers, effort.scaled(count // 2, count // 8))
        some = texts[:few]
        with MaestroSimulator(shots=1000) as compiled, MaestroSimulator(1000, path="circuits") as single:
            for runner in (compiled, single):
                runner.set_seed(1)
            # Draws differ, distributions do not: marginals of all bits within five standard errors.
            ours, theirs = (_ones(runner.submit_circuits(some).results, n) for runner in (compiled, single))
            bound = 5 * np.sqrt(2 * 0.25 / 1000)
            same("sampled marginals", bool((np.abs(ours - theirs) < bound).all()), True)
            seconds = compare(
                effort,
                ours=lambda texts=texts, compiled=compiled: compiled.submit_circuits(texts).results,
                each=lambda some=some, single=single: single.submit_circuits(some).results,
            )
        figures += _per_circuit("1000 shots", n, layers, seconds, len(texts), len(some))
    return figures


def _per_circuit(
    group: str, n: int, layers: int, seconds: dict[str, float], count: int, few: int
) -> list[Figure]:
    ours, each = seconds["ours"] / count, seconds["each"] / few
    name = f"n={n}, {layers} layers, {count} texts"
    return [Figure(group, name, ours * 1e6, "µs/circuit", None, each / ours, _EACH)]


def _ones(results: list[dict], n_bits: int) -> np.ndarray:
    """Share of ones of every bit, circuits × bits."""
    shares = np.zeros((len(results), n_bits))
    for row, entry in enumerate(results):
        for key, count in entry["results"].items():
            shares[row] += np.frombuffer(key.encode(), np.uint8) % 2 * (count / 1000)
    return shares
