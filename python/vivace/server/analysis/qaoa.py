"""QAOA with one layer and the X mixer, simulated exactly."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vivace.server.analysis.problem import Problem

__all__ = ["QAOA_VARIABLES", "best_angles", "probabilities"]

QAOA_VARIABLES: Final = 16
"""Most variables that are simulated."""

_GRID: Final = 24
_REFINEMENTS: Final = 8


def probabilities(problem: Problem, gamma: float, beta: float) -> NDArray[np.float64]:
    """Probability of every state after exp(-i·beta·ΣX)·exp(-i·gamma·C) on the uniform superposition.

    >>> problem = Problem({(0,): 1.0}, 1)
    >>> probabilities(problem, np.pi / 2, np.pi / 4).round(6).tolist()
    [0.0, 1.0]
    """
    state = np.exp(-1j * gamma * problem.energies) / np.sqrt(len(problem.energies))
    cosine, sine = np.cos(beta), -1j * np.sin(beta)
    for variable in range(problem.n):
        halves = state.reshape(-1, 2, 1 << variable)
        zero, one = halves[:, 0].copy(), halves[:, 1].copy()
        halves[:, 0] = cosine * zero + sine * one
        halves[:, 1] = sine * zero + cosine * one
    return np.asarray(np.abs(state) ** 2)


def best_angles(problem: Problem, references: list[int]) -> tuple[float, float]:
    """The angles that give the reference states the largest probability, on a grid that is refined.

    Without reference states, those with the lowest mean energy. gamma covers three standard deviations of the
    phase that the energies give, beta its period pi; negative ones of both together give nothing else.
    """

    def value(angles: tuple[float, float]) -> float:
        found = probabilities(problem, *angles)
        return float(found[references].sum() if references else -(found @ problem.energies))

    spread = float(problem.energies.std()) or 1.0
    points = _GRID if problem.n <= 12 else _GRID // 2
    width, height = 3.0 / spread / points, np.pi / (2 * points)
    gammas, betas = width * np.arange(points + 1), height * np.arange(2 * points)
    best = max(product(gammas.tolist(), betas.tolist()), key=value)
    for _ in range(_REFINEMENTS):
        width, height = width / 2, height / 2
        around = product((-width, 0.0, width), (-height, 0.0, height))
        best = max([(best[0] + gamma, best[1] + beta) for gamma, beta in around], key=value)
    return best
