"""Characterisation on the wire: the request, and what the analysis found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from vivace.backends.qoro.wire import fields
from vivace.errors import ProtocolError

__all__ = ["CharacterizationReply", "QuboRequest"]


@dataclass(frozen=True, slots=True)
class QuboRequest:
    """Body of ``submit_qubo/``.

    Attributes:
        qubo: The problem, see `vivace.backends.qoro.wire.qubo`.
        target_states: Bitstrings whose leftmost character is variable 0.
        options: What to analyse.
    """

    qubo: Mapping[str, Any]
    target_states: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self, *, key: str = "target_states") -> dict[str, Any]:
        """The JSON object; later services call the states ``reference_states``."""
        body: dict[str, Any] = {"qubo": self.qubo, key: list(self.target_states)}
        return body | {"options": dict(self.options)} if self.options else body

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the JSON object, with the states under either name.

        Raises:
            ProtocolError: A member is missing or of the wrong type, or the states are given twice.
        """
        given = [name for name in ("target_states", "reference_states") if body.get(name) is not None]
        if len(given) != 1:
            raise ProtocolError(
                "Expected exactly one of 'target_states' and 'reference_states'.", "target_states"
            )
        states = fields.read_list(body, given[0])
        for state in states:
            if not isinstance(state, str) or not state or set(state) - {"0", "1"}:
                raise ProtocolError(
                    f"Expected bitstrings of 0 and 1 in {given[0]!r}, got {state!r:.60}.", given[0]
                )
        return cls(fields.read_object(body, "qubo"), tuple(states), fields.read_object(body, "options", {}))


@dataclass(frozen=True, slots=True)
class CharacterizationReply:
    """Reply of ``validation_result/``. What the analysis could not know is None.

    Attributes:
        job_id: The job.
        status: Where it stands.
        hardness: Figures on the problem.
        report: Figures on the algorithm.
        recommendations: Objects with ``level``, ``metric``, ``text`` and ``html``.
        created_at: ISO 8601.
        completed_at: ISO 8601.
    """

    job_id: str
    status: str
    hardness: Mapping[str, Any] | None = None
    report: Mapping[str, Any] | None = None
    recommendations: tuple[Mapping[str, Any], ...] = ()
    created_at: str | None = None
    completed_at: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        names = ("job_id", "status", "hardness", "report", "created_at", "completed_at")
        return {name: getattr(self, name) for name in names} | {
            "recommendations": [dict(item) for item in self.recommendations]
        }

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the JSON object.

        Raises:
            ProtocolError: There is no job id or status, or a member has the wrong type.
        """
        recommendations = fields.read_list(body, "recommendations", [])
        if not all(isinstance(item, dict) for item in recommendations):
            raise ProtocolError("Expected objects in 'recommendations'.", "recommendations")
        return cls(
            fields.read_text(body, "job_id"),
            fields.read_text(body, "status"),
            None if body.get("hardness") is None else fields.read_object(body, "hardness"),
            None if body.get("report") is None else fields.read_object(body, "report"),
            tuple(recommendations),
            fields.optional_text(body, "created_at"),
            fields.optional_text(body, "completed_at"),
        )
