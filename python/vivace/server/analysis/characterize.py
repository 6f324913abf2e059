"""What a characterisation answers: facts about a QUBO, each proven or computed, or null."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np

from vivace.backends.qoro.wire.analysis_options import PRESETS, check_variables, read_options
from vivace.errors import ProtocolError
from vivace.server.analysis import structure
from vivace.server.analysis.levels import Ground, ground_of
from vivace.server.analysis.problem import EXACT_VARIABLES, Problem, state_text
from vivace.server.analysis.qaoa import QAOA_VARIABLES, best_angles, probabilities
from vivace.server.analysis.search import Baseline, search

__all__ = ["Findings", "Request", "characterize"]

_NARROW: Final = 10
_SHOWN: Final = 20
_MAGNITUDES: Final = 1e-30, 1e30
_LARGEST_ANGLE: Final = 1e6
_UNANALYSED: Final = (
    "sensitivity",
    "structural_sensitivity",
    "auto_tune",
    "penalty_tuning",
    "constraints",
    "subspace",
    "cost_qubo",
    "penalty_qubo",
)


@dataclass(frozen=True)
class Request:
    """What to analyse.

    Attributes:
        problem: The problem.
        references: Reference states as bitstrings, leftmost = variable 0.
        gamma: Fixed angle, or None.
        beta: Fixed angle, or None.
        sweep: Whether to look for angles.
        simulates: Whether the ansatz is the one that is simulated here: one layer, X mixer.
        hardness_only: Whether to leave out the report.
        swept_anyway: Whether a search for angles is asked for that is made without asking, too.
        fast: Whether the preset is the one that asks for less.
        deep: Whether the preset is the one that asks for more than is done here.
        ignored: Options that are not analysed here.
    """

    problem: Problem
    references: tuple[str, ...]
    gamma: float | None
    beta: float | None
    sweep: bool
    simulates: bool
    hardness_only: bool
    swept_anyway: bool
    fast: bool
    deep: bool
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
            ConfigError: An option that does not exist, or has a bad value.
            ProtocolError: A problem of the wrong size, or a reference state of the wrong length.
        """
        asked = read_options(options, max_variables=limit)
        n = _size(terms, n_terms, asked, limit)
        check_variables(asked.get("subspace"), asked.get("constraints"), n)
        wrong = next((state for state in references if len(state) != n), None)
        if wrong is not None:
            hint = " Variables without terms are counted by options.n_qubits." if len(wrong) > n else ""
            raise ProtocolError(
                f"Reference state '{wrong:.60}' has {len(wrong)} characters; the problem has {n} "
                f"variables.{hint}",
                "reference_states",
            )
        analysis, ansatz = asked.get("analysis", {}), asked.get("ansatz", {})
        gamma, beta = _angle(analysis, "gamma"), _angle(analysis, "beta")
        usual, _ = PRESETS[asked.get("preset", "standard")]
        return cls(
            Problem({key: value for key, value in terms.items() if value != 0}, n),
            references,
            gamma,
            beta,
            sweep=analysis.get("parameter_sweep", usual) and gamma is None and beta is None,
            simulates=ansatz.get("layers", 1) == 1 and ansatz.get("mixer", "x") == "x",
            hardness_only=analysis.get("hardness_only", False),
            swept_anyway=usual and bool(analysis.get("parameter_sweep")),
            fast=asked.get("preset") == "fast",
            deep=asked.get("preset") == "deep",
            ignored=_ignored(asked, analysis),
        )

    @property
    def is_fixed(self) -> bool:
        """Whether both angles are given."""
        return self.gamma is not None and self.beta is not None

    @property
    def has_angles(self) -> bool:
        """Whether any angle is given."""
        return self.gamma is not None or self.beta is not None

    @property
    def asks_for_angles(self) -> bool:
        """Whether QAOA is to be simulated, be it at the angles given or at the best ones."""
        return not self.hardness_only and (self.sweep or self.is_fixed)


