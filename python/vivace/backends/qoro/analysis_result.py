"""`CharacterizationResult`: what a characterisation found, and how it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from vivace.backends.qoro.wire import fields
from vivace.backends.qoro.wire.characterization import CharacterizationReply
from vivace.backends.qoro.wire.jobs import JobStatus
from vivace.errors import CharacterizationFailedError, ProtocolError, ResultError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CharacterizationResult", "first_number"]

T = TypeVar("T")

_NOTES: Final = 8


@dataclass(repr=False)
class CharacterizationResult:
    """What a characterisation found. What the service could not know is None.

    Attributes:
        job_id: The job.
        status: Where it stands.
        hardness: Figures on the problem.
        report: Figures on the algorithm.
        recommendations: Mappings with ``level`` (info, warn, action), ``metric``, ``text`` and ``html``.
        created_at: ISO 8601.
        completed_at: ISO 8601.
        html: Report of the service; shown by notebooks.
        qubo_max_error: Largest error of a matrix element in what was sent; above 0 only where a lossy form
            was asked for.

    >>> result = CharacterizationResult("0123456789", "COMPLETED", report={"approximation_ratio": 0.9})
    >>> result
    QUBO Characterization Result — Job 01234567...
      Status: COMPLETED
      Approximation Ratio: 0.9000
    """

    job_id: str
    status: str
    hardness: Mapping[str, Any] | None = None
    report: Mapping[str, Any] | None = None
    recommendations: list[Mapping[str, Any]] = field(default_factory=list)
    created_at: str | None = None
    completed_at: str | None = None
    html: str = field(default="", kw_only=True, compare=False)
    qubo_max_error: float = field(default=0.0, kw_only=True)

    @classmethod
    def from_response(cls, data: Mapping[str, Any], html: str = "") -> CharacterizationResult:
        """The result in the reply of the service.

        Raises:
            CharacterizationFailedError: The job failed, has not ended, or ended with nothing to show.
            ProtocolError: The reply has no job id or status, or a member of the wrong type.
        """
        reply = CharacterizationReply.from_wire(data)
        status = JobStatus.coerce(reply.status)
        if status is not JobStatus.COMPLETED:
            ended = status is not None and status.is_terminal
            detail = data.get("detail") or data.get("error")
            hint = str(detail) if detail else None if ended else "It has not ended yet."
            raise CharacterizationFailedError(reply.job_id, reply.status, hint)
        if reply.report is None and reply.hardness is None:
            raise CharacterizationFailedError(
                reply.job_id,
                reply.status,
                "It is complete, but has neither a report nor figures on hardness.",
            )
        return cls(
            reply.job_id,
            reply.status,
            reply.hardness,
            reply.report,
            list(reply.recommendations),
            reply.created_at,
            reply.completed_at,
            html=html,
            qubo_max_error=fields.read_number(data, "qubo_max_error", 0.0),
        )

    def _first(self, kind: type[T], *names: str) -> T | None:
        """The first of several keys of the report that has a value of that kind."""
        report = self.report or {}
        return next((report[name] for name in names if isinstance(report.get(name), kind)), None)

    @property
    def quality_score(self) -> float | None:
        """How well the problem suits the algorithm, from 0 to 100."""
        names = ("reference_concentration_score", "formulation_quality", "quality_at_best", "quality_score")
        return first_number(self.report, *names)

    @property
    def concentration_ratio(self) -> float | None:
        """How much more likely the target states are than by chance."""
        return first_number(self.report, "concentration_at_best", "concentration_ratio")

    @property
    def approximation_ratio(self) -> float | None:
        """How far the mean energy goes from the highest to the lowest: 1 is the lowest."""
        return first_number(self.report, "approximation_ratio")

    @property
    def best_parameters(self) -> Mapping[str, float] | None:
        """Best angles, and how likely the target states are: ``gamma``, ``beta``, ``probability``.

        In radians; a layer of QAOA, as `vivace.server` means it, is exp(-i·beta·ΣX)·exp(-i·gamma·C), where C
        is the QUBO. It tells in ``report["angles_searched"]`` which angles it looked at.
        """
        return self._first(Mapping, "best_parameters")  # type: ignore[type-abstract]

    @property
    def state_probabilities(self) -> list[Mapping[str, Any]] | None:
        """States with their probability and energy."""
        return self._first(list, "state_probabilities")

    @property
    def sensitivity(self) -> list[Mapping[str, Any]] | None:
        """How much each variable matters."""
        return self._first(list, "structural_sensitivity", "sensitivity")

    @property
    def feasibility_rate(self) -> float | None:
        """Share of samples that keep all constraints."""
        return first_number(self.report, "feasibility_rate")

    @property
    def penalty_recommendation(self) -> float | None:
        """Weight of penalties to use."""
        return first_number(self.report, "penalty_recommendation", "penalty_lambda_safe")

    @property
    def is_well_tuned(self) -> bool | None:
        """Whether the penalties are right as they are."""
        tuning = self._first(dict, "penalty_tuning") or {}
        return tuning.get("is_well_tuned")

    def qaoa_initial_params(self, layers: int | None = None) -> NDArray[np.float64]:
        """Angles to start QAOA from, in radians.

        A layer, as `vivace.server` means it, is exp(-i·β·ΣX)·exp(-i·γ·C), where C is the QUBO: the phases of
        the cost, then ``rx(2*β)`` on every qubit. The first acts on the uniform superposition.

        Args:
            layers: Number of layers; by default what the service recommends, else the deepest it looked at.

        Returns:
            float64 of shape (1, 2·layers): ``[γ0, β0, γ1, β1, …]``.

        Raises:
            ResultError: The report has no angles for so many layers.

        >>> report = {"best_parameters": {"gamma": 0.5, "beta": 0.25, "probability": 0.1}}
        >>> CharacterizationResult("a", "COMPLETED", report=report).qaoa_initial_params().tolist()
        [[0.5, 0.25]]
        """
        import numpy as np

        known: dict[float, tuple[Any, Any]] = {
            int(row["layers"]): (row["gammas"], row["betas"])
            for row in self._first(list, "ar_vs_depth") or ()
        }
        gamma, beta = (first_number(self.best_parameters, name) for name in ("gamma", "beta"))
        if gamma is not None and beta is not None:
            known.setdefault(1, ([gamma], [beta]))
        recommended = first_number(self.report, "recommended_min_layers")
        wanted = layers or (recommended if recommended in known else max(known, default=None))
        if not known:
            raise ResultError(self._no_angles())
        if wanted not in known:
            have = ", ".join(map(str, sorted(known)))
            raise ResultError(
                f"There are no angles for {wanted} layers; numbers of layers with angles: {have}."
            )
        gammas, betas = known[wanted]
        return np.array([[angle for pair in zip(gammas, betas, strict=True) for angle in pair]], dtype=float)

    def _no_angles(self) -> str:
        reasons = [
            str(item.get("text"))
            for item in self.recommendations
            if item.get("metric") in ("best_parameters", "approximation_ratio")
        ]
        told = (
            " ".join(["The service says:", *reasons])
            if reasons
            else "CharacterizationOptions(parameter_sweep=True) asks for them."
        )
        return f"This result has no angles. {told}"

    def summary(self, *, notes: bool = True) -> str:
        """A few lines of text: what is known of the most important figures.

        Args:
            notes: Whether to add the first recommendations. They tell what was not analysed, and why.
        """
        hardness, best = self.hardness, self.best_parameters
        lines = [f"QUBO Characterization Result — Job {self.job_id[:8]}...", f"  Status: {self.status}"]
        gap = first_number(hardness, "spectral_gap", "matrix_spectral_gap", "cost_gap")
        condition = first_number(hardness, "condition_number", "matrix_condition_number")
        figures = [
            ("  Quality Score: %.2f / 100", self.quality_score),
            ("  Concentration Ratio: %.2f", self.concentration_ratio),
            ("  Approximation Ratio: %.4f", self.approximation_ratio),
            ("  Hardness: %s", None if hardness is None else hardness.get("difficulty") or "unknown"),
            ("    Spectral Gap: %.4f", gap),
            ("    Condition Number: %.2f", condition),
            ("  Best Parameters: %s", None if best is None else _angles(best) or None),
            ("  Penalty Recommendation: λ=%.2f", self.penalty_recommendation),
            (
                "  Feasibility Rate: %.1f%%",
                None if self.feasibility_rate is None else 100 * self.feasibility_rate,
            ),
            ("  Largest Error Of The QUBO Sent: %.2e", self.qubo_max_error or None),
            ("  Created: %s", self.created_at),
            ("  Completed: %s", self.completed_at),
        ]
        lines += [text % value for text, value in figures if value is not None]
        return "\n".join([*lines, *self._notes()] if notes else lines)

    def _notes(self) -> list[str]:
        shown = [
            f"  {str(item.get('level', 'info')).capitalize()}: {item.get('text', '')}"
            for item in self.recommendations[:_NOTES]
        ]
        more = len(self.recommendations) - _NOTES
        return [*shown, f"  … and {more} more in .recommendations"] if more > 0 else shown

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return self.html

    def display(self) -> None:
        """Print the summary and the details on the console."""
        from vivace.backends.qoro.analysis_display import show

        show(self)


def first_number(where: Mapping[str, Any] | None, *names: str) -> float | None:
    """The first of several keys that has a number; None if there is none. A text that holds one counts.

    >>> first_number({"gap": "narrow", "cost_gap": 2}, "gap", "cost_gap")
    2.0
    """
    for name in names:
        try:
            return fields.read_number(where or {}, name)
        except ProtocolError:
            continue  # services may change what they say; a report that was paid for is shown all the same
    return None


def _angles(best: Mapping[str, Any]) -> str:
    values = [(sign, first_number(best, name)) for sign, name in (("γ", "gamma"), ("β", "beta"))]
    return ", ".join(f"{sign}={value:.4f}" for sign, value in values if value is not None)
