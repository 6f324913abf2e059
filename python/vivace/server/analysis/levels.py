"""Which energies are the same: exactly, or as far as the coefficients say.

Differences of energies are computed without rounding, however far the coefficients are apart. These may have
been rounded before they came here, as 0.1 is. Those of at most 45 bits are taken for what they are; others
may be off by their last bit, and differences that this could make up are none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vivace.server.analysis.problem import Problem, place, summed

__all__ = ["EPSILON", "Ground", "Lowest", "equal", "ground_of", "low_states", "uncertainties"]

EPSILON: Final = 2.0**-52
_MANTISSA: Final = 53
_SHORT: Final = 45
_DIGIT: Final = 40  # bits; sums of 2**20 digits have no more than 60
_UNCLEAR: Final = 16
_WORK: Final = 1 << 26

_Reals = NDArray[np.float64]
_Flags = NDArray[np.bool_]


def uncertainties(coefficients: _Reals) -> _Reals:
    """What each coefficient may be off by.

    >>> (uncertainties(np.array([3.0, -0.1, 1e15, 0.75])) > 0).tolist()
    [False, True, False, False]
    """
    mantissas = np.ldexp(np.frexp(coefficients)[0], _SHORT)
    return np.where(mantissas == np.rint(mantissas), 0.0, EPSILON * np.abs(coefficients))


def equal(differences: _Reals, uncertain: _Reals, n: int) -> tuple[_Flags, _Flags]:
    """Which differences of sums are none, and which may be one or none.

    Args:
        differences: Differences, none below zero.
        uncertain: What they may be off by, if each coefficient was rounded once.
        n: How many numbers a coefficient may be the sum of, each of which was rounded.
    """
    same = differences <= uncertain
    return same, ~same & (differences <= _UNCLEAR * n * uncertain)


@dataclass(frozen=True)
class Ground:
    """The lowest energy, and how far above it every state is.

    Attributes:
        energy: The lowest energy.
        excess: What the energy of each state is above it.
        lowest: Which states have the lowest energy.
        unclear: Which states may have it.
    """

    energy: float
    excess: _Reals
    lowest: _Flags
    unclear: _Flags


def ground_of(problem: Problem) -> Ground:
    """The lowest of all states, of a problem that is small enough to enumerate.

    >>> found = ground_of(Problem({(0,): 1e20, (1,): -1.0}, 2))
    >>> found.energy, found.excess.tolist()
    (-1.0, [1.0, 1e+20, 0.0, 1e+20])
    """
    digits, exponent = _digits(problem)
    best = np.arange(1 << problem.n)
    for digit in reversed(digits):
        best = best[digit[best] == digit[best].min()]
    state = int(best[0])
    energy = sum(int(digit[state]) << _DIGIT * i for i, digit in enumerate(digits)) * Fraction(2) ** exponent
    excess = _above(digits, state, exponent)
    lowest, unclear = equal(excess, _uncertain(problem, state), problem.n)
    return Ground(float(energy), excess, lowest, unclear)


def _digits(problem: Problem) -> tuple[list[NDArray[np.int64]], int]:
    """Energies of all states in a unit that divides them, as digits with the least first; and its exponent.

    The unit is a power of two. All digits but the last are from 0 to 2**40.
    """
    parts = {place(key): math.frexp(value) for key, value in problem.terms.items()}
    exponent = min((power for _, power in parts.values()), default=0) - _MANTISSA
    whole = {
        state: int(math.ldexp(mantissa, _MANTISSA)) << power - _MANTISSA - exponent
        for state, (mantissa, power) in parts.items()
    }
    length = max((number.bit_length() for number in whole.values()), default=1)
    found, carry = [], np.zeros(1 << problem.n, dtype=np.int64)
    n_digits = -(-length // _DIGIT)
    for index in range(n_digits):
        digit = np.zeros(1 << problem.n, dtype=np.int64)
        for state, number in whole.items():
            rest = number >> _DIGIT * index
            digit[state] = rest if index == n_digits - 1 else rest & ((1 << _DIGIT) - 1)
        digit = summed(digit) + carry
        if index < n_digits - 1:
            carry = digit >> _DIGIT
            digit &= (1 << _DIGIT) - 1
        found.append(digit)
    return found, exponent


def _above(digits: list[NDArray[np.int64]], state: int, exponent: int) -> _Reals:
    """How far states are above the lowest: digits that are all positive, so that none takes from another."""
    found = np.zeros(len(digits[0]))
    carry = np.zeros(len(digits[0]), dtype=np.int64)
    for index, digit in enumerate(digits):
        rest = digit - digit[state] + carry
        if index < len(digits) - 1:
            carry = rest >> _DIGIT
            rest &= (1 << _DIGIT) - 1
        found += np.ldexp(rest.astype(np.float64), _DIGIT * index + exponent)
    return found


def _uncertain(problem: Problem, state: int) -> _Reals:
    """For each state what its difference to one of them may be off by: terms that are in one of the two."""
    sums = np.zeros(1 << problem.n)
    places = [place(key) for key in problem.terms]
    sums[places] = uncertainties(np.fromiter(problem.terms.values(), np.float64))
    summed(sums)
    both = sums[np.arange(len(sums)) & state]
    return np.asarray(np.maximum(sums - both, 0.0) + np.maximum(sums[state] - both, 0.0))


@dataclass(frozen=True)
class Lowest:
    """The lowest of some states.

    Attributes:
        energy: Their energy.
        rows: Which of the states have it; None where rounding cannot tell.
        n_distinct: How many different states these are; None with ``rows``.
    """

    energy: float
    rows: _Flags | None
    n_distinct: int | None


def low_states(problem: Problem, states: _Flags, energies: _Reals) -> Lowest:
    """The lowest of some states, whose energies are known but for rounding.

    Args:
        problem: The problem.
        states: The states, rows × variables.
        energies: Their energies.
    """
    sizes = sum(float(np.abs(values).sum()) for _, values in problem.by_size)
    margin = 2 * EPSILON * (len(problem.terms) + problem.n) * sizes
    near = np.flatnonzero(energies <= energies.min() + margin)
    different, place_of = np.unique(states[near], axis=0, return_inverse=True)
    if len(different) * len(problem.terms) > _WORK:
        return Lowest(float(energies.min()), None, None)
    best = int(place_of.reshape(-1)[energies[near].argmin()])
    above, uncertain = _compared(problem, different, best)
    if above.min() < 0:
        best = int(above.argmin())
        above, uncertain = _compared(problem, different, best)
    energy = math.fsum(_values(problem, different[best]))
    same, unclear = equal(above, uncertain, problem.n)
    if unclear.any():
        return Lowest(energy, None, None)
    rows = np.zeros(len(states), dtype=bool)
    rows[near] = same[place_of.reshape(-1)]
    return Lowest(energy, rows, int(same.sum()))


def _compared(problem: Problem, states: _Flags, best: int) -> tuple[_Reals, _Reals]:
    """How far each state is above one of them, rounded once, and what that may be off by."""
    base = _values(problem, states[best])
    above, uncertain = np.zeros(len(states)), np.zeros(len(states))
    for row, state in enumerate(states):
        change = _values(problem, state) - base
        above[row], uncertain[row] = math.fsum(change), uncertainties(change).sum()
    return above, uncertain


def _values(problem: Problem, state: _Flags) -> _Reals:
    """What each term adds to the energy of a state."""
    parts = [values * state[variables].all(axis=1) for variables, values in problem.by_size]
    return np.concatenate(parts) if parts else np.zeros(0)
