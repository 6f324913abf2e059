"""Low energies by search: upper bounds of the minimum, for problems too large to enumerate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vivace.server.analysis.problem import Problem

__all__ = ["Baseline", "search"]

_RESTARTS: Final = 32
_SWEEPS: Final = 60
_SAMPLES: Final = 1024
_SEED: Final = 1
_SAME: Final = 1e-9


@dataclass(frozen=True)
class Baseline:
    """What classical search found.

    Attributes:
        best: Lowest energy.
        greedy: Lowest energy of steepest descents; None beyond quadratic terms.
        annealed: Lowest energy of simulated annealing; None beyond quadratic terms.
        distinct: Number of different states with the lowest energy.
        share: Share of the annealing runs that end at the lowest energy; None without any.
    """

    best: float
    greedy: float | None
    annealed: float | None
    distinct: int
    share: float | None


def search(problem: Problem) -> Baseline:
    """Search from random states, the same ones every time."""
    random = np.random.default_rng(_SEED)
    if problem.degree > 2:
        states = random.integers(0, 2, (_SAMPLES, problem.n)).astype(bool)
        energies = problem.energies_of(states)
        best = float(energies.min())
        return Baseline(best, None, None, _distinct(states, energies, best), None)
    start = random.integers(0, 2, (_RESTARTS, problem.n)).astype(float)
    greedy = _descended(problem, start.copy())
    annealed = _descended(problem, _annealed(problem, start.copy(), random))
    states = np.concatenate([greedy, annealed])
    energies = states @ problem.linear + np.einsum("ri,ri->r", states @ problem.couplings, states) / 2
    best = float(energies.min())
    share = float((energies[_RESTARTS:] <= best + _SAME * max(1.0, abs(best))).mean())
    return Baseline(
        best,
        float(energies[:_RESTARTS].min()),
        float(energies[_RESTARTS:].min()),
        _distinct(states, energies, best),
        share,
    )


def _distinct(states: NDArray[np.generic], energies: NDArray[np.float64], best: float) -> int:
    return len(np.unique(states[energies <= best + _SAME * max(1.0, abs(best))], axis=0))


def _descended(problem: Problem, states: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rows after flipping what lowers the energy most, until nothing does."""
    rows = np.arange(len(states))
    fields = problem.linear + states @ problem.couplings
    for _ in range(10 * problem.n):
        gains = (1 - 2 * states) * fields
        best = gains.argmin(axis=1)
        better = gains[rows, best] < -_SAME
        if not better.any():
            break
        flips = np.where(better, 1 - 2 * states[rows, best], 0.0)
        states[rows, best] += flips
        fields += flips[:, None] * problem.couplings[best]
    return states


def _annealed(
    problem: Problem, states: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """The rows after simulated annealing, one variable of all rows at a time."""
    scale = float((np.abs(problem.linear) + np.abs(problem.couplings).sum(axis=0)).max(initial=0.0)) or 1.0
    fields = problem.linear + states @ problem.couplings
    for temperature in np.geomspace(scale, scale / 200, _SWEEPS):
        for variable in random.permutation(problem.n):
            gain = (1 - 2 * states[:, variable]) * fields[:, variable]
            chance = np.exp(-np.maximum(gain, 0.0) / temperature)
            flips = np.where(random.random(len(states)) < chance, 1 - 2 * states[:, variable], 0.0)
            states[:, variable] += flips
            fields += flips[:, None] * problem.couplings[variable]
    return states
