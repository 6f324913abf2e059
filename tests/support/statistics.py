"""Counts against the distribution they should have."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

from support import dense
from support.dense import Gate


def p_value(counts: Mapping[str, int], exact: Mapping[str, float]) -> float:
    """Of Pearson's test; outcomes expected less than five times count as one."""
    shots = sum(counts.values())
    assert set(counts) <= {key for key, probability in exact.items() if probability > 1e-12}
    pairs = sorted((probability * shots, counts.get(key, 0)) for key, probability in exact.items())
    rare = [pair for pair in pairs if pair[0] < 5]
    cells = [pair for pair in pairs if pair[0] >= 5]
    if rare:
        cells.append((sum(e for e, _ in rare), sum(c for _, c in rare)))
    expected, found = np.array(cells).T
    keep = expected > 1e-9
    expected, found = expected[keep], found[keep]
    if len(found) == 1:
        return 1.0
    return float(stats.chisquare(found, expected * found.sum() / expected.sum()).pvalue)


def random_gates(seed: int, n_qubits: int) -> list[Gate]:
    """Gates that lead to outcomes that are neither rare nor equal."""
    rng = np.random.default_rng(seed)
    gates = [Gate("u3", tuple(rng.uniform(0.9, 2.2, 3).tolist()), (q,)) for q in range(n_qubits)]
    return gates + dense.random_gates(rng, n_qubits, 6, ["cx", "cz", "swap", "rz", "iswap", "cp"])


def keyed(probabilities: np.ndarray) -> dict[str, float]:
    """Probabilities by count key; index bit k = classical bit k."""
    width = len(probabilities).bit_length() - 1
    return {format(outcome, f"0{width}b"): p for outcome, p in enumerate(probabilities.tolist())}


def random_program(seed: int, n_qubits: int) -> tuple[str, dict[str, float]]:
    """A circuit of `random_gates`, all measured, and its distribution."""
    gates = random_gates(seed, n_qubits)
    exact = keyed(dense.probabilities(dense.simulate(n_qubits, gates)))
    return dense.program(n_qubits, gates, measure=True), exact