def _ignored(asked: Mapping[str, Any], analysis: Mapping[str, Any]) -> tuple[str, ...]:
    """Options that are asked for, by themselves or by the preset, and are not analysed."""
    wanted = {name for name in _UNANALYSED if analysis.get(name) or name in asked}
    by_preset = "preset" in asked and PRESETS[asked["preset"]][1]
    if by_preset and analysis.keys().isdisjoint({"sensitivity", "structural_sensitivity"}):
        wanted.add("structural_sensitivity")
    return tuple(name for name in _UNANALYSED if name in wanted)


def _size(
    terms: Mapping[tuple[int, ...], float], n_terms: int, options: Mapping[str, Any], limit: int
) -> int:
    """The number of variables, of a problem whose numbers can be calculated with."""
    low, high = _MAGNITUDES
    odd = next((value for value in terms.values() if value and not low <= abs(value) <= high), None)
    if odd is not None:
        raise ProtocolError(f"Expected coefficients of size {low:g} to {high:g}, got {odd:g}.", "qubo")
    n: int = options.get("n_qubits", n_terms)
    if not max(1, n_terms) <= n <= limit:
        raise ProtocolError(f"Expected {max(1, n_terms)} to {limit} variables, got {n!s:.60}.", "n_qubits")
    return n


def _angle(analysis: Mapping[str, Any], name: str) -> float | None:
    angle: float | None = analysis.get(name)
    if angle is not None and abs(angle) > _LARGEST_ANGLE:
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
    ground = ground_of(problem) if exact else None
    spectrum = _NO_SPECTRUM if ground is None else _spectrum(ground)
    hardness = _hardness(problem, spectrum, baseline)
    report = None if request.hardness_only else _report(request, spectrum, baseline)
    return Findings(hardness, report, tuple(_recommendations(request, ground)))


_NO_SPECTRUM: Final[dict[str, Any]] = dict.fromkeys(
    ("energy_min", "energy_max", "cost_gap", "cost_gap_normalized", "ground_state_degeneracy")
)


def _spectrum(ground: Ground) -> dict[str, Any]:
    """Ends, gap and degeneracy of the spectrum; the gap of a constant problem is None.

    Gap and degeneracy are None, too, where rounding cannot tell the lowest levels apart.
    """
    told = not ground.unclear.any()
    spread = float(ground.excess.max())
    above = ground.excess[~ground.lowest]
    gap = float(above.min()) if told and len(above) else None
    return {
        "energy_min": ground.energy,
        "energy_max": ground.energy + spread,
        "cost_gap": gap,
        "cost_gap_normalized": None if gap is None else gap / spread,
        "ground_state_degeneracy": int(ground.lowest.sum()) if told else None,
    }


def _hardness(problem: Problem, spectrum: dict[str, Any], baseline: Baseline) -> dict[str, Any]:
    treewidth = structure.treewidth_bound(problem)
    matrix = structure.matrix_facts(problem)
    difficulty, advice = _difficulty(problem, treewidth, baseline)
    return {
        "difficulty": difficulty,
        "advice": advice,
        **structure.weights(problem),
        "cost_spectrum_estimated": False if problem.n <= EXACT_VARIABLES else None,
        **spectrum,
        "frustration_index": None,
        "global_flip_symmetric": structure.flip_symmetric(problem),
        "treewidth_estimate": treewidth,
        **matrix,
        "spectral_gap": matrix["matrix_spectral_gap"],
        "condition_number": matrix["matrix_condition_number"],
        "degeneracy": spectrum["ground_state_degeneracy"],
    }


def _difficulty(
    problem: Problem, treewidth: int | None, baseline: Baseline
) -> tuple[str, str] | tuple[None, None]:
    """How hard the problem is for classical machines, and the reason, which is a fact."""
    if problem.degree <= 1:
        return "easy", "No two variables share a term: each one is settled alone."
    if structure.is_submodular(problem):
        return "easy", "No coupling is above zero: a minimum cut solves the problem."
    if problem.n <= EXACT_VARIABLES:
        return "easy", f"All 2**{problem.n} states were enumerated."
    if treewidth is not None and treewidth <= _NARROW:
        return "easy", f"The treewidth is at most {treewidth}: dynamic programming solves the problem."
    if baseline.share is None:  # it was sampled, not searched
        return None, None
    if baseline.share >= 0.5:
        found = "moderate", f"{baseline.share:.0%} of the annealing runs end at the lowest energy found."
    else:
        found = "hard", "Search from different states ends at different energies."
    return found


