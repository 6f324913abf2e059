"""QAOA with one layer and the X mixer, simulated exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vivace.server.analysis.problem import Problem

__all__ = ["QAOA_VARIABLES", "BestAngles", "best_angles", "probabilities"]

QAOA_VARIABLES: Final = 16
"""Most variables that are simulated."""

_Reals = NDArray[np.float64]

_STEP: Final = 0.3  # of gamma, times the standard deviation of the energies
_BETAS: Final = 512
_GAMMAS: Final = 16, 1024  # the fewest and the most that are looked at
_WORK: Final = 1 << 25  # numbers that a search may compute, where it looks at more than the fewest
_AT_ONCE: Final = 1 << 20
_FEW: Final = 128
_PERIODS: Final = 4
_PEAKS: Final = 1, 64  # the fewest and the most that are refined
_HALVINGS: Final = 5, 10
_SAME: Final = 1e-9


@dataclass(frozen=True)
class BestAngles:
    """The best angles of a search.

    Attributes:
        gamma: Angle of the cost.
        beta: Angle of the mixer.
        searched: The largest gamma that was looked at; the smallest is 0. Of beta all of 0 to pi was.
    """

    gamma: float
    beta: float
    searched: float


def probabilities(problem: Problem, gamma: float, beta: float) -> NDArray[np.float64]:
    """Probability of every state after exp(-i·beta·ΣX)·exp(-i·gamma·C) on the uniform superposition.

    >>> problem = Problem({(0,): 1.0}, 1)
    >>> probabilities(problem, np.pi / 2, np.pi / 4).round(6).tolist()
    [0.0, 1.0]
    """
    return _mixed(np.exp(-1j * gamma * problem.energies), beta, problem.n) / len(problem.energies)


def _mixed(states: NDArray[np.complex128], beta: float, n: int) -> _Reals:
    """Squares of the amplitudes after the mixer; the last axis is the state."""
    cosine, sine = np.cos(beta), -1j * np.sin(beta)
    for variable in range(n):
        halves = states.reshape(*states.shape[:-1], -1, 2, 1 << variable)
        zero, one = halves[..., 0, :], halves[..., 1, :]
        mixed = np.empty_like(halves)
        mixed[..., 0, :] = cosine * zero + sine * one
        mixed[..., 1, :] = sine * zero + cosine * one
        states = mixed.reshape(states.shape)
    return np.asarray(np.abs(states) ** 2)


def best_angles(problem: Problem, references: list[int]) -> BestAngles:
    """The angles that give the reference states the largest probability, on a grid that is refined.

    Without reference states, those with the lowest mean energy. Negative angles give what the positive ones
    do: beta has the period pi, and both angles may change their sign together. gamma has a period only where
    all energies differ by multiples of one number; it is then looked at from 0 to 2π over the smallest
    difference of two energies, and else four times as far. This is cut off where it would take too many
    steps (of 0.3 standard deviations of the phase): after 1024, or fewer for many variables, but not before
    16. Among angles that are equally good, those with the smallest gamma are taken.

    >>> found = best_angles(Problem({(0,): 1.0}, 1), [1])
    >>> round(found.gamma / np.pi, 3), round(found.beta / np.pi, 3), round(found.searched / np.pi, 3)
    (0.5, 0.25, 2.0)
    """
    landscape = _Few if 0 < len(references) <= _FEW else _Whole
    values = landscape(problem, references)
    gammas = _gammas(problem, values.cost)
    if len(gammas) == 1:  # whatever they are, nothing changes
        return BestAngles(0.0, 0.0, 0.0)
    heights = values.best(gammas)[0]
    before, after = np.append(-np.inf, heights[:-1]), np.append(heights[1:], -np.inf)
    peaks = np.flatnonzero((heights >= before) & (heights >= after))
    affordable = int(np.clip(_WORK / values.cost / 16, *_PEAKS))
    promising = peaks[np.argsort(-heights[peaks], kind="stable")][:affordable]
    gamma, beta = _refined(values, gammas[promising], float(gammas[1]))
    return BestAngles(gamma, beta, float(gammas[-1]))


def _gammas(problem: Problem, cost: float) -> _Reals:
    """The grid of gamma, for a landscape in which each of its points costs so much."""
    levels = np.unique(problem.energies)
    differences = np.diff(levels)
    differences = differences[differences > _SAME * (levels[-1] - levels[0])]
    if not len(differences):
        return np.zeros(1)
    smallest = float(differences.min())
    multiples = (levels - levels[0]) / smallest
    has_period = bool(np.all(np.abs(multiples - np.rint(multiples)) < 1e-6))
    reach = 2 * np.pi / smallest * (1 if has_period else _PERIODS)
    fewest, most = _GAMMAS
    most = int(np.clip(_WORK / cost, fewest, most))
    step = _STEP / float(problem.energies.std())
    count = most if reach > most * step else int(reach / step) + 1
    return np.linspace(0.0, min(reach, most * step), count + 1)


def _refined(values: _Few | _Whole, gammas: _Reals, width: float) -> tuple[float, float]:
    """The best angles around some, which are a grid's distance from others."""
    heights, betas = values.best(gammas)
    for _ in range(int(np.clip(_WORK / values.cost, *_HALVINGS))):
        width /= 2
        for tried in (gammas - width, gammas + width):
            found, at = values.best(tried)
            better = found > heights
            gammas, heights = np.where(better, tried, gammas), np.where(better, found, heights)
            betas = np.where(better, at, betas)
    good = np.flatnonzero(heights >= heights.max() - 1e-6 * abs(heights.max()))
    first = good[gammas[good].argmin()]
    return float(gammas[first]), float(betas[first])


