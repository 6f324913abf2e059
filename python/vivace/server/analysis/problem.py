"""A QUBO problem, its energies, and the structure of its terms.

States are integers whose bit i is variable i; as text, the leftmost character is variable 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXACT_VARIABLES", "Problem", "place", "state_text", "summed"]

_Number = TypeVar("_Number", np.float64, np.int64)

EXACT_VARIABLES: Final = 20
"""Most variables for which all energies are computed."""


def state_text(state: int, n: int) -> str:
    """A state as text.

    >>> state_text(1, 3)
    '100'
    """
    return f"{state:0{n}b}"[::-1] if n else ""


def place(variables: Iterable[int]) -> int:
    """The state in which these variables are 1."""
    return sum(1 << variable for variable in variables)


def summed(values: NDArray[_Number]) -> NDArray[_Number]:
    """For each state the sum over all its subsets, in place: one pass for each variable adds them up."""
    for variable in range(len(values).bit_length() - 1):
        halves = values.reshape(-1, 2, 1 << variable)
        halves[:, 1] += halves[:, 0]
    return values


@dataclass(frozen=True)
class Problem:
    """Minimise a polynomial of binary variables.

    Attributes:
        terms: Coefficient by the variables it multiplies, ascending and distinct.
        n: Number of variables.

    >>> problem = Problem({(0,): 1.0, (1,): 1.0, (0, 1): -3.0}, 2)
    >>> problem.energies.tolist()
    [0.0, 1.0, 1.0, -1.0]
    """

    terms: Mapping[tuple[int, ...], float]
    n: int

    @cached_property
    def degree(self) -> int:
        """Variables of the largest term."""
        return max(map(len, self.terms), default=0)

    @cached_property
    def energies(self) -> NDArray[np.float64]:
        """Energy of every state: 2**n of them. Only for `EXACT_VARIABLES` at most."""
        found = np.zeros(1 << self.n)
        for variables, coefficient in self.terms.items():
            found[place(variables)] += coefficient
        return summed(found)

    def energies_of(self, states: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Energies of some states: rows × variables."""
        found = np.zeros(len(states))
        for variables, coefficient in self.terms.items():
            found += coefficient * states[:, list(variables)].all(axis=1)
        return found

    @cached_property
    def by_size(self) -> list[tuple[NDArray[np.intp], NDArray[np.float64]]]:
        """Variables (terms × size) and coefficients of the terms of each size."""
        sizes = sorted({len(variables) for variables in self.terms})
        keys = [[variables for variables in self.terms if len(variables) == size] for size in sizes]
        return [(np.array(some, dtype=np.intp), np.array([self.terms[key] for key in some])) for some in keys]

    @cached_property
    def linear(self) -> NDArray[np.float64]:
        """Coefficients of single variables."""
        found = np.zeros(self.n)
        for variables, coefficient in self.terms.items():
            if len(variables) == 1:
                found[variables[0]] += coefficient
        return found

    @cached_property
    def couplings(self) -> NDArray[np.float64]:
        """Coefficients of pairs, symmetric: n × n with zeros on the diagonal."""
        found = np.zeros((self.n, self.n))
        for variables, coefficient in self.terms.items():
            if len(variables) == 2:
                found[variables] += coefficient
        return found + found.T

    @cached_property
    def neighbours(self) -> list[set[int]]:
        """For each variable those it shares a term with."""
        found: list[set[int]] = [set() for _ in range(self.n)]
        for variables in self.terms:
            for variable in variables:
                found[variable].update(variables)
        for variable, others in enumerate(found):
            others.discard(variable)
        return found