def _report(request: Request, spectrum: dict[str, Any], baseline: Baseline) -> dict[str, Any]:
    problem = request.problem
    bound, method = structure.lower_bound(problem)
    asked = request.asks_for_angles
    simulated = asked and request.simulates and problem.n <= QAOA_VARIABLES
    ansatz = _ansatz(request, spectrum) if simulated else dict.fromkeys(_ANSATZ)
    return {
        "num_qubits": problem.n,
        "target_states": list(request.references),
        "reference_states": list(request.references),
        "regime": "exact" if simulated else "refuse" if asked else None,
        "confidence": "proven" if simulated else "open" if asked else None,
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
    "angles_searched",
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
    searched = None
    if request.gamma is not None and request.beta is not None:
        gamma, beta = request.gamma, request.beta
    else:
        best = best_angles(problem, references)
        gamma, beta = best.gamma, best.beta
        searched = {"gamma": [0.0, best.searched], "beta": [0.0, math.pi]}
    found = probabilities(problem, gamma, beta)
    low, high = spectrum["energy_min"], spectrum["energy_max"]
    on_references = float(found[references].sum()) if references else None
    concentration = None
    if on_references is not None:
        concentration = on_references * len(found) / len(references)
    shown = np.argsort(-found, kind="stable")[:_SHOWN].tolist()
    return {
        "best_parameters": {"gamma": gamma, "beta": beta, "probability": on_references},
        "angles_searched": searched,
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


def _recommendations(request: Request, ground: Ground | None) -> list[dict[str, str]]:
    found = []
    if ground is not None:
        above = ~(ground.lowest | ground.unclear)
        for state in request.references:
            place = int(state[::-1], 2)
            if above[place]:
                energy = ground.energy + float(ground.excess[place])
                text = f"Reference state {state} has energy {energy:g}, above the minimum {ground.energy:g}."
                found.append(_recommendation("warn", "reference_states", text))
        if ground.unclear.any():
            text = (
                "Energies differ from the lowest by so little that rounding may be why: the energy gap and "
                "the number of ground states are left open."
            )
            found.append(_recommendation("info", "ground_state_degeneracy", text))
    return [*found, *_not_done(request)]


def _not_done(request: Request) -> Iterator[dict[str, str]]:
    """What was asked for and is not answered, and why."""
    if request.deep:
        text = "Preset 'deep' is analysed as 'standard' is by this server."
        yield _recommendation("info", "preset", text)
    for name in request.ignored:
        yield _recommendation("info", name, f"'{name}' is not analysed by this server.")
    if request.fast and not (request.asks_for_angles or request.hardness_only or request.has_angles):
        text = "Preset 'fast' leaves out the search for angles; parameter_sweep=True asks for it."
        yield _recommendation("info", "best_parameters", text)
    simulated = request.simulates and request.problem.n <= QAOA_VARIABLES
    if request.swept_anyway and request.asks_for_angles and simulated:
        text = "parameter_sweep=True changes nothing here: the best angles are searched for without it too."
        yield _recommendation("info", "parameter_sweep", text)
    if request.has_angles and not request.is_fixed:
        text = "Fixed angles are analysed together: give both gamma and beta."
        yield _recommendation("info", "best_parameters", text)
    too_large = request.asks_for_angles and request.problem.n > QAOA_VARIABLES
    if not request.simulates or too_large:
        text = f"QAOA is simulated with one layer and the X mixer, up to {QAOA_VARIABLES} variables only."
        yield _recommendation("info", "approximation_ratio", text)


def _recommendation(level: str, metric: str, text: str) -> dict[str, str]:
    return {"level": level, "metric": metric, "text": text, "html": f"<p>{escape(text)}</p>"}