def _peaks(curves: _Reals) -> tuple[_Reals, _Reals]:
    """The largest value of each curve over beta, and where it is, by a parabola through three points."""
    rows, at = np.arange(len(curves)), curves.argmax(axis=1)
    left, top, right = (curves[rows, (at + offset) % _BETAS] for offset in (-1, 0, 1))
    bend = left - 2 * top + right
    shift = np.divide(left - right, 2 * bend, out=np.zeros_like(top), where=bend < 0)
    return top - (left - right) * shift / 4, np.pi / _BETAS * (at + shift)


class _Few:
    """How likely a few states are. An amplitude is a sum over the distances of others from that state."""

    def __init__(self, problem: Problem, references: list[int]) -> None:
        self._energies, n = problem.energies, problem.n
        states = np.arange(1 << n)
        ones = np.array([state.bit_count() for state in range(1 << n)])
        self._orders = [np.argsort(ones[states ^ reference], kind="stable") for reference in set(references)]
        self._starts = np.searchsorted(np.sort(ones), np.arange(n + 1))
        betas, distances = np.pi / _BETAS * np.arange(_BETAS), np.arange(n + 1)[:, None]
        self._mixer = np.cos(betas) ** (n - distances) * (-1j * np.sin(betas)) ** distances
        self.cost = (1 << n) * (1 + len(self._orders))

    def best(self, gammas: _Reals) -> tuple[_Reals, _Reals]:
        """For each gamma the largest value over beta, and that beta."""
        found = []
        for some in _portions(gammas, max(len(self._energies), _BETAS)):
            phases = np.exp(-1j * np.outer(some, self._energies))
            curves = np.zeros((len(some), _BETAS))
            for order in self._orders:
                by_distance = np.add.reduceat(phases[:, order], self._starts, axis=1)
                curves += np.abs(by_distance @ self._mixer) ** 2
            found.append(_peaks(curves / len(self._energies)))
        heights, betas = zip(*found, strict=True)
        return np.concatenate(heights), np.concatenate(betas)


class _Whole:
    """How likely many states are, or how low the mean energy is, from all probabilities.

    Over beta this is a sum of as few waves as the largest term has variables (for states: as there are), so
    that a few values tell all of them.
    """

    def __init__(self, problem: Problem, references: list[int]) -> None:
        self._energies, self._n = problem.energies, problem.n
        self._weights = -problem.energies
        waves = max(problem.degree, 1)
        if references:
            waves = problem.n
            self._weights = np.zeros(1 << problem.n)
            self._weights[references] = 1.0
        self._samples = 2 * waves + 1
        self.cost = (1 << problem.n) * self._samples * problem.n

    def best(self, gammas: _Reals) -> tuple[_Reals, _Reals]:
        """For each gamma the largest value over beta, and that beta."""
        found = []
        for some in _portions(gammas, len(self._energies)):
            states = np.exp(-1j * np.outer(some, self._energies))
            sampled = [
                _mixed(states, np.pi * sample / self._samples, self._n) @ self._weights
                for sample in range(self._samples)
            ]
            waves = np.fft.rfft(np.stack(sampled, axis=1) / len(self._energies), axis=1)
            curves = np.fft.irfft(waves, _BETAS, axis=1) * (_BETAS / self._samples)
            found.append(_peaks(curves))
        heights, betas = zip(*found, strict=True)
        return np.concatenate(heights), np.concatenate(betas)


def _portions(gammas: _Reals, width: int) -> list[_Reals]:
    """The same in portions whose tables of that width are not too large."""
    size = max(1, _AT_ONCE // width)
    return [gammas[start : start + size] for start in range(0, len(gammas), size)]
