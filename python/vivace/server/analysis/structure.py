"""What the terms of a problem tell without solving it."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from vivace.server.analysis.levels import equal, uncertainties
from vivace.server.analysis.problem import Problem

__all__ = ["flip_symmetric", "is_submodular", "lower_bound", "matrix_facts", "treewidth_bound", "weights"]

_TREEWIDTH_EDGES: Final = 60_000
_NEGLIGIBLE: Final = 1e-9


def weights(problem: Problem) -> dict[str, Any]:
    """Number, density and sizes of the terms. Density is that of pairs of variables that share a term."""
    sizes = np.abs([value for value in problem.terms.values() if value != 0])
    pairs = problem.n * (problem.n - 1) / 2
    edges = sum(map(len, problem.neighbours)) / 2
    found: dict[str, Any] = {
        "n_variables": problem.n,
        "n_terms": len(sizes),
        "density": edges / pairs if pairs else None,
    }
    if not len(sizes):
        return found | {"weight_range": None, "weight_ratio": None}
    low, high = float(sizes.min()), float(sizes.max())
    return found | {"weight_range": [low, high], "weight_ratio": high / low}


def matrix_facts(problem: Problem) -> dict[str, float | None]:
    """Gap of the two smallest eigenvalues of Q, and its condition number; None beyond quadratic terms."""
    gap = condition = None
    if problem.degree <= 2 and problem.n:
        values = np.linalg.eigvalsh(problem.couplings / 2 + np.diag(problem.linear))
        gap = float(values[1] - values[0]) if problem.n > 1 else None
        sizes = np.abs(values)
        if sizes.min() > _NEGLIGIBLE * sizes.max():
            condition = float(sizes.max() / sizes.min())
    return {"matrix_spectral_gap": gap, "matrix_condition_number": condition}


def is_submodular(problem: Problem) -> bool:
    """Whether a minimum cut solves the problem: at most quadratic, and no coupling above zero."""
    return problem.degree <= 2 and bool((problem.couplings <= 0).all())


def flip_symmetric(problem: Problem) -> bool | None:
    """Whether flipping all variables leaves every energy as it is; None beyond quadratic terms.

    None, too, where it nearly does, and rounding may be why it does not.
    """
    if problem.degree > 2:
        return None
    halves = problem.couplings / 2
    np.fill_diagonal(halves, problem.linear)
    fields = np.array([abs(math.fsum(row)) for row in halves.tolist()])
    same, unclear = equal(fields, uncertainties(halves).sum(axis=1), problem.n)
    return None if unclear.any() and (same | unclear).all() else bool(same.all())


def treewidth_bound(problem: Problem) -> int | None:
    """An upper bound on the treewidth, by eliminating a variable of least degree first; None if too large."""
    graph = {variable: set(others) for variable, others in enumerate(problem.neighbours)}
    edges = sum(map(len, graph.values())) // 2
    width = 0
    while graph:
        if edges > _TREEWIDTH_EDGES and edges < len(graph) * (len(graph) - 1) // 2:
            return None
        variable = min(graph, key=lambda v: len(graph[v]))
        others = graph.pop(variable)
        width = max(width, len(others))
        if len(others) == len(graph):  # what is left is a clique, or becomes one
            return width
        edges -= len(others)
        for other in others:
            before = len(graph[other])
            graph[other] |= others
            graph[other] -= {other, variable}
            edges += len(graph[other]) - before
    return width


def lower_bound(problem: Problem) -> tuple[float, str]:
    """A number that no energy is below, and the name of the bound: the best of three."""
    best = float(sum(min(value, 0.0) for value in problem.terms.values())), "negative_coefficients"
    if problem.degree > 2 or not problem.n:
        return best
    # With spins s = 2x - 1 energies are constant + h·s + s·J·s, and s·J·s is at least n times the smallest
    # eigenvalue of J. The linear part is bounded on its own, or made quadratic by one more spin.
    couplings = problem.couplings / 8
    fields = problem.linear / 2 + problem.couplings.sum(axis=0) / 4
    constant = problem.linear.sum() / 2 + problem.couplings.sum() / 8
    whole = np.zeros((problem.n + 1, problem.n + 1))
    whole[1:, 1:] = couplings
    whole[0, 1:] = whole[1:, 0] = fields / 2
    apart = problem.n * np.linalg.eigvalsh(couplings)[0] - np.abs(fields).sum()
    together = (problem.n + 1) * np.linalg.eigvalsh(whole)[0]
    spectral = float(constant + max(apart, together))
    return (spectral, "eigenvalue") if spectral > best[0] else best
