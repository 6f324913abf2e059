"""What a characterisation answers: facts about a QUBO, each proven or computed, or null."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np

from vivace.backends.qoro.wire import fields
from vivace.errors import ProtocolError
from vivace.server.analysis import structure
from vivace.server.analysis.problem import EXACT_VARIABLES, Problem, state_text
from vivace.server.analysis.qaoa import QAOA_VARIABLES, best_angles, probabilities
from vivace.server.analysis.search import Baseline, search

__all__ = ["Findings", "Request", "characterize"]

_NARROW: Final = 10
_SHOWN: Final = 20
_SAME: Final = 1e-9
_MAGNITUDES: Final = 1e-30, 1e30
_LARGEST_ANGLE: Final = 1e6
_UNANALYSED: Final = ("constraints", "subspace", "cost_qubo", "penalty_qubo")
_OPTIONS: Final = frozenset({"preset", "analysis", "ansatz", "n_qubits", *_UNANALYSED})


@dataclass(frozen=True)
class Request:
    """What to analyse.

    Attributes:
        problem: The problem.
        references: Reference states as bitstrings, leftmost = variable 0.
        gamma: Fixed angle, or None.
        beta: Fixed angle, or None.
        sweep: Whether to look for angles.
        simulates: Whether QAOA is asked for as it is simulated here: one layer, X mixer.
        hardness_only: Whether to leave out the report.
        ignored: Options that are not analysed here.
    """

    problem: Problem
    references: tuple[str, ...]
    gamma: float | None
    beta: float | None
    sweep: bool
    simulates: bool
    hardness_only: bool
    ignored: tuple[str, ...]

    @classmethod
    def of(
        cls,
        terms: Mapping[tuple[int, ...], float],
        n_terms: int,
        references: tuple[str, ...],
        options: Mapping[str, Any],
        limit: int,
    ) -> Request:
        """Check a request.

        Raises:
            ProtocolError: An unknown option, a bad value, or a reference state of the wrong length.
        """
        odd = next((name for name in options if name not in _OPTIONS), None)
        if odd is not None:
            raise ProtocolError(f"Unknown option {odd!r:.60}; expected one of {sorted(_OPTIONS)}.", "options")
        n = _size(terms, n_terms, options, limit)
        wrong = next((state for state in references if len(state) != n), None)
        if wrong is not None:
            raise ProtocolError(
                f"Reference state '{wrong:.60}' has {len(wrong)} characters; the problem has {n} variables.",
                "reference_states",
            )
        analysis = fields.read_object(options, "analysis", {})
        ansatz = fields.read_object(options, "ansatz", {})
        gamma, beta = _angle(analysis, "gamma"), _angle(analysis, "beta")
        fast = fields.read_text(options, "preset", "standard") == "fast"
        sweep = fields.read_flag(analysis, "parameter_sweep", not fast)
        layers = fields.read_whole(ansatz, "layers", 1, minimum=1)
        return cls(
            Problem({key: value for key, value in terms.items() if value != 0}, n),
            references,
            gamma,
            beta,
            sweep=sweep and gamma is None and beta is None,
            simulates=layers == 1 and fields.read_text(ansatz, "mixer", "x").lower() == "x",
            hardness_only=fields.read_flag(analysis, "hardness_only", False),
            ignored=tuple(name for name in _UNANALYSED if options.get(name)),
        )


def _size(
    terms: Mapping[tuple[int, ...], float], n_terms: int, options: Mapping[str, Any], limit: int
) -> int:
    """The number of variables, of a problem whose numbers can be calculated with."""
    low, high = _MAGNITUDES
    odd = next((value for value in terms.values() if value and not low <= abs(value) <= high), None)
    if odd is not None:
        raise ProtocolError(f"Expected coefficients of size {low:g} to {high:g}, got {odd:g}.", "qubo")
    n = int(fields.read_whole(options, "n_qubits", n_terms))
    if not max(1, n_terms) <= n <= limit:
        raise ProtocolError(f"Expected {max(1, n_terms)} to {limit} variables, got {n}.", "n_qubits")
    return n


def _angle(analysis: Mapping[str, Any], name: str) -> float | None:
    if analysis.get(name) is None:
        return None
    angle = fields.read_number(analysis, name)
    if abs(angle) > _LARGEST_ANGLE:
        raise ProtocolError(f"Expected {name} of at most {_LARGEST_ANGLE:g}, got {angle:g}.", name)
    return angle


@dataclass(frozen=True)
class Findings:
    """What was found, as it travels."""

    hardness: dict[str, Any]
    report: dict[str, Any] | None
    recommendations: tuple[dict[str, str], ...]


def characterize(request: Request) -> Findings:
    """Analyse a problem: exactly up to `EXACT_VARIABLES` variables, by bounds and search beyond.

    >>> problem = {(0,): -1.0, (1,): -1.0, (0, 1): 2.0}
    >>> findings = characterize(Request.of(problem, 2, ("10", "01"), {}, 100))
    >>> findings.hardness["energy_min"], findings.hardness["ground_state_degeneracy"]
    (-1.0, 2)
    """
    problem = request.problem
    baseline = search(problem)
    exact = problem.n <= EXACT_VARIABLES
    spectrum = _spectrum(problem) if exact else _NO_SPECTRUM
    hardness = _hardness(problem, spectrum, baseline)
    report = None if request.hardness_only else _report(request, spectrum, baseline)
    return Findings(hardness, report, tuple(_recommendations(request, spectrum)))


_NO_SPECTRUM: Final[dict[str, Any]] = dict.fromkeys(
    ("energy_min", "energy_max", "cost_gap", "cost_gap_normalized", "ground_state_degeneracy")
)


def _spectrum(problem: Problem) -> dict[str, Any]:
    """Ends, gap and degeneracy of the spectrum; the gap of a constant problem is None."""
    energies = problem.energies
    low, high = float(energies.min()), float(energies.max())
    margin = _SAME * max(1.0, abs(low), abs(high))
    above = energies[energies > low + margin]
    gap = float(above.min()) - low if len(above) else None
    return {
        "energy_min": low,
        "energy_max": high,
        "cost_gap": gap,
        "cost_gap_normalized": None if gap is None else gap / (high - low),
        "ground_state_degeneracy": int((energies <= low + margin).sum()),
    }


def _hardness(problem: Problem, spectrum: dict[str, Any], baseline: Baseline) -> dict[str, Any]:
    treewidth = structure.treewidth_bound(problem)
    matrix = structure.matrix_facts(problem)
    difficulty, advice = _difficulty(problem, treewidth, baseline)
    return {
        "difficulty": difficulty,
        "advice": advice,
        **structure.weights(problem),
        "cost_spectrum_estimated": problem.n > EXACT_VARIABLES,
        **spectrum,
        "frustration_index": None,
        "global_flip_symmetric": structure.flip_symmetric(problem),
        "treewidth_estimate": treewidth,
        **matrix,
        "spectral_gap": matrix["matrix_spectral_gap"],
        "condition_number": matrix["matrix_condition_number"],
        "degeneracy": spectrum["ground_state_degeneracy"],
    }


def _difficulty(problem: Problem, treewidth: int | None, baseline: Baseline) -> tuple[str, str]:
    """How hard the problem is for classical machines, and the reason, which is a fact."""
    if problem.degree <= 1:
        return "easy", "No two variables share a term: each one is settled alone."
    if structure.is_submodular(problem):
        return "easy", "No coupling is above zero: a minimum cut solves the problem."
    if problem.n <= EXACT_VARIABLES:
        return "easy", f"All 2**{problem.n} states were enumerated."
    if treewidth is not None and treewidth <= _NARROW:
        return "easy", f"The treewidth is at most {treewidth}: dynamic programming solves the problem."
    if baseline.share is not None and baseline.share >= 0.5:
        return "moderate", f"{baseline.share:.0%} of the annealing runs end at the lowest energy found."
    return "hard", "Search from different states ends at different energies."


def _report(request: Request, spectrum: dict[str, Any], baseline: Baseline) -> dict[str, Any]:
    problem = request.problem
    bound, method = structure.lower_bound(problem)
    simulated = request.simulates and problem.n <= QAOA_VARIABLES
    ansatz = _ansatz(request, spectrum) if simulated else dict.fromkeys(_ANSATZ)
    return {
        "num_qubits": problem.n,
        "target_states": list(request.references),
        "reference_states": list(request.references),
        "regime": "exact" if simulated else "refuse",
        "confidence": "proven" if simulated else "open",
        "classical_baseline": {
            "greedy_energy": baseline.greedy,
            "sa_energy": baseline.annealed,
            "best_energy": baseline.best,
            "distinct_optima": baseline.distinct,
            "exact_ground_energy": spectrum["energy_min"],
            "relaxation_bound": bound,
            "relaxation_method": method,
        },
        **ansatz,
        **dict.fromkeys(_UNKNOWN),
    }


_ANSATZ: Final = (
    "best_parameters",
    "approximation_ratio",
    "concentration_ratio",
    "concentration_at_best",
    "state_probabilities",
)
_UNKNOWN: Final = (
    "quality_score",
    "quality_at_best",
    "formulation_quality",
    "sensitivity",
    "structural_sensitivity",
    "feasibility_rate",
    "penalty_recommendation",
    "penalty_tuning",
    "constraint_diagnostics",
    "recommended_min_layers",
    "ar_vs_depth",
)


def _ansatz(request: Request, spectrum: dict[str, Any]) -> dict[str, Any]:
    problem = request.problem
    references = sorted({int(state[::-1], 2) for state in request.references})
    if request.sweep:
        gamma, beta = best_angles(problem, references)
    elif request.gamma is not None and request.beta is not None:
        gamma, beta = request.gamma, request.beta
    else:
        return dict.fromkeys(_ANSATZ)
    found = probabilities(problem, gamma, beta)
    low, high = spectrum["energy_min"], spectrum["energy_max"]
    on_references = float(found[references].sum()) if references else None
    concentration = None
    if on_references is not None:
        concentration = on_references * len(found) / len(references)
    shown = np.argsort(-found, kind="stable")[:_SHOWN].tolist()
    return {
        "best_parameters": {"gamma": gamma, "beta": beta, "probability": on_references},
        "approximation_ratio": (high - float(found @ problem.energies)) / (high - low)
        if high > low
        else None,
        "concentration_ratio": concentration,
        "concentration_at_best": concentration if request.sweep else None,
        "state_probabilities": [
            {
                "state": state_text(state, problem.n),
                "is_target": state in references,
                "is_reference": state in references,
                "probability": float(found[state]),
                "energy": float(problem.energies[state]),
            }
            for state in shown
        ],
    }


def _recommendations(request: Request, spectrum: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    low = spectrum["energy_min"]
    for state in request.references if low is not None else ():
        energy = float(request.problem.energies[int(state[::-1], 2)])
        if not math.isclose(energy, low, rel_tol=_SAME, abs_tol=_SAME):
            text = f"Reference state {state} has energy {energy:g}, above the minimum {low:g}."
            found.append(_recommendation("warn", "reference_states", text))
    found += [
        _recommendation("info", name, f"'{name}' is not analysed by this server.") for name in request.ignored
    ]
    if not request.simulates or request.problem.n > QAOA_VARIABLES:
        text = f"QAOA is simulated with one layer and the X mixer, up to {QAOA_VARIABLES} variables only."
        found.append(_recommendation("info", "approximation_ratio", text))
    return found


def _recommendation(level: str, metric: str, text: str) -> dict[str, str]:
    return {"level": level, "metric": metric, "text": text, "html": f"<p>{escape(text)}</p>"}
