"""What an analysis of a QUBO says: as attributes, as text, on the console."""

# ruff: noqa: E501 - tables with a line for each case

import io

import pytest
from rich.console import Console

from vivace.backends import (
    CharacterizationResult,
)
from vivace.backends.qoro.analysis_display import show
from vivace.errors import (
    CharacterizationFailedError,
    ProtocolError,
    ResultError,
)

FULL = CharacterizationResult(
    "0123456789abcdef", "COMPLETED",
    {"difficulty": "hard", "spectral_gap": 0.25, "condition_number": 12.5, "n_terms": 3},
    {
        "quality_at_best": 61.5, "quality_score": 10.0, "concentration_at_best": 3.0, "approximation_ratio": 0.91,
        "best_parameters": {"gamma": 0.5, "beta": 0.25, "probability": 0.5}, "feasibility_rate": 0.75,
        "penalty_recommendation": 2.0, "penalty_tuning": {"is_well_tuned": False},
        "state_probabilities": [{"state": "10", "is_target": True, "probability": 0.5, "energy": -1.0}] + [{"state": "00", "is_target": False, "probability": 0.01, "energy": 0.0}] * 24,
        "sensitivity": [{"qubit": i, "score": s} for i, s in enumerate([0.6, 0.3, 0.1] * 7)],
        "recommended_min_layers": 2, "ar_vs_depth": [{"layers": n, "gammas": [0.1] * n, "betas": [0.2] * n} for n in (2, 3)],
    },
    [{"level": "warn", "text": "Check [bold] the penalty"}], "2026-01-01", "2026-01-02",
)  # fmt: skip

SUMMARY = """QUBO Characterization Result — Job 01234567...
  Status: COMPLETED
  Quality Score: 61.50 / 100
  Concentration Ratio: 3.00
  Approximation Ratio: 0.9100
  Hardness: hard
    Spectral Gap: 0.2500
    Condition Number: 12.50
  Best Parameters: γ=0.5000, β=0.2500
  Penalty Recommendation: λ=2.00
  Feasibility Rate: 75.0%
  Created: 2026-01-01
  Completed: 2026-01-02"""


def test_the_summary_says_what_is_known():
    assert repr(FULL) == FULL.summary() == SUMMARY + "\n  Warn: Check [bold] the penalty"
    assert FULL.summary(notes=False) == SUMMARY
    assert CharacterizationResult("a", "COMPLETED", hardness={}).summary().endswith("Hardness: unknown")


def test_what_should_be_a_number_and_is_none_is_not_known():
    """A report that was paid for is shown all the same. `report` has everything as it came."""
    odd = CharacterizationResult(
        "a",
        "COMPLETED",
        hardness={"spectral_gap": "narrow", "cost_gap": "0.5", "condition_number": [1]},
        report={
            "approximation_ratio": "high",
            "quality_score": {},
            "feasibility_rate": True,
            "best_parameters": {"gamma": "x", "beta": 0.25},
            "state_probabilities": [{"state": "1", "is_target": True, "probability": "likely"}],
            "sensitivity": [{"qubit": 0, "score": "much"}],
            "penalty_tuning": "fine",
            "recommended_min_layers": "many",
        },
    )
    assert repr(odd) == (
        "QUBO Characterization Result — Job a...\n  Status: COMPLETED\n  Hardness: unknown\n"
        "    Spectral Gap: 0.5000\n  Best Parameters: β=0.2500"
    )
    assert (odd.approximation_ratio, odd.quality_score, odd.is_well_tuned) == (None, None, None)
    show(odd, Console(file=io.StringIO(), width=100))
    with pytest.raises(ResultError, match="^This result has no angles"):
        odd.qaoa_initial_params()


@pytest.mark.parametrize("error", [None, 0, "0.0"])
def test_a_problem_sent_exactly_has_no_error(error):
    reply = {"job_id": "a", "status": "COMPLETED", "report": {}, "qubo_max_error": error}
    assert CharacterizationResult.from_response(reply).qubo_max_error == 0.0


