"""A `CharacterizationResult` on the console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from vivace.backends.qoro.analysis_result import CharacterizationResult, first_number

__all__ = ["show"]

_CELLS: Final = 40
_STATES: Final = 20
_VARIABLES: Final = 16
_LEVELS: Final = {"action": "red", "warn": "yellow", "info": "cyan"}


def show(result: CharacterizationResult, console: Console | None = None) -> None:
    """Print a result: the summary, then a panel for each part that is known."""
    console = console or Console()
    console.print(result.summary(notes=False), markup=False, highlight=False)
    for title, content in _parts(result):
        console.print(Panel(content, title=title, title_align="left"))


def _parts(result: CharacterizationResult) -> Iterator[tuple[str, RenderableType]]:
    if result.quality_score is not None:
        yield "Quality", _bar(result.quality_score)
    if result.best_parameters is not None:
        yield "Best parameters", _best(result)
    if result.recommendations:
        yield "Recommendations", _recommendations(result.recommendations)
    if result.penalty_recommendation is not None:
        tuned = {True: "well tuned", False: "not well tuned"}.get(result.is_well_tuned)  # type: ignore[arg-type]
        text = f"λ = {result.penalty_recommendation:.4g}" + (f" ({tuned})" if tuned else "")
        yield "Penalty", Text(text)
    if result.state_probabilities:
        yield "States", _states(result.state_probabilities)
    if result.hardness:
        yield "Hardness", _figures(result.hardness)
    if result.sensitivity:
        yield "Sensitivity", _sensitivity(result.sensitivity)


def _bar(score: float) -> Text:
    filled = round(_CELLS * min(max(score, 0.0), 100.0) / 100)
    colours = ((75, "green"), (50, "yellow"), (25, "bright_red"))
    colour = next((colour for bound, colour in colours if score >= bound), "red")
    return Text.assemble(("█" * filled, colour), ("░" * (_CELLS - filled), "dim"), f" {score:.2f} / 100")


def _best(result: CharacterizationResult) -> Text:
    best: dict[str, Any] = dict(result.best_parameters or {})
    text = ", ".join(
        f"{name} = {value:.4f}" for name, value in best.items() if isinstance(value, int | float)
    )
    states = result.state_probabilities or []
    targets = [s for s in states if s.get("is_target") or s.get("is_reference")]
    known = [found for s in targets if (found := first_number(s, "probability")) is not None]
    if known and states:
        chance = 2.0 ** -len(states[0]["state"])
        text += f"\nP(target) = {sum(known):.4g}, {sum(known) / chance:.3g} times that of a random state"
    return Text(text)


def _recommendations(items: list[Mapping[str, Any]]) -> Text:
    lines = Text()
    for item in items:
        level = str(item.get("level", "info"))
        lines.append(f"{level}: ", _LEVELS.get(level, ""))
        lines.append(f"{item.get('text', '')}\n")
    lines.rstrip()
    return lines


def _states(states: list[Mapping[str, Any]]) -> Table:
    table = Table("state", "probability", "energy", "target", box=None)
    for row in states[:_STATES]:
        target = "yes" if row.get("is_target") or row.get("is_reference") else ""
        table.add_row(
            str(row.get("state")), _number(row.get("probability")), _number(row.get("energy")), target
        )
    if len(states) > _STATES:
        table.caption = f"{len(states) - _STATES} more"
    return table


def _figures(hardness: Mapping[str, Any]) -> Table:
    table = Table(show_header=False, box=None)
    for name, value in hardness.items():
        if value is not None and not isinstance(value, Mapping | list):
            table.add_row(name.replace("_", " "), _number(value))
    return table


def _sensitivity(rows: list[Mapping[str, Any]]) -> Table:
    table = Table("variable", "score", "", box=None)
    for row in rows[:_VARIABLES]:
        score = first_number(row, "score", "sensitivity")
        kind = (
            "" if score is None else "fragile" if score >= 0.5 else "moderate" if score >= 0.2 else "stable"
        )
        table.add_row(str(row.get("qubit")), _number(score), kind)
    if len(rows) > _VARIABLES:
        table.caption = f"{len(rows) - _VARIABLES} more"
    return table


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
