"""Low energies by search: upper bounds of the minimum, for problems too large to enumerate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vivace.server.analysis.levels import EPSILON, low_states
from vivace.server.analysis.problem import Problem

__all__ = ["Baseline", "search"]

_RESTARTS: Final = 32
_SWEEPS: Final = 60
_SAMPLES: Final = 1024
_SEED: Final = 1


@dataclass(frozen=True)
class Baseline:
    """What classical search found.

    Attributes:
        best: Lowest energy.
        greedy: Lowest energy of steepest descents; None beyond quadratic terms.
        annealed: Lowest energy of simulated annealing; None beyond quadratic terms.
        distinct: Number of different states with the lowest energy; None where rounding could make them.
        share: Share of the annealing runs that end at the lowest energy; None without any, and with
            ``distinct``.
    """

    best: float
    greedy: float | None
    annealed: float | None
    distinct: int | None
    share: float | None


def search(problem: Problem) -> Baseline:
    """Search from random states, the same ones every time."""
    random = np.random.default_rng(_SEED)
    if problem.degree > 2:
        states = random.integers(0, 2, (_SAMPLES, problem.n)).astype(bool)
        lowest = low_states(problem, states, problem.energies_of(states))
        return Baseline(lowest.energy, None, None, lowest.n_distinct, None)
    start = random.integers(0, 2, (_RESTARTS, problem.n)).astype(float)
    greedy = _descended(problem, start.copy())
    annealed = _descended(problem, _annealed(problem, start.copy(), random))
    states = np.concatenate([greedy, annealed])
    energies = states @ problem.linear + np.einsum("ri,ri->r", states @ problem.couplings, states) / 2
    found = states.astype(bool)
    low = [
        low_states(problem, found[rows], energies[rows])
        for rows in (slice(None), slice(_RESTARTS), slice(_RESTARTS, None))
    ]
    ends = low[0].rows
    share = None if ends is None else float(ends[_RESTARTS:].mean())
    return Baseline(low[0].energy, low[1].energy, low[2].energy, low[0].n_distinct, share)


def _descended(problem: Problem, states: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rows after flipping what lowers the energy most, until nothing does."""
    rows = np.arange(len(states))
    # What a field is off by from being updated time and again.
    margins = problem.n * EPSILON * (np.abs(problem.linear) + np.abs(problem.couplings).sum(axis=0))
    fields = problem.linear + states @ problem.couplings
    for _ in range(10 * problem.n):
        gains = (1 - 2 * states) * fields
        gains[gains >= -margins] = 0.0
        best = gains.argmin(axis=1)
        better = gains[rows, best] < 0
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
    for temperature in scale * np.geomspace(1, 1 / 200, _SWEEPS):
        for variable in random.permutation(problem.n):
            gain = (1 - 2 * states[:, variable]) * fields[:, variable]
            chance = np.exp(-np.maximum(gain, 0.0) / temperature)
            flips = np.where(random.random(len(states)) < chance, 1 - 2 * states[:, variable], 0.0)
            states[:, variable] += flips
            fields += flips[:, None] * problem.couplings[variable]
    return states