def test_an_error_that_is_no_number_is_not_what_was_agreed_on():
    reply = {"job_id": "a", "status": "COMPLETED", "report": {}, "qubo_max_error": "small"}
    with pytest.raises(ProtocolError, match="^Expected a number in 'qubo_max_error', got str 'small'.$"):
        CharacterizationResult.from_response(reply)


def test_the_console_shows_every_part():
    out = io.StringIO()
    show(FULL, Console(file=out, width=100))
    text = out.getvalue()
    assert text.startswith(SUMMARY)
    for part in (
        "█" * 25 + "░" * 15 + " 61.50 / 100",
        "P(target) = 0.5, 2 times that of a random state",
        "warn: Check [bold] the penalty",
        "λ = 2 (not well tuned)",
        "5 more",
        "fragile",
        "moderate",
        "stable",
        "n terms",
    ):
        assert part in text
    out = io.StringIO()
    show(CharacterizationResult("a", "COMPLETED"), Console(file=out, width=100))
    assert "╭" not in out.getvalue()


def test_angles_to_start_from():
    assert FULL.qaoa_initial_params().tolist() == [[0.1, 0.2, 0.1, 0.2]]
    assert FULL.qaoa_initial_params(1).tolist() == [[0.5, 0.25]]
    assert FULL.qaoa_initial_params(3).shape == (1, 6)
    with pytest.raises(
        ResultError, match="There are no angles for 7 layers; numbers of layers with angles: 1, 2, 3."
    ):
        FULL.qaoa_initial_params(7)


def test_a_result_without_angles_says_why():
    empty = CharacterizationResult("a", "COMPLETED")
    asked = r"CharacterizationOptions\(parameter_sweep=True\) asks for them\."
    with pytest.raises(ResultError, match=f"^This result has no angles. {asked}$"):
        empty.qaoa_initial_params()
    empty.recommendations = [
        {"level": "info", "metric": "constraints", "text": "Other."},
        {"level": "info", "metric": "best_parameters", "text": "Too wide."},
    ]
    with pytest.raises(ResultError, match="^This result has no angles. The service says: Too wide.$"):
        empty.qaoa_initial_params(2)


def test_the_summary_shows_a_few_recommendations():
    many = CharacterizationResult("a", "COMPLETED", hardness={})
    many.recommendations = [{"level": "info", "text": f"Note {i}"} for i in range(10)]
    assert many.summary().splitlines()[-9:] == [
        *(f"  Info: Note {i}" for i in range(8)),
        "  … and 2 more in .recommendations",
    ]


def test_what_is_not_known_is_none():
    empty = CharacterizationResult("a", "COMPLETED")
    names = (
        "quality_score",
        "concentration_ratio",
        "approximation_ratio",
        "best_parameters",
        "state_probabilities",
        "sensitivity",
        "feasibility_rate",
        "penalty_recommendation",
        "is_well_tuned",
    )
    assert [getattr(empty, name) for name in names] == [None] * len(names)


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        ({"status": "COMPLETED"}, ValueError, "Missing 'job_id'."),
        ({"job_id": "a"}, ValueError, "Missing 'status'."),
        (
            {"job_id": "a", "status": "RUNNING"},
            CharacterizationFailedError,
            "Qoro job a failed (RUNNING). It has not ended yet.",
        ),
        (
            {"job_id": "a", "status": "COMPLETED"},
            CharacterizationFailedError,
            "Qoro job a failed (COMPLETED). It is complete, but has neither a report nor figures on hardness.",
        ),
        (
            {"job_id": "a", "status": "FAILED", "detail": "no luck"},
            CharacterizationFailedError,
            "Qoro job a failed (FAILED). no luck",
        ),
    ],
)
def test_replies_without_a_result_are_errors(reply, error, message):
    with pytest.raises(error) as caught:
        CharacterizationResult.from_response(reply)
    assert str(caught.value) == message
